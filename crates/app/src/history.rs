//! What fields were before: their history, and what was overwritten by somebody who had not seen it.

use crate::app::App;
use crate::dto::{
    CommandError, Done, FieldChangeRow, FieldName, FieldSide, FieldValue, OneOf, OverwrittenField,
    OverwrittenKeep,
};
use crate::map;
use crate::people::Faces;
use crate::session::Joined;
use crate::undo::Inverse;
use crate::written::{lost_words, yes_or_no};
use domain::entity::{Deal, Milestone};
use domain::mutation::{self, DealValue, FieldPatch, MilestonePatch, MilestoneValue};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::query::history::{self, FieldChange, Overwritten, Value};
use store::query::plans;

impl App {
    /// The changes of the fields of one deal and its milestones, latest first.
    pub(crate) async fn deal_history(
        self: &Arc<Self>,
        asked: OneOf,
    ) -> Result<Vec<FieldChangeRow>, CommandError> {
        let (looked, line) = self.one_deal(&asked.program, &asked.id).await?;
        let store = &looked.joined.store;
        let changes = history::of_deal(store, line.id).await.map_err(|error| map::store_error(&error))?;
        let plan = plans::get(store, line.id).await.map_err(|error| map::store_error(&error))?;
        let steps: BTreeMap<_, _> =
            plan.milestones.into_iter().map(|line| (line.id, line.milestone)).collect();
        let may = crate::deals::may_edit(&looked, &line);
        let row = |change: FieldChange| {
            let step = change.kept.milestone.and_then(|id| steps.get(&id));
            let there = match (&change.was, step) {
                (Value::Deal(was), _) => Some(was.current(&line.deal) == *was),
                (Value::Milestone(was), Some(step)) => Some(was.current(step) == *was),
                (Value::Milestone(_), None) => None,
            };
            FieldChangeRow {
                id: change.id.to_string(),
                field: field_name(&change.was),
                milestone: change.kept.milestone.map(|id| id.to_string()),
                milestone_title: step.map(|step| step.title.clone()),
                by: looked.faces.person(change.kept.by),
                at: map::at(change.kept.at),
                was: field_value(&looked.faces, &change.was),
                now: field_value(&looked.faces, &change.now),
                unseen: change.kept.unseen == Some(true),
                restorable: may && there == Some(false),
            }
        };
        Ok(changes.into_iter().map(row).collect())
    }

    /// Puts back what was there before a change.
    pub(crate) async fn field_restore(self: &Arc<Self>, asked: OneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let change = one(&joined, &asked.id).await?;
        self.restore(&joined, change).await
    }

    /// Settles a field in which two values met: what stands is left, the other is put back.
    pub(crate) async fn overwritten_keep(
        self: &Arc<Self>,
        asked: OverwrittenKeep,
    ) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let change = one(&joined, &asked.id).await?;
        let mine_stands = change.kept.by == joined.member;
        if asked.mine != mine_stands {
            return self.restore(&joined, change).await;
        }
        let settled = joined.store.settle(change.id, Some(Self::now())).await;
        settled.map_err(|error| map::store_error(&error))?;
        Ok(self.done(joined.id, None, Inverse::Unsettle(change.id)))
    }

    async fn restore(&self, joined: &Joined, change: FieldChange) -> Result<Done, CommandError> {
        let deal = change.kept.deal;
        let store_error = |error: store::StoreError| map::store_error(&error);
        match (change.was, change.kept.milestone) {
            (Value::Milestone(was), Some(milestone)) => {
                let now: Option<Milestone> = joined.store.entity(milestone).await.map_err(store_error)?;
                let now = now.ok_or_else(|| CommandError::not_found("milestone"))?;
                let patch = vec![MilestonePatch::on(&now, was)];
                self.act(joined, None, mutation::MilestoneEdit { deal, milestone, patch }).await
            }
            (Value::Deal(was), _) => {
                let now: Option<Deal> = joined.store.entity(deal).await.map_err(store_error)?;
                let now = now.ok_or_else(|| CommandError::not_found("deal"))?;
                let patch = vec![FieldPatch::on(&now, was)];
                self.act(joined, None, mutation::DealEdit { deal, patch }).await
            }
            (Value::Milestone(_), None) => Err(CommandError::not_found("milestone")),
        }
    }
}

async fn one(joined: &Joined, id: &str) -> Result<FieldChange, CommandError> {
    let found = history::get(&joined.store, map::id(id)?).await.map_err(|error| map::store_error(&error))?;
    found.ok_or_else(|| CommandError::not_found("change"))
}

/// Fields in which the member of this device and somebody else met, latest first.
pub(crate) async fn overwritten(joined: &Joined) -> Result<Vec<OverwrittenField>, CommandError> {
    let found = history::overwritten(&joined.store, App::now()).await;
    let found = found.map_err(|error| map::store_error(&error))?;
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let faces = Faces::of(joined).await?;
    Ok(found.into_iter().filter_map(|met| both_sides(joined, &faces, met)).collect())
}

fn both_sides(joined: &Joined, faces: &Faces, met: Overwritten) -> Option<OverwrittenField> {
    let Overwritten { change, was_at, made_at, deal_title, milestone_title } = met;
    let kept = &change.kept;
    let mine_stands = kept.by == joined.member;
    let side = |by, at, value| FieldSide {
        person: faces.person(by),
        at: Option::map(at, map::at),
        value: field_value(faces, value),
    };
    let (stands_at, lost_at) =
        if mine_stands { (made_at.or(Some(kept.at)), was_at) } else { (Some(kept.at), made_at.or(was_at)) };
    let stands = side(kept.by, stands_at, &change.now);
    let lost = side(kept.was_by?, lost_at, &change.was);
    let (mine, theirs) = if mine_stands { (stands, lost) } else { (lost, stands) };
    Some(OverwrittenField {
        id: change.id.to_string(),
        deal: kept.deal.to_string(),
        deal_title,
        milestone: kept.milestone.map(|id| id.to_string()),
        milestone_title,
        field: field_name(&change.was),
        mine,
        theirs,
        mine_stands,
    })
}

fn field_name(value: &Value) -> FieldName {
    match value {
        Value::Deal(value) => match value {
            DealValue::Title(_) => FieldName::Title,
            DealValue::Amount(_) => FieldName::Amount,
            DealValue::CloseDate(_) => FieldName::CloseDate,
            DealValue::Stage(_) => FieldName::Stage,
            DealValue::Need(_) => FieldName::Need,
            DealValue::Customer(_) => FieldName::Customer,
            DealValue::Product(_) => FieldName::Product,
            DealValue::Region(_) => FieldName::Region,
            DealValue::Contact(_) => FieldName::Contact,
            DealValue::Duns(_) => FieldName::Duns,
            DealValue::Tender(_) => FieldName::Tender,
            DealValue::LostReason(_) => FieldName::LostReason,
        },
        Value::Milestone(value) => match value {
            MilestoneValue::Title(_) => FieldName::Title,
            MilestoneValue::Owner(..) => FieldName::Owner,
            MilestoneValue::Due(_) => FieldName::Due,
            MilestoneValue::DoneCondition(_) => FieldName::DoneCondition,
        },
    }
}

fn field_value(faces: &Faces, value: &Value) -> FieldValue {
    let text = |text: &String| FieldValue::Text { text: text.clone() };
    match value {
        Value::Deal(value) => match value {
            DealValue::Title(title) => text(title),
            DealValue::Amount(amount) => FieldValue::Money { money: map::money(amount) },
            DealValue::CloseDate(day) => FieldValue::Day { day: Some(day.to_string()) },
            DealValue::Stage(stage) => FieldValue::Stage { stage: map::stage(*stage) },
            DealValue::Need(need) => text(need),
            DealValue::Customer(customer) => text(&customer.name),
            DealValue::Product(product) => text(product),
            DealValue::Region(region) => text(region),
            DealValue::Contact(contact) => text(contact),
            DealValue::Duns(number) => text(number),
            DealValue::Tender(tender) => text(&yes_or_no(*tender)),
            DealValue::LostReason(reason) => text(&reason.map(lost_words).unwrap_or_default()),
        },
        Value::Milestone(value) => match value {
            MilestoneValue::Title(title) => text(title),
            MilestoneValue::Owner(side, person) => FieldValue::Owner {
                side: map::owner_side(*side),
                person: person.map(|person| faces.person(person)),
            },
            MilestoneValue::Due(day) => FieldValue::Day { day: day.map(|day| day.to_string()) },
            MilestoneValue::DoneCondition(condition) => text(condition),
        },
    }
}
