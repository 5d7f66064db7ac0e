//! Bar 14: what one says, in the other's window: two programs and a hub on this machine, and one clock.

use crate::Bench;
use crate::frames::room_of;
use crate::report::{Limit, Row};
use crate::subject::Subject;
use anyhow::Result;
use serde_json::json;

/// The moment at which a text is first in a frame, waited for in the other window.
const WATCH: &str = "
    const [text] = arguments;
    const last = () => [...document.querySelectorAll('[data-test=message]')].slice(-3);
    const there = () => last().some((row) => row.innerText.includes(text));
    window.benchSeen = bench.until(there, text).then(bench.painted);
    // Awaited later; until then nobody minds that it failed.
    window.benchSeen.catch(() => {});";

const SAY: &str = "
    const area = bench.one('composer');
    area.focus();
    bench.type(area, arguments[0]);
    await bench.later(60 + Math.random() * 40);
    return bench.press('Enter', area);";

/// See the module documentation.
pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let hub = bench.worlds.hub().await?;
    let seller = Subject::window("seller", &bench.worlds.seller()).await?;
    let vendor = Subject::window("vendor", &bench.worlds.vendor()).await?;
    let room = room_of(&seller).await?;
    for subject in [&seller, &vendor] {
        subject.work_offline(false).await?;
        subject.run("await bench.go(arguments[0])", json!([room])).await?;
        subject.run("await bench.until(() => bench.one('composer'), 'the room')", json!([])).await?;
    }
    // Who writes is looked at; the other window lies beside.
    seller.front().await?;
    let mut took = Vec::new();
    for n in 0..=bench.many(100, 8) {
        let text = format!("travelled {n} times.");
        vendor.run(WATCH, json!([text])).await?;
        let pressed = seller.number(SAY, json!([text])).await?;
        let seen = vendor.number("return await window.benchSeen", json!([])).await?;
        // The first one opens connections.
        if n > 0 {
            took.push(seen - pressed);
        }
    }
    for subject in [seller, vendor] {
        subject.work_offline(true).await?;
        subject.close().await?;
    }
    hub.process.stop().await?;
    Ok(vec![
        Row::new(14, "key until the other company's window has painted it", "ms", took)
            .limit(Limit::Most(95, 150.0)),
    ])
}
