//! Bar 18: the tasks that people come for, done as fast as the page takes them, while every pause between two
//! frames is noted. There is no other way in this engine to see that the page stood still.

use crate::Bench;
use crate::frames::room_of;
use crate::large::Large;
use crate::report::{Limit, Row};
use crate::subject::Subject;
use anyhow::{Context as _, Result};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A person does not notice less.
const STALL_MS: f64 = 50.0;

/// What every task may use.
const TOOLS: &str = "
    const [room, title, word] = arguments;
    const { press, until, one, field, later, type, calm, go } = bench;
    const stroke = async (keys) => { calm(); for (const key of keys.split(' ')) press(key); await later(30); };
    const letters = async (input, text) => {
        input.focus();
        for (let end = 1; end <= text.length; end++) { type(input, text.slice(0, end)); await later(35); }
    };
    const shown = (selector) => until(() => document.querySelector(selector), selector);";

const TASKS: [(&str, &str); 10] = [
    (
        "find a deal by its name",
        "calm(); press('mod+k'); await shown('[data-test=palette-input]');
         await letters(field('palette-input'), title);
         await until(() => one('palette-entry')?.innerText.includes(title.slice(0, 12)), 'the deal');
         press('Enter', field('palette-input')); await shown('[data-test=composer]');",
    ),
    (
        "answer in its room",
        "await go(room); await shown('[data-test=composer]');
         const text = `An answer of ${Date.now()}`;
         await letters(field('composer'), text); press('Enter', field('composer'));
         await until(() => [...document.querySelectorAll('[data-test=message]')].at(-1)?.innerText.includes(text), 'it');",
    ),
    (
        "tick a milestone",
        "await go(room); await shown('[data-test=milestone]');
         const before = one('milestone').dataset.done;
         one('milestone').querySelector('[data-test=milestone-toggle]').click();
         await until(() => one('milestone').dataset.done !== before, 'the tick');",
    ),
    (
        "add a milestone",
        "await go(room); await shown('[data-test=milestone-add]'); one('milestone-add').click();
         await shown('[data-test=milestone-title]');
         await letters(field('milestone-title'), 'Security review is signed');
         await letters(field('milestone-due'), 'in 3 weeks');
         one('milestone-save').click(); await until(() => !one('milestone-editor'), 'the end of the editor');",
    ),
    (
        "register a deal",
        "await stroke('g d'); await shown('[data-test=deal-row] time'); await stroke('c');
         await shown('[data-test=register-form]');
         await letters(field('register-customer'), 'Quayside Cold Storage');
         await letters(field('register-domain'), `quayside-${Date.now()}.nl`);
         await letters(field('register-title'), 'Quayside sensor rollout');
         await letters(field('register-amount'), '41.5k'); await letters(field('register-close'), 'end of january');
         one('register-submit').click();
         await until(() => location.pathname !== '/deals/new', 'the end of the form');",
    ),
    (
        "filter the deals",
        "await stroke('g d'); await shown('[data-test=deal-row] time');
         await letters(field('deal-filter'), word); await later(100);
         type(field('deal-filter'), ''); await shown('[data-test=deal-row] time');",
    ),
    (
        "search what was said and open it",
        "calm(); press('mod+shift+f'); await shown('[data-test=search-input]');
         await letters(field('search-input'), word); await shown('[data-test=hit]');
         await until(() => one('search-count'), 'the answer');
         press('ArrowDown', field('search-input')); press('Enter', field('search-input'));
         await until(() => location.pathname !== '/search', 'what was found');",
    ),
    (
        "look through the accounts",
        "await stroke('g a'); await shown('[data-test=account-row] .name');
         const list = one('account-row').closest('.scroller');
         for (let n = 0; n < 40; n++) { list.scrollTop += 300; await later(16); }
         list.scrollTop = list.scrollHeight / 2; await later(200);",
    ),
    ("go down Today", "await stroke('g t'); await shown('[data-test=today-row]'); for (let n = 0; n < 15; n++) await stroke('j');"),
    (
        "open every page of the settings",
        "calm(); press('mod+,'); await shown('[data-test^=tab-]');
         for (const tab of document.querySelectorAll('[data-test^=tab-]')) { tab.click(); await later(120); }",
    ),
];

/// See the module documentation.
pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let seller = Subject::window("seller", &bench.worlds.seller()).await?;
    let browser = Subject::chromium(&bench.worlds.browser()).await?;
    let [mut ours, mut theirs] = std::array::from_fn(|_| Vec::new());
    let words = Large::words();
    let word = words.commonest();
    let mut worst: BTreeMap<&str, f64> = BTreeMap::new();
    for round in 0..=bench.many(5, 1) {
        for (subject, counts) in [(&seller, &mut ours), (&browser, &mut theirs)] {
            subject.front().await?;
            let arguments = json!([room_of(subject).await?, title(subject).await?, word]);
            let mut stalls = 0.0;
            for (what, task) in TASKS {
                let script = format!(
                    "{TOOLS}\nbench.watchFrames();\n{task}\nawait later(250);\nreturn bench.watchedFrames();"
                );
                let frames =
                    subject.numbers(&script, arguments.clone()).await.with_context(|| what.to_owned())?;
                stalls += frames.iter().filter(|frame| **frame > STALL_MS).count() as f64;
                if round > 0 && std::ptr::eq(subject, &seller) {
                    let longest = frames.iter().copied().fold(0.0, f64::max);
                    let known = worst.entry(what).or_default();
                    *known = known.max(longest);
                }
            }
            // In the first round code is compiled.
            if round > 0 {
                counts.push(stalls);
            }
        }
    }
    seller.close().await?;
    browser.close().await?;
    let named = worst.iter().filter(|(_, longest)| **longest > STALL_MS);
    let named: Vec<String> = named.map(|(what, longest)| format!("{what}: {longest:.0} ms")).collect();
    let note = if named.is_empty() {
        "no task had one".to_owned()
    } else {
        format!("longest: {}", named.join(", "))
    };
    Ok(vec![
        Row::new(18, "pauses of more than 50 ms between frames, in ten tasks", "pauses", ours)
            .chromium(theirs)
            .limit(Limit::Most(100, 0.0))
            .note(note),
    ])
}

/// What the deal that was worked on last is called.
async fn title(subject: &Subject) -> Result<String> {
    let asked = json!({
        "lens": { "program": null, "counterpart": null }, "text": "", "stage": null, "court": null, "status": null,
        "include_closed": false, "sort": "activity", "offset": 0, "limit": 1,
    });
    let deals = subject.ask("deal_list", asked).await?;
    Ok(deals.pointer("/rows/0/title").and_then(Value::as_str).context("no deal")?.to_owned())
}
