//! Measures finding things in a large store: `./dev bench search [MESSAGES]`, a million unless said otherwise.
//!
//! The store is filled as a new device fills it, by segments, and indexed in slices as the window does it.
//! Then words are typed letter by letter, one and two at a time, with and without filters, and every answer is
//! timed from the question to the decoded hits. The peer is a scan: the same texts, folded already and in
//! memory, without a database or a cipher, looked through from the newest on until there are as many hits.

use anyhow::{Context as _, Result};
use bench::chance::Chance;
use bench::words::Vocabulary;
use domain::codec::Entity;
use domain::entity::{Customer, Deal, Message, Registration, Stage, Status};
use domain::search::{read, text};
use domain::{Date, DealId, MemberId, MessageId, Money, OrganizationId, RowKey, ScopeId, Timestamp};
use protocol::frame::DeltaRow;
use protocol::seal::DeviceKey;
use protocol::segment::{Contents, SegmentRef, hash};
use std::path::Path;
use std::time::{Duration, Instant};
use store::query::find::{Search, search};
use store::{FileKey, Identity, Store};
use uuid::Uuid;

const EPOCH: u64 = 7;
const DEALS: usize = 2_000;
const SEGMENT: usize = 20_000;
const SHOWN: usize = 60;
/// Eighteen months that end today.
const SPAN: i64 = 550 * domain::date::DAY_MS;
const END: i64 = 1_795_000_000_000;

/// An id that begins with a number, so that ids come in the order in which they were made.
fn id(chance: &mut Chance, number: usize) -> Uuid {
    Uuid::from_u64_pair(number as u64, chance.number())
}

struct Filled {
    store: Store,
    words: Vocabulary,
    texts: Vec<String>,
    authors: Vec<MemberId>,
}

async fn fill(folder: &Path, messages: usize) -> Result<Filled> {
    let mut chance = Chance::new(20_261_127, "search");
    let words = Vocabulary::new(&mut chance);
    let path = folder.join("program.db");
    let identity = Identity {
        program: id(&mut chance, 1).into(),
        device: id(&mut chance, 2).into(),
        member: id(&mut chance, 3).into(),
        device_key: DeviceKey::from_seed(&[7; 32]),
    };
    let store = Store::create(&path, &FileKey::from_bytes(&[9; 32]), identity).await?;
    let authors: Vec<MemberId> = (0..40).map(|number| id(&mut chance, 10 + number).into()).collect();
    let deals: Vec<DealId> = (0..DEALS).map(|number| id(&mut chance, 100 + number).into()).collect();
    let total = DEALS + messages;
    let head = total as u64;
    let count = total.div_ceil(SEGMENT);
    let list: Vec<SegmentRef> = (0..count)
        .map(|number| SegmentRef { hash: hash(&number.to_le_bytes()), bytes: 1, rows: SEGMENT as u64 })
        .collect();
    store.begin_segments(EPOCH, head, &list).await?;
    let mut texts = Vec::with_capacity(messages);
    let mut row = |number: usize| -> Result<DeltaRow> {
        let seq = number as u64 + 1;
        if let Some(deal) = deals.get(number) {
            let title = words.sentence(&mut chance);
            let body = deal_of(title, *chance.of(&authors).context("nobody")?, number).to_body();
            let scope = ScopeId::Deal(*deal);
            return Ok(DeltaRow { key: RowKey::of::<Deal>(*deal), scope, seq, body: Some(body) });
        }
        let nth = number - DEALS;
        let deal = *chance.of(&deals).context("no deal")?;
        let said = words.sentence(&mut chance);
        texts.push(text::words(&said).into_iter().map(|word| word.folded).collect::<Vec<_>>().join(" "));
        let message = Message {
            deal,
            author: *chance.of(&authors).context("nobody")?,
            body: said,
            reply_to: None,
            position: Some(seq),
            at: Timestamp(END - SPAN + SPAN / messages as i64 * nth as i64),
            extra: Default::default(),
        };
        let id: MessageId = id(&mut chance, 10_000 + number).into();
        let scope = ScopeId::Deal(deal);
        Ok(DeltaRow { key: RowKey::of::<Message>(id), scope, seq, body: Some(message.to_body()) })
    };
    let mut taking = Duration::ZERO;
    for (number, segment) in list.iter().enumerate() {
        let rows: Vec<DeltaRow> =
            (number * SEGMENT..total.min((number + 1) * SEGMENT)).map(&mut row).collect::<Result<_>>()?;
        let began = Instant::now();
        store.take_segment(EPOCH, segment, Contents { rows, newer: Vec::new() }).await?;
        taking += began.elapsed();
    }
    let began = Instant::now();
    store.finish_segments(EPOCH).await?;
    taking += began.elapsed();
    let plain = std::fs::metadata(&path)?.len();
    say(&format!(
        "{total} rows by segments: {:.0} rows/s, file {} MB",
        total as f64 / taking.as_secs_f64(),
        plain >> 20
    ));
    let (began, mut slices) = (Instant::now(), Vec::new());
    loop {
        let slice = Instant::now();
        let more = store.index_some().await?;
        slices.push(slice.elapsed().as_secs_f64() * 1e3);
        if !more {
            break;
        }
    }
    let rate = total as f64 / began.elapsed().as_secs_f64();
    let grown = std::fs::metadata(&path)?.len()
        + std::fs::metadata(path.with_extension("db-wal")).map_or(0, |log| log.len());
    say(&format!("indexed in slices: {rate:.0} rows/s, file and log {} MB", grown >> 20));
    line("a slice, for which a writer waits", &mut slices);
    Ok(Filled { store, words, texts, authors })
}

fn deal_of(title: String, by: MemberId, number: usize) -> Deal {
    let at = Timestamp(END - SPAN);
    let customer = Customer {
        name: format!("{title} N.V."),
        domain: format!("c{number}.example"),
        country: "NL".into(),
    };
    let amount = Money { minor: 1_000_000, currency: "EUR".into() };
    let close_date = Date::from_days(20_900).unwrap_or_else(|| at.date());
    Deal {
        number: u32::try_from(number).ok(),
        title,
        product: "Gauge".into(),
        region: "Benelux".into(),
        stage: Stage::Qualified,
        registration: Registration { status: Status::Approved, ..Registration::draft() },
        ..Deal::draft((OrganizationId(Uuid::from_u128(5)), by), customer, amount, close_date, at)
    }
}

async fn ask(filled: &Filled, typed: &str, ranked: bool, since: Option<Timestamp>) -> Result<f64> {
    let began = Instant::now();
    let asked = read(typed, !ranked, Timestamp(END).date());
    let sought = Search { asked: &asked, partner: None, since, until: None, limit: SHOWN, ranked };
    let found = search(&filled.store, sought).await?;
    std::hint::black_box(found.hits.len());
    Ok(began.elapsed().as_secs_f64() * 1e3)
}

/// The same by looking at every text from the newest on.
fn scan(filled: &Filled, typed: &str) -> f64 {
    let began = Instant::now();
    let asked: Vec<&str> = typed.split(' ').collect();
    let hits =
        filled.texts.iter().rev().filter(|text| asked.iter().all(|word| text.contains(word))).take(SHOWN);
    std::hint::black_box(hits.count());
    began.elapsed().as_secs_f64() * 1e3
}

fn line(what: &str, values: &mut [f64]) {
    values.sort_by(f64::total_cmp);
    let at = |part: f64| {
        values.get(((values.len() as f64 - 1.0) * part).round() as usize).copied().unwrap_or_default()
    };
    say(&format!("{what:<44} {:>8.2} {:>8.2} {:>8.2}   ms, {}", at(0.5), at(0.95), at(1.0), values.len()));
}

#[expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
fn say(text: &str) {
    println!("{text}");
}

/// Every state a word goes through while it is typed, from two letters on.
fn letters(before: &str, word: &str) -> Vec<String> {
    (2..=word.len()).filter_map(|end| Some(format!("{before}{}", word.get(..end)?))).collect()
}

#[tokio::main]
async fn main() -> Result<()> {
    let asked = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let messages: usize = asked.unwrap_or(1_000_000);
    let folder = tempfile::tempdir()?;
    say(&format!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()));
    say(&format!("{:<44} {:>8} {:>8} {:>8}", "", "median", "p95", "worst"));
    let filled = fill(folder.path(), messages).await.context("filling the store")?;
    let mut chance = Chance::new(4_711, "typing");
    let (mut one, mut two, mut one_scan, mut two_scan) = (vec![], vec![], vec![], vec![]);
    let (mut narrowed, mut ranked) = (vec![], vec![]);
    let mut worst = (0.0, String::new());
    for _ in 0..150 {
        let first = filled.words.word(&mut chance).to_owned();
        let second = filled.words.word(&mut chance).to_owned();
        for typed in letters("", &first) {
            let took = ask(&filled, &typed, false, None).await?;
            one.push(took);
            if took > worst.0 {
                worst = (took, typed.clone());
            }
            one_scan.push(scan(&filled, &typed));
        }
        for typed in letters(&format!("{first} "), &second) {
            let took = ask(&filled, &typed, false, None).await?;
            two.push(took);
            if took > worst.0 {
                worst = (took, typed.clone());
            }
            two_scan.push(scan(&filled, &typed));
        }
        narrowed.push(ask(&filled, &first, false, Some(Timestamp(END - SPAN / 18))).await?);
        ranked.push(ask(&filled, &format!("{first} {second}"), true, None).await?);
    }
    line("typing one word", &mut one);
    line("  peer: scan of folded texts in memory", &mut one_scan);
    line("typing a second word", &mut two);
    line("  peer: scan of folded texts in memory", &mut two_scan);
    line("one word of the last month", &mut narrowed);
    line("two words, ranked", &mut ranked);
    say(&format!("worst: {:.1} ms for “{}”; {} authors", worst.0, worst.1, filled.authors.len()));
    say(&format!("load {}", std::fs::read_to_string("/proc/loadavg").unwrap_or_default().trim()));
    filled.store.close().await?;
    Ok(())
}
