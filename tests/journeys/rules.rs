//! The rules of engagement between three companies: what is found, who sees it, and how rules change.

use super::registrations::{detail, until_it_stands};
use app::dto::{
    CheckName, CheckRule, Checked, Course, DealDetail, DealForm, Done, EffectName, Evidence, InProgram,
    MatchKeyName, RegistrationSay, RegistrationStatus, RelationName, Replay, RulesCheck, RulesPage,
    RulesPublish, RulesReplay, SyncStatus, TermsForm, WorkOffline,
};
use journeys::person::{Person, halden_and_northbeam};

/// Halden's list: a customer that keeps its own people out, and one that nobody sells to.
const LIST: &str = "Company;Website;Country;Relationship;Named account\n\
    Polder Port Authority B.V.;polder.example;NL;Customer;yes\n\
    Meer Zeilen;meer.example;NL;;\n";

async fn rules(person: &Person) -> anyhow::Result<RulesPage> {
    person.ask("rules", InProgram { program: person.program.clone() }).await
}

fn with(mut terms: TermsForm, check: CheckName, effect: EffectName) -> TermsForm {
    terms.checks.retain(|rule| rule.check != check);
    terms.checks.push(CheckRule { check, effect });
    terms
}

async fn register(person: &Person, form: DealForm) -> anyhow::Result<String> {
    let done: Done = person.ask("deal_register", form).await?;
    done.id.ok_or_else(|| anyhow::anyhow!("no deal"))
}

fn checks(detail: &DealDetail) -> Vec<(CheckName, Option<MatchKeyName>, u32)> {
    let finding = detail.registration.finding.as_ref();
    finding.map_or_else(Vec::new, |finding| {
        finding.hits.iter().map(|hit| (hit.check, hit.key, hit.score)).collect()
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_found_is_told_to_both_and_the_list_to_its_owner_alone() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    // First only as names; then the list says what they are to Halden.
    bob.import("Company;Website;Owner\nPolder Port Authority B.V.;polder.example;Bob\n").await?;
    let job = bob.import(LIST).await?;
    assert_eq!((job.done, job.skipped), (2, 0));
    bob.settled().await?;

    alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    let deal = alice.register("Polder rollout", "www.polder.example").await?;
    assert_eq!(checks(&detail(&alice, &deal).await?), [], "nobody has looked yet");
    alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: false }).await?;

    let found = [
        (CheckName::ExistingCustomer, Some(MatchKeyName::Domain), 10_000),
        (CheckName::NamedAccount, Some(MatchKeyName::Domain), 10_000),
    ];
    let at_bobs = until_it_stands(&bob, &deal, RegistrationStatus::Submitted).await?;
    assert_eq!(checks(&at_bobs), found);
    alice.settled().await?;
    let at_alices = detail(&alice, &deal).await?;
    assert_eq!((checks(&at_alices), at_alices.row.status), (found.to_vec(), RegistrationStatus::Submitted));

    let his: Vec<Evidence> = bob.ask("rules_evidence", bob.one(&deal)).await?;
    let account = his.first().unwrap();
    assert_eq!((account.name.as_str(), account.named), ("Polder Port Authority B.V.", true));
    assert_eq!((account.relation, account.by.as_str()), (Some(RelationName::Customer), "Bob"));
    let hers: Vec<Evidence> = alice.ask("rules_evidence", alice.one(&deal)).await?;
    assert_eq!(hers, [], "her device has nothing of Halden's list");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_are_tried_on_the_past_published_and_count_from_then_on() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    bob.import(LIST).await?;
    bob.settled().await?;
    let first = alice.register("Polder rollout", "polder.example").await?;
    until_it_stands(&bob, &first, RegistrationStatus::Submitted).await?;

    let present = rules(&bob).await?.versions.remove(0);
    assert_eq!((present.version, present.published_by), (1, None));
    let terms = with(present.terms, CheckName::NamedAccount, EffectName::Reject);
    let replay: Replay =
        bob.ask("rules_replay", RulesReplay { program: bob.program.clone(), terms: terms.clone() }).await?;
    assert_eq!((replay.tried, replay.changed), (1, 1));
    let change = &replay.changes[0];
    assert_eq!((change.before, change.after), (Course::Goes, Course::Rejected));
    assert_eq!((change.check, change.deal.as_str()), (Some(CheckName::NamedAccount), first.as_str()));

    let publish = RulesPublish {
        program: bob.program.clone(),
        from: 1,
        terms,
        note: "Named accounts are ours".to_owned(),
    };
    let refused = alice.ask::<_, Done>("rules_publish", publish.clone()).await;
    assert!(refused.is_err(), "a partner does not make the rules");
    bob.ask::<_, Done>("rules_publish", publish.clone()).await?;
    assert!(bob.ask::<_, Done>("rules_publish", publish).await.is_err(), "version 2 is there already");
    bob.settled().await?;
    let page = alice
        .until("the new rules", async || {
            Ok(Some(rules(&alice).await?).filter(|page| page.versions.len() == 2))
        })
        .await?;
    assert_eq!(page.versions[0].note, "Named accounts are ours");
    assert_eq!(page.versions[0].published_by.as_ref().unwrap().name, "Bob");
    assert!(!page.may_publish);
    let untouched = detail(&alice, &first).await?;
    assert_eq!(untouched.row.status, RegistrationStatus::Submitted, "what was there before stays");
    assert_eq!(untouched.registration.finding.unwrap().version, 1);

    let form = DealForm { region: String::new(), ..alice.form("Polder archive", "polder-archive.example") };
    let form = DealForm { customer: "Polder Port Authority".to_owned(), ..form };
    let second = register(&alice, form).await?;
    let rejected = until_it_stands(&alice, &second, RegistrationStatus::Rejected).await?;
    let said = &rejected.registration;
    assert_eq!(said.rejection_rule.as_deref(), Some("On the named-account list"));
    assert!(said.decided_by.is_none() && said.finding.as_ref().unwrap().version == 2);
    assert_eq!(checks(&rejected)[1], (CheckName::NamedAccount, Some(MatchKeyName::Name), 8_500));

    let appeal = RegistrationSay {
        program: alice.program.clone(),
        deal: second.clone(),
        text: "That is a foundation of the port, not the port.".to_owned(),
    };
    alice.ask::<_, Done>("registration_appeal", appeal).await?;
    let appealed = until_it_stands(&bob, &second, RegistrationStatus::Appealed).await?;
    assert!(appealed.registration.may.contains(&app::dto::RegistrationAction::Approve));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn one_customer_under_two_domains_is_held_for_the_second_who_learns_nothing() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let carol = partner(&bob, "Coastline", "Carol").await?;
    let hers = alice.register("Polder rollout", "polder.example").await?;
    until_it_stands(&bob, &hers, RegistrationStatus::Submitted).await?;

    let form = carol.form("Polder gateway", "polder-group.example");
    let second = register(&carol, DealForm { customer: "Polder Rollout".to_owned(), ..form }).await?;
    let held = until_it_stands(&carol, &second, RegistrationStatus::ConflictHold).await?;
    assert_eq!(checks(&held), [(CheckName::OtherRegistration, Some(MatchKeyName::Name), 8_500)]);
    let evidence: Vec<Evidence> = carol.ask("rules_evidence", carol.one(&second)).await?;
    let told = serde_json::to_string(&(&held, &evidence))?;
    assert!(!told.contains("Northbeam") && !told.contains(&hers), "whose the other one is stays with Halden");

    let at_bobs = until_it_stands(&bob, &second, RegistrationStatus::ConflictHold).await?;
    assert_eq!(at_bobs.registration.second_share, 5_000);
    let evidence: Vec<Evidence> = bob.ask("rules_evidence", bob.one(&second)).await?;
    assert_eq!(evidence[0].deal.as_deref(), Some(hers.as_str()));
    assert_eq!(evidence[0].by, "Northbeam");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn beforehand_a_device_says_what_it_knows_without_a_hub() -> anyhow::Result<()> {
    let (mut hub, _bob, alice) = halden_and_northbeam().await?;
    let first = alice.register("Polder rollout", "polder.example").await?;
    alice.settled().await?;
    hub.kill().await?;
    let asked = RulesCheck {
        program: alice.program.clone(),
        deal: None,
        customer: "Polder rollout".to_owned(),
        domain: "https://polder.example/".to_owned(),
        country: String::new(),
        product: String::new(),
        region: String::new(),
        contact: String::new(),
        duns: String::new(),
        tender: true,
    };
    let checked: Checked = alice.ask("rules_check", asked.clone()).await?;
    assert_eq!(checked.duplicate.unwrap().deal, first);
    assert_eq!(checked.hits.len(), 1, "a tender, says she herself");
    let own = RulesCheck { deal: Some(first), ..asked.clone() };
    let checked: Checked = alice.ask("rules_check", own).await?;
    assert_eq!(checked.duplicate, None, "a registration is no double of itself");
    let other = RulesCheck { domain: "meer.example".to_owned(), customer: "Meer".to_owned(), ..asked };
    let checked: Checked = alice.ask("rules_check", other).await?;
    assert_eq!((checked.version, checked.course, checked.duplicate), (1, Course::Goes, None));
    Ok(())
}

/// A second partner with a person in it.
async fn partner(bob: &Person, company: &str, name: &'static str) -> anyhow::Result<Person> {
    let invitation = bob.add_partner(company).await?;
    bob.settled().await?;
    let mut person = Person::new(name).await?;
    person.join(&invitation.link).await?;
    Ok(person)
}
