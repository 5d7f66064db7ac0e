//! Rows of a table that this version does not know, and changes of a kind that it does not know.

use crate::people::*;
use domain::codec::Entity;
use domain::entity::Milestone;
use domain::*;
use protocol::frame::{Answer, Delta, Header, NewerRow};
use protocol::seal::Chain;
use sqlx::ConnectOptions;
use sqlx::sqlite::SqliteConnectOptions;

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

/// What only a newer version can read.
const TOMORROW: &[u8] = b"\xa1\x01\x63new";

/// Alice says one thing more with a newer version, which has a change of its own for that, and goes back
/// to this one.
async fn sings(alice: &mut Person, deal: DealId) -> u64 {
    let n = alice.store.commit(say(deal, "Sung"), now()).await.unwrap().n;
    let sealed = alice.store.outbox_after(n - 1, 1, usize::MAX).await.unwrap().remove(0);
    let before = Chain { n: n - 1, hash: alice.store.chain_hash_at(n - 1).await.unwrap().unwrap() };
    let header = Header { name: "message_sing".to_owned(), ..sealed.header };
    let end = before.after(&header, TOMORROW).unwrap();
    let signature = alice.identity.device_key.sign(&end.hash.0);
    alice.store.close().await.unwrap();
    let options = SqliteConnectOptions::new().filename(&alice.path).pragma("key", file_key_pragma());
    let mut conn = options.connect().await.unwrap();
    sqlx::query("UPDATE outbox SET name = ?, payload = ?, signature = ? WHERE n = ?")
        .bind(&header.name)
        .bind(TOMORROW)
        .bind(&signature.0[..])
        .bind(n.cast_signed())
        .execute(&mut conn)
        .await
        .unwrap();
    for end_of_chain in
        ["UPDATE chain SET hash = ?1 WHERE n = ?2", "UPDATE meta SET chain_hash = ?1 WHERE chain_n = ?2"]
    {
        sqlx::query(end_of_chain)
            .bind(&end.hash.0[..])
            .bind(n.cast_signed())
            .execute(&mut conn)
            .await
            .unwrap();
    }
    sqlx::Connection::close(conn).await.unwrap();
    alice.restart().await;
    n
}

#[tokio::test]
async fn what_only_a_newer_version_can_do_goes_up_as_it_is_and_waits_for_a_newer_hub() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &mut world.alice;
    alice.store.commit(say(deal, "Before"), now()).await.unwrap();
    let sung = sings(alice, deal).await;
    alice.store.commit(say(deal, "After"), now()).await.unwrap();
    let waiting = alice.store.waiting(10).await.unwrap();
    let names: Vec<&str> = waiting.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(names, ["message_send", "message_sing", "message_send"]);
    assert_eq!(waiting[1].mutation, None, "named, and not guessed at");

    // Rows that arrive meanwhile are put below it, and it is what it was.
    world.bob.store.commit(say(deal, "Meanwhile"), now()).await.unwrap();
    world.bob.sync(&mut world.hub).await;
    alice.pull(&world.hub, usize::MAX).await;
    assert_eq!(alice.count("outbox").await, 3);
    let sealed = alice.store.outbox_after(sung - 1, 1, usize::MAX).await.unwrap().remove(0);
    assert_eq!(sealed.payload, TOMORROW);

    // This hub is no newer: it refuses that one alone.
    world.sync().await;
    let alice = &mut world.alice;
    let refused = alice.store.refusals().await.unwrap();
    assert_eq!(refused.len(), 1);
    assert_eq!((refused[0].item.n, refused[0].refusal.rule), (sung, Rule::Unreadable));
    assert_eq!((refused[0].item.name.as_str(), &refused[0].parked[..]), ("message_sing", &[][..]));
    assert_eq!(alice.count("outbox").await, 0, "what came after it is there");
    alice.holds_what_the_hub_shows(&world.hub).await;

    // It cannot be done again by this version, and is not lost by trying.
    alice.store.retry(refused[0].id, now()).await.unwrap_err();
    alice.restart().await;
    assert_eq!(alice.store.refusals().await.unwrap(), refused);
    let kept: Vec<u8> =
        sqlx::query_scalar("SELECT payload FROM refusal").fetch_one(&mut alice.raw().await).await.unwrap();
    assert_eq!(kept, TOMORROW);
}

#[tokio::test]
async fn what_a_newer_hub_took_of_it_is_kept_for_one_that_loses_it() {
    let mut world = World::new().await;
    let deal = world.shared_deal("Lock gate").await;
    let alice = &mut world.alice;
    let sung = sings(alice, deal).await;
    let state = alice.store.sync_state().await.unwrap();
    let answer = Answer { n: sung, seq: state.cursor + 1, refusal: None, at: now() };
    let delta =
        Delta { to: state.cursor + 1, answers: vec![answer], rows: vec![], resume: None, beyond: None };
    alice.store.apply_delta(world.hub.epoch, delta).await.unwrap();
    assert_eq!(alice.count("outbox").await, 0);
    let kept: (String, Vec<u8>) = sqlx::query_as("SELECT name, payload FROM journal ORDER BY n DESC LIMIT 1")
        .fetch_one(&mut alice.raw().await)
        .await
        .unwrap();
    assert_eq!((kept.0.as_str(), &kept.1[..]), ("message_sing", TOMORROW));

    alice.store.reset_for_epoch(world.hub.epoch + 1, sung - 1).await.unwrap();
    let sealed = alice.store.outbox_after(sung - 1, 1, usize::MAX).await.unwrap().remove(0);
    assert_eq!((sealed.header.name.as_str(), &sealed.payload[..]), ("message_sing", TOMORROW));
}
