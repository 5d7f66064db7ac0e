//! Who registers a customer first has it, and nobody learns who that was.

use crate::support::device::Device;
use crate::support::holds;
use crate::support::hub::TestHub;
use crate::support::world::{deal, found, invitation, join};
use domain::entity::{Role, Status};
use domain::mutation::OrganizationAdd;
use domain::{OrganizationId, Rule};
use std::time::{Duration, Instant};

#[tokio::test]
async fn of_200_partners_who_register_one_customer_one_has_it() {
    race(200).await;
}

/// `cargo test -p hub --test hub -- --ignored --nocapture of_1000_partners`
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn of_1000_partners_who_register_one_customer_one_has_it() {
    let took = race(1_000).await;
    eprintln!("1 winner and 999 explained refusals, durable, {took:.2?} after the partners came online");
}

/// Partners who wrote the same registration offline come online together; how long it takes until all have
/// their answer.
async fn race(partners: usize) -> Duration {
    let hub = TestHub::start().await;
    let link = hub.hub.founding_link(7).await.unwrap();
    let mut bob = found(&hub.way(), &link).await;
    let mut links = Vec::new();
    let mut last = 0;
    for n in 0..partners {
        let organization = OrganizationId(uuid::Uuid::now_v7());
        bob.push(OrganizationAdd { organization, name: format!("Company-{n:03}-of-many") }).await;
        let (link, create) = invitation(&bob, organization, Role::Seller);
        last = bob.push(create).await;
        links.push((organization, link));
    }
    bob.answer(last).await.unwrap();

    let way = hub.way();
    let mut sellers = Vec::new();
    let mut coming = links.into_iter().enumerate().peekable();
    // Some at a time: what is asked here is how they come back.
    while coming.peek().is_some() {
        let some: Vec<_> = coming
            .by_ref()
            .take(50)
            .map(|(n, (organization, link))| {
                let way = way.clone();
                tokio::spawn(async move {
                    let me =
                        join(&way, &link, organization, &format!("Seller-{n:03}-of-many")).await.unwrap();
                    let mut seller = Device::sign_in(&way, me).await;
                    seller.caught_up(1).await;
                    seller
                })
            })
            .collect();
        for seller in some {
            sellers.push(seller.await.unwrap());
        }
    }
    let offline = sellers.into_iter().map(|mut seller| {
        let registration = deal("contested-customer.nl");
        let mine = registration.deal;
        seller.seal(registration);
        (seller, mine)
    });
    let offline: Vec<_> = offline.collect();
    let started = Instant::now();
    let racing = offline.into_iter().map(|(mut seller, mine)| {
        tokio::spawn(async move {
            seller.reconnect().await;
            let answer = seller.answer(1).await;
            (seller, mine, answer)
        })
    });
    let mut winners = Vec::new();
    let mut losers = Vec::new();
    for (n, seller) in racing.collect::<Vec<_>>().into_iter().enumerate() {
        let (seller, mine, answer) = seller.await.unwrap();
        match answer {
            Ok(_) => winners.push((n, seller, mine)),
            Err(refusal) => {
                assert_eq!(refusal.rule, Rule::ClaimTaken);
                assert!(!refusal.message.is_empty(), "it is explained");
                losers.push((n, seller));
            }
        }
    }
    let took = started.elapsed();
    let [(number, winner, mine)] = &winners[..] else { panic!("{} winners", winners.len()) };
    assert_eq!(winner.deal(*mine).unwrap().registration.status, Status::Submitted);
    let secrets: [Vec<u8>; 5] = [
        format!("Company-{number:03}-of-many").into_bytes(),
        format!("Seller-{number:03}-of-many").into_bytes(),
        mine.as_bytes().to_vec(),
        winner.me.organization.as_bytes().to_vec(),
        winner.me.member.as_bytes().to_vec(),
    ];
    assert_eq!(losers.len(), partners - 1);
    for (n, loser) in &losers {
        let trace = loser.whole_trace();
        assert!(
            holds(&trace, format!("Company-{n:03}-of-many").as_bytes()),
            "the search finds what is there"
        );
        assert!(secrets.iter().all(|secret| !holds(&trace, secret)), "a loser learned who won");
    }
    bob.until("the deal", |bob| bob.deal(*mine).is_some()).await;
    let deals = bob.rows.values().filter(|row| row.key.table == domain::Table::Deals && row.body.is_some());
    assert_eq!(deals.count(), 1, "the refused left nothing");
    took
}
