//! Rows of a table that this version does not know.

use crate::people::*;
use domain::codec::Entity;
use domain::entity::Milestone;
use domain::*;
use protocol::frame::NewerRow;

/// A milestone, as a version kept it that did not know the table yet.
fn kept(milestone: &Milestone, id: MilestoneId, scope: ScopeId, seq: u64) -> NewerRow {
    NewerRow {
        table: u32::from(Table::Milestones.number()),
        id: id.as_bytes().to_vec(),
        scope: minicbor::to_vec(scope).unwrap(),
        seq,
        body: Some(milestone.to_body()),
    }
}

#[tokio::test]
async fn what_an_older_version_could_not_read_is_there_after_the_update() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let add = milestone(deal, "Pen test");
    let id = add.milestone;
    world.bob.store.commit(add, now()).await.unwrap();
    let step = world.bob.see::<Milestone>(id).await.unwrap();
    let alice = &mut world.alice;
    let scope = ScopeId::Deal(deal);
    let unknown = NewerRow { table: 4_000, ..kept(&step, id, scope, 900) };
    let gone = NewerRow { body: None, ..unknown.clone() };
    let renamed = Milestone { title: "Pen test 2".to_owned(), ..step.clone() };
    let rows = vec![kept(&step, id, scope, 900), unknown.clone(), kept(&renamed, id, scope, 901)];
    alice.store.keep_newer(rows).await.unwrap();
    assert_eq!(alice.see::<Milestone>(id).await, None, "out of the way");

    alice.restart().await;
    assert_eq!(alice.see::<Milestone>(id).await.unwrap().title, "Pen test 2");
    assert_eq!(alice.count("newer").await, 1, "the other one waits on");
    alice.store.keep_newer(vec![gone]).await.unwrap();
    assert_eq!(alice.count("newer").await, 0);

    // With its scope it goes, and with everything.
    alice.store.keep_newer(vec![unknown.clone()]).await.unwrap();
    world.hub.revoke(scope, world.alice.organization);
    world.sync().await;
    assert_eq!(world.alice.count("newer").await, 0);
    world.alice.store.keep_newer(vec![unknown]).await.unwrap();
    world.hub.epoch += 1;
    world.sync().await;
    assert_eq!(world.alice.count("newer").await, 0);
}
