//! Bars 5 and 6: memory over a day of work, pressed into minutes, and in the tray.

use crate::Bench;
use crate::frames::{Samples, changes, places, room_of};
use crate::report::{Limit, Row, at};
use crate::start::Run;
use crate::subject::{Subject, memory, windows, xdotool};
use anyhow::{Context as _, Result};
use journeys::desktop::eventually;
use journeys::processes::{runs, tree};
use journeys::tray::Tray;
use serde_json::json;
use std::process::Stdio;
use std::time::Duration;
use tokio::process::Command;

const HOURS: usize = 8;
/// What an hour of a busy seller is taken to be: rounds through all eight places, each with three messages, three
/// ticks, three sent by command, a look into the palette, then a search and a scroll.
const ROUNDS_AN_HOUR: usize = 4;
/// Memory is looked at once nothing moves any more.
const SETTLING: Duration = Duration::from_secs(3);

const LOOK_UP: &str = "
    bench.calm();
    bench.press('mod+shift+f');
    await bench.until(() => bench.field('search-input'), 'search');
    for (const text of arguments[0]) { bench.type(bench.field('search-input'), text); await bench.later(40); }
    bench.calm();
    for (const key of 'ga') bench.press(key);
    await bench.until(() => document.querySelector('[data-test=account-row] .name'), 'accounts');
    const list = bench.one('account-row').closest('.scroller');
    for (let n = 0; n < 60; n++) { list.scrollTop += 400; await bench.later(16); }
    list.scrollTop = Math.random() * list.scrollHeight;
    await bench.later(100);
    for (const key of 'gt') bench.press(key);
    await bench.until(() => bench.one('today-row'), 'today');";

/// Bar 5.
pub async fn day(bench: &Bench) -> Result<Vec<Row>> {
    let seller = Subject::window("seller", &bench.worlds.seller()).await?;
    let browser = Subject::chromium(&bench.worlds.browser()).await?;
    let ours = work(bench, &seller).await?;
    let theirs = work(bench, &browser).await?;
    seller.close().await?;
    browser.close().await?;
    let growth = |hours: &[f64]| {
        let (first, last) =
            (hours.first().copied().unwrap_or(f64::NAN), hours.last().copied().unwrap_or(f64::NAN));
        (last / first - 1.0) * 100.0
    };
    let hours = |hours: &[f64]| hours.iter().map(|mb| format!("{mb:.0}")).collect::<Vec<_>>().join(" ");
    Ok(vec![
        Row::new(5, "growth of PSS over eight hours of work", "%", vec![growth(&ours)])
            .chromium(vec![growth(&theirs)])
            .limit(Limit::Most(50, 10.0))
            .note(format!(
                "from Today before; an hour is {} rounds through 8 places with 3 messages, 3 ticks, the palette, a search, \
                 a scroll. MB before and after each: {}",
                rounds(bench),
                hours(&ours)
            )),
        Row::new(5, "PSS after them", "MB", vec![at(&ours, 100)]).chromium(vec![at(&theirs, 100)]),
    ])
}

fn rounds(bench: &Bench) -> usize {
    bench.many(ROUNDS_AN_HOUR, 1)
}

/// Memory before, and after every hour.
async fn work(bench: &Bench, subject: &Subject) -> Result<Vec<f64>> {
    let room = room_of(subject).await?;
    let mut hours = vec![settled(subject).await?];
    let mut unused = Samples::new();
    for hour in 0..bench.many(HOURS, 2) {
        subject.front().await?;
        for round in 0..rounds(bench) {
            places(subject, &mut unused).await?;
            changes(subject, &room, hour * 100 + round, &mut unused).await?;
            subject.run(LOOK_UP, json!([["po", "pol", "pold", "polder", "den", "den co", "grahal"]])).await?;
        }
        hours.push(settled(subject).await?);
    }
    Ok(hours)
}

async fn settled(subject: &Subject) -> Result<f64> {
    tokio::time::sleep(SETTLING).await;
    subject.pss()
}

/// Bar 6.
pub async fn tray(bench: &Bench) -> Result<Vec<Row>> {
    let profile = bench.worlds.seller();
    let tray = Tray::start().await?;
    // A window manager, for its way to close a window.
    let mut manager = Command::new("openbox")
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .context("openbox cannot be started; `./dev test` installs it")?;
    keep_in_tray(&profile, true).await?;
    let mut pss = Vec::new();
    for _ in 0..bench.many(3, 1) {
        let before = tray.items().len();
        let program = Run::start(&profile, |_| {})?;
        eventually("the icon", async || Ok(tray.items().get(before).cloned())).await?;
        program.shown().await?;
        // As after some use, and so that what follows the first screen has come.
        tokio::time::sleep(SETTLING).await;
        eventually("the window closed to the tray", async || {
            for window in windows().await? {
                let _ = xdotool(&["windowfocus", &window, "key", "alt+F4"]).await;
            }
            Ok(program.logged("the window went to the tray").map(drop))
        })
        .await?;
        let root = program.id()?;
        eventually("no process of a page", async || {
            let pages = tree(root)?.into_iter().any(|process| runs(process, "WebKitWebProces"));
            Ok((!pages).then_some(()))
        })
        .await?;
        tokio::time::sleep(SETTLING).await;
        pss.push(memory(&[root])?);
        program.stop().await?;
    }
    keep_in_tray(&profile, false).await?;
    manager.kill().await?;
    tray.stop().await?;
    Ok(vec![
        Row::new(6, "PSS in the tray, the page and its processes gone", "MB", pss)
            .limit(Limit::Most(100, 110.0)),
    ])
}

async fn keep_in_tray(profile: &std::path::Path, keep: bool) -> Result<()> {
    let window = Subject::window("tray", profile).await?;
    window.ask("background_set", json!({ "keep_in_tray": keep, "start_with_system": false })).await?;
    window.close().await
}
