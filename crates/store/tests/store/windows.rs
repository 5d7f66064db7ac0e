//! What is shown: filters, orders, sums, marks.

use crate::people::*;
use domain::court::court;
use domain::entity::*;
use domain::mutation::*;
use domain::registration::{State, state};
use domain::*;
use store::query::deals::{self, DealLine, Filter, InCourt, SimilarTo, Sort};
use store::query::{accounts, palette, people, plans, room, today};
use uuid::Uuid;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn titles(rows: &[DealLine]) -> Vec<&str> {
    rows.iter().map(|line| line.deal.title.as_str()).collect()
}

/// Deals in every state there is, each without a next step and with one of each side, straight from
/// the hub. A step that is done and a later one never count.
async fn every_kind(world: &mut World) -> usize {
    let stages = [
        Stage::Prospect,
        Stage::Qualified,
        Stage::TechnicalValidation,
        Stage::BusinessValidation,
        Stage::Committed,
        Stage::Launched,
        Stage::ClosedLost,
    ];
    let base = world.shared_deal("Base").await;
    let base: Deal = world.hub.get(base).unwrap();
    let mut made = 1;
    for (status, stage) in Status::ALL.into_iter().flat_map(|status| stages.map(|stage| (status, stage))) {
        for next in [None, Some(OwnerSide::Vendor), Some(OwnerSide::Partner), Some(OwnerSide::Customer)] {
            let id = DealId(Uuid::now_v7());
            let mut deal = Deal { stage, title: format!("{status:?} {stage:?}"), ..base.clone() };
            deal.registration.status = status;
            world.hub.put(id, ScopeId::Deal(id), &deal);
            world.hub.grant(ScopeId::Deal(id), world.alice.organization);
            put_step(world, id, OwnerSide::Vendor, -9, true);
            if let Some(side) = next {
                put_step(world, id, OwnerSide::Customer, 9, false);
                put_step(world, id, side, 5, false);
            }
            made += 1;
        }
        // What the calendar and an open request make of it.
        for (until, asked) in
            [("2026-12-31", false), ("2027-01-01", false), ("2026-12-31", true), ("2027-01-02", true)]
        {
            let id = DealId(Uuid::now_v7());
            let mut deal = Deal { stage, title: format!("{status:?} {stage:?} {until}"), ..base.clone() };
            deal.registration.status = status;
            deal.registration.protected_until = Some(day(until));
            deal.extension = asked.then(|| Extension {
                until: day("2027-03-01"),
                reason: "Their board meets in February".to_owned(),
                by: world.alice.member,
                at: now(),
                due: (until == "2026-12-31").then(now),
                answer: None,
            });
            world.hub.put(id, ScopeId::Deal(id), &deal);
            world.hub.grant(ScopeId::Deal(id), world.alice.organization);
            made += 1;
        }
    }
    world.sync().await;
    made
}

fn put_step(world: &mut World, deal: DealId, owner_side: OwnerSide, offset: i32, done: bool) {
    let step = Milestone {
        deal,
        title: format!("Step {offset}"),
        owner_side,
        owner: None,
        due: Some(day("2027-01-10").plus_days(offset)),
        done_condition: String::new(),
        done: done.then_some(DoneMark { by: world.bob.member, at: now() }),
        field_seq: Default::default(),
        field_by: Default::default(),
        was_done: None,
        extra: Default::default(),
    };
    world.hub.put(Uuid::now_v7(), ScopeId::Deal(deal), &step);
}

#[tokio::test]
async fn the_court_of_the_list_is_the_court_of_the_rules() {
    let mut world = World::new().await;
    let made = every_kind(&mut world).await;
    let today = day("2027-01-01");
    let all = Filter { include_closed: true, ..Filter::default() };
    let mut lines = Vec::new();
    while lines.len() < made {
        let offset = u32::try_from(lines.len()).unwrap();
        let window = deals::window(&world.alice.store, &all, Sort::Title, offset, 150).await.unwrap();
        assert_eq!((window.total, window.all), (made as u64, made as u64));
        assert!(!window.rows.is_empty());
        lines.extend(window.rows);
    }
    for court_of in [
        InCourt::Of(OwnerSide::Vendor),
        InCourt::Of(OwnerSide::Partner),
        InCourt::Of(OwnerSide::Customer),
        InCourt::Nobody,
    ] {
        let side = if let InCourt::Of(side) = court_of { Some(side) } else { None };
        let expected: Vec<DealId> =
            lines.iter().filter(|line| line.court(today).side == side).map(|line| line.id).collect();
        let filter = Filter { court: Some(court_of), ..all.clone() };
        let window = deals::window(&world.alice.store, &filter, Sort::Title, 0, 200).await.unwrap();
        assert_eq!(window.total, expected.len() as u64, "{court_of:?}");
        assert!(!expected.is_empty());
        assert!(window.rows.iter().all(|line| line.court(today).side == side), "{court_of:?}");
    }
    // So is where a registration stands.
    for wanted in State::ALL {
        let expected = lines.iter().filter(|line| state(&line.deal, today) == wanted).count();
        let filter = Filter { status: Some((wanted, today)), ..all.clone() };
        let window = deals::window(&world.alice.store, &filter, Sort::Title, 0, 200).await.unwrap();
        assert_eq!(window.total, expected as u64, "{wanted:?}");
        assert!(expected > 0, "{wanted:?}");
        assert!(window.rows.iter().all(|line| state(&line.deal, today) == wanted), "{wanted:?}");
    }
    // The next step is the one the plan shows first among the open ones.
    for line in &lines {
        let plan = plans::get(&world.alice.store, line.id).await.unwrap();
        let first = plan.milestones.iter().find(|step| step.milestone.done.is_none());
        assert_eq!(line.next.as_ref().map(|(id, _)| *id), first.map(|step| step.id));
        assert_eq!(line.court(today), court(&line.deal, line.next.as_ref().map(|(_, step)| step), today));
    }
    let open = deals::window(&world.alice.store, &Filter::default(), Sort::Title, 0, 200).await.unwrap();
    let is_open =
        |line: &&DealLine| !line.deal.stage.is_closed() && !line.deal.registration.status.is_closed();
    assert_eq!(open.total as usize, lines.iter().filter(is_open).count());
    assert_eq!(open.all as usize, made);
}

#[tokio::test]
async fn deals_are_filtered_sorted_and_summed() {
    let mut world = World::new().await;
    let mut made = Vec::new();
    for (title, minor, currency, close) in [
        ("alder", 300, "EUR", "2027-03-01"),
        ("Birch", Money::MAX_MINOR, "EUR", "2027-01-01"),
        ("cedar ÉCLUSE", 200, "USD", "2027-02-01"),
        ("Dogwood", Money::MAX_MINOR, "USD", "2027-04-01"),
    ] {
        let deal = DealId(Uuid::now_v7());
        let register = DealRegister {
            amount: Money { minor, currency: currency.to_owned() },
            close_date: day(close),
            ..register(deal, title, &format!("{}.nl", title.split(' ').next().unwrap()))
        };
        world.alice.store.commit(register, now()).await.unwrap();
        made.push(deal);
    }
    let store = &world.alice.store;
    let list = async |filter: Filter, sort| deals::window(store, &filter, sort, 0, 10).await.unwrap();
    let by = async |sort| list(Filter::default(), sort).await.rows;
    assert_eq!(titles(&by(Sort::Title).await), ["alder", "Birch", "cedar ÉCLUSE", "Dogwood"]);
    assert_eq!(titles(&by(Sort::CloseDate).await), ["Birch", "cedar ÉCLUSE", "alder", "Dogwood"]);
    assert_eq!(titles(&by(Sort::Amount).await)[2..], ["alder", "cedar ÉCLUSE"]);
    let window = list(Filter::default(), Sort::Title).await;
    let sums: Vec<_> = window.sums.iter().map(|sum| (sum.currency.as_str(), sum.minor)).collect();
    assert_eq!(sums, [("EUR", Money::MAX_MINOR), ("USD", Money::MAX_MINOR)], "held at the largest amount");
    assert_eq!((window.total, window.all), (4, 4));

    let text = |text: &str| Filter { text: text.to_owned(), ..Filter::default() };
    assert_eq!(titles(&list(text("écluse CED"), Sort::Title).await.rows), ["cedar ÉCLUSE"]);
    assert_eq!(titles(&list(text("birch customer"), Sort::Title).await.rows), ["Birch"]);
    assert_eq!(list(text("100%"), Sort::Title).await.total, 0);
    let none = list(
        Filter { status: Some((State::Approved, "2026-03-02".parse().unwrap())), ..Filter::default() },
        Sort::Title,
    )
    .await;
    assert_eq!((none.total, none.all, none.sums), (0, 4, vec![]));
    let other = Filter { partner: Some(OrganizationId(Uuid::now_v7())), ..Filter::default() };
    assert_eq!(list(other, Sort::Title).await.all, 0);
    let page = deals::window(store, &Filter::default(), Sort::Title, 1, 2).await.unwrap();
    assert_eq!((titles(&page.rows), page.total), (vec!["Birch", "cedar ÉCLUSE"], 4));

    // The number comes from the hub, and can be searched for.
    world.sync().await;
    let line = deals::get(&world.alice.store, made[0]).await.unwrap().unwrap();
    let number = line.deal.number.unwrap().to_string();
    let window = deals::window(&world.alice.store, &text(&number), Sort::Title, 0, 10).await.unwrap();
    assert_eq!(titles(&window.rows), ["alder"]);
    assert_eq!(deals::get(&world.alice.store, DealId(Uuid::now_v7())).await.unwrap(), None);
}

#[tokio::test]
async fn a_room_knows_what_is_unread_and_who_spoke_last() {
    let mut world = World::new().await;
    let quiet = world.approved_deal("Quiet").await;
    let deal = world.approved_deal("Busy").await;
    for number in 0..5 {
        world.bob.store.commit(say(deal, &format!("line {number}")), now()).await.unwrap();
    }
    world.sync().await;
    let alice = &world.alice;
    let line = deals::get(&alice.store, deal).await.unwrap().unwrap();
    assert_eq!(line.unread, 5);
    assert_eq!(deals::get(&world.bob.store, deal).await.unwrap().unwrap().unread, 0);
    let order = deals::window(&alice.store, &Filter::default(), Sort::Activity, 0, 10).await.unwrap();
    assert_eq!(titles(&order.rows), ["Busy", "Quiet"], "by the last message");
    let inputs = today::inputs(&alice.store, day("2027-12-31"), Timestamp(0), None).await.unwrap();
    assert_eq!(inputs.rooms.len(), 1);
    assert_eq!((inputs.rooms[0].message.body.as_str(), inputs.rooms[0].deal.unread), ("line 4", 5));

    let newest = room::window(&alice.store, deal, None, 2).await.unwrap();
    let bodies = |window: &room::Window| -> Vec<String> {
        window.messages.iter().map(|line| line.message.body.clone()).collect()
    };
    assert_eq!(bodies(&newest), ["line 3", "line 4"]);
    assert!(newest.has_older);
    let before = newest.messages[0].message.position;
    let older = room::window(&alice.store, deal, before, 10).await.unwrap();
    assert_eq!(bodies(&older), ["line 0", "line 1", "line 2"]);
    assert!(!older.has_older);
    assert_eq!(newest.unread_from, older.messages[0].message.position);

    // Alice reads up to the third and answers it; hers comes last while it waits.
    let third = &older.messages[2];
    let read = RoomRead { deal, member: alice.member, position: third.message.position.unwrap() };
    alice.store.commit(read, now()).await.unwrap();
    let answer = MessageSend { reply_to: Some(third.id), ..say(deal, "Yes") };
    alice.store.commit(answer, now()).await.unwrap();
    world.bob.store.commit(say(deal, "line 5"), now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    world.alice.pull(&world.hub, usize::MAX).await;
    let alice = &world.alice;
    let window = room::window(&alice.store, deal, None, 2).await.unwrap();
    assert_eq!(bodies(&window), ["line 4", "line 5", "Yes"]);
    assert!(window.messages[2].mark.waiting.is_some() && window.messages[1].mark.waiting.is_none());
    assert_eq!(window.messages[2].reply.as_ref().map(|reply| reply.body.as_str()), Some("line 2"));
    assert_eq!(window.unread_from, newest.messages[0].message.position);
    assert_eq!(window.last_position, window.messages[1].message.position);
    let inputs = today::inputs(&alice.store, day("2027-12-31"), Timestamp(0), None).await.unwrap();
    assert!(inputs.rooms.is_empty(), "she spoke last");
    assert_eq!(deals::get(&alice.store, quiet).await.unwrap().unwrap().unread, 0);
    let waits = async |deal| deals::get(&alice.store, deal).await.unwrap().unwrap().waits;
    assert_eq!((waits(deal).await, waits(quiet).await), (true, false), "what she answered has not left");
}

#[tokio::test]
async fn a_room_shows_all_that_waits_however_much_that_is() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Long flight").await;
    for number in 0..3 {
        world.bob.store.commit(say(deal, &format!("before {number}")), now()).await.unwrap();
    }
    world.sync().await;
    for number in 0..5 {
        world.alice.store.commit(say(deal, &format!("on board {number}")), now()).await.unwrap();
    }
    let window = room::window(&world.alice.store, deal, None, 2).await.unwrap();
    let bodies: Vec<&str> = window.messages.iter().map(|line| line.message.body.as_str()).collect();
    let on_board = ["on board 0", "on board 1", "on board 2", "on board 3", "on board 4"];
    assert_eq!(bodies, [&["before 1", "before 2"][..], &on_board[..]].concat());
    assert!(window.has_older);
    let first = window.messages[0].message.position;
    let older = room::window(&world.alice.store, deal, first, 2).await.unwrap();
    assert_eq!(older.messages.len(), 1, "what waits comes once");
}

#[tokio::test]
async fn today_is_made_of_what_waits() {
    let mut world = World::new().await;
    let deal = world.approved_deal("Approved").await;
    let waiting = world.shared_deal("Waiting").await;
    let rejected = world.shared_deal("Rejected").await;
    let decision = Decision::Reject { rule: RejectionRule::NamedAccount, evidence: "On the list".to_owned() };
    world.bob.store.commit(RegistrationDecide { deal: rejected, decision }, now()).await.unwrap();
    let draft = DealId(Uuid::now_v7());
    let register = DealRegister { submit: false, ..register(draft, "Draft", "draft.nl") };
    world.alice.store.commit(register, now()).await.unwrap();
    for (title, due, side) in [
        ("late", Some("2026-12-01"), OwnerSide::Partner),
        ("soon", Some("2027-01-05"), OwnerSide::Vendor),
        ("far", Some("2027-06-01"), OwnerSide::Vendor),
        ("whenever", None, OwnerSide::Customer),
    ] {
        let step = MilestoneAdd { owner_side: side, due: due.map(day), ..milestone(deal, title) };
        world.alice.store.commit(step, now()).await.unwrap();
    }
    let hidden = milestone(waiting, "Of a deal that is not decided");
    world.alice.store.commit(hidden, now()).await.unwrap();
    world.sync().await;
    let inputs = today::inputs(&world.alice.store, day("2027-01-08"), Timestamp(0), None).await.unwrap();
    let steps: Vec<_> = inputs.milestones.iter().map(|step| step.milestone.title.as_str()).collect();
    assert_eq!(steps, ["soon", "late"], "by side, then date");
    assert_eq!(inputs.milestones[0].deal_title, "Approved");
    assert_eq!(titles(&inputs.registrations), ["Waiting"]);
    assert_eq!(titles(&inputs.drafts), ["Draft"]);
    assert_eq!(titles(&inputs.rejected), ["Rejected"]);
    let elsewhere = Some(world.bob.organization);
    let none = today::inputs(&world.alice.store, day("2027-01-08"), Timestamp(0), elsewhere).await.unwrap();
    assert_eq!(none, today::Inputs::default());
    assert!(
        today::inputs(&world.bob.store, day("2027-01-08"), Timestamp(0), None)
            .await
            .unwrap()
            .drafts
            .is_empty()
    );
}

#[tokio::test]
async fn people_are_found_with_their_invitations_and_devices() {
    let world = World::new().await;
    let directory = people::directory(&world.alice.store).await.unwrap();
    assert_eq!(
        directory.program.as_ref().map(|program| program.name.as_str()),
        Some("Halden Partner Program")
    );
    assert_eq!(directory.organizations.len(), 2);
    let (_, halden) = directory.organization_of(world.bob.member).unwrap();
    assert_eq!(halden.name, "Halden");
    let me = directory.me.clone().unwrap();
    assert_eq!(
        (me.member, me.organization, me.side),
        (world.alice.member, world.alice.organization, Side::Partner)
    );
    let devices = people::devices(&world.alice.store).await.unwrap();
    assert_eq!(devices[0].0, world.alice.device);
    assert!(people::invitations(&world.alice.store).await.unwrap().is_empty());

    let organization = OrganizationId(Uuid::now_v7());
    let add = OrganizationAdd { organization, name: "Dijk".to_owned() };
    assert_eq!(people::directory(&world.bob.store).await.unwrap().organizations.len(), 2);
    world.bob.store.commit(add, now()).await.unwrap();
    assert_eq!(people::directory(&world.bob.store).await.unwrap().organizations.len(), 3);
    assert_eq!(people::queued_organizations(&world.bob.store).await.unwrap(), [organization]);
    let sent = people::invitations(&world.bob.store).await.unwrap();
    assert_eq!(sent.len(), 1);
    assert_eq!(sent[0].1.accepted_by, Some(world.alice.member));
}

#[tokio::test]
async fn accounts_are_listed_recognised_and_counted() {
    let mut world = World::new().await;
    let draft = |number: u128, name: &str, domain: &str| AccountDraft {
        account: AccountId(Uuid::from_u128(number)),
        name: name.to_owned(),
        domain: domain.to_owned(),
        country: "NL".to_owned(),
        industry: "Water".to_owned(),
        owner: "Alice".to_owned(),
        relation: None,
        named: None,
        duns: None,
        active_on: None,
    };
    let accounts = vec![
        draft(1, "Zuiderzee Works", "zuiderzee.nl"),
        draft(2, "Polder Port", "polder.nl"),
        draft(3, "Écluse SA", ""),
    ];
    let put = AccountsPut { organization: world.alice.organization, accounts };
    world.alice.store.commit(put, now()).await.unwrap();
    let deal = DealId(Uuid::now_v7());
    world.alice.store.commit(register(deal, "Quay wall", "polder.nl"), now()).await.unwrap();
    let store = &world.alice.store;
    let window = accounts::window(store, "", 0, 2).await.unwrap();
    let names = |window: &accounts::Window| -> Vec<String> {
        window.rows.iter().map(|line| line.account.name.clone()).collect()
    };
    assert_eq!(
        (window.total, window.all, names(&window)),
        (3, 3, vec!["Polder Port".to_owned(), "Zuiderzee Works".to_owned()])
    );
    assert_eq!((window.rows[0].deals, window.rows[1].deals), (1, 0));
    assert!(window.rows[0].mark.waiting.is_some());
    let found = accounts::window(store, "ÉCLUSE", 0, 10).await.unwrap();
    assert_eq!((found.total, found.all, names(&found)), (1, 3, vec!["Écluse SA".to_owned()]));

    let existing = accounts::existing(store).await.unwrap();
    assert_eq!(existing.find("polder.nl", "Anything"), Some(AccountId(Uuid::from_u128(2))));
    assert_eq!(existing.find("", "écluse sa "), Some(AccountId(Uuid::from_u128(3))));
    assert_eq!(existing.find("", "Nobody"), None);

    let similar = deals::similar(store, "polder", "polder.nl", 5).await.unwrap();
    let what: Vec<_> = similar
        .iter()
        .map(|similar| match &similar.what {
            SimilarTo::Deal(_, deal) => (deal.title.as_str(), similar.same_domain),
            SimilarTo::Account(_, account) => (account.name.as_str(), similar.same_domain),
        })
        .collect();
    assert_eq!(what, [("Quay wall", true), ("Polder Port", true)]);
    let named = deals::similar(store, "Zuider", "", 5).await.unwrap();
    assert!(matches!(&named[..], [deals::Similar { same_domain: false, .. }]));
    assert!(deals::similar(store, "Po", "", 5).await.unwrap().is_empty(), "two letters say nothing");

    let hits = palette::search(store, "po", None, 5).await.unwrap();
    assert_eq!(hits.accounts[0].title, "Polder Port");
    assert_eq!(hits.organizations[0].title, "Polder Partners");
    let hits = palette::search(store, "bob", None, 5).await.unwrap();
    assert_eq!((hits.members[0].title.as_str(), hits.members[0].detail.as_str()), ("Bob", "Halden"));
    assert_eq!(palette::search(store, " ", None, 5).await.unwrap(), palette::Hits::default());
    let hits = palette::search(store, "quay wall", Some(world.alice.organization), 5).await.unwrap();
    assert_eq!(hits.deals[0].id, deal);
    world.sync().await;
}
