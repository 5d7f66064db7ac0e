//! What needs a decision: two people changed one field, a rule refused something, nothing could be sent.
use app::dto::{
    DealEdit, DealForm, Done, FieldChangeRow, FieldName, FieldValue, Language, Money, OverwrittenField,
    OverwrittenKeep, RefusalItem, RefusalResend, RefusedForm, RegistrationDecide, SavedFile, SyncStatus,
    Undo, UnsentOf, WorkOffline,
};
use journeys::person::{Person, halden_and_northbeam};
use std::path::Path;

async fn offline(person: &Person, on: bool) -> anyhow::Result<()> {
    person.ask::<_, SyncStatus>("work_offline", WorkOffline { on }).await.map(drop)
}

async fn edit(person: &Person, deal: &str, change: DealEdit) -> anyhow::Result<()> {
    let change = DealEdit { program: person.program.clone(), deal: deal.to_owned(), ..change };
    person.ask::<_, Done>("deal_edit", change).await.map(drop)
}

fn closing(day: &str) -> DealEdit {
    DealEdit { close_date: Some(day.to_owned()), ..DealEdit::default() }
}

fn amount(whole: i64) -> DealEdit {
    DealEdit { amount: Some(Money { minor: whole * 100, currency: "EUR".to_owned() }), ..DealEdit::default() }
}

fn day(day: &str) -> FieldValue {
    FieldValue::Day { day: Some(day.to_owned()) }
}

async fn form(person: &Person, deal: &str) -> anyhow::Result<DealForm> {
    person.ask("deal_form", person.one(deal)).await
}

/// The fields in which this person met another.
async fn met(person: &Person) -> anyhow::Result<Vec<OverwrittenField>> {
    Ok(person.sync().await?.programs.remove(0).overwritten)
}

async fn until_met(person: &Person, how_many: usize) -> anyhow::Result<Vec<OverwrittenField>> {
    person
        .until("what was overwritten", async || {
            let met = met(person).await?;
            Ok((met.len() == how_many).then_some(met))
        })
        .await
}

async fn refused(person: &Person) -> anyhow::Result<RefusalItem> {
    person.until("a refusal", async || Ok(person.sync().await?.programs.remove(0).needs_you.pop())).await
}

/// Bob sees Alice's deal.
async fn a_deal(alice: &Person, bob: &Person) -> anyhow::Result<String> {
    let deal = alice.register("Brightwater renewal", "brightwater.example").await?;
    bob.until("the deal", async || Ok(bob.deals().await?.pop())).await?;
    alice.settled().await?;
    Ok(deal)
}

/// Alice, offline, and Bob, online, change the close date; hers comes later to the hub.
async fn both_change_the_close_date(alice: &Person, bob: &Person, deal: &str) -> anyhow::Result<()> {
    offline(alice, true).await?;
    edit(alice, deal, closing("2026-12-12")).await?;
    edit(bob, deal, closing("2026-12-19")).await?;
    bob.settled().await?;
    offline(alice, false).await?;
    alice.settled().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overwritten_value_comes_up_on_both_sides_and_can_be_restored() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = a_deal(&alice, &bob).await?;
    both_change_the_close_date(&alice, &bob, &deal).await?;

    let hers = until_met(&alice, 1).await?.remove(0);
    assert_eq!((hers.field, hers.mine_stands), (FieldName::CloseDate, true));
    assert_eq!((hers.deal_title.as_str(), hers.milestone.as_deref()), ("Brightwater renewal", None));
    assert_eq!((&hers.mine.value, &hers.theirs.value), (&day("2026-12-12"), &day("2026-12-19")));
    assert_eq!(hers.theirs.person.name, "Bob");
    assert!(hers.mine.at < hers.theirs.at, "she had written hers on the train before Bob wrote his");
    assert_eq!(alice.sync().await?.needs_you, 1);
    let his = until_met(&bob, 1).await?.remove(0);
    assert!(!his.mine_stands);
    assert_eq!((&his.mine.value, &his.theirs.value), (&day("2026-12-19"), &day("2026-12-12")));

    // Bob keeps his: an ordinary change, which settles it for both and can be undone.
    let keep = |person: &Person, id: &str, mine| OverwrittenKeep {
        program: person.program.clone(),
        id: id.to_owned(),
        mine,
    };
    let done: Done = bob.ask("overwritten_keep", keep(&bob, &his.id, true)).await?;
    bob.settled().await?;
    until_met(&alice, 0).await?;
    assert_eq!(form(&alice, &deal).await?.close_date, "2026-12-19");
    let token = done.undo.ok_or_else(|| anyhow::anyhow!("it cannot be undone"))?;
    bob.ask::<_, Done>("undo", Undo { token }).await?;
    bob.settled().await?;
    alice
        .until("hers again", async || {
            Ok((form(&alice, &deal).await?.close_date == "2026-12-12").then_some(()))
        })
        .await?;

    // The history has every step, for whoever asks later.
    let history: Vec<FieldChangeRow> = alice.ask("deal_history", alice.one(&deal)).await?;
    let steps: Vec<_> = history.iter().map(|row| (row.by.name.as_str(), &row.now, row.unseen)).collect();
    let (twelfth, nineteenth) = (day("2026-12-12"), day("2026-12-19"));
    assert_eq!(
        steps,
        [
            ("Bob", &twelfth, false),
            ("Bob", &nineteenth, false),
            ("Alice", &twelfth, true),
            ("Bob", &nineteenth, false),
        ]
    );
    assert_eq!(history[3].was, day("2027-01-30"), "as it was registered");
    let restore = alice.one(&history[3].id);
    alice.ask::<_, Done>("field_restore", restore).await?;
    assert_eq!(form(&alice, &deal).await?.close_date, "2027-01-30");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn being_content_is_enough_and_can_be_taken_back() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = a_deal(&alice, &bob).await?;
    both_change_the_close_date(&alice, &bob, &deal).await?;
    let hers = until_met(&alice, 1).await?.remove(0);
    let keep = OverwrittenKeep { program: alice.program.clone(), id: hers.id.clone(), mine: true };
    let done: Done = alice.ask("overwritten_keep", keep).await?;
    assert!(met(&alice).await?.is_empty());
    assert_eq!(alice.sync().await?.waiting, 0, "nothing has to travel for that");
    let token = done.undo.ok_or_else(|| anyhow::anyhow!("it cannot be undone"))?;
    alice.ask::<_, Done>("undo", Undo { token }).await?;
    assert_eq!(met(&alice).await?, [hers]);
    until_met(&bob, 1).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strict_field_is_refused_with_both_values_and_kept_on_purpose() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = a_deal(&alice, &bob).await?;
    let approve = RegistrationDecide {
        program: bob.program.clone(),
        deal: deal.clone(),
        decision: app::dto::DecisionForm::Approve,
    };
    bob.ask::<_, Done>("registration_decide", approve).await?;
    bob.settled().await?;
    alice
        .until("the approval", async || {
            let rows = alice.deals().await?;
            Ok(rows.into_iter().find(|row| row.status == app::dto::RegistrationStatus::Approved))
        })
        .await?;
    offline(&alice, true).await?;
    edit(&alice, &deal, amount(80_000)).await?;
    edit(&bob, &deal, amount(90_000)).await?;
    bob.settled().await?;
    offline(&alice, false).await?;

    let stale = refused(&alice).await?;
    assert!(stale.outrun);
    let evidence: Vec<_> =
        stale.evidence.iter().map(|fact| (fact.label.as_str(), fact.value.as_str())).collect();
    assert_eq!(evidence, [("Amount, yours", "EUR 80000.00"), ("Amount, now", "EUR 90000.00")]);
    // Discarding keeps his; it can be taken back, and then hers goes out on top of what is there.
    let done: Done = alice.ask("refusal_discard", alice.one(&stale.id)).await?;
    assert_eq!(alice.sync().await?.needs_you, 0);
    assert_eq!(alice.sync().await?.programs[0].discarded.len(), 1);
    let token = done.undo.ok_or_else(|| anyhow::anyhow!("it cannot be undone"))?;
    alice.ask::<_, Done>("undo", Undo { token }).await?;
    alice.ask::<_, Done>("refusal_retry", alice.one(&stale.id)).await?;
    alice.settled().await?;
    bob.until("her amount", async || Ok((form(&bob, &deal).await?.amount.minor == 8_000_000).then_some(())))
        .await?;
    assert_eq!(alice.sync().await?.needs_you, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_change_is_edited_and_sent_again() -> anyhow::Result<()> {
    let (_hub, bob, alice) = halden_and_northbeam().await?;
    let deal = a_deal(&alice, &bob).await?;
    // Bob rejects while Alice, offline, goes on changing the deal.
    offline(&alice, true).await?;
    edit(
        &alice,
        &deal,
        DealEdit { title: Some("Brightwater, both sites".to_owned()), ..DealEdit::default() },
    )
    .await?;
    let reject = RegistrationDecide {
        program: bob.program.clone(),
        deal: deal.clone(),
        decision: app::dto::DecisionForm::Reject {
            rule: app::dto::RejectionRule::NotQualified,
            evidence: "Call us when there is a budget.".to_owned(),
        },
    };
    bob.ask::<_, Done>("registration_decide", reject).await?;
    bob.settled().await?;
    offline(&alice, false).await?;
    let closed = refused(&alice).await?;
    assert_eq!(closed.rule, "wrong_state");
    assert!(closed.text.contains("Brightwater, both sites"), "{}", closed.text);
    let Some(RefusedForm::Deal { title, amount: None, .. }) = closed.edit.clone() else {
        anyhow::bail!("{:?}", closed.edit)
    };
    assert_eq!(title.as_deref(), Some("Brightwater, both sites"));
    // The rule stands, so sending it again says so at once and nothing is lost.
    let again = RefusalResend {
        program: alice.program.clone(),
        id: closed.id.clone(),
        form: RefusedForm::Deal {
            title: Some("Brightwater".to_owned()),
            amount: None,
            close_date: None,
            stage: None,
            need: None,
        },
    };
    let error = alice.ask::<_, Done>("refusal_resend", again).await.err().map(|error| error.to_string());
    assert!(error.is_some_and(|error| error.contains("closed")), "it is refused here already");
    assert_eq!(alice.sync().await?.programs[0].needs_you, [closed]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_sent_can_be_taken_along() -> anyhow::Result<()> {
    let (mut hub, bob, alice) = halden_and_northbeam().await?;
    let deal = a_deal(&alice, &bob).await?;
    let nothing = alice
        .ask::<_, Vec<SavedFile>>("unsent_export", UnsentOf::default())
        .await
        .err()
        .map(|error| error.to_string());
    assert!(nothing.is_some_and(|error| error.contains("nothing to export")));
    hub.kill().await?;
    alice.say(&deal, "First line\n# no heading\nlast line").await?;
    edit(&alice, &deal, closing("2026-12-12")).await?;
    alice.register("Harbour gateway", "harbour.example").await?;
    let saved: Vec<SavedFile> = alice.ask("unsent_export", UnsentOf::default()).await?;
    let [text, data] = saved.as_slice() else { anyhow::bail!("{saved:?}") };
    let (text, data) = (taken(&text.path)?, taken(&data.path)?);
    for written in [
        "Halden Partner Program",
        "> First line",
        "> # no heading",
        "Expected close: 2026-12-12",
        "Harbour gateway",
    ] {
        assert!(text.contains(written), "{written} is missing in\n{text}");
    }
    let data: serde_json::Value = serde_json::from_str(&data)?;
    let waiting = data["programs"][0]["waiting"].as_array().map(Vec::len);
    assert_eq!(waiting, Some(3));
    assert_eq!(data["programs"][0]["waiting"][0]["name"], "message_send");

    // The text speaks to the person; what programs read has the same labels for everybody.
    alice.app.speak(Language::German);
    let saved: Vec<SavedFile> = alice.ask("unsent_export", UnsentOf::default()).await?;
    let [text, data] = saved.as_slice() else { anyhow::bail!("{saved:?}") };
    let (text, data) = (taken(&text.path)?, taken(&data.path)?);
    assert!(text.contains("> Erwarteter Abschluss: 2026-12-12"), "{text}");
    assert!(data.contains("Expected close"), "{data}");
    Ok(())
}

/// Reads a saved file and removes it.
fn taken(path: &str) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(Path::new(path))?;
    std::fs::remove_file(path)?;
    Ok(text)
}
