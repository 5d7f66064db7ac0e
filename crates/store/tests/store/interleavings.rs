//! Whatever order things happen in: once everything is answered, each file holds what the hub shows.

use crate::people::*;
use domain::entity::*;
use domain::mutation::*;
use domain::*;
use proptest::prelude::*;
use sqlx::{Column, Row as _, TypeInfo, ValueRef};
use std::collections::{BTreeMap, BTreeSet};
use store::Store;
use uuid::Uuid;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    Alice,
    Bob,
}

#[derive(Debug, Clone)]
enum Step {
    /// One of the things people do, on one of the objects they see.
    Act(Who, u8, u8, u8),
    /// Some of what waits is sent.
    Push(Who, usize),
    /// A page of about so many rows arrives.
    Pull(Who, usize),
    /// Who has nothing yet takes in so many segments, of about so many rows.
    Segments(Who, usize, usize),
    /// The partner loses or gets a deal back.
    Revoke(u8),
    Grant(u8),
    /// The application is closed and opened again.
    Restart(Who),
    /// The person decides about the first refusal.
    Retry(Who),
    Discard(Who),
    /// Everything here has to be what the hub shows with what waits done on top, one by one.
    Compare(Who),
    /// The hub's history becomes another one.
    NewEpoch,
    /// The hub is copied, or loses its disk and gets the last copy in its place.
    BackUp,
    Restore,
}

fn step() -> impl Strategy<Value = Step> {
    let who = || prop_oneof![Just(Who::Alice), Just(Who::Bob)];
    prop_oneof![
        24 => (who(), 0..12_u8, any::<u8>(), any::<u8>()).prop_map(|(who, what, a, b)| Step::Act(who, what, a, b)),
        6 => (who(), 1..4_usize).prop_map(|(who, items)| Step::Push(who, items)),
        5 => (who(), 1..12_usize).prop_map(|(who, rows)| Step::Pull(who, rows)),
        3 => (who(), Just(usize::MAX)).prop_map(|(who, rows)| Step::Pull(who, rows)),
        6 => (who(), 1..6_usize, 1..12_usize).prop_map(|(who, many, rows)| Step::Segments(who, many, rows)),
        1 => any::<u8>().prop_map(Step::Revoke),
        1 => any::<u8>().prop_map(Step::Grant),
        1 => who().prop_map(Step::Restart),
        1 => who().prop_map(Step::Retry),
        1 => who().prop_map(Step::Discard),
        2 => who().prop_map(Step::Compare),
        1 => Just(Step::NewEpoch),
        2 => Just(Step::BackUp),
        2 => Just(Step::Restore),
    ]
}

fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), max_shrink_iters: 100, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn every_interleaving_ends_with_the_rows_of_the_hub(steps in prop::collection::vec(step(), 1..60)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(play(steps));
    }
}

async fn play(steps: Vec<Step>) {
    let mut world = World::new().await;
    let deal = world.approved_deal("The first").await;
    let mut backup = world.hub.clone();
    let (mut restored, mut revoked) = (false, false);
    let mut decided: BTreeMap<DeviceId, BTreeSet<u64>> = BTreeMap::new();
    for (number, step) in steps.into_iter().enumerate() {
        let at = Timestamp(now().0 + i64::try_from(number).unwrap());
        let World { hub, alice, bob } = &mut world;
        macro_rules! person {
            ($who:expr) => {
                if $who == Who::Alice { &mut *alice } else { &mut *bob }
            };
        }
        match step {
            Step::Act(who, what, a, b) => {
                let person = person!(who);
                let mutations = act(person, who, what, a, b).await;
                // What the rules refuse at once was never done.
                if a.is_multiple_of(2) {
                    drop(person.store.commit_all(mutations, at).await);
                } else {
                    for mutation in mutations {
                        drop(person.store.commit(mutation, at).await);
                    }
                }
            }
            Step::Push(who, items) => person!(who).push(hub, items).await,
            Step::Pull(who, limit) => drop(person!(who).pull(hub, limit).await),
            Step::Segments(who, many, rows) => person!(who).take_segments(hub, many, rows).await,
            Step::Revoke(which) => {
                let deals = deals_of(alice).await;
                let scope = pick(&deals, which).unwrap_or(deal);
                hub.revoke(ScopeId::Deal(scope), alice.organization);
                revoked = true;
            }
            Step::Grant(which) => {
                let all: Vec<DealId> = hub
                    .rows
                    .iter()
                    .filter(|(key, row)| key.table == Table::Deals && row.body.is_some())
                    .map(|(key, _)| key.id.into())
                    .collect();
                hub.grant(ScopeId::Deal(pick(&all, which).unwrap_or(deal)), alice.organization);
            }
            Step::Restart(who) => person!(who).restart().await,
            Step::Retry(who) | Step::Discard(who) => {
                let person = person!(who);
                if let Some(refused) = person.store.refusals().await.unwrap().first() {
                    let done = match step {
                        Step::Retry(_) => person.store.retry(refused.id, at).await.is_ok(),
                        _ => person.store.discard(refused.id, at).await.is_ok(),
                    };
                    if done {
                        let all = std::iter::once(&refused.item).chain(&refused.parked);
                        decided.entry(person.device).or_default().extend(all.map(|item| item.n));
                    }
                }
            }
            Step::Compare(who) => compare(person!(who), hub).await,
            Step::NewEpoch => hub.epoch += 1,
            Step::BackUp => backup = hub.clone(),
            Step::Restore => {
                *hub = hub.restored_from(&backup);
                restored = true;
            }
        }
    }
    world.sync().await;
    for person in [&world.alice, &world.bob] {
        person.sync(&mut world.hub).await;
    }
    for person in [&world.alice, &world.bob] {
        person.holds_what_the_hub_shows(&world.hub).await;
        for table in ["outbox", "touched", "undo_image"] {
            assert_eq!(person.count(table).await, 0, "{table} is settled");
        }
        let state = person.store.sync_state().await.unwrap();
        assert_eq!(
            world.hub.chains.get(&person.device).map(|chain| chain.n).unwrap_or_default(),
            state.chain.n
        );
        // Nothing was lost on the way: what the hub refused is here, or the person has decided.
        let answers = world.hub.answers_after(person.device, 0);
        let refused: BTreeSet<u64> =
            answers.iter().filter(|answer| answer.refusal.is_some()).map(|answer| answer.n).collect();
        let mut here = BTreeSet::new();
        for item in person.store.refusals().await.unwrap() {
            here.extend(std::iter::once(&item.item).chain(&item.parked).map(|item| item.n));
        }
        assert!(here.is_subset(&refused), "{here:?} of {refused:?}");
        let done = decided.remove(&person.device).unwrap_or_default();
        // Or it was made again by itself, once a restored hub had what it needs.
        let said = |n: &u64| world.hub.sent.get(&(person.device, *n));
        let again = |n: &u64| restored && (*n + 1..=state.chain.n).any(|later| said(&later) == said(n));
        // What was said in a deal that was taken away is forgotten with it.
        let forgotten = restored && revoked && person.device == world.alice.device;
        assert!(
            forgotten || refused.iter().all(|n| here.contains(n) || done.contains(n) || again(n)),
            "{refused:?}: {here:?}, {done:?}"
        );
        // And every column is as if the rows had come all at once.
        let fresh = fresh(person, &world.hub).await;
        assert_same(&dump(person).await, &dump(&fresh).await);
    }
}

/// Another file of the same device that has taken in everything the hub shows now.
async fn fresh(person: &Person, hub: &crate::hub::Hub) -> Person {
    let mut fresh = Person::new(hub.program, person.organization, 77).await;
    fresh.store.close().await.unwrap();
    Store::erase(&fresh.path).await.unwrap();
    fresh.identity = person.identity.clone();
    (fresh.member, fresh.device) = (person.member, person.device);
    fresh.store = Store::create(&fresh.path, &file_key(), person.identity.clone()).await.unwrap();
    let delta = hub.page(person.device, 0, None, Vec::new(), usize::MAX);
    fresh.store.apply_delta(hub.epoch, delta).await.unwrap();
    fresh
}

/// What waits, done one by one on what the hub shows, has to come to what is here.
async fn compare(person: &Person, hub: &crate::hub::Hub) {
    loop {
        person.pull(hub, usize::MAX).await;
        let state = person.store.sync_state().await.unwrap();
        if state.resume.is_none() && state.cursor == hub.head {
            break;
        }
    }
    let fresh = fresh(person, hub).await;
    for item in person.store.waiting(10_000).await.unwrap() {
        drop(fresh.store.commit(item.mutation.unwrap(), item.at).await);
    }
    assert_same(&dump(person).await, &dump(&fresh).await);
}

type Dump = BTreeMap<(&'static str, Vec<u8>), Vec<(String, Vec<u8>)>>;

/// Every column of every row, except the number of a row in the index of words: each device counts its own.
async fn dump(person: &Person) -> Dump {
    let mut conn = person.raw().await;
    let mut dump = Dump::new();
    for (_, name) in TABLES {
        let sql = format!("SELECT * FROM {name}");
        for row in sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(&mut conn).await.unwrap() {
            let value = |column: &sqlx::sqlite::SqliteColumn| {
                let raw = row.try_get_raw(column.ordinal()).unwrap();
                let bytes = match raw.type_info().name() {
                    "NULL" => b"NULL".to_vec(),
                    "INTEGER" => row.get::<i64, _>(column.ordinal()).to_string().into_bytes(),
                    _ => row.get_unchecked::<Vec<u8>, _>(column.ordinal()),
                };
                (column.name().to_owned(), bytes)
            };
            let shared = row.columns().iter().filter(|column| column.name() != "doc");
            dump.insert((name, row.get("id")), shared.map(value).collect());
        }
    }
    let lookups = sqlx::query("SELECT key, id FROM lookup").fetch_all(&mut conn).await.unwrap();
    for row in lookups {
        dump.insert(
            ("lookup", [row.get::<Vec<u8>, _>(1), row.get::<String, _>(0).into_bytes()].concat()),
            vec![],
        );
    }
    dump
}

fn assert_same(here: &Dump, there: &Dump) {
    let keys: BTreeSet<_> = here.keys().chain(there.keys()).collect();
    for key in keys {
        let (here, there) = (here.get(key), there.get(key));
        if here != there {
            let pairs = here.into_iter().flatten().zip(there.into_iter().flatten());
            let columns: Vec<_> = pairs.filter(|(here, there)| here != there).collect();
            panic!(
                "{} {}: here {}, there {}, other columns {columns:?}",
                key.0,
                Uuid::from_slice(&key.1[..16]).unwrap(),
                here.is_some(),
                there.is_some()
            );
        }
    }
}

fn pick<T: Copy>(items: &[T], which: u8) -> Option<T> {
    items.get(usize::from(which) % items.len().max(1)).copied()
}

async fn ids(person: &Person, table: Table) -> Vec<Uuid> {
    person.rows().await.into_keys().filter(|key| key.table == table).map(|key| key.id).collect()
}

async fn deals_of(person: &Person) -> Vec<DealId> {
    ids(person, Table::Deals).await.into_iter().map(DealId).collect()
}

/// One of the things people do.
async fn act(person: &Person, who: Who, what: u8, a: u8, b: u8) -> Vec<Mutation> {
    let new = Uuid::now_v7();
    if what == 0 {
        return match who {
            Who::Alice => {
                let register = DealRegister {
                    submit: !b.is_multiple_of(4),
                    product: if b.is_multiple_of(2) { "Gauge" } else { "Valve" }.to_owned(),
                    ..register(
                        new.into(),
                        "Another",
                        ["polder.nl", "dijk.nl", "sluis.nl"][usize::from(a % 3)],
                    )
                };
                vec![register.into()]
            }
            Who::Bob => {
                let organization = OrganizationId(new);
                let invitation = InvitationCreate {
                    invitation: InvitationId(Uuid::now_v7()),
                    kind: InvitationKind::Member,
                    organization,
                    role: Role::Admin,
                    token_hash: Key([a; 32]),
                    days: 7,
                    by_organization: person.organization,
                };
                let add = OrganizationAdd { organization, name: "Another partner".to_owned() };
                vec![add.into(), invitation.into()]
            }
        };
    }
    if what == 1 {
        let accounts = (0..3)
            .map(|number| AccountDraft {
                account: AccountId(Uuid::from_u128((who as u128) * 100 + u128::from(a % 4) * 2 + number)),
                name: format!("Account {b}"),
                domain: "polder.nl".to_owned(),
                country: String::new(),
                industry: String::new(),
                owner: String::new(),
                relation: None,
                named: None,
                duns: None,
                active_on: None,
            })
            .collect();
        return vec![AccountsPut { organization: person.organization, accounts }.into()];
    }
    let Some(deal) = pick(&deals_of(person).await, a) else { return Vec::new() };
    let seen = person.see::<Deal>(deal).await.unwrap();
    let steps: Vec<Uuid> = ids(person, Table::Milestones).await;
    let mut of_deal = Vec::new();
    for step in steps {
        if let Some(found) = person.see::<Milestone>(step).await.filter(|step| step.deal == deal) {
            of_deal.push((MilestoneId(step), found));
        }
    }
    let one = of_deal.get(usize::from(b) % of_deal.len().max(1)).cloned();
    match (what, one) {
        (2, _) => vec![say(deal, "Hello").into()],
        (3, _) => {
            let answered = pick(&ids(person, Table::Messages).await, b).map(MessageId);
            vec![MessageSend { reply_to: answered, ..say(deal, "Because") }.into()]
        }
        (4, _) => vec![milestone(deal, "Another step").into()],
        (5, Some((milestone, _))) => vec![MilestoneComplete { deal, milestone }.into()],
        (6, Some((milestone, found))) => match b % 4 {
            0 => vec![MilestoneReopen { deal, milestone }.into()],
            1 => vec![MilestoneRemove { deal, milestone }.into()],
            2 => {
                let again = MilestoneAdd { milestone, ..super::people::milestone(deal, "Put back") };
                vec![MilestoneRemove { deal, milestone }.into(), again.into()]
            }
            _ => {
                let values = [
                    MilestoneValue::Title(format!("Step {b}")),
                    MilestoneValue::Owner(OwnerSide::Customer, None),
                    MilestoneValue::Due(Date::from_days(i32::from(b) * 100)),
                ];
                let patch = values.map(|value| MilestonePatch::on(&found, value)).into();
                vec![MilestoneEdit { deal, milestone, patch }.into()]
            }
        },
        (7, _) => {
            let value = match b % 5 {
                0 => DealValue::Title(format!("Title {a} {b}")),
                1 => DealValue::Need(format!("Need {a} {b}")),
                2 => DealValue::Amount(Money { minor: i64::from(b) * 100, currency: "EUR".to_owned() }),
                3 => DealValue::Stage(Stage::Committed),
                _ => DealValue::CloseDate(Date::from_days(20_000 + i32::from(a)).unwrap()),
            };
            vec![DealEdit { deal, patch: vec![FieldPatch::on(&seen, value)] }.into()]
        }
        (8, _) => match (who, b % 3) {
            (Who::Bob, 0) => vec![RegistrationReview { deal }.into()],
            (Who::Bob, 1) => vec![RegistrationDecide { deal, decision: Decision::Approve }.into()],
            (Who::Bob, _) => {
                let decision = Decision::Reject {
                    rule: RejectionRule::NamedAccount,
                    evidence: "On the list".to_owned(),
                };
                vec![RegistrationDecide { deal, decision }.into()]
            }
            (Who::Alice, 0) => vec![RegistrationWithdraw { deal }.into()],
            (Who::Alice, _) => vec![RegistrationSubmit { deal }.into()],
        },
        (9, _) => vec![RoomRead { deal, member: person.member, position: u64::from(b) }.into()],
        (10, _) => vec![PlanSchedule { deal, go_live: Date::from_days(i32::from(b)) }.into()],
        _ => {
            // Making and taking back in one go, unseen by anybody else.
            let add = milestone(deal, "Never mind");
            let remove = MilestoneRemove { deal, milestone: add.milestone };
            vec![add.into(), remove.into()]
        }
    }
}
