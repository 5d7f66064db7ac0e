//! What things cost. Prints, judges nothing:
//! `cargo test --release -p store measure -- --ignored --nocapture`.

use crate::people::*;
use domain::codec::Entity;
use domain::entity::*;
use domain::mutation::*;
use domain::*;
use protocol::frame::{Answer, Delta, DeltaRow};
use std::time::{Duration, Instant};
use store::query::deals::{self, Filter, InCourt, Sort};
use store::query::{accounts, palette, room, today};
use uuid::Uuid;

fn row<E: Entity>(id: impl Into<Uuid>, scope: ScopeId, seq: u64, entity: &E) -> DeltaRow {
    DeltaRow { key: RowKey::of::<E>(id), scope, seq, body: Some(entity.to_body()) }
}

fn middle(mut times: Vec<Duration>) -> String {
    times.sort();
    let ms = |at: usize| times[at].as_secs_f64() * 1_000.0;
    format!("p50 {:.2} ms, p99 {:.2} ms", ms(times.len() / 2), ms(times.len() * 99 / 100))
}

fn rate(what: &str, rows: usize, took: Duration) {
    println!(
        "{what}: {rows} rows in {:.2} s, {:.0} rows/s",
        took.as_secs_f64(),
        rows as f64 / took.as_secs_f64()
    );
}

async fn apply(person: &Person, epoch: u64, rows: Vec<DeltaRow>, answers: Vec<Answer>) -> Duration {
    let to = rows.iter().map(|row| row.seq).max().unwrap_or_default();
    let began = Instant::now();
    let delta = Delta { to, answers, rows, resume: None };
    person.store.apply_delta(epoch, delta).await.unwrap();
    began.elapsed()
}

fn message(deal: DealId, author: MemberId, seq: u64) -> DeltaRow {
    let message = Message {
        deal,
        author,
        body: "Pressure tests are done, the report follows tomorrow morning.".to_owned(),
        reply_to: None,
        position: Some(seq),
        at: Timestamp(now().0 + i64::try_from(seq).unwrap()),
        extra: Default::default(),
    };
    row(Uuid::now_v7(), ScopeId::Deal(deal), seq, &message)
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes a minute and judges nothing"]
async fn measure() {
    let mut world = World::new().await;
    let first = world.approved_deal("The first").await;
    let base: Deal = world.alice.see(first).await.unwrap();
    let epoch = world.hub.epoch;
    let alice = &world.alice;
    let mut seq = world.hub.head;

    let mut times = Vec::new();
    for number in 0..500 {
        let mutation = say(first, &format!("message {number}"));
        let began = Instant::now();
        alice.store.commit(mutation, now()).await.unwrap();
        times.push(began.elapsed());
    }
    println!("commit one message: {}", middle(times));
    world.sync().await;
    seq = seq.max(world.hub.head) + 1_000;
    let alice = &world.alice;

    let began = Instant::now();
    for _ in 0..10 {
        let batch = (0..10).map(|_| {
            let account = |_| {
                let id = Uuid::now_v7();
                AccountDraft {
                    account: id.into(),
                    name: format!("Customer {}", id.simple()),
                    domain: format!("{}.example", id.simple()),
                    country: "NL".to_owned(),
                    industry: "Water".to_owned(),
                    owner: "Alice".to_owned(),
                }
            };
            let accounts = (0..500).map(account).collect();
            AccountsPut { organization: alice.organization, accounts }.into()
        });
        alice.store.commit_all(batch.collect(), now()).await.unwrap();
    }
    rate("import accounts, 5,000 a transaction", 50_000, began.elapsed());
    let mut took = Duration::ZERO;
    let answered = alice.store.sync_state().await.unwrap().answered;
    for answer in 0..100 {
        // Each comes back as the hub confirms it.
        let n = answered + 1 + answer;
        let items = alice.store.outbox_after(n - 1, 1, 1).await.unwrap();
        let Ok(Mutation::AccountsPut(put)) = Mutation::from_payload(&items[0].header.name, &items[0].payload)
        else {
            panic!()
        };
        seq += 1;
        let rows = put.accounts.iter().map(|draft| {
            let account = Account {
                name: draft.name.clone(),
                domain: draft.domain.clone(),
                country: draft.country.clone(),
                industry: draft.industry.clone(),
                owner: draft.owner.clone(),
                created_at: now(),
                extra: Default::default(),
            };
            row(draft.account, ScopeId::Organization(alice.organization), seq, &account)
        });
        took += apply(alice, epoch, rows.collect(), vec![Answer { n, seq, refusal: None, at: now() }]).await;
    }
    rate("confirm the import", 50_000, took);
    assert_eq!(alice.store.counts().await.unwrap().waiting, 0);

    let mut made = Vec::new();
    let mut took = Duration::ZERO;
    for batch in 0..25_i32 {
        let rows = (0..2_000_i32).map(|number| {
            seq += 1;
            let id = DealId(Uuid::now_v7());
            made.push(id);
            let mut deal = base.clone();
            deal.title = format!("Pump station {batch}-{number}");
            deal.amount.minor = i64::from(number) * 1_000;
            deal.stage =
                [Stage::Prospect, Stage::Qualified, Stage::Launched][usize::try_from(number % 3).unwrap()];
            deal.close_date = deal.close_date.plus_days(number % 700);
            deal.customer.domain = format!("{}.example", id.0.simple());
            row(id, ScopeId::Deal(id), seq, &deal)
        });
        took += apply(alice, epoch, rows.collect(), Vec::new()).await;
    }
    rate("apply_delta of deals, 2,000 a page", 50_000, took);
    let mut took = Duration::ZERO;
    for page in made.chunks(2_000) {
        let rows = page.iter().map(|deal| {
            seq += 1;
            let step = Milestone {
                deal: *deal,
                title: "Pen-test report".to_owned(),
                owner_side: OwnerSide::Vendor,
                owner: None,
                due: Date::from_days(20_800 + i32::try_from(seq % 300).unwrap()),
                done_condition: String::new(),
                done: None,
                extra: Default::default(),
            };
            row(Uuid::now_v7(), ScopeId::Deal(*deal), seq, &step)
        });
        took += apply(alice, epoch, rows.collect(), Vec::new()).await;
    }
    rate("apply_delta of milestones, one a deal", 50_000, took);
    for (what, rooms) in [("200 rooms", 200), ("10,000 rooms", 10_000)] {
        let rows = (0..10_000_usize).map(|number| {
            seq += 1;
            message(made[number % rooms], world.bob.member, seq)
        });
        rate(
            &format!("apply_delta of messages in {what}"),
            10_000,
            apply(alice, epoch, rows.collect(), vec![]).await,
        );
    }

    let filters = [
        ("everything open", Filter::default()),
        ("closed as well", Filter { include_closed: true, ..Filter::default() }),
        ("one court", Filter { court: Some(InCourt::Of(OwnerSide::Vendor)), ..Filter::default() }),
        ("one stage", Filter { stage: Some(Stage::Qualified), ..Filter::default() }),
        ("a word that few have", Filter { text: "17-1234".to_owned(), ..Filter::default() }),
        ("a word nobody has", Filter { text: "nothing".to_owned(), ..Filter::default() }),
        ("one partner", Filter { partner: Some(alice.organization), ..Filter::default() }),
    ];
    for (what, filter) in &filters {
        for sort in [Sort::Activity, Sort::Title] {
            let mut times = Vec::new();
            for _ in 0..20 {
                let began = Instant::now();
                deals::window(&alice.store, filter, sort, 0, 50).await.unwrap();
                times.push(began.elapsed());
            }
            println!("deal window over 50,000, {what}, {sort:?}: {}", middle(times));
        }
    }
    macro_rules! window {
        ($what:literal, $window:expr) => {
            let mut times = Vec::new();
            for _ in 0..20 {
                let began = Instant::now();
                $window.await.unwrap();
                times.push(began.elapsed());
            }
            println!("{}: {}", $what, middle(times));
        };
    }
    window!(
        "deal window at offset 20,000",
        deals::window(&alice.store, &filters[0].1, Sort::Title, 20_000, 50)
    );
    window!("one deal", deals::get(&alice.store, made[77]));
    window!("similar", deals::similar(&alice.store, "nobody at all", "nobody.example", 5));
    window!("room", room::window(&alice.store, made[7], None, 50));
    window!("today", today::inputs(&alice.store, "2027-06-01".parse().unwrap(), None));
    window!("accounts over 50,000", accounts::window(&alice.store, "", 0, 50));
    window!("accounts with a word", accounts::window(&alice.store, "customer abc", 0, 50));
    window!("existing accounts", accounts::existing(&alice.store));
    window!("palette", palette::search(&alice.store, "pump", None, 5));
    window!("palette without a hit", palette::search(&alice.store, "nothing", None, 5));

    let mut times = Vec::new();
    for number in 0..200 {
        let mutation = say(made[number], "hello");
        let began = Instant::now();
        alice.store.commit(mutation, now()).await.unwrap();
        times.push(began.elapsed());
    }
    println!("commit one message beside 50,000 deals: {}", middle(times));

    let pending: Vec<Mutation> = (0..5_000)
        .map(|number| {
            let deal = made[number];
            let patch = vec![FieldPatch::on(&base, DealValue::Need(format!("need {number}")))];
            DealEdit { deal, patch }.into()
        })
        .collect();
    let began = Instant::now();
    alice.store.commit_all(pending, now()).await.unwrap();
    rate("commit 5,000 edits in one transaction", 5_000, began.elapsed());
    let rows = (0..10_000_usize).map(|number| {
        seq += 1;
        let deal = made[if number % 20 == 0 { number / 20 } else { number + 5_000 }];
        row(deal, ScopeId::Deal(deal), seq, &base)
    });
    let took = apply(alice, epoch, rows.collect(), vec![]).await;
    rate("rebase 5,000 pending on 10,000 rows, one in ten concerned", 10_000, took);
    let state = alice.store.sync_state().await.unwrap();
    let mut took = Duration::ZERO;
    let mut n = state.answered;
    while n < state.chain.n {
        let mut answers = Vec::new();
        let mut rows = Vec::new();
        while n < state.chain.n && answers.len() < 256 {
            n += 1;
            seq += 1;
            answers.push(Answer { n, seq, refusal: None, at: now() });
            rows.push(row(made[usize::try_from(n % 5_000).unwrap()], ScopeId::Deal(first), seq, &base));
        }
        took += apply(alice, epoch, rows, answers).await;
    }
    rate(
        "take in the answers to all that waits",
        usize::try_from(state.chain.n - state.answered).unwrap(),
        took,
    );
    println!("file: {} MB", std::fs::metadata(&alice.path).unwrap().len() >> 20);
}
