//! Bar 12: a script that scrolls through 100,000 accounts: slowly, fast, and with jumps to anywhere.

use crate::Bench;
use crate::report::{Limit, Row, at};
use crate::subject::{Subject, numbers};
use anyhow::{Context as _, Result};
use serde_json::json;

/// A frame is late from here on.
const LATE_MS: f64 = 25.0;

const SCROLL: &str = "
    const total = arguments[0];
    const list = document.querySelector('[data-test=account-row]').closest('.scroller');
    const [frames, scripts] = [[], []];
    let began = 0;
    // First of all that hear of it, and before the frame's callbacks, which come when all of them are through.
    const heard = () => (began = performance.now());
    addEventListener('scroll', heard, true);
    let last = performance.now();
    for (let n = 0; n < total; n++) {
        await new Promise((done) => requestAnimationFrame(done));
        const at = performance.now();
        if (n > 0) frames.push(at - last);
        if (began > 0) scripts.push(at - began);
        [last, began] = [at, 0];
        const part = n % 120;
        if (part < 60) list.scrollTop += 40;
        else if (part < 119) list.scrollTop += 400;
        else list.scrollTop = Math.random() * (list.scrollHeight - list.clientHeight);
    }
    removeEventListener('scroll', heard, true);
    return { frames, scripts };";

#[derive(Default)]
struct Scrolled {
    frames: Vec<f64>,
    scripts: Vec<f64>,
}

impl Scrolled {
    fn fps(&self) -> f64 {
        self.frames.len() as f64 / self.frames.iter().sum::<f64>() * 1e3
    }

    fn late(&self) -> f64 {
        self.frames.iter().filter(|frame| **frame > LATE_MS).count() as f64 / self.frames.len() as f64 * 100.0
    }
}

/// See the module documentation.
pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let seller = Subject::window("seller", &bench.worlds.seller()).await?;
    let browser = Subject::chromium(&bench.worlds.browser()).await?;
    let [mut ours, mut theirs] = std::array::from_fn(|_| Scrolled::default());
    for _ in 0..bench.many(3, 1) {
        for (subject, scrolled) in [(&seller, &mut ours), (&browser, &mut theirs)] {
            scroll(subject, bench.many(600, 120), scrolled).await?;
        }
    }
    seller.close().await?;
    browser.close().await?;
    Ok(vec![
        Row::new(
            12,
            format!("script of a frame while {} accounts scroll", bench.accounts()),
            "ms",
            ours.scripts.clone(),
        )
        .chromium(theirs.scripts.clone())
        .limit(Limit::Most(95, 4.0))
        .note("from the scroll event until all that hear of it are through"),
        Row::new(12, "frames a second meanwhile", "fps", vec![ours.fps()])
            .chromium(vec![theirs.fps()])
            .limit(Limit::Least(50, 58.0))
            .note(format!("a frame took {:.0} ms, p95 {:.0}", at(&ours.frames, 50), at(&ours.frames, 95))),
        Row::new(12, "frames that took more than 25 ms", "%", vec![ours.late()])
            .chromium(vec![theirs.late()])
            .limit(Limit::Most(50, 1.0)),
    ])
}

async fn scroll(subject: &Subject, frames: usize, into: &mut Scrolled) -> Result<()> {
    subject.front().await?;
    let open = "
        bench.calm();
        for (const key of 'ga') bench.press(key);
        await bench.until(() => document.querySelector('[data-test=account-row] .name'), 'accounts');
        await bench.later(300);";
    subject.run(open, json!([])).await?;
    let seen = subject.run(SCROLL, json!([frames])).await?;
    into.frames.extend(numbers(seen.get("frames").context("no frames")?)?);
    into.scripts.extend(numbers(seen.get("scripts").context("no scripts")?)?);
    Ok(())
}
