//! Rows of the list of the day: done, later, and back.

use super::world::*;
use crate::entity::{Put, PutAway, RowOf, Standing};
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;
use crate::{Timestamp, Undo};

fn put(put: Put, seen: u64) -> PutAway {
    PutAway { row: RowOf::Reply(id(1)), put, seen, at: MONDAY, extra: Default::default() }
}

#[test]
fn what_is_done_stays_away_until_there_is_news() {
    let done = put(Put::Done, 7);
    assert_eq!(done.standing(7, MONDAY), Standing::Done);
    assert_eq!(done.standing(7, MONDAY.plus_days(400)), Standing::Done);
    assert_eq!(done.standing(8, MONDAY), Standing::Open);
    assert_eq!(put(Put::Here, 7).standing(7, MONDAY), Standing::Open);
}

#[test]
fn what_was_snoozed_comes_back_at_its_moment_or_with_news() {
    let until = MONDAY.plus_days(1);
    let later = put(Put::Until(until), 7);
    assert_eq!(later.standing(7, Timestamp(until.0 - 1)), Standing::Later(Some(until)));
    assert_eq!(later.standing(7, until), Standing::Back);
    assert_eq!(later.standing(8, MONDAY), Standing::Open, "they wrote before that");
    // A clock that was set back puts it away again rather than losing it.
    assert_eq!(later.standing(7, MONDAY), Standing::Later(Some(until)));
    let waits = put(Put::UntilNews, 7);
    assert_eq!(waits.standing(7, MONDAY.plus_days(400)), Standing::Later(None));
    assert_eq!(waits.standing(9, MONDAY), Standing::Open);
}

#[test]
fn everybody_keeps_their_own_list_and_each_step_can_be_taken_back() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let alice = people.alice.member;
    let row = RowOf::Reply(id(1));
    let done = RowPut { member: alice, row, put: Put::Done, seen: 7 };
    let first = world.inverse(&people.alice, done.clone());
    assert_eq!(first, Undo::By(Box::new(RowPut { put: Put::Here, seen: 0, ..done.clone() }.into())));
    world.hub(&people.alice, done.clone()).unwrap();
    let kept: PutAway = world.get(row.put_away_id(alice)).unwrap();
    assert_eq!((kept.row, kept.put, kept.seen), (row, Put::Done, 7));
    let later = RowPut { put: Put::UntilNews, seen: 9, ..done.clone() };
    assert_eq!(world.inverse(&people.alice, later), Undo::By(Box::new(done.clone().into())));
    let other = RowPut { member: people.nadia.member, ..done.clone() };
    assert_eq!(refused(world.hub(&people.alice, other)), Rule::NotInScope);
    assert_eq!(refused(world.hub(&people.nadia, done)), Rule::NotInScope);
}

#[test]
fn every_row_is_put_away_by_itself() {
    let rows = [
        RowOf::Reply(id(1)),
        RowOf::Decision(id(1)),
        RowOf::Draft(id(1)),
        RowOf::Rejected(id(1)),
        RowOf::Milestone(id(1), id(1)),
        RowOf::Reply(id(2)),
    ];
    let ids: std::collections::BTreeSet<_> = rows.iter().map(|row| row.put_away_id(id(0x100))).collect();
    assert_eq!(ids.len(), rows.len());
    assert_ne!(rows[0].put_away_id(id(0x100)), rows[0].put_away_id(id(0x101)));
}
