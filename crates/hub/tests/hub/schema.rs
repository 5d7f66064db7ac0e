//! A newer version adds a field: nobody is sent anything for it, and an older version keeps it.

use crate::support::hub::TestHub;
use crate::support::world::{bob_alice_and_a_deal, message};
use domain::codec::Entity;
use domain::entity::Deal;
use domain::mutation::{DealEdit, DealValue, FieldPatch};
use minicbor::{Decoder, Encoder};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};

/// A deal's body with a field of a newer version.
fn with_newer_field(body: &[u8]) -> Vec<u8> {
    let mut d = Decoder::new(body);
    let count = d.map().unwrap().unwrap();
    let mut out = Vec::new();
    let mut e = Encoder::new(&mut out);
    e.map(count + 1).unwrap();
    e.writer_mut().extend_from_slice(&body[d.position()..]);
    e.u64(Deal::LAST + 1).unwrap().str("newer").unwrap();
    out
}

#[tokio::test]
async fn a_new_field_costs_a_device_less_than_a_kilobyte_and_survives_an_old_one() {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let (mut bob, mut alice, room) = bob_alice_and_a_deal(&hub.way(), &link).await;
    let mut last = 0;
    for n in 0..300 {
        last = alice.push(message(room, format!("Message {n}"))).await;
    }
    let head = alice.answer(last).await.unwrap();
    bob.caught_up(head).await;

    // The hub is updated to a version whose rows may have one more field. One row has it already.
    hub.hub.shutdown().await;
    let file = SqliteConnectOptions::new().filename(hub.folder.path().join("hub.sqlite"));
    let pool = SqlitePool::connect_with(file).await.unwrap();
    let known = alice.rows[&domain::RowKey::of::<Deal>(room)].body.clone().unwrap();
    let changed = sqlx::query("UPDATE row SET body = ? WHERE body = ?")
        .bind(with_newer_field(&known))
        .bind(&known)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(changed.rows_affected(), 1);
    pool.close().await;
    let hub = hub.restart().await;

    let rows = bob.log.len();
    bob.reconnect_by(&hub.way()).await;
    bob.caught_up(head).await;
    assert_eq!(bob.log.len(), rows, "no row is sent for a new field");
    assert!(bob.wire.trace.len() <= 1_024, "{} bytes", bob.wire.trace.len());

    // Alice's version does not know the field; what she edits keeps it.
    alice.reconnect_by(&hub.way()).await;
    let patch = FieldPatch::on(&alice.deal(room).unwrap(), DealValue::Title("Rollout in two steps".into()));
    let seq = alice.run(DealEdit { deal: room, patch: vec![patch] }).await.unwrap();
    for device in [&mut alice, &mut bob] {
        device.caught_up(seq).await;
        let body = device.rows[&domain::RowKey::of::<Deal>(room)].body.clone().unwrap();
        assert!(body.ends_with(b"\x65newer"), "the field is gone");
        assert_eq!(device.deal(room).unwrap().title, "Rollout in two steps");
    }
}
