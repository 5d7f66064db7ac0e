//! What the hub refused: why, in words, and what the person can make of it.

use crate::app::App;
use crate::dto::{Code, CommandError, Done, EvidenceItem, OneOf, RefusalItem, RefusalResend, RefusedForm};
use crate::session::{Joined, commit_error};
use crate::undo::Inverse;
use crate::{map, say, sync_page, words, written};
use domain::entity::{Deal, Milestone};
use domain::mutation::{DealEdit, DealValue, FieldPatch, MilestoneEdit, MilestonePatch, MilestoneValue};
use domain::{Mutation, Rule};
use std::sync::Arc;
use store::RefusedItem;

impl App {
    /// Tries again, on top of what is there now: whoever presses the button has seen it.
    pub(crate) async fn refusal_retry(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let id = refusal_id(&asked.id)?;
        let refused = find(&joined, id).await?;
        let done = match refused.item.mutation {
            Some(mutation) => {
                joined.store.replace(id, on_present(&joined, mutation).await?, Self::now()).await
            }
            None => joined.store.retry(id, Self::now()).await,
        };
        done.map_err(|error| commit_error(&error))?;
        Ok(Done::default())
    }

    /// Sends a refused change again with other values; what was parked behind it goes out after it.
    pub(crate) async fn refusal_resend(self: &Arc<Self>, asked: RefusalResend) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let id = refusal_id(&asked.id)?;
        let refused = find(&joined, id).await?;
        let mutation = refused.item.mutation.ok_or_else(|| CommandError::not_found("entry"))?;
        let mutation = on_present(&joined, with_values(mutation, asked.form)?).await?;
        let done = joined.store.replace(id, mutation, Self::now()).await;
        done.map_err(|error| commit_error(&error))?;
        Ok(Done::default())
    }

    pub(crate) async fn refusal_discard(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let id = refusal_id(&asked.id)?;
        joined.store.discard(id, Self::now()).await.map_err(|error| map::store_error(&error))?;
        Ok(self.done(joined.id, None, Inverse::PutBack(id)))
    }

    /// Makes a discarded refusal wait for a decision again.
    pub(crate) async fn refusal_put_back(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let back = joined.store.put_back(refusal_id(&asked.id)?).await;
        back.map_err(|error| map::store_error(&error))?;
        Ok(Done::default())
    }
}

fn refusal_id(text: &str) -> Result<i64, CommandError> {
    text.parse().map_err(|_| CommandError::not_found("entry"))
}

async fn find(joined: &Joined, id: i64) -> Result<RefusedItem, CommandError> {
    let all = joined.store.refusals().await.map_err(|error| map::store_error(&error))?;
    all.into_iter().find(|refused| refused.id == id).ok_or_else(|| CommandError::not_found("entry"))
}

/// A change of fields on top of what they are now; any other change as it is.
async fn on_present(joined: &Joined, mutation: Mutation) -> Result<Mutation, CommandError> {
    let store_error = |error: store::StoreError| map::store_error(&error);
    Ok(match mutation {
        Mutation::DealEdit(edit) => {
            match joined.store.entity::<Deal>(edit.deal).await.map_err(store_error)? {
                Some(deal) => {
                    let patch =
                        edit.patch.into_iter().map(|patch| FieldPatch::on(&deal, patch.value)).collect();
                    DealEdit { deal: edit.deal, patch }.into()
                }
                None => edit.into(),
            }
        }
        Mutation::MilestoneEdit(edit) => {
            match joined.store.entity::<Milestone>(edit.milestone).await.map_err(store_error)? {
                Some(step) => {
                    let again = |patch: MilestonePatch| MilestonePatch::on(&step, patch.value);
                    MilestoneEdit { patch: edit.patch.into_iter().map(again).collect(), ..edit }.into()
                }
                None => edit.into(),
            }
        }
        other => other,
    })
}

/// A refused change as Settings shows it.
pub(crate) async fn item(joined: &Joined, refused: &RefusedItem) -> Result<RefusalItem, CommandError> {
    let mut parked = Vec::new();
    for item in &refused.parked {
        parked.push(sync_page::waiting_item(joined, item, 0).await?);
    }
    let title = sync_page::title(joined, &refused.item).await?;
    let outrun = refused.refusal.rule == Rule::StaleField;
    let evidence = if outrun { both_values(joined, refused).await? } else { plain_evidence(refused) };
    Ok(RefusalItem {
        id: refused.id.to_string(),
        rule: refused.refusal.rule.name().to_owned(),
        message: words::sentence(&refused.refusal.message),
        evidence,
        at: map::at(refused.refused_at),
        text: text(&title, refused),
        title,
        parked,
        deal: sync_page::deal_of(&refused.item).map(|deal| deal.to_string()),
        edit: refused.item.mutation.as_ref().and_then(form),
        outrun,
    })
}

fn plain_evidence(refused: &RefusedItem) -> Vec<EvidenceItem> {
    let facts = refused.refusal.evidence.iter();
    facts
        .map(|(label, value)| EvidenceItem { label: words::label(label), value: words::fact(label, value) })
        .collect()
}

/// What the person wanted, and what is there now.
async fn both_values(joined: &Joined, refused: &RefusedItem) -> Result<Vec<EvidenceItem>, CommandError> {
    let Some(Mutation::DealEdit(edit)) = &refused.item.mutation else { return Ok(plain_evidence(refused)) };
    let deal = joined.store.entity::<Deal>(edit.deal).await.map_err(|error| map::store_error(&error))?;
    let Some(deal) = deal else { return Ok(plain_evidence(refused)) };
    let mut evidence = Vec::new();
    for FieldPatch { value, .. } in &edit.patch {
        let ((label, wanted), (_, now)) =
            (written::deal_value(value), written::deal_value(&value.current(&deal)));
        evidence.push(EvidenceItem { label: say!("{label}, yours", label = label), value: wanted });
        evidence.push(EvidenceItem { label: say!("{label}, now", label = label), value: now });
    }
    Ok(evidence)
}

/// Everything a refusal holds as text, so that nothing typed is lost when it is discarded.
fn text(title: &str, refused: &RefusedItem) -> String {
    let mut text = format!("{title}\n");
    for item in std::iter::once(&refused.item).chain(&refused.parked) {
        let line = item.mutation.as_ref().map_or_else(|| item.name.clone(), written::written);
        text.push_str(line.trim());
        text.push('\n');
    }
    text
}

/// What Edit opens with.
fn form(mutation: &Mutation) -> Option<RefusedForm> {
    Some(match mutation {
        Mutation::DealRegister(_) => RefusedForm::Registration,
        Mutation::MessageSend(send) => RefusedForm::Message { body: send.body.clone() },
        Mutation::MilestoneAdd(add) => RefusedForm::Milestone {
            title: Some(add.title.clone()),
            due: Some(add.due.map(|due| due.to_string()).unwrap_or_default()),
            done_condition: Some(add.done_condition.clone()),
        },
        Mutation::MilestoneEdit(edit) => step_form(edit)?,
        Mutation::DealEdit(edit) => deal_form(edit)?,
        _ => return None,
    })
}

/// None when only the owner was changed: that is chosen in the plan.
fn step_form(edit: &MilestoneEdit) -> Option<RefusedForm> {
    let (mut title, mut due, mut done_condition) = (None, None, None);
    for patch in &edit.patch {
        match &patch.value {
            MilestoneValue::Title(value) => title = Some(value.clone()),
            MilestoneValue::Due(value) => due = Some(value.map(|due| due.to_string()).unwrap_or_default()),
            MilestoneValue::DoneCondition(value) => done_condition = Some(value.clone()),
            MilestoneValue::Owner(..) => {}
        }
    }
    let any = title.is_some() || due.is_some() || done_condition.is_some();
    any.then_some(RefusedForm::Milestone { title, due, done_condition })
}

/// None when only what a draft has was changed: its own form is there for that.
fn deal_form(edit: &DealEdit) -> Option<RefusedForm> {
    let (mut title, mut amount, mut close_date, mut stage, mut need) = (None, None, None, None, None);
    for patch in &edit.patch {
        match &patch.value {
            DealValue::Title(value) => title = Some(value.clone()),
            DealValue::Amount(value) => amount = Some(map::money(value)),
            DealValue::CloseDate(value) => close_date = Some(value.to_string()),
            DealValue::Stage(value) => stage = Some(map::stage(*value)),
            DealValue::Need(value) => need = Some(value.clone()),
            // What the registration protects is changed in its own form.
            _ => {}
        }
    }
    let any =
        title.is_some() || amount.is_some() || close_date.is_some() || stage.is_some() || need.is_some();
    any.then_some(RefusedForm::Deal { title, amount, close_date, stage, need })
}

/// The change with the values of the form.
fn with_values(mutation: Mutation, form: RefusedForm) -> Result<Mutation, CommandError> {
    let other = || CommandError::new(Code::BadInput, say!("This form belongs to another kind of change."));
    Ok(match (mutation, form) {
        (Mutation::MessageSend(mut send), RefusedForm::Message { body }) => {
            send.body = body.trim_end().to_owned();
            send.into()
        }
        (Mutation::MilestoneAdd(mut add), RefusedForm::Milestone { title, due, done_condition }) => {
            add.title = title.unwrap_or(add.title);
            if let Some(due) = due {
                add.due = map::optional_date(Some(&due))?;
            }
            add.done_condition = done_condition.unwrap_or(add.done_condition);
            add.into()
        }
        (Mutation::MilestoneEdit(mut edit), RefusedForm::Milestone { title, due, done_condition }) => {
            for patch in &mut edit.patch {
                match &mut patch.value {
                    MilestoneValue::Title(value) => set(value, title.as_ref()),
                    MilestoneValue::DoneCondition(value) => set(value, done_condition.as_ref()),
                    MilestoneValue::Due(value) => {
                        if let Some(due) = &due {
                            *value = map::optional_date(Some(due))?;
                        }
                    }
                    MilestoneValue::Owner(..) => {}
                }
            }
            edit.into()
        }
        (Mutation::DealEdit(mut edit), RefusedForm::Deal { title, amount, close_date, stage, need }) => {
            for patch in &mut edit.patch {
                match &mut patch.value {
                    DealValue::Title(value) => set(value, title.as_ref()),
                    DealValue::Need(value) => set(value, need.as_ref()),
                    DealValue::Amount(value) => set(value, amount.as_ref().map(map::amount).as_ref()),
                    DealValue::Stage(value) => set(value, stage.map(map::stage_of).as_ref()),
                    DealValue::CloseDate(value) => {
                        if let Some(day) = &close_date {
                            *value = map::date(day)?;
                        }
                    }
                    _ => {}
                }
            }
            edit.into()
        }
        _ => return Err(other()),
    })
}

fn set<T: Clone>(value: &mut T, to: Option<&T>) {
    if let Some(to) = to {
        value.clone_from(to);
    }
}
