//! A registration between the first look and its end, as both companies live through it.

use app::dto::{
    Court, DealDetail, DecisionForm, Done, ExtensionDecide, ExtensionRequest, InvitationCreate,
    InvitationKind, InvitationLink, Lens, RegistrationAction, RegistrationDecide, RegistrationSay,
    RegistrationStatus, RejectionRule, RoleName, SyncStatus, Through, Today, TodayKind, WorkOffline,
};
use journeys::person::{Person, halden_and_northbeam};

pub(super) async fn detail(person: &Person, deal: &str) -> anyhow::Result<DealDetail> {
    person.ask("deal_get", person.one(deal)).await
}

pub(super) async fn until_it_stands(
    person: &Person,
    deal: &str,
    status: RegistrationStatus,
) -> anyhow::Result<DealDetail> {
    person
        .until("where the registration stands", async || {
            let detail = detail(person, deal).await?;
            Ok((detail.row.status == status).then_some(detail))
        })
        .await
}

async fn say(person: &Person, command: &str, deal: &str, text: &str) -> anyhow::Result<Done> {
    let said =
        RegistrationSay { program: person.program.clone(), deal: deal.to_owned(), text: text.to_owned() };
    person.ask(command, said).await
}

async fn decide(person: &Person, deal: &str, decision: DecisionForm) -> anyhow::Result<Done> {
    let decided = RegistrationDecide { program: person.program.clone(), deal: deal.to_owned(), decision };
    person.ask("registration_decide", decided).await
}

async fn today(person: &Person) -> anyhow::Result<Today> {
    person.ask("today", Through { lens: Lens::default() }).await
}

/// Alice's registration, which Bob sees.
async fn registered(alice: &Person, bob: &Person) -> anyhow::Result<String> {
    let deal = alice.register("Polder rollout", "polder.example").await?;
    until_it_stands(bob, &deal, RegistrationStatus::Submitted).await?;
    alice.settled().await?;
    Ok(deal)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_answered_offline_and_the_registration_approved() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = registered(&alice, &bob).await?;
    say(&bob, "registration_ask", &deal, "Which of their sites?").await?;

    let asked = until_it_stands(&alice, &deal, RegistrationStatus::ActionRequired).await?;
    assert_eq!(asked.registration.question.unwrap().text, "Which of their sites?");
    assert_eq!(asked.row.court, Court::Us);
    assert!(asked.registration.may.contains(&RegistrationAction::Answer));
    let on_you = today(&alice).await?.on_you;
    let question = on_you.iter().find(|item| item.kind == TodayKind::Question).unwrap();
    assert_eq!(question.why, "Bob asks: “Which of their sites?”");
    assert_eq!(today(&bob).await?.they_owe_you[0].kind, TodayKind::Question);

    alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: true }).await?;
    say(&alice, "registration_answer", &deal, "Rotterdam and Breda.").await?;
    let answered = detail(&alice, &deal).await?;
    assert_eq!(answered.row.status, RegistrationStatus::InReview, "as far as her device knows");
    assert_eq!(detail(&bob, &deal).await?.row.status, RegistrationStatus::ActionRequired);
    alice.ask::<_, SyncStatus>("work_offline", WorkOffline { on: false }).await?;

    let answered = until_it_stands(&bob, &deal, RegistrationStatus::InReview).await?;
    assert_eq!(answered.registration.answer.unwrap().text, "Rotterdam and Breda.");
    decide(&bob, &deal, DecisionForm::Approve).await?;
    let approved = until_it_stands(&alice, &deal, RegistrationStatus::Approved).await?;
    assert!(approved.registration.protected_until.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_held_and_shared() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = registered(&alice, &bob).await?;
    let evidence = "A tender names the same site".to_owned();
    decide(&bob, &deal, DecisionForm::Hold { evidence }).await?;
    let held = until_it_stands(&alice, &deal, RegistrationStatus::ConflictHold).await?;
    assert_eq!(held.registration.hold.unwrap().text, "A tender names the same site");
    assert_eq!(held.row.court, Court::Them);

    let evidence = "Second to register".to_owned();
    decide(&bob, &deal, DecisionForm::Share { basis_points: 4_000, evidence }).await?;
    let shared = until_it_stands(&alice, &deal, RegistrationStatus::Shared).await?;
    assert_eq!(shared.registration.split.unwrap().basis_points, 4_000);
    assert!(shared.registration.protected_until.is_some());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn longer_protection_is_asked_for_and_granted() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = registered(&alice, &bob).await?;
    decide(&bob, &deal, DecisionForm::Approve).await?;
    let approved = until_it_stands(&alice, &deal, RegistrationStatus::Approved).await?;
    let last: domain::Date = approved.registration.protected_until.unwrap().parse()?;
    let until = last.plus_days(30).to_string();
    let request = ExtensionRequest {
        program: alice.program.clone(),
        deal: deal.clone(),
        until: until.clone(),
        reason: "Their board meets in June".to_owned(),
    };
    alice.ask::<_, Done>("extension_request", request).await?;

    let asked = until_it_stands(&bob, &deal, RegistrationStatus::ExtensionRequested).await?;
    assert!(asked.registration.may.contains(&RegistrationAction::GrantExtension));
    let on_you = today(&bob).await?.on_you;
    assert!(on_you.iter().any(|item| item.why.contains("Their board meets in June")), "{on_you:?}");
    let answer = ExtensionDecide {
        program: bob.program.clone(),
        deal: deal.clone(),
        granted: true,
        evidence: String::new(),
    };
    bob.ask::<_, Done>("extension_decide", answer).await?;
    let granted = until_it_stands(&alice, &deal, RegistrationStatus::Approved).await?;
    assert_eq!(granted.registration.protected_until, Some(until));

    bob.ask::<_, Done>("registration_convert", bob.one(&deal)).await?;
    until_it_stands(&alice, &deal, RegistrationStatus::Converted).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_appeal_is_decided_by_a_colleague_of_who_rejected() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = registered(&alice, &bob).await?;
    let rule = RejectionRule::ExistingCustomer;
    decide(&bob, &deal, DecisionForm::Reject { rule, evidence: "Order 4711".to_owned() }).await?;
    until_it_stands(&alice, &deal, RegistrationStatus::Rejected).await?;
    say(&alice, "registration_appeal", &deal, "Order 4711 was for another company.").await?;
    let appealed = until_it_stands(&bob, &deal, RegistrationStatus::Appealed).await?;
    assert!(!appealed.registration.may.contains(&RegistrationAction::Approve), "he rejected it");
    assert!(decide(&bob, &deal, DecisionForm::Approve).await.is_err());

    let invite = InvitationCreate {
        program: bob.program.clone(),
        organization: bob.summary().await?.me.organization,
        kind: InvitationKind::Member,
        role: RoleName::ChannelManager,
        days: 7,
    };
    let link: InvitationLink = bob.ask("invitation_create", invite).await?;
    bob.settled().await?;
    let mut mia = Person::new("Mia").await?;
    mia.join(&link.link).await?;
    until_it_stands(&mia, &deal, RegistrationStatus::Appealed).await?;
    decide(&mia, &deal, DecisionForm::Approve).await?;
    until_it_stands(&alice, &deal, RegistrationStatus::Approved).await?;
    Ok(())
}
