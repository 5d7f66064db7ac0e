//! Competitors on one hub learn nothing of each other.

use super::world::*;
use crate::entity::Organization;
use crate::mutation::*;
use crate::registration::State;
use crate::row::{Row, Table};
use crate::scope::ScopeId;

/// A program in which both partners are busy.
fn busy() -> (World, People) {
    let (mut world, people) = World::with_deal(1, State::Approved);
    let People { bob, nadia, alice, carol, .. } = &people;
    world.hub(alice, step(1, 0x3000, "Security review")).unwrap();
    world.hub(bob, MilestoneComplete { deal: id(1), milestone: id(0x3000) }).unwrap();
    for (n, who, body) in [(1, alice, "Is Polder yours?"), (2, bob, "It is, Northbeam.")] {
        let message = MessageSend { message: id(0x2000 + n), deal: id(1), body: body.into(), reply_to: None };
        world.hub(who, message).unwrap();
    }
    let stale = world.deal(1);
    for (who, title) in [(bob, "Polder by Northbeam"), (alice, "Polder rollout 2")] {
        let patch = vec![FieldPatch::on(&stale, DealValue::Title(title.into()))];
        world.hub(who, DealEdit { deal: id(1), patch }).unwrap();
    }
    world.hub(alice, RoomRead { deal: id(1), member: alice.member, position: world.seq }).unwrap();
    world.hub(nadia, draft(2)).unwrap();
    let account = AccountDraft {
        account: id(0x700),
        name: "Northbeam's best customer".into(),
        domain: "meer.example".into(),
        country: "NL".into(),
        industry: String::new(),
        owner: "Alice".into(),
        relation: None,
        named: None,
        duns: None,
        active_on: None,
    };
    let listed = AccountDraft {
        account: id(0x701),
        name: "Halden's best customer".into(),
        domain: "polder.nl".into(),
        relation: Some(crate::entity::Relation::Customer),
        ..account.clone()
    };
    world.hub(alice, AccountsPut { organization: alice.organization, accounts: vec![account] }).unwrap();
    world.hub(bob, AccountsPut { organization: bob.organization, accounts: vec![listed] }).unwrap();
    let carols = DealRegister { product: "Archive".into(), title: "Coastline only".into(), ..sent(5) };
    world.hub(carol, carols).unwrap();
    (world, people)
}

fn seen_by<'a>(world: &'a World, who: &Actor) -> Vec<&'a Row> {
    world.rows.values().filter(|row| world.holds(who, row.scope)).collect()
}

#[test]
fn a_competitor_receives_no_byte_of_the_other() {
    let (world, people) = busy();
    let People { nadia, alice, amir, carol, .. } = &people;
    let secrets: Vec<Vec<u8>> = [alice, nadia, amir]
        .iter()
        .flat_map(|who| [who.member.as_bytes().to_vec(), who.device.as_bytes().to_vec()])
        .chain([alice.organization.as_bytes().to_vec(), id::<crate::DealId>(1).as_bytes().to_vec()])
        .chain(
            ["Northbeam", "Alice", "Nadia", "Amir", "Polder rollout 2"].map(|word| word.as_bytes().to_vec()),
        )
        .collect();
    let rows = seen_by(&world, carol);
    assert!(rows.len() > 10, "carol sees the program, her company and her deal");
    for row in rows {
        for secret in &secrets {
            let found = row.body.windows(secret.len()).any(|window| window == secret)
                || row.scope.to_bytes().windows(secret.len()).any(|window| window == secret)
                || row.key.id.as_bytes() == secret.as_slice();
            assert!(
                !found,
                "{:?} of {} tells carol {:?}",
                row.key,
                row.scope,
                String::from_utf8_lossy(secret)
            );
        }
    }
}

#[test]
fn partners_know_the_vendor_and_not_each_other() {
    let (world, people) = busy();
    let companies = |who: &Actor| -> Vec<String> {
        let rows = seen_by(&world, who).into_iter().filter(|row| row.key.table == Table::Organizations);
        rows.map(|row| world.get::<Organization>(row.key.id).unwrap().name).collect()
    };
    assert_eq!(companies(&people.alice), ["Halden", "Northbeam"]);
    assert_eq!(companies(&people.carol), ["Halden", "Coastline"]);
    assert_eq!(companies(&people.bob), ["Halden", "Northbeam", "Coastline"]);
    let members = |who: &Actor| -> usize {
        seen_by(&world, who).iter().filter(|row| row.key.table == Table::Members).count()
    };
    assert_eq!((members(&people.alice), members(&people.carol), members(&people.bob)), (7, 5, 8));
}

#[test]
fn the_vendor_sees_neither_drafts_nor_lists_of_a_partner() {
    let (world, people) = busy();
    for who in [&people.bob, &people.mia, &people.hugo] {
        let rows = seen_by(&world, who);
        let lists = rows.iter().filter(|row| row.key.table == Table::Accounts);
        assert!(lists.clone().all(|row| row.scope == ScopeId::Organization(id(HALDEN))));
        assert_eq!(lists.count(), 1);
        assert!(!rows.iter().any(|row| row.scope == ScopeId::Deal(id(2))), "nadia's draft");
        assert!(rows.iter().any(|row| row.scope == ScopeId::Deal(id(1))));
    }
}

#[test]
fn no_partner_sees_the_vendors_list() {
    let (world, people) = busy();
    for who in [&people.alice, &people.nadia, &people.carol] {
        let told = |row: &&Row| {
            row.body.windows(6).any(|window| window == b"Halden") && row.key.table == Table::Accounts
        };
        assert!(!seen_by(&world, who).iter().any(told));
        assert!(!seen_by(&world, who).iter().any(|row| row.key.table == Table::Listed));
    }
}

#[test]
fn colleagues_do_not_see_each_others_devices_and_read_marks() {
    let (world, people) = busy();
    let own = |who: &Actor, table| -> usize {
        seen_by(&world, who).iter().filter(|row| row.key.table == table).count()
    };
    assert_eq!((own(&people.alice, Table::ReadMarks), own(&people.alice, Table::Devices)), (1, 1));
    assert_eq!((own(&people.nadia, Table::ReadMarks), own(&people.nadia, Table::Devices)), (0, 1));
}

#[test]
fn what_the_hub_keeps_for_itself_is_in_no_ones_scope() {
    let (world, people) = busy();
    for who in [&people.hugo, &people.bob, &people.alice, &people.carol] {
        assert!(!world.holds(who, ScopeId::Hub));
    }
    for table in [Table::Claims, Table::Counters, Table::Listed] {
        let rows: Vec<_> = world.rows.values().filter(|row| row.key.table == table).collect();
        assert!(!rows.is_empty());
        assert!(rows.iter().all(|row| row.scope == ScopeId::Hub));
    }
}
