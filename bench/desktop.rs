//! Measures the real window on the demo world: `./dev bench desktop` builds what is measured, gives it a
//! screen, a bus and a keyring, and runs this. Prints one table and the machine's load beside it. Words
//! after `desktop` choose parts: `starts`, `changes`, `views`.
//!
//! - *start*: from the start of the process to its window with the first screen in it, by the program's
//!   own log, and the same from outside with the cost of starting a process.
//! - *memory*: the proportional set size of the whole process tree, a moment after that.
//! - *local change* and *message to the other window*: from the key press in one page to the end of the
//!   frame that shows it (animation frame, then a message channel). Pages of one machine share a clock.
//!   `performance.now` counts whole milliseconds in this engine.
//! - *views* and *palette*: from the key press to the end of the frame that shows the rows of the place.
//! - *blank*: a frame in which nothing changes, measured beside each. It is the floor: no change can be
//!   seen before the next frame is.

use anyhow::{Context as _, Result, anyhow, ensure};
use journeys::desktop::{Launch, Window, eventually};
use journeys::processes::{cpu_ms, pss_kb, tree};
use journeys::world::World;
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};
use tokio::process::Command;

/// Starts of the program that are measured; the first of all is thrown away, it warms the disk.
const STARTS: usize = 30;
/// Messages and ticks that are measured.
const CHANGES: usize = 100;
/// Rounds through the places that are measured.
const ROUNDS: usize = 40;

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
async fn main() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let world = World::build(folder.path()).await?;
    let mut table = vec![format!("load average at the start: {}", load()?)];

    let chosen: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let wanted = |part: &str| chosen.is_empty() || chosen.iter().any(|word| word == part);
    if wanted("starts") {
        table.extend(starts(&world).await?);
    }
    if wanted("changes") {
        let mut changes = measure_changes(&world).await.context("measuring two windows")?;
        table.push(row("key press until the own message is painted", "ms", &mut changes.own));
        table.push(row("tick until the milestone is painted as done", "ms", &mut changes.ticks));
        table.push(row("key press until the other window has painted it", "ms", &mut changes.other));
        table.push(row("key press in the composer until the next frame", "ms", &mut changes.keys));
        table.push(row("blank frame beside them", "ms", &mut changes.blank));
    }
    if wanted("views") {
        let mut views = measure_views(&world).await.context("measuring the places")?;
        for (what, values) in &mut views {
            table.push(row(what, "ms", values));
        }
    }
    table.push(format!("load average at the end: {}", load()?));

    println!("\n{:<52} {:>8} {:>8} {:>8}   unit, count", "what", "median", "p95", "worst");
    for line in table {
        println!("{line}");
    }
    Ok(())
}

async fn starts(world: &World) -> Result<Vec<String>> {
    let (mut inside, mut outside, mut memory, mut work) = (vec![], vec![], vec![], vec![]);
    for turn in 0..=STARTS {
        let start = measure_start(&world.seller).await.context("measuring a start")?;
        if turn > 0 {
            inside.push(start.shown_ms);
            outside.push(start.outside_ms);
            memory.push(start.pss_mb);
            work.push(start.cpu_ms);
        }
    }
    Ok(vec![
        row("start, until the window shows Today", "ms", &mut inside),
        row("the same, by a watch outside", "ms", &mut outside),
        row("processor time until then, all processes", "ms", &mut work),
        row("memory of all processes at Today", "MB", &mut memory),
    ])
}

struct Start {
    shown_ms: f64,
    outside_ms: f64,
    cpu_ms: f64,
    pss_mb: f64,
}

/// Starts the program without a driver, as a person does, and ends it again.
async fn measure_start(profile: &Path) -> Result<Start> {
    let log = profile.join("logs/lockstep.log");
    let before = fs::read_to_string(&log).unwrap_or_default().len();
    let began = Instant::now();
    let mut child = Command::new(journeys::desktop::binary()?)
        .arg("--profile")
        .arg(profile)
        .env("LOCKSTEP_LOG", "info")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()?;
    let (shown_ms, outside_ms) = loop {
        let text = fs::read_to_string(&log).unwrap_or_default();
        if let Some(line) =
            text.get(before..).and_then(|new| new.lines().find(|line| line.contains("window shown")))
        {
            ensure!(!line.contains("patience"), "the page never said that it shows something: {line}");
            break (number_after(line, "milliseconds")?, began.elapsed().as_secs_f64() * 1e3);
        }
        ensure!(began.elapsed() < Duration::from_secs(30), "the window was not shown within 30 s");
        tokio::time::sleep(Duration::from_millis(2)).await;
    };
    let id = child.id().context("the program ended")?;
    let cpu_ms = tree(id)?.iter().filter_map(|process| cpu_ms(*process)).sum();
    // What is loaded lazily right after the first screen belongs to the picture.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let pss_mb = tree(id)?.iter().filter_map(|process| pss_kb(*process)).sum::<f64>() / 1024.0;
    Command::new("kill").arg(id.to_string()).status().await?;
    child.wait().await?;
    Ok(Start { shown_ms, outside_ms, cpu_ms, pss_mb })
}

/// The first number after a word of a log line, whatever stands between them.
fn number_after(line: &str, word: &str) -> Result<f64> {
    let (_, rest) = line.split_once(word).with_context(|| format!("no {word} in {line}"))?;
    let digits: String =
        rest.chars().skip_while(|c| !c.is_ascii_digit()).take_while(char::is_ascii_digit).collect();
    digits.parse().with_context(|| format!("no number after {word} in {line}"))
}

#[derive(Default)]
struct Changes {
    own: Vec<f64>,
    ticks: Vec<f64>,
    other: Vec<f64>,
    keys: Vec<f64>,
    blank: Vec<f64>,
}

/// Notes in `window.seen` when a text or a state was first painted.
const WATCH: &str = "
    const now = () => performance.timeOrigin + performance.now();
    window.now = now;
    window.seen = {};
    window.painted = (then) => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => then(now());
        channel.port2.postMessage(0);
    });
    const once = (key) => {
        if (key in window.seen) return;
        window.seen[key] = 0;
        window.painted((at) => { window.seen[key] = at; });
    };
    new MutationObserver(() => {
        const messages = document.querySelectorAll('[data-test=message]');
        const last = messages[messages.length - 1]?.innerText.match(/measured (\\d+)/);
        if (last) once('m' + last[1]);
        for (const row of document.querySelectorAll('[data-test=milestone]')) {
            if (row.dataset.done !== row.measured) once(row.dataset.milestone + row.dataset.done);
            row.measured = row.dataset.done;
        }
    }).observe(document.body, { subtree: true, childList: true, characterData: true, attributes: true });";

/// Presses keys one after the other, and answers with the time from the last until what a selector names
/// is painted.
const GO: &str = "
    const [keys, selector] = arguments;
    const there = () => document.querySelector(selector) !== null;
    if (document.activeElement !== document.body) document.activeElement.blur();
    let began = 0;
    for (const key of keys.split(' ')) {
        began = window.now();
        const [name, ctrl] = key.startsWith('mod+') ? [key.slice(4), true] : [key, false];
        const on = document.activeElement ?? document.body;
        on.dispatchEvent(new KeyboardEvent('keydown', { key: name, ctrlKey: ctrl, bubbles: true, cancelable: true }));
    }
    await new Promise((done) => {
        if (there()) return done();
        const watch = new MutationObserver(() => {
            if (!there()) return;
            watch.disconnect();
            done();
        });
        watch.observe(document.body, { subtree: true, childList: true, attributes: true });
    });
    return await new Promise((done) => window.painted((at) => done(at - began)));";

const TYPE: &str = "
    const field = document.querySelector('[data-test=palette-input]');
    const list = () => [...document.querySelectorAll('[data-test=palette-entry]')].map((e) => e.innerText).join();
    const before = list();
    const began = window.now();
    field.value = arguments[0];
    field.dispatchEvent(new InputEvent('input', { bubbles: true }));
    while (list() === before) await new Promise((done) => setTimeout(done, 1));
    return await new Promise((done) => window.painted((at) => done(at - began)));";

const SAY: &str = "
    const area = document.querySelector('[data-test=composer]');
    area.focus();
    const began = window.now();
    area.value = arguments[0];
    area.dispatchEvent(new InputEvent('input', { bubbles: true }));
    window.painted((at) => { window.seen['k' + arguments[1]] = at - began; });
    await new Promise((done) => setTimeout(done, 50 + arguments[1] % 17));
    const pressed = window.now();
    area.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    return pressed;";

const BLANK: &str = "
    const began = window.now();
    return await new Promise((done) => window.painted((at) => done(at - began)));";

async fn measure_changes(world: &World) -> Result<Changes> {
    let (seller, vendor) = (open("seller", &world.seller).await?, open("vendor", &world.vendor).await?);
    let room = open_room(&seller, "Polder rollout").await?;
    vendor.find("[data-test=nav-deals]").await?;
    vendor.run("history.pushState({}, '', arguments[0]); location.reload();", vec![json!(room)]).await?;
    for window in [&seller, &vendor] {
        window.find("[data-test=composer]").await?;
        window.until("the messages", "document.querySelectorAll('[data-test=message]').length > 0").await?;
        window.run(WATCH, Vec::new()).await?;
    }

    let mut changes = Changes::default();
    for number in 0..=CHANGES {
        let text = format!("measured {number}");
        let pressed = in_page(&seller, SAY, vec![json!(text), json!(number)]).await?;
        let own = seen(&seller, &format!("m{number}")).await?;
        let other = seen(&vendor, &format!("m{number}")).await?;
        let key = seen(&seller, &format!("k{number}")).await?;
        let blank = in_page(&seller, BLANK, Vec::new()).await?;
        if number > 0 {
            changes.own.push(own - pressed);
            changes.other.push(other - pressed);
            changes.keys.push(key);
            changes.blank.push(blank);
        }
    }
    for number in 0..CHANGES {
        let toggle = "
            const row = document.querySelector('[data-test=milestone]');
            const key = row.dataset.milestone + (row.dataset.done === 'true' ? 'false' : 'true');
            delete window.seen[key];
            await new Promise((done) => setTimeout(done, 20 + arguments[0] % 17));
            const began = window.now();
            row.querySelector('[data-test=milestone-toggle]').click();
            window.ticked = key;
            return began;";
        let began = in_page(&seller, toggle, vec![json!(number)]).await?;
        let key = seller.run("return window.ticked", Vec::new()).await?;
        let key = key.as_str().context("nothing was ticked")?.to_owned();
        changes.ticks.push(seen(&seller, &key).await? - began);
    }
    seller.close().await?;
    vendor.close().await?;
    Ok(changes)
}

type Measured = (&'static str, Vec<f64>);

/// Goes round through the places by their keys, in one window.
async fn measure_views(world: &World) -> Result<Vec<Measured>> {
    let window = open("seller", &world.seller).await?;
    open_room(&window, "Polder rollout").await?;
    window.run(WATCH, Vec::new()).await?;
    let steps = [
        ("Today or the room to Deals, until the rows are painted", "g d", "[data-test=deal-row] time"),
        ("Deals to a room, until its messages are painted", "Enter", "[data-test=message]"),
        ("the room to Today, until its rows are painted", "g t", "[data-test=today-row]"),
        ("palette, until it is painted", "mod+k", "[data-test=palette-entry]"),
    ];
    let mut views: Vec<Measured> = steps.iter().map(|(what, ..)| (*what, Vec::new())).collect();
    let (mut results, mut blank) = (Vec::new(), Vec::new());
    for round in 0..=ROUNDS {
        for ((_, keys, selector), (_, values)) in steps.iter().zip(&mut views) {
            let took = in_page(&window, GO, vec![json!(keys), json!(selector)]).await?;
            let floor = in_page(&window, BLANK, Vec::new()).await?;
            if round > 0 {
                values.push(took);
                blank.push(floor);
            }
        }
        for typed in ["p", "po", "pol"] {
            let took = in_page(&window, TYPE, vec![json!(typed)]).await?;
            if round > 0 {
                results.push(took);
            }
        }
        let close = "
            document.activeElement.dispatchEvent(
                new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true }));
            while (document.querySelector('[data-test=palette]')) await new Promise((done) => setTimeout(done, 5));
            return 0;";
        in_page(&window, close, Vec::new()).await?;
    }
    window.close().await?;
    views.push(("letter in the palette until its results are painted", results));
    views.push(("blank frame beside them", blank));
    Ok(views)
}

/// Drawn as on a machine without a graphics card, which the shell recognises; the driver's way of taking
/// pictures, of which none is wanted here, would draw each frame several times slower.
async fn open(name: &str, profile: &Path) -> Result<Window> {
    let launch = Launch::new(name, profile).environment("LOCKSTEP_LOG", "info");
    launch.environment("WEBKIT_DISABLE_DMABUF_RENDERER", "1").open().await
}

/// Opens the room of a deal from the list and returns its address.
async fn open_room(window: &Window, title: &str) -> Result<String> {
    // Clicks are made in the page: a list that is still being drawn swaps elements under a driver's.
    window.find("[data-test=nav-deals]").await?;
    let script = "
        if (!location.pathname.startsWith('/deals')) document.querySelector('[data-test=nav-deals]').click();
        const row = [...document.querySelectorAll('[data-test=deal-row]')]
            .find((row) => row.innerText.includes(arguments[0]));
        if (row) (row.querySelector('a') ?? row).click();
        return Boolean(document.querySelector('[data-test=composer]')) ? location.pathname : null;";
    eventually(&format!("the room of {title}"), async || {
        Ok(window.run(script, vec![json!(title)]).await?.as_str().map(str::to_owned))
    })
    .await
}

/// Runs an asynchronous function body in the page and returns the number it comes to.
async fn in_page(window: &Window, body: &str, arguments: Vec<Value>) -> Result<f64> {
    let script = format!(
        "const done = arguments[arguments.length - 1];
         (async function () {{ {body} }}).apply(null, [...arguments].slice(0, -1))
           .then(done, (error) => done(String(error)));"
    );
    let value = window.client().execute_async(&script, arguments).await?;
    value.as_f64().ok_or_else(|| anyhow!("the page answered {value}"))
}

/// Waits until the page has painted something it was told to watch for.
async fn seen(window: &Window, key: &str) -> Result<f64> {
    eventually(key, async || {
        let value = window.run("return window.seen[arguments[0]] || null", vec![json!(key)]).await?;
        Ok(value.as_f64())
    })
    .await
}

fn load() -> Result<String> {
    Ok(fs::read_to_string("/proc/loadavg")?.split(' ').take(3).collect::<Vec<_>>().join(" "))
}

fn row(what: &str, unit: &str, values: &mut [f64]) -> String {
    values.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let last = values.len().saturating_sub(1);
        values.get((last as f64 * share).ceil() as usize).copied().unwrap_or(f64::NAN)
    };
    format!("{what:<52} {:>8.0} {:>8.0} {:>8.0}   {unit}, {}", at(0.5), at(0.95), at(1.0), values.len())
}
