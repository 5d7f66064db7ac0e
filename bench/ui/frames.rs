//! Bars 8, 10, 13, 19 and 20: places, the palette and own changes, from the handler of the key to the end of the
//! frame that shows them. Four take turns in every round: the window on L without network, the same with it,
//! Chromium on L, and the window on the demo world; so that a noisy moment meets all.

use crate::Bench;
use crate::report::{Limit, Row, at};
use crate::subject::Subject;
use anyhow::{Context as _, Result, ensure};
use journeys::world::World;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Samples of everything that is measured, by what it is.
pub type Samples = BTreeMap<&'static str, Vec<f64>>;

/// From place to place, by keys: what it is called, the keys, and what shows that its rows are there.
const PLACES: [(&str, &str, &str); 8] = [
    ("Today to Deals", "g d", "[data-test=deal-row] time"),
    ("Deals to a room", "Enter", "[data-test=message]"),
    ("a room to Today", "g t", "[data-test=today-row]"),
    ("Today to Accounts", "g a", "[data-test=account-row] .name"),
    ("Accounts to People", "g e", "[data-test=member]"),
    ("People to Search", "mod+shift+f", "[data-test=search-start], [data-test=hits]"),
    ("Search to Settings", "mod+,", "[data-test^=tab-]"),
    ("Settings to Today", "g t", "[data-test=today-row]"),
];
const PALETTE: &str = "palette opened";
const RESULT: &str = "letter in the palette, until its results";
const OWN: &str = "own message";
const TICK: &str = "tick of a milestone";
const DURABLE: &str = "call until it is on disk and answered";
const BLANK: &str = "frame in which nothing changes";

const GO: &str = "
    const [keys, selector] = arguments;
    bench.calm();
    let began = 0;
    for (const key of keys.split(' ')) began = bench.press(key);
    await bench.until(() => document.querySelector(selector), selector);
    return await bench.painted() - began;";

const TYPE: &str = "
    const began = bench.type(bench.one('palette-input'), arguments[0]);
    // The last entry offers to search for these words; it comes with the answer.
    const last = () => [...document.querySelectorAll('[data-test=palette-entry]')].at(-1)?.innerText ?? '';
    await bench.until(() => last().includes(`“${arguments[0]}”`), 'results');
    return await bench.painted() - began;";

const CLOSE: &str = "
    bench.press('Escape');
    await bench.until(() => !bench.one('palette'), 'the end of the palette');";

const SAY: &str = "
    const area = bench.one('composer');
    area.focus();
    bench.type(area, arguments[0]);
    await bench.later(40 + Math.random() * 17);
    const there = () => [...document.querySelectorAll('[data-test=message]')].at(-1)?.innerText.includes(arguments[0]);
    const began = bench.press('Enter', area);
    await bench.until(there, 'the message');
    return await bench.painted() - began;";

const TICKS: &str = "
    const row = bench.one('milestone');
    const [id, done] = [row.dataset.milestone, row.dataset.done];
    await bench.later(Math.random() * 17);
    const began = bench.now();
    row.querySelector('[data-test=milestone-toggle]').click();
    const now = () => document.querySelector(`[data-milestone='${id}']`)?.dataset.done;
    await bench.until(() => now() !== done, 'the tick');
    return await bench.painted() - began;";

const SEND: &str = "
    const [program, deal] = location.pathname.split('/').slice(2);
    const began = bench.now();
    await bench.rpc('message_send', { program, deal, message: null, body: arguments[0], reply_to: null });
    return bench.now() - began;";

const FLOOR: &str = "
    const began = bench.now();
    return await bench.painted() - began;";

/// Once through all places and the palette.
pub async fn places(subject: &Subject, into: &mut Samples) -> Result<()> {
    for (what, keys, selector) in PLACES {
        let took = subject.number(GO, json!([keys, selector])).await.with_context(|| what.to_owned())?;
        into.entry(what).or_default().push(took);
        into.entry(BLANK).or_default().push(subject.number(FLOOR, json!([])).await?);
    }
    let opened = subject.number(GO, json!(["mod+k", "[data-test=palette-entry]"])).await?;
    into.entry(PALETTE).or_default().push(opened);
    for typed in ["p", "po", "pol"] {
        into.entry(RESULT).or_default().push(subject.number(TYPE, json!([typed])).await?);
    }
    subject.run(CLOSE, json!([])).await.map(drop)
}

/// A few changes of one's own, in a room.
pub async fn changes(subject: &Subject, room: &str, round: usize, into: &mut Samples) -> Result<()> {
    subject.run("await bench.go(arguments[0])", json!([room])).await?;
    subject
        .run(
            "await bench.until(() => bench.one('composer') && bench.one('milestone'), 'the room')",
            json!([]),
        )
        .await?;
    for n in 0..3 {
        let text = format!("measured {round} {n}");
        into.entry(OWN).or_default().push(subject.number(SAY, json!([text])).await?);
        into.entry(TICK).or_default().push(subject.number(TICKS, json!([])).await?);
        into.entry(DURABLE)
            .or_default()
            .push(subject.number(SEND, json!([format!("kept {round} {n}")])).await?);
    }
    subject.number(GO, json!(["g t", "[data-test=today-row]"])).await.map(drop)
}

/// The address of a room in which one may talk and that has a plan.
pub async fn room_of(subject: &Subject) -> Result<String> {
    let asked = json!({
        "lens": { "program": null, "counterpart": null }, "text": "", "stage": null, "court": null, "status": null,
        "include_closed": false, "sort": "activity", "offset": 0, "limit": 100,
    });
    let deals = subject.ask("deal_list", asked).await?;
    let rows = deals.get("rows").and_then(Value::as_array).context("no deals")?;
    for row in rows.iter().filter(|row| row.get("status") == Some(&json!("approved"))) {
        let (Some(program), Some(deal)) =
            (row.get("program").and_then(Value::as_str), row.get("id").and_then(Value::as_str))
        else {
            continue;
        };
        let plan = subject.ask("plan_get", json!({ "program": program, "id": deal })).await?;
        let steps = plan.get("milestones").and_then(Value::as_array).map_or(0, Vec::len);
        if steps > 1 {
            return Ok(format!("/deals/{program}/{deal}"));
        }
    }
    anyhow::bail!("no room has a plan")
}

/// Everything once, in a window that was brought forward and has been used a little: one that was covered draws
/// all of itself first.
async fn visit(subject: &Subject, room: &str, round: usize, into: &mut Samples) -> Result<()> {
    subject.front().await?;
    places(subject, &mut Samples::new()).await?;
    places(subject, into).await?;
    changes(subject, room, round, into).await
}

/// See the module documentation.
pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let hub = bench.worlds.hub().await?;
    let small = World::build(folder.path()).await?;
    let seller = Subject::window("seller", &bench.worlds.seller()).await?;
    let browser = Subject::chromium(&bench.worlds.browser()).await?;
    let demo = Subject::window("demo", &small.seller).await?;
    demo.work_offline(true).await?;
    let rooms = [room_of(&seller).await?, room_of(&browser).await?, room_of(&demo).await?];
    let [seller_room, browser_room, demo_room] = &rooms;
    let [mut offline, mut online, mut chromium, mut little] = std::array::from_fn(|_| Samples::new());
    let rounds = bench.many(30, 2);
    for round in 0..=rounds {
        // The first of all is thrown away: code is compiled in it.
        if round == 1 {
            [&mut offline, &mut online, &mut chromium, &mut little].into_iter().for_each(BTreeMap::clear);
        }
        // Who is first is another one every time.
        for turn in 0..4 {
            match (turn + round) % 4 {
                0 => visit(&seller, seller_room, round, &mut offline).await?,
                1 => visit(&browser, browser_room, round, &mut chromium).await?,
                2 => visit(&demo, demo_room, round, &mut little).await?,
                _ => {
                    seller.work_offline(false).await?;
                    visit(&seller, seller_room, round, &mut online).await?;
                    seller.work_offline(true).await?;
                }
            }
        }
    }
    for subject in [seller, browser, demo] {
        subject.close().await?;
    }
    hub.process.stop().await?;
    let mut rows = by_bar(&offline, &chromium)?;
    rows.push(twins(19, "on L against the demo world (no XL is made)", &offline, &little, (0.0, 20.0))?);
    rows.push(twins(20, "with network against without", &online, &offline, (-10.0, 10.0))?);
    Ok(rows)
}

fn by_bar(ours: &Samples, theirs: &Samples) -> Result<Vec<Row>> {
    let of = |samples: &Samples, what: &str| samples.get(what).cloned().unwrap_or_default();
    let row = |bar, what: &'static str, label: &str| {
        Row::new(bar, label, "ms", of(ours, what)).chromium(of(theirs, what))
    };
    let every =
        |samples: &Samples| PLACES.iter().flat_map(|(what, ..)| of(samples, what)).collect::<Vec<f64>>();
    let mut rows = vec![
        Row::new(8, "any place to another, until its rows are painted", "ms", every(ours))
            .chromium(every(theirs))
            .limit(Limit::Most(95, 50.0))
            .limit(Limit::Most(99, 100.0)),
    ];
    rows.extend(PLACES.iter().map(|(what, ..)| row(8, what, what)));
    rows.push(row(8, BLANK, BLANK).note("the floor: no change can be seen before the next frame is"));
    rows.push(row(10, PALETTE, "key until the palette is painted").limit(Limit::Most(95, 50.0)));
    rows.push(row(10, RESULT, RESULT).limit(Limit::Most(95, 16.0)));
    rows.push(row(13, OWN, "key until the own message is painted").limit(Limit::Most(95, 16.0)));
    rows.push(row(13, TICK, "click until the milestone is painted as done").limit(Limit::Most(95, 16.0)));
    let durable = row(13, DURABLE, "own message: call until it is on disk and answered");
    rows.push(durable.limit(Limit::Most(95, 10.0)).note("with the way from the page and back"));
    ensure!(!ours.is_empty(), "nothing was measured");
    Ok(rows)
}

/// How much larger every 95th percentile is than in another state of things.
fn twins(bar: u8, what: &str, ours: &Samples, other: &Samples, (least, most): (f64, f64)) -> Result<Row> {
    let mut all = Vec::new();
    let mut outside = Vec::new();
    for (what, samples) in ours.iter().filter(|(what, _)| **what != BLANK) {
        let before = other.get(what).with_context(|| format!("{what} was measured once only"))?;
        let more = (at(samples, 95) / at(before, 95) - 1.0) * 100.0;
        let median = (at(samples, 50) / at(before, 50) - 1.0) * 100.0;
        if more > most || more < least && least < 0.0 {
            outside.push(format!("{what} {more:+.0} % (median {median:+.0} %)"));
        }
        all.push(more);
    }
    let row = Row::new(bar, format!("95th percentiles {what}"), "%", all).limit(Limit::Most(100, most));
    let row = if least < 0.0 { row.limit(Limit::Least(0, least)) } else { row };
    Ok(row.note(match outside.as_slice() {
        [] => "one figure for each of what is measured in bars 8, 10 and 13".to_owned(),
        _ => outside.join("; "),
    }))
}
