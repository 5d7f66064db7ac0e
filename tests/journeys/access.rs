//! Access that ends: a deal taken back, a person removed, a partnership ended, a lease run out. What
//! is gone is gone to the last byte, and what a person wrote and had not sent is theirs to copy.
use app::dto::{
    AppState, DealAccess, Done, InProgram, LeaseSet, MilestoneForm, MilestoneOwner, OwnerSideName,
    Passphrase, People, SavedFile, SyncStatus, UnsentOf, WorkOffline,
};
use domain::Timestamp;
use journeys::hub::HubProcess;
use journeys::pages::{database_key, files, hits, plain, take};
use journeys::person::{Person, halden_and_northbeam};
use store::{FileKey, Identity, Store};

/// In everything that others wrote into what is taken back.
const CANARY: &str = "xKANARIENx";
/// The same as the index of words has it, which leaves out what a word has in common with the one before.
const INDEXED: &str = "kanarienx";
/// In what carol writes herself and has not sent.
const OWN: &str = "Written on the train";
const WORDS: &str = "correct horse battery staple polder 4711";

struct Three {
    hub: HubProcess,
    bob: Person,
    alice: Person,
    carol: Person,
}

/// Halden with bob, Northbeam with alice, Kestrel with carol, whose vault opens with [`WORDS`].
async fn three() -> anyhow::Result<Three> {
    let (hub, bob, alice) = halden_and_northbeam().await?;
    let invitation = bob.add_partner("Kestrel").await?;
    bob.settled().await?;
    let mut carol = Person::new("Carol").await?;
    carol.join(&invitation.link).await?;
    let words = Passphrase { passphrase: WORDS.to_owned() };
    carol.ask::<_, app::dto::Security>("key_to_passphrase", words).await?;
    Ok(Three { hub, bob, alice, carol })
}

impl Three {
    /// A deal of alice's full of canaries, which carol sees as a guest.
    async fn shared_deal(&self) -> anyhow::Result<(String, DealAccess)> {
        let Self { bob, alice, carol, .. } = self;
        let deal = alice.register(&format!("{CANARY} rollout"), "canary.example").await?;
        bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;
        for number in 0..60 {
            alice.say(&deal, &format!("{CANARY} message {number} {}", "and more ".repeat(40))).await?;
        }
        for number in 0..20 {
            let form = MilestoneForm {
                program: alice.program.clone(),
                deal: deal.clone(),
                title: format!("{CANARY} milestone {number}"),
                owner: MilestoneOwner { side: OwnerSideName::Partner, person: None },
                due: Some("2027-01-01".to_owned()),
                done_condition: format!("{CANARY} condition"),
            };
            alice.ask::<_, Done>("milestone_add", form).await?;
        }
        alice.settled().await?;
        let kestrel = bob.counterpart("Kestrel").await?;
        let access = DealAccess { program: bob.program.clone(), deal: deal.clone(), organization: kestrel };
        bob.ask::<_, Done>("deal_share", &access).await?;
        carol
            .until("the shared deal with all of it", async || {
                let messages = carol.deals().await?.len() == 1 && carol.room(&deal).await?.len() == 60;
                Ok(messages.then_some(()))
            })
            .await?;
        Ok((deal, access))
    }
}

async fn state(person: &Person) -> anyhow::Result<AppState> {
    person.ask("app_state", ()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_that_is_taken_back_leaves_no_byte_on_the_device() -> anyhow::Result<()> {
    let three = three().await?;
    let (deal, access) = three.shared_deal().await?;
    let Three { mut hub, bob, carol, .. } = three;
    let profile = carol.profile();
    let before = take(&profile)?;

    // She is on a train when it happens.
    carol.ask::<_, SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    carol
        .until("the line to end", async || {
            Ok((carol.sync().await?.connection == app::dto::Connection::Offline).then_some(()))
        })
        .await?;
    carol.say(&deal, OWN).await?;
    bob.ask::<_, Done>("deal_unshare", &access).await?;
    bob.settled().await?;
    assert_eq!(carol.room(&deal).await?.len(), 61, "she cannot know yet");
    carol.ask::<_, SyncStatus>("work_offline", WorkOffline { on: false }).await?;
    let status = carol
        .until("the end of her access", async || {
            let gone = carol.deals().await?.is_empty();
            let status = carol.sync().await?;
            Ok((gone && status.needs_you == 1).then_some(status))
        })
        .await?;
    let refused = &status.programs[0].needs_you[0];
    assert_eq!(refused.rule, "not_in_scope");
    assert!(refused.message.contains("no longer have access"), "{}", refused.message);
    assert!(refused.text.contains(OWN), "what she wrote is hers to copy");
    let told = carol.ask::<_, app::dto::DealDetail>("deal_get", carol.one(&deal)).await.unwrap_err();
    assert!(told.to_string().contains("AccessEnded"), "{told}");
    let ended = state(&carol).await?.ended;
    assert_eq!((ended.len(), ended[0].deals), (1, 1));
    carol.ask::<_, Done>("ended_seen", ()).await?;
    assert!(state(&carol).await?.ended.is_empty(), "once is enough");

    let after = take(&profile)?;
    carol.app.close().await;
    let closed = take(&profile)?;
    let key = database_key(&profile, WORDS, &carol.program).await?;
    let bytes = plain(before.path(), &key)?;
    assert!(hits(&bytes, CANARY) > 100, "before, they are found with the key");
    assert!(hits(&bytes, INDEXED) > 0, "and in the index of words");
    for (when, copy) in [("at once", &after), ("after closing", &closed)] {
        let bytes = plain(copy.path(), &key)?;
        assert_eq!((hits(&bytes, CANARY), hits(&bytes, INDEXED)), (0, 0), "{when}");
        assert!(hits(&bytes, OWN) > 0, "{when}: the scan does read the pages");
    }
    hub.kill().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deal_shared_again_comes_back_as_it_is_now() -> anyhow::Result<()> {
    let three = three().await?;
    let (deal, access) = three.shared_deal().await?;
    let Three { hub: _hub, bob, carol, .. } = three;
    bob.ask::<_, Done>("deal_unshare", &access).await?;
    carol.until("the end", async || Ok(carol.deals().await?.is_empty().then_some(()))).await?;
    bob.say(&deal, "Between ourselves").await?;
    bob.ask::<_, Done>("deal_share", &access).await?;
    carol
        .until("the deal again", async || {
            let whole = carol.deals().await?.len() == 1 && carol.room(&deal).await?.len() == 61;
            Ok(whole.then_some(()))
        })
        .await?;
    carol.say(&deal, "Back again").await?;
    carol.settled().await?;
    bob.until("her message", async || {
        Ok(bob.room(&deal).await?.pop().filter(|message| message.body == "Back again"))
    })
    .await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_removed_and_whose_partnership_ends_loses_everything() -> anyhow::Result<()> {
    let three = three().await?;
    three.shared_deal().await?;
    let Three { hub: _hub, bob, alice, carol } = three;
    let people: People = bob.ask("people", InProgram { program: bob.program.clone() }).await?;
    let company = |name: &str| people.organizations.iter().find(|company| company.name == name).unwrap();
    let kestrel = company("Kestrel");
    assert!(kestrel.may_end && kestrel.members[0].may_remove);

    bob.ask::<_, Done>("member_remove", bob.one(&kestrel.members[0].person.id)).await?;
    bob.ask::<_, Done>("partnership_end", bob.one(&company("Northbeam").id)).await?;
    for (person, name) in [(&carol, "Carol"), (&alice, "Alice")] {
        let state = person
            .until("the end", async || {
                let state = state(person).await?;
                Ok((state.programs.is_empty() && !state.ended.is_empty()).then_some(state))
            })
            .await?;
        assert_eq!((state.ended.len(), state.ended[0].deals), (1, 0), "{name} is told");
        assert_eq!(state.ended[0].program_name, "Halden Partner Program");
        let folder = person.profile().join("programs");
        person.until("all files to go", async || Ok(files(&folder)?.is_empty().then_some(()))).await?;
    }
    let people: People = bob.ask("people", InProgram { program: bob.program.clone() }).await?;
    assert!(people.organizations.iter().any(|company| company.name == "Northbeam" && company.ended));
    assert_eq!(bob.deals().await?.len(), 1, "the vendor keeps the deal");
    Ok(())
}

/// What a device's clock of `days` later would have counted, while the application is closed.
async fn days_pass(person: &Person, identity: &Identity, days: i64) -> anyhow::Result<()> {
    let profile = person.profile();
    let key = database_key(&profile, WORDS, &person.program).await?;
    let file = profile.join("programs").join(&person.program).join("store.db");
    let identity = identity.clone();
    let store = Store::open(&file, &FileKey::from_bytes(&key), identity).await?;
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_millis();
    store.count_lease(Timestamp(i64::try_from(now)?).plus_days(days), 0).await?;
    store.close().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lease_that_is_over_shows_nothing_until_the_hub_was_met() -> anyhow::Result<()> {
    let three = three().await?;
    let (deal, _) = three.shared_deal().await?;
    let Three { mut hub, bob, mut carol, .. } = three;
    let set = LeaseSet { program: bob.program.clone(), days: 7 };
    bob.ask::<_, Done>("lease_set", set).await?;
    bob.settled().await?;
    // Her next sign-in brings the shorter lease.
    carol.ask::<_, SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    carol
        .until("the line to end", async || {
            Ok((carol.sync().await?.connection == app::dto::Connection::Offline).then_some(()))
        })
        .await?;
    carol.ask::<_, SyncStatus>("work_offline", WorkOffline { on: false }).await?;
    carol.settled().await?;
    hub.kill().await?;
    carol.say(&deal, OWN).await?;
    let people: People = carol.ask("people", InProgram { program: carol.program.clone() }).await?;
    let here = people.devices.iter().find(|device| device.is_this).unwrap();
    let identity = Identity {
        program: carol.program.parse()?,
        device: here.id.parse()?,
        member: carol.summary().await?.me.id.parse()?,
        device_key: protocol::seal::DeviceKey::from_seed(&[0; 32]),
    };
    carol.app.close().await;

    days_pass(&carol, &identity, 6).await?;
    carol.reopen(WORDS).await?;
    assert_eq!(state(&carol).await?.programs.len(), 1, "six days are fine");
    carol.app.close().await;
    days_pass(&carol, &identity, 8).await?;
    // The clock is back where it was; that helps nobody.
    carol.reopen(WORDS).await?;
    let locked = state(&carol).await?;
    assert!(locked.programs.is_empty());
    assert_eq!((locked.locked.len(), locked.locked[0].unsent, locked.locked[0].days), (1, 1, 7));
    assert_eq!(locked.locked[0].name, "Halden Partner Program");
    assert!(carol.deals().await?.is_empty());
    for refused in [
        carol.room(&deal).await.map(drop),
        carol.say(&deal, "More").await,
        carol.ask::<_, app::dto::DealDetail>("deal_get", carol.one(&deal)).await.map(drop),
        carol.ask::<_, People>("people", InProgram { program: carol.program.clone() }).await.map(drop),
    ] {
        let refused = refused.unwrap_err().to_string();
        assert!(refused.contains("LeaseEnded"), "{refused}");
    }
    let shown = serde_json::to_string(&carol.sync().await?)?;
    assert!(!shown.contains(CANARY), "the sync page tells nothing of others");
    for program in [None, Some(carol.program.clone())] {
        let saved: Vec<SavedFile> = carol.ask("unsent_export", UnsentOf { program }).await?;
        assert_eq!(saved.len(), 2);
        for file in saved {
            let text = std::fs::read_to_string(&file.path)?;
            std::fs::remove_file(&file.path)?;
            assert!(text.contains(OWN) && !text.contains(CANARY), "her own words, and only those");
            assert!(text.contains("Halden Partner Program"));
        }
    }

    hub.restart().await?;
    carol.ask::<_, SyncStatus>("sync_now", ()).await?;
    carol
        .until("the program to open", async || Ok((state(&carol).await?.programs.len() == 1).then_some(())))
        .await?;
    carol.settled().await?;
    bob.ask::<_, SyncStatus>("sync_now", ()).await?;
    bob.until("what she wrote meanwhile", async || {
        Ok(bob.room(&deal).await?.pop().filter(|message| message.body == OWN))
    })
    .await?;
    Ok(())
}
