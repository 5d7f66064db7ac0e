//! Measures finding things in a large store: `./dev bench search [MESSAGES]`, a million unless said otherwise.
//!
//! The store is filled as a new device fills it, by segments, and indexed in slices as the window does it.
//! Then words are typed letter by letter, one and two at a time, with and without filters, and every answer is
//! timed from the question to the decoded hits. The peer is a scan: the same texts, folded already and in
//! memory, without a database or a cipher, looked through from the newest on until there are as many hits.

use anyhow::{Context as _, Result};
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
const WORDS: usize = 30_000;
const SEGMENT: usize = 20_000;
const SHOWN: usize = 60;
/// Eighteen months that end today.
const SPAN: i64 = 550 * domain::date::DAY_MS;
const END: i64 = 1_795_000_000_000;

/// A sequence that is the same in every run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % (limit.max(1) as u64)).unwrap_or_default()
    }

    /// Few numbers often and many rarely, as words are used.
    fn rank(&mut self, limit: usize) -> usize {
        let even = (self.below(1 << 20) as f64 + 1.0) / f64::from(1 << 20);
        let rank = (limit as f64).powf(even) - 1.0;
        (rank as usize).min(limit - 1)
    }

    /// One of a list, the first more often than the last.
    fn of<'l, T>(&mut self, list: &'l [T]) -> Result<&'l T> {
        list.get(self.rank(list.len())).context("an empty list")
    }

    fn id(&mut self, number: usize) -> Uuid {
        Uuid::from_u64_pair(number as u64, self.below(usize::MAX >> 1) as u64)
    }
}

fn vocabulary(chance: &mut Chance) -> Vec<String> {
    const PARTS: [&str; 24] = [
        "ba", "co", "den", "fi", "gra", "hal", "in", "ko", "lan", "mi", "nor", "pol", "qua", "ri", "sen",
        "tor", "un", "ver", "wes", "yar", "zel", "st", "re", "pre",
    ];
    let mut words = Vec::with_capacity(WORDS);
    for _ in 0..WORDS {
        let parts = 1 + chance.below(4);
        words.push((0..=parts).filter_map(|_| PARTS.get(chance.below(PARTS.len())).copied()).collect());
    }
    words
}

fn sentence(chance: &mut Chance, words: &[String]) -> Result<String> {
    let length = 4 + chance.below(17);
    let said = (0..length).map(|_| chance.of(words).map(String::as_str)).collect::<Result<Vec<&str>>>();
    said.map(|said| said.join(" "))
}

struct Filled {
    store: Store,
    words: Vec<String>,
    texts: Vec<String>,
    authors: Vec<MemberId>,
}

async fn fill(folder: &Path, messages: usize) -> Result<Filled> {
    let mut chance = Chance(20_261_127);
    let words = vocabulary(&mut chance);
    let path = folder.join("program.db");
    let identity = Identity {
        program: chance.id(1).into(),
        device: chance.id(2).into(),
        member: chance.id(3).into(),
        device_key: DeviceKey::from_seed(&[7; 32]),
    };
    let store = Store::create(&path, &FileKey::from_bytes(&[9; 32]), identity).await?;
    let authors: Vec<MemberId> = (0..40).map(|number| chance.id(10 + number).into()).collect();
    let deals: Vec<DealId> = (0..DEALS).map(|number| chance.id(100 + number).into()).collect();
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
            let title = sentence(&mut chance, &words)?;
            let body = deal_of(title, *chance.of(&authors)?, number).to_body();
            let scope = ScopeId::Deal(*deal);
            return Ok(DeltaRow { key: RowKey::of::<Deal>(*deal), scope, seq, body: Some(body) });
        }
        let nth = number - DEALS;
        let deal = *chance.of(&deals)?;
        let said = sentence(&mut chance, &words)?;
        texts.push(text::words(&said).into_iter().map(|word| word.folded).collect::<Vec<_>>().join(" "));
        let message = Message {
            deal,
            author: *chance.of(&authors)?,
            body: said,
            reply_to: None,
            position: Some(seq),
            at: Timestamp(END - SPAN + SPAN / messages as i64 * nth as i64),
            extra: Default::default(),
        };
        let id: MessageId = chance.id(10_000 + number).into();
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
    Deal {
        number: u32::try_from(number).ok(),
        customer: Customer {
            name: format!("{title} N.V."),
            domain: format!("c{number}.example"),
            country: "NL".into(),
        },
        title,
        partner: OrganizationId(Uuid::from_u128(5)),
        registered_by: by,
        product: "Gauge".into(),
        region: "Benelux".into(),
        need: String::new(),
        amount: Money { minor: 1_000_000, currency: "EUR".into() },
        close_date: Date::from_days(20_900).unwrap_or_else(|| at.date()),
        stage: Stage::Qualified,
        registration: Registration { status: Status::Approved, ..Registration::draft() },
        created_at: at,
        field_seq: Default::default(),
        field_by: Default::default(),
        guests: None,
        extra: Default::default(),
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
    let mut chance = Chance(4_711);
    let (mut one, mut two, mut one_scan, mut two_scan) = (vec![], vec![], vec![], vec![]);
    let (mut narrowed, mut ranked) = (vec![], vec![]);
    let mut worst = (0.0, String::new());
    for _ in 0..150 {
        let first = chance.of(&filled.words)?.clone();
        let second = chance.of(&filled.words)?.clone();
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
