//! Segments: a file that is filled by them is what it would be by pages, however it was interrupted.

use crate::hub::Hub;
use crate::people::*;
use domain::entity::{Key, Message};
use domain::*;
use protocol::frame::{Delta, DeltaRow, Resume};
use protocol::segment::{Contents, SegmentRef};
use std::collections::BTreeSet;
use store::Code;

/// What a hub offers: the head, and each segment with its rows.
pub struct Offer {
    pub head: u64,
    pub list: Vec<(SegmentRef, Vec<DeltaRow>)>,
}

impl Offer {
    pub fn refs(&self) -> Vec<SegmentRef> {
        self.list.iter().map(|(segment, _)| *segment).collect()
    }
}

fn is_own(scope: ScopeId) -> bool {
    matches!(scope, ScopeId::Person(_))
}

fn delta_rows(hub: &Hub, device: DeviceId, wanted: impl Fn(ScopeId) -> bool) -> Vec<DeltaRow> {
    let visible = hub.visible(device).into_iter().filter(|(_, row)| wanted(row.scope));
    visible.map(|(key, row)| DeltaRow { key, scope: row.scope, seq: row.seq, body: row.body }).collect()
}

impl Hub {
    /// Segments of about `rows` rows, those of deals last.
    pub fn offer(&self, device: DeviceId, rows: usize) -> Offer {
        let mut all = delta_rows(self, device, |scope| !is_own(scope));
        all.sort_by_key(|row| (row.scope, row.seq, row.key));
        let mut list = Vec::new();
        for rows in all.chunks(rows.max(1)) {
            let mut hasher = Vec::new();
            for row in rows {
                hasher.extend(row.key.id.as_bytes());
                hasher.extend(row.seq.to_le_bytes());
            }
            let hash = protocol::segment::hash(&hasher);
            list.push((SegmentRef { hash, bytes: 1, rows: rows.len() as u64 }, rows.to_vec()));
        }
        Offer { head: self.head, list }
    }
}

impl Person {
    /// Begins with an offer as a device does: first the rows of its own person. Returns what is in.
    pub async fn begin_segments(&self, hub: &Hub, offer: &Offer) -> Result<BTreeSet<Key>, store::StoreError> {
        let state = self.store.sync_state().await?;
        // What an earlier list brought may have been deleted since.
        let head = state.resume.map_or(offer.head, |resume| resume.head.min(offer.head));
        let rows = delta_rows(hub, self.device, is_own).into_iter().filter(|row| row.seq <= head).collect();
        let resume = Some(Resume { head, scope: Some(ScopeId::Program), after: 0 });
        self.store
            .apply_delta(hub.epoch, Delta { to: head, answers: Vec::new(), rows, resume, beyond: None })
            .await?;
        self.store.begin_segments(hub.epoch, head, &offer.refs()).await
    }

    pub async fn take_segment(&self, hub: &Hub, (segment, rows): &(SegmentRef, Vec<DeltaRow>)) {
        let contents = Contents { rows: rows.clone(), newer: Vec::new() };
        self.store.take_segment(hub.epoch, segment, contents).await.unwrap();
    }

    /// Takes in up to `many` segments if nothing is here yet but segments, and finishes with the last.
    pub async fn take_segments(&self, hub: &Hub, many: usize, rows: usize) {
        let state = self.store.sync_state().await.unwrap();
        let begun = state.resume.is_none_or(|at| at.scope == Some(ScopeId::Program) && at.after == 0);
        if state.cursor > 0 || !begun || (state.epoch != 0 && state.epoch != hub.epoch) {
            return;
        }
        let offer = hub.offer(self.device, rows);
        let done = self.begin_segments(hub, &offer).await.unwrap();
        let missing: Vec<_> =
            offer.list.iter().filter(|(segment, _)| !done.contains(&segment.hash)).collect();
        for segment in missing.iter().take(many) {
            self.take_segment(hub, segment).await;
        }
        if missing.len() <= many {
            self.store.finish_segments(hub.epoch).await.unwrap();
        }
    }
}

/// A new device of Bob's, with a program of some size, and the number of its messages.
pub async fn bobs_new_device() -> (World, Person, DealId, usize) {
    let mut world = World::new().await;
    let deal = world.approved_deal("Quay sensors").await;
    world.shared_deal("Pier lights").await;
    let many = 1_300;
    let say: Vec<Mutation> = (0..many).map(|n| say(deal, &format!("message {n}")).into()).collect();
    world.alice.store.commit_all(say, now()).await.unwrap();
    world.sync().await;
    let mut bob = Person::new(world.hub.program, world.bob.organization, 9).await;
    // The same device with an empty file, which to a store is a new one.
    bob.store.close().await.unwrap();
    store::Store::erase(&bob.path).await.unwrap();
    bob.identity = world.bob.identity.clone();
    (bob.member, bob.device) = (world.bob.member, world.bob.device);
    bob.store = store::Store::create(&bob.path, &file_key(), bob.identity.clone()).await.unwrap();
    (world, bob, deal, many)
}

#[tokio::test]
async fn an_interrupted_catch_up_goes_on_and_is_never_taken_for_complete() {
    let (mut world, mut bob, deal, many) = bobs_new_device().await;
    let offer = world.hub.offer(bob.device, 400);
    assert!(offer.list.len() >= 4);
    assert_eq!(bob.begin_segments(&world.hub, &offer).await.unwrap(), BTreeSet::new());
    for segment in &offer.list[..2] {
        bob.take_segment(&world.hub, segment).await;
    }
    bob.restart().await;
    let state = bob.store.sync_state().await.unwrap();
    let start = Resume { head: offer.head, scope: Some(ScopeId::Program), after: 0 };
    assert_eq!((state.cursor, state.resume), (0, Some(start)), "pages would bring all of it");
    // Meanwhile a message goes that the first segments had brought, and the list is another one.
    let here = bob.rows().await;
    let gone = *here.keys().rfind(|key| key.table == Table::Messages).unwrap();
    world.hub.delete(gone);
    let later = world.hub.offer(bob.device, 400);
    let in_already = bob.begin_segments(&world.hub, &later).await.unwrap();
    assert!(!in_already.is_empty() && in_already.len() < later.list.len());
    for segment in later.list.iter().filter(|(segment, _)| !in_already.contains(&segment.hash)) {
        bob.take_segment(&world.hub, segment).await;
    }
    bob.store.finish_segments(world.hub.epoch).await.unwrap();
    let state = bob.store.sync_state().await.unwrap();
    assert_eq!((state.cursor, state.resume), (offer.head, None), "the tail says what was deleted");
    bob.sync(&mut world.hub).await;
    bob.holds_what_the_hub_shows(&world.hub).await;
    let messages = bob.rows().await.keys().filter(|key| key.table == Table::Messages).count();
    assert_eq!(messages, many - 1);
    assert!(bob.see::<entity::Deal>(deal).await.is_some());
    assert_eq!((bob.count("bootstrap").await, bob.count("segment_in").await), (0, 0));
}

#[tokio::test]
async fn what_is_written_meanwhile_stays_on_top() {
    let (mut world, bob, deal, _) = bobs_new_device().await;
    let offer = world.hub.offer(bob.device, 60);
    bob.begin_segments(&world.hub, &offer).await.unwrap();
    let mut said = None;
    for segment in &offer.list {
        bob.take_segment(&world.hub, segment).await;
        if said.is_none() && bob.see::<entity::Deal>(deal).await.is_some() {
            let say = say(deal, "I am back");
            said = Some(say.message);
            bob.store.commit(say, now()).await.unwrap();
        }
    }
    let said = said.unwrap();
    assert!(bob.see::<Message>(said).await.is_some());
    bob.store.finish_segments(world.hub.epoch).await.unwrap();
    assert!(bob.see::<Message>(said).await.is_some());
    bob.sync(&mut world.hub).await;
    bob.holds_what_the_hub_shows(&world.hub).await;
    assert_eq!(bob.count("outbox").await, 0);
}

#[tokio::test]
async fn the_rows_of_a_deal_may_come_before_the_grant_that_opens_it() {
    let (mut world, _, deal, _) = bobs_new_device().await;
    let bob = &world.bob;
    bob.store.commit(say(deal, "Waits all the while"), now()).await.unwrap();
    // With the hub's history another one, all of it is fetched anew below what waits.
    world.hub.epoch += 1;
    let end = bob.store.sync_state().await.unwrap().answered;
    bob.store.reset_for_epoch(world.hub.epoch, end).await.unwrap();
    let offer = world.hub.offer(bob.device, 60);
    bob.begin_segments(&world.hub, &offer).await.unwrap();
    for segment in offer.list.iter().rev() {
        bob.take_segment(&world.hub, segment).await;
    }
    bob.store.finish_segments(world.hub.epoch).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    world.bob.holds_what_the_hub_shows(&world.hub).await;
    assert_eq!(world.bob.count("outbox").await, 0);
}

#[tokio::test]
async fn what_was_taken_away_and_given_again_between_two_lists_is_all_there() {
    let (mut world, bob, deal, _) = bobs_new_device().await;
    let offer = world.hub.offer(bob.device, 400);
    bob.begin_segments(&world.hub, &offer).await.unwrap();
    for segment in &offer.list {
        bob.take_segment(&world.hub, segment).await;
    }
    // Before it can finish, access ends, something goes, and access begins again.
    let scope = ScopeId::Deal(deal);
    world.hub.revoke(scope, bob.organization);
    let here = bob.rows().await;
    world.hub.delete(*here.keys().rfind(|key| key.table == Table::Messages).unwrap());
    world.hub.grant(scope, bob.organization);
    let later = world.hub.offer(bob.device, 60);
    let done = bob.begin_segments(&world.hub, &later).await.unwrap();
    for segment in later.list.iter().rev().filter(|(segment, _)| !done.contains(&segment.hash)) {
        bob.take_segment(&world.hub, segment).await;
    }
    bob.store.finish_segments(world.hub.epoch).await.unwrap();
    bob.sync(&mut world.hub).await;
    bob.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn what_segments_bring_back_is_not_taken_away_any_more() {
    let (mut world, _, deal, _) = bobs_new_device().await;
    let scope = ScopeId::Deal(deal);
    world.hub.revoke(scope, world.bob.organization);
    world.bob.sync(&mut world.hub).await;
    assert!(world.bob.store.is_taken_away(scope).await.unwrap());
    world.hub.grant(scope, world.bob.organization);
    world.hub.epoch += 1;
    let end = world.bob.store.sync_state().await.unwrap().answered;
    world.bob.store.reset_for_epoch(world.hub.epoch, end).await.unwrap();
    let offer = world.hub.offer(world.bob.device, 200);
    world.bob.begin_segments(&world.hub, &offer).await.unwrap();
    for segment in &offer.list {
        world.bob.take_segment(&world.hub, segment).await;
    }
    world.bob.store.finish_segments(world.hub.epoch).await.unwrap();
    assert!(!world.bob.store.is_taken_away(scope).await.unwrap());
    world.bob.sync(&mut world.hub).await;
    world.bob.holds_what_the_hub_shows(&world.hub).await;
}

#[tokio::test]
async fn segments_of_another_history_or_without_an_offer_are_not_taken() {
    let (world, bob, _, _) = bobs_new_device().await;
    let offer = world.hub.offer(bob.device, 400);
    let contents = || Contents { rows: offer.list[0].1.clone(), newer: Vec::new() };
    let take = |epoch| bob.store.take_segment(epoch, &offer.list[0].0, contents());
    assert_eq!(take(world.hub.epoch).await.unwrap_err().code(), Code::WrongEpoch);
    bob.begin_segments(&world.hub, &offer).await.unwrap();
    assert_eq!(take(world.hub.epoch + 1).await.unwrap_err().code(), Code::WrongEpoch);
    take(world.hub.epoch).await.unwrap();
    bob.store.reset_for_epoch(world.hub.epoch + 1, 0).await.unwrap();
    assert_eq!((bob.count("bootstrap").await, bob.count("segment_in").await), (0, 0));
    assert_eq!(bob.rows().await.len(), 0);
    assert_eq!(take(world.hub.epoch + 1).await.unwrap_err().code(), Code::WrongEpoch);
    // Who has caught up needs none.
    let refused = world.bob.store.begin_segments(world.hub.epoch, offer.head, &offer.refs()).await;
    assert_eq!(refused.unwrap_err().code(), Code::WrongEpoch);
}

#[tokio::test]
async fn the_window_is_told_of_segments_now_and_then() {
    let (world, bob, _, _) = bobs_new_device().await;
    let offer = world.hub.offer(bob.device, 10_000);
    bob.begin_segments(&world.hub, &offer).await.unwrap();
    let mut changes = bob.store.changes();
    bob.take_segment(&world.hub, &offer.list[0]).await;
    let mut tables = BTreeSet::new();
    let mut times = 0;
    while let Ok(change) = changes.try_recv() {
        tables.extend(change.tables);
        times += 1;
    }
    assert!(tables.contains(&Table::Deals) && tables.contains(&Table::Messages), "{tables:?}");
    assert!(times <= 2, "{times} times for one segment");
}
