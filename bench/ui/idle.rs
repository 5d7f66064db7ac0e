//! Bar 17: five minutes in which nobody does anything: the window on L without network, Chromium with the same, and
//! the other company's window on its hub, all three at once.

use crate::Bench;
use crate::chromium::Chromium;
use crate::host::Host;
use crate::report::{Limit, Row};
use crate::start::{Run, processor_ms};
use anyhow::Result;
use journeys::processes::{sleeps, tree};
use serde_json::json;
use std::collections::HashMap;
use std::time::Duration;

/// What a start leaves for later is over.
const SETTLING: Duration = Duration::from_secs(20);

/// See the module documentation.
pub async fn measure(bench: &Bench) -> Result<Vec<Row>> {
    let hub = bench.worlds.hub().await?;
    network(&bench.worlds.vendor(), true).await?;
    let seller = Run::start(&bench.worlds.seller(), |_| {})?;
    seller.shown().await?;
    let host = Host::start(&bench.worlds.browser()).await?;
    let chromium = Chromium::start(&host.address)?;
    let vendor = Run::start(&bench.worlds.vendor(), |_| {})?;
    vendor.shown().await?;
    tokio::time::sleep(SETTLING).await;
    let all = [vec![seller.id()?], vec![chromium.id()?, host.id()?], vec![vendor.id()?]];
    let before = all.iter().map(|roots| so_far(roots)).collect::<Result<Vec<_>>>()?;
    let time = Duration::from_secs(bench.many(300, 15) as u64);
    tokio::time::sleep(time).await;
    let after = all.iter().map(|roots| so_far(roots)).collect::<Result<Vec<_>>>()?;
    seller.stop().await?;
    vendor.stop().await?;
    chromium.stop().await?;
    host.stop().await?;
    network(&bench.worlds.vendor(), false).await?;
    hub.process.stop().await?;

    let took = time.as_secs_f64();
    let each: Vec<(f64, f64)> = before
        .iter()
        .zip(&after)
        .map(|(before, after)| ((after.0 - before.0) / took / 10.0, more(&before.1, &after.1) / took))
        .collect();
    let [(ours, woken), (theirs, _), (online, woken_online)] = each[..] else {
        anyhow::bail!("not all were measured")
    };
    Ok(vec![
        Row::new(
            17,
            format!("processor while idle for {took:.0} s, all processes"),
            "% of a core",
            vec![ours],
        )
        .chromium(vec![theirs])
        .limit(Limit::Most(50, 0.3))
        .note(format!("threads are woken {woken:.1} times a second; a timer cannot be told from outside")),
        Row::new(17, "the same on the hub, the other company's window", "% of a core", vec![online])
            .note(format!("threads are woken {woken_online:.1} times a second")),
    ])
}

/// Processor time, and how often each thread was woken.
fn so_far(roots: &[u32]) -> Result<(f64, HashMap<u32, f64>)> {
    let mut woken = HashMap::new();
    for root in roots {
        woken.extend(tree(*root)?.into_iter().flat_map(sleeps));
    }
    Ok((processor_ms(roots)?, woken))
}

/// Of the threads that lived all the time; some of a pool come and go.
fn more(before: &HashMap<u32, f64>, after: &HashMap<u32, f64>) -> f64 {
    after.iter().filter_map(|(thread, count)| Some(count - before.get(thread)?)).sum()
}

async fn network(profile: &std::path::Path, on: bool) -> Result<()> {
    let host = Host::start(profile).await?;
    host.ask("work_offline", &json!({ "on": !on })).await?;
    host.stop().await
}
