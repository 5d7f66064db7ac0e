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

    let mut conn = alice.raw().await;
    for sql in [
        "SELECT rowid FROM deals INDEXED BY deals_by_activity WHERE status >= 0 AND open = 1 AND court = 0 ORDER BY activity_at DESC LIMIT 50",
        "SELECT rowid FROM deals INDEXED BY deals_by_activity WHERE status >= 0 AND open = 1 ORDER BY activity_at DESC LIMIT 50",
        "SELECT currency, count(*), sum(amount_minor / 1000000), sum(amount_minor % 1000000) FROM deals INDEXED BY deals_sums WHERE status >= 0 AND open = 1 GROUP BY currency",
        "SELECT currency, count(*), sum(amount_minor / 1000000), sum(amount_minor % 1000000) FROM deals INDEXED BY deals_sums WHERE status >= 0 AND open = 1 AND court = 0 GROUP BY currency",
        "SELECT currency, count(*), sum(amount_minor / 1000000), sum(amount_minor % 1000000) FROM deals INDEXED BY deals_sums WHERE status >= 0 GROUP BY currency",
        "SELECT count(*) FROM deals INDEXED BY deals_sums WHERE status >= 0",
        "SELECT count(*) FROM deals",
        "SELECT rowid FROM deals WHERE open = 1 AND status IN (1, 2) AND (NULL IS NULL OR partner = NULL) ORDER BY created_at LIMIT 200",
        "SELECT rowid FROM deals WHERE open = 1 AND status = 0 AND (NULL IS NULL OR partner = NULL) ORDER BY activity_at DESC LIMIT 200",
        "SELECT m.id, d.id, d.title, d.customer FROM milestones AS m CROSS JOIN deals AS d ON d.id = m.deal WHERE m.done_at IS NULL AND m.owner_side = 0 AND m.due <= 20900 AND d.open = 1 AND d.status = 3 ORDER BY m.due, m.id LIMIT 200",
        "SELECT d.rowid, d.scope, d.last_position FROM deals AS d INDEXED BY deals_talk WHERE d.last_position BETWEEN 1 AND 4611686018427387903 AND d.last_position > 0 AND d.last_position > coalesce((SELECT max(position) FROM read_marks WHERE deal = d.id), 0) AND d.last_author NOT IN (SELECT id FROM members WHERE organization = x'00') ORDER BY d.activity_at DESC LIMIT 200",
        "SELECT id, body FROM deals WHERE instr(search, 'nobody at all') > 0 ORDER BY instr(search, 'nobody at all'), activity_at DESC LIMIT 5",
        "SELECT id, body FROM accounts WHERE instr(search, 'nobody at all') > 0 ORDER BY instr(search, 'nobody at all') LIMIT 5",
        "SELECT count(*) FROM accounts",
        "SELECT rowid FROM accounts WHERE 1 ORDER BY search, rowid LIMIT 50 OFFSET 0",
        "SELECT court, count(*) FROM deals GROUP BY court",
    ] {
        for _ in 0..2 {
            let began = Instant::now();
            sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap();
            println!("{:.2} ms {sql}", began.elapsed().as_secs_f64() * 1000.0);
        }
        let plan: Vec<(i64, i64, i64, String)> =
            sqlx::query_as(sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}")))
                .fetch_all(&mut conn)
                .await
                .unwrap();
        for line in plan {
            println!("      {}", line.3);
        }
    }
    println!("file: {} MB", std::fs::metadata(&alice.path).unwrap().len() >> 20);
}
