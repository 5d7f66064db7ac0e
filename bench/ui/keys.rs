//! Bars 7 and 9: real keys through the X server, into the composer and held down in the list of all deals.

use crate::Bench;
use crate::frames::room_of;
use crate::report::{Limit, Row};
use crate::subject::{Subject, xdotool};
use anyhow::{Context as _, Result};
use bench::world::now;
use serde_json::{Value, json};
use std::time::Instant;

/// Sixty a second: half of it is waited after a key goes down, half after it comes up, and sending takes time, too.
const HELD_MS: &str = "28";
/// A person who types fast.
const TYPED_MS: &str = "70";

/// What somebody writes.
const WORDS: &str = "the port wants a pilot before summer and their board meets in two weeks so we should send our numbers \
    first and call them tomorrow ";

/// Notes which row is the chosen one, frame by frame.
const WATCH: &str = "
    const seen = new Set();
    const chosen = () => bench.one('deal-list').getAttribute('aria-activedescendant');
    const first = chosen();
    let changed = 0;
    let going = true;
    const frame = () => {
        const row = chosen();
        if (row !== first && !seen.has(row)) {
            seen.add(row);
            changed = bench.now();
        }
        if (going) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
    bench.watchKeys();
    window.benchHeld = () => {
        going = false;
        const { came } = bench.watchedKeys();
        const handled = (came.length - 1) / (came.at(-1) - came[0]) * 1000;
        return { came: came.length, seen: seen.size, handled, changed };
    };";

/// One turn of a key that is held.
struct Held {
    /// Rows that were seen, of keys that came, in percent.
    share: f64,
    /// From the last key until its row was in a frame, milliseconds.
    behind: f64,
    /// Keys a second, as they were sent and as the page took them.
    sent: f64,
    handled: f64,
}

/// See the module documentation.
pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let seller = Subject::window("seller", &bench.worlds.seller()).await?;
    let browser = Subject::chromium(&bench.worlds.browser()).await?;
    let [mut typed_here, mut typed_there] = std::array::from_fn(|_| Vec::new());
    let [mut ours, mut theirs] = std::array::from_fn(|_| Vec::new());
    for _ in 0..bench.many(3, 1) {
        for (subject, typed, held) in
            [(&seller, &mut typed_here, &mut ours), (&browser, &mut typed_there, &mut theirs)]
        {
            typed.extend(composer(subject).await?);
            held.push(hold(subject, bench.many(600, 120)).await?);
        }
    }
    seller.close().await?;
    browser.close().await?;
    let each = |turns: &[Held], of: fn(&Held) -> f64| turns.iter().map(of).collect::<Vec<f64>>();
    Ok(vec![
        Row::new(7, "key in the composer until the next frame", "ms", typed_here)
            .chromium(typed_there)
            .limit(Limit::Most(95, 16.0))
            .limit(Limit::Most(99, 33.0))
            .note("real keys; this engine's clock counts whole milliseconds"),
        Row::new(
            9,
            format!("J held in {} deals: rows that were painted, of keys that came", bench.deals()),
            "%",
            each(&ours, |held| held.share),
        )
        .chromium(each(&theirs, |held| held.share))
        .limit(Limit::Least(0, 98.0))
        .note(ours.first().map_or_else(String::new, |held| {
            format!("{:.0} keys a second were sent, {:.0} a second taken", held.sent, held.handled)
        })),
        Row::new(9, "the last key until its row is in a frame", "ms", each(&ours, |held| held.behind))
            .chromium(each(&theirs, |held| held.behind))
            .limit(Limit::Most(100, 50.0))
            .note("a backlog would show here"),
    ])
}

async fn composer(subject: &Subject) -> Result<Vec<f64>> {
    let room = room_of(subject).await?;
    subject.front().await?;
    subject.run("await bench.go(arguments[0])", json!([room])).await?;
    let focus = "await bench.until(() => bench.one('composer'), 'the room'); bench.one('composer').focus();";
    subject.run(focus, json!([])).await?;
    subject.run("bench.watchKeys()", json!([])).await?;
    xdotool(&["type", "--delay", TYPED_MS, WORDS]).await?;
    let came = "await bench.later(300); return bench.watchedKeys().took;";
    let took = subject.numbers(came, json!([])).await?;
    let empty = "bench.type(bench.one('composer'), ''); bench.calm();";
    subject.run(empty, json!([])).await?;
    Ok(took)
}

async fn hold(subject: &Subject, keys: usize) -> Result<Held> {
    subject.front().await?;
    let list = "
        bench.calm();
        for (const key of 'gd') bench.press(key);
        await bench.until(() => document.querySelector('[data-test=deal-row] time'), 'deals');
        const box = bench.one('filter-closed');
        const closed = box.matches('input') ? box : box.querySelector('input');
        if (!closed.checked) closed.click();
        await bench.later(400);
        bench.calm();
        bench.press('Home');
        await bench.later(300);";
    subject.run(list, json!([])).await?;
    subject.run(WATCH, json!([])).await?;
    let began = Instant::now();
    xdotool(&["type", "--delay", HELD_MS, &"j".repeat(keys)]).await?;
    let took = began.elapsed().as_secs_f64();
    let last = now() as f64;
    // A page that cannot follow works on what has piled up.
    let end = subject.run("await bench.later(2500); return window.benchHeld();", json!([])).await?;
    let number =
        |name: &str| end.get(name).and_then(Value::as_f64).with_context(|| format!("no {name} in {end}"));
    Ok(Held {
        share: number("seen")? / number("came")? * 100.0,
        behind: (number("changed")? - last).max(0.0),
        sent: keys as f64 / took,
        handled: number("handled")?,
    })
}
