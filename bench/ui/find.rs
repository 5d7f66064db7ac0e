//! Bar 11: search while one types, in a million messages. The engine alone as the host for browsers answers, over
//! HTTP; then in the window, from the letter to the frame that shows what was found.

use crate::Bench;
use crate::host::Host;
use crate::large::Large;
use crate::report::{Limit, Row};
use crate::subject::Subject;
use anyhow::Result;
use bench::chance::Chance;
use serde_json::json;
use std::time::Instant;

const LETTER: &str = "
    const input = bench.field('search-input');
    const began = bench.type(input, arguments[0]);
    // What was found for other words goes first.
    await bench.later(0);
    const there = () => bench.one('search-count') || bench.one('search-nothing');
    await bench.until(there, arguments[0]);
    return await bench.painted() - began;";

/// See the module documentation.
pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let words = Large::words();
    let mut chance = Chance::new(4_711, "typing");
    let (mut one, mut two) = (Vec::new(), Vec::new());
    for _ in 0..bench.many(80, 6) {
        let (first, second) = (words.word(&mut chance).to_owned(), words.word(&mut chance).to_owned());
        one.extend(letters("", &first));
        two.extend(letters(&format!("{first} "), &second));
    }
    let host = Host::start(&bench.worlds.browser()).await?;
    let (alone, both) = (answers(&host, &one).await?, answers(&host, &two).await?);
    host.stop().await?;

    let seller = Subject::window("seller", &bench.worlds.seller()).await?;
    let browser = Subject::chromium(&bench.worlds.browser()).await?;
    let [mut painted, mut beside] = std::array::from_fn(|_| Vec::new());
    for subject in [&seller, &browser] {
        subject.front().await?;
        let open = "
            bench.calm();
            bench.press('mod+shift+f');
            await bench.until(() => bench.field('search-input'), 'search');
            bench.field('search-input').focus();";
        subject.run(open, json!([])).await?;
    }
    for _ in 0..bench.many(40, 4) {
        let word = words.word(&mut chance).to_owned();
        for (subject, samples) in [(&seller, &mut painted), (&browser, &mut beside)] {
            subject.front().await?;
            for text in letters("", &word) {
                samples.push(subject.number(LETTER, json!([text])).await?);
            }
        }
    }
    seller.close().await?;
    browser.close().await?;
    let engine: Vec<f64> = alone.iter().chain(&both).copied().collect();
    let messages = bench.messages();
    Ok(vec![
        Row::new(11, format!("a letter, {messages} messages: until the engine has answered"), "ms", engine)
            .limit(Limit::Most(95, 30.0))
            .limit(Limit::Most(100, 120.0))
            .note("one and two words, over HTTP on this machine"),
        Row::new(11, "of these: one word", "ms", alone),
        Row::new(11, "of these: a second word", "ms", both),
        Row::new(11, "a letter until what was found is painted", "ms", painted)
            .chromium(beside)
            .limit(Limit::Most(95, 60.0)),
    ])
}

async fn answers(host: &Host, typed: &[String]) -> Result<Vec<f64>> {
    let mut took = Vec::with_capacity(typed.len());
    for text in typed {
        let lens = json!({ "program": null, "counterpart": null });
        let search = json!({ "text": text, "lens": lens, "ranked": false, "limit": 60 });
        let began = Instant::now();
        host.ask("search", &search).await?;
        took.push(began.elapsed().as_secs_f64() * 1e3);
    }
    Ok(took)
}

/// Every state a word goes through while it is typed, from two letters on.
fn letters(before: &str, word: &str) -> Vec<String> {
    (2..=word.len()).filter_map(|end| Some(format!("{before}{}", word.get(..end)?))).collect()
}
