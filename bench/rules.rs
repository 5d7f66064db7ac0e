//! Measures the rules of engagement on a device: `./dev bench rules [ACCOUNTS]`, a hundred thousand unless
//! said otherwise.
//!
//! An encrypted store is filled as a new device fills it. Then registrations are checked, each for a company
//! that is on the list under other words: with a legal form, a slip of the pen, another domain with the same
//! DUNS number. A check is timed from the question to the hits. The peer is a scan: the same accounts decoded
//! in memory, every one compared. Last, a change of the rules is tried on a thousand registrations.

use anyhow::{Context as _, Result, ensure};
use bench::chance::Chance;
use bench::say;
use bench::words::Vocabulary;
use domain::codec::Entity;
use domain::company::Company;
use domain::engagement::{Subject, hits};
use domain::entity::{Account, Check, Effect, Listed, Relation, Terms};
use domain::{AccountId, Date, RowKey, ScopeId, Timestamp};
use protocol::frame::DeltaRow;
use protocol::seal::DeviceKey;
use protocol::segment::{Contents, SegmentRef, hash};
use std::path::Path;
use std::time::Instant;
use store::query::engagement::alike;
use store::{FileKey, Identity, Store};
use uuid::Uuid;

const EPOCH: u64 = 7;
const SEGMENT: usize = 20_000;
const CHECKS: usize = 1_000;

fn id(chance: &mut Chance, number: usize) -> Uuid {
    Uuid::from_u64_pair(number as u64, chance.number())
}

fn account(words: &Vocabulary, chance: &mut Chance, number: usize) -> Account {
    let name = [words.word(chance), words.word(chance), words.word(chance)].join(" ");
    Account {
        name: format!("{name} GmbH"),
        domain: format!("company-{number}.example"),
        country: "DE".to_owned(),
        industry: String::new(),
        owner: String::new(),
        created_at: Timestamp(0),
        relation: Some(Relation::Customer),
        named: None,
        duns: Some(format!("{:09}", 100_000_000 + number)),
        active_on: None,
        extra: Default::default(),
    }
}

async fn fill(folder: &Path, accounts: &[Account], chance: &mut Chance) -> Result<Store> {
    let identity = Identity {
        program: id(chance, 1).into(),
        device: id(chance, 2).into(),
        member: id(chance, 3).into(),
        device_key: DeviceKey::from_seed(&[7; 32]),
    };
    let organization = id(chance, 4).into();
    let store = Store::create(&folder.join("program.db"), &FileKey::from_bytes(&[9; 32]), identity).await?;
    let list: Vec<SegmentRef> = (0..accounts.len().div_ceil(SEGMENT))
        .map(|number| SegmentRef { hash: hash(&number.to_le_bytes()), bytes: 1, rows: SEGMENT as u64 })
        .collect();
    store.begin_segments(EPOCH, accounts.len() as u64, &list).await?;
    for (segment, (number, piece)) in list.iter().zip(accounts.chunks(SEGMENT).enumerate()) {
        let row = |(at, account): (usize, &Account)| {
            let seq = (number * SEGMENT + at) as u64 + 1;
            let key = RowKey::of::<Account>(AccountId(id(chance, 1_000 + number * SEGMENT + at)));
            let body = Some(account.to_body());
            DeltaRow { key, scope: ScopeId::Organization(organization), seq, body }
        };
        let rows = piece.iter().enumerate().map(row).collect();
        store.take_segment(EPOCH, segment, Contents { rows, newer: Vec::new() }).await?;
    }
    store.finish_segments(EPOCH).await?;
    Ok(store)
}

/// The same company in other words.
fn in_other_words(account: &Account, way: usize) -> Company {
    let bare = account.name.trim_end_matches(" GmbH").to_owned();
    let unknown = Company { name: bare.clone(), country: "DE".to_owned(), ..Company::default() };
    match way % 4 {
        0 => Company { domain: account.domain.clone(), ..unknown },
        1 => Company { name: format!("{}, G.m.b.H.", bare.to_uppercase()), ..unknown },
        2 => {
            let mut letters: Vec<char> = bare.chars().collect();
            // Between the letters by which names are found.
            let at = letters.len() / 2;
            letters.swap(at, at + 1);
            Company { name: letters.into_iter().collect(), ..unknown }
        }
        _ => Company { name: "Another name".to_owned(), duns: account.duns.clone(), ..unknown },
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    let count = std::env::args().skip(1).find_map(|word| word.parse().ok()).unwrap_or(100_000);
    let mut chance = Chance::new(20_261_128, "rules");
    let words = Vocabulary::new(&mut chance);
    let accounts: Vec<Account> = (0..count).map(|number| account(&words, &mut chance, number)).collect();
    let folder = tempfile::tempdir()?;
    let store = fill(folder.path(), &accounts, &mut chance).await?;
    let listed: Vec<Listed> = accounts.iter().filter_map(Listed::of).collect();
    let (terms, today) = (Terms::founding(), Timestamp(0).date());
    let mut subjects = Vec::new();
    for way in 0..CHECKS {
        let company = in_other_words(chance.of(&accounts).context("no account")?, way);
        subjects.push(Subject { company, tender: false });
    }

    let (mut ours, mut scans, mut found, mut candidates) = (Vec::new(), Vec::new(), 0_usize, 0_usize);
    for subject in &subjects {
        let began = Instant::now();
        candidates += one(&store, &terms, subject, today, &mut found).await?;
        ours.push(began.elapsed().as_secs_f64() * 1e3);
    }
    for subject in subjects.iter().take(CHECKS / 20) {
        let began = Instant::now();
        ensure!(!hits(&terms, subject, &listed, [], today).is_empty(), "the scan finds {subject:?}");
        scans.push(began.elapsed().as_secs_f64() * 1e3);
    }
    say(&format!("{count} accounts, {CHECKS} checks, {} looked at each", candidates / CHECKS));
    say(&format!("found: {found} of {CHECKS}"));
    line("a check on this device, ms", &mut ours);
    line("a scan in memory, ms", &mut scans);

    let stricter = Terms { existing_customer: Effect::Reject, ..terms.clone() };
    let began = Instant::now();
    let companies: Vec<Company> = subjects.iter().map(|subject| subject.company.clone()).collect();
    let mut changed = 0;
    for (subject, alike) in subjects.iter().zip(alike(&store, &companies).await?) {
        let listed: Vec<Listed> =
            alike.accounts.iter().filter_map(|(_, account)| Listed::of(account)).collect();
        let effect = |terms| hits(terms, subject, &listed, [], today).first().map(|hit| hit.effect);
        changed += usize::from(effect(&terms) != effect(&stricter));
    }
    say(&format!(
        "a change tried on {CHECKS} registrations: {:.0} ms, {changed} differ",
        began.elapsed().as_secs_f64() * 1e3
    ));
    Ok(())
}

async fn one(
    store: &Store,
    terms: &Terms,
    subject: &Subject,
    today: Date,
    found: &mut usize,
) -> Result<usize> {
    let alike = alike(store, std::slice::from_ref(&subject.company)).await?.pop().unwrap_or_default();
    let listed: Vec<Listed> = alike.accounts.iter().filter_map(|(_, account)| Listed::of(account)).collect();
    let hits = hits(terms, subject, &listed, [], today);
    *found += usize::from(hits.first().is_some_and(|hit| hit.check == Check::ExistingCustomer));
    Ok(listed.len())
}

fn line(what: &str, times: &mut [f64]) {
    times.sort_by(f64::total_cmp);
    let at = |part: usize| times.get(times.len().saturating_sub(1) * part / 100).copied().unwrap_or_default();
    say(&format!("{what}: p50 {:.2}, p95 {:.2}, most {:.2}", at(50), at(95), at(100)));
}
