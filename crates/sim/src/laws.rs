//! Laws that need no second opinion of `domain`: they are stated here in their own words.

use crate::law::{Run, broken};
use crate::model::{Map, all, get};
use domain::codec::Entity;
use domain::entity::{
    ActionPlan, Deal, DealField, FieldHistory, Grant, Message, Milestone, Organization, Program, ReadMark,
    Registration, Status, grant_id,
};
use domain::mutation::DealValue;
use domain::{Actor, Mutation, Refusal, RowKey, Rule, ScopeId};
use std::collections::{BTreeMap, BTreeSet};

/// After an accepted mutation.
pub(crate) fn of_change(before: &Map, after: &Map, actor: &Actor, mutation: &Mutation) -> Run {
    match mutation {
        Mutation::MessageSend(send) => {
            let Some(message) = get::<Message>(after, send.message) else {
                return broken("I6", "an accepted message is not there");
            };
            let last = all::<Message>(before).filter(|(_, other)| other.deal == send.deal);
            let last = last.filter_map(|(_, other)| other.position).max().unwrap_or_default();
            if message.position.is_none_or(|position| position <= last) {
                return broken("I6", format!("a message gets position {:?} after {last}", message.position));
            }
        }
        Mutation::DealEdit(edit) => {
            let (Some(old), Some(new)) = (get::<Deal>(before, edit.deal), get::<Deal>(after, edit.deal))
            else {
                return broken("fields", "a deal that was edited is not there");
            };
            let patched: BTreeSet<DealField> = edit.patch.iter().map(|patch| patch.value.field()).collect();
            let kept =
                fields(&old).into_iter().zip(fields(&new)).filter(|((field, _), _)| !patched.contains(field));
            for ((field, was), (_, is)) in kept {
                if was != is {
                    return broken("fields", format!("a patch that does not name {field:?} changes it"));
                }
            }
            for patch in &edit.patch {
                let field = patch.value.field();
                let last = old.field_seq.get(&(field as u8)).copied().unwrap_or_default();
                let other = old.field_by.get(&(field as u8)).is_some_and(|by| *by != actor.member);
                if patch.base >= last || !other {
                    continue;
                }
                let strict = matches!(field, DealField::Amount | DealField::Stage);
                if strict && old.registration.status == Status::Approved {
                    return broken(
                        "fields",
                        format!("{field:?} is overwritten by somebody who had not seen it"),
                    );
                }
                let histories = |rows: &Map| {
                    all::<FieldHistory>(rows)
                        .filter(|(_, kept)| kept.deal == edit.deal && kept.field == field as u8)
                        .count()
                };
                if histories(after) <= histories(before) {
                    return broken("fields", format!("the overwritten {field:?} is not kept"));
                }
            }
        }
        Mutation::MilestoneComplete(complete) => {
            let by = |rows: &Map| {
                get::<Milestone>(rows, complete.milestone).and_then(|step| step.done).map(|done| done.by)
            };
            if by(before).is_some() && by(before) != by(after) {
                return broken("fields", "a second tick takes the first one's place");
            }
        }
        _ => {}
    }
    for (id, mark) in all::<ReadMark>(before) {
        if get::<ReadMark>(after, id).is_none_or(|now| now.position < mark.position) {
            return broken("fields", "a read mark moves back");
        }
    }
    keeps_extra::<Deal>(before, after)?;
    keeps_extra::<ActionPlan>(before, after)?;
    keeps_extra::<Milestone>(before, after)
}

/// Fields of newer versions outlive every change of an older one.
fn keeps_extra<E: Entity>(before: &Map, after: &Map) -> Run {
    for (id, entity) in all::<E>(before).filter(|(_, entity)| !entity.extra().is_empty()) {
        let body = |rows: &Map| rows.get(&RowKey::of::<E>(id)).map(|row| row.body.clone());
        let same = get::<E>(after, id).is_none_or(|now| now.extra() == entity.extra());
        if body(before) != body(after) && !same {
            return broken("I13", format!("a change of {:?} drops what a newer version wrote", E::TABLE));
        }
    }
    Ok(())
}

fn fields(deal: &Deal) -> [(DealField, String); 8] {
    [
        (DealField::Title, deal.title.clone()),
        (DealField::Amount, format!("{:?}", deal.amount)),
        (DealField::CloseDate, format!("{:?}", deal.close_date)),
        (DealField::Stage, format!("{:?}", deal.stage)),
        (DealField::Need, deal.need.clone()),
        (DealField::Customer, format!("{:?}", deal.customer)),
        (DealField::Product, deal.product.clone()),
        (DealField::Region, deal.region.clone()),
    ]
}

/// The claim key of a deal in the words of this file.
fn claim(deal: &Deal) -> (String, String, String) {
    (deal.customer.domain.clone(), deal.product.clone(), deal.region.clone())
}

fn holds_claim(rows: &Map, deal: &Deal) -> bool {
    let ended = get::<Organization>(rows, deal.partner).is_some_and(|partner| partner.ended_at.is_some());
    // What the rules of engagement hold keeps its place until the vendor decides.
    !ended
        && matches!(
            deal.registration.status,
            Status::Submitted | Status::InReview | Status::ConflictHold | Status::Approved
        )
}

/// Whether the protection of one of two deals was over when the other was sent.
fn ended_before(rows: &Map, one: uuid::Uuid, other: uuid::Uuid) -> bool {
    let registration = |id| get::<Deal>(rows, id).map(|deal| deal.registration);
    let (Some(one), Some(other)) = (registration(one), registration(other)) else { return false };
    let before = |first: &Registration, second: &Registration| {
        let sent = second.submitted_at.map(domain::Timestamp::date);
        first.protected_until.zip(sent).is_some_and(|(until, sent)| until < sent)
    };
    before(&one, &other) || before(&other, &one)
}

/// After a refusal.
pub(crate) fn of_refusal(rows: &Map, actor: &Actor, mutation: &Mutation, refusal: &Refusal) -> Run {
    if refusal.rule != Rule::ClaimTaken {
        return Ok(());
    }
    let wanted = match mutation {
        Mutation::DealRegister(register) => {
            (register.customer.domain.clone(), register.product.clone(), register.region.clone())
        }
        Mutation::RegistrationSubmit(submit) => match get::<Deal>(rows, submit.deal) {
            Some(deal) => claim(&deal),
            None => return Ok(()),
        },
        _ => return broken("I5", "a claim is taken by what claims nothing"),
    };
    let holder = all::<Deal>(rows).find(|(_, deal)| {
        deal.partner != actor.organization && holds_claim(rows, deal) && claim(deal) == wanted
    });
    let Some((_, holder)) = holder else {
        return broken("I5", "a registration is refused although nobody holds its claim");
    };
    let name = get::<Organization>(rows, holder.partner).map(|rival| rival.name).unwrap_or_default();
    let said = |text: &str| text.contains(&name) || text.contains(&holder.partner.to_string());
    if said(&refusal.message) || refusal.evidence.iter().any(|(label, value)| said(label) || said(value)) {
        return broken("I7", format!("a refusal tells a partner that {name} holds the claim"));
    }
    Ok(())
}

/// At any time.
pub(crate) fn of_state(rows: &Map) -> Run {
    let mut claims = BTreeMap::new();
    let mut numbers = BTreeSet::new();
    let vendor = all::<Program>(rows).next().map(|(_, program)| program.vendor);
    for (id, deal) in all::<Deal>(rows) {
        if holds_claim(rows, &deal)
            && let Some(other) = claims.insert(claim(&deal), id)
            && !ended_before(rows, other, id)
        {
            return broken(
                "I5",
                format!("deals {other} and {id} both hold the claim of {}", deal.customer.domain),
            );
        }
        if deal.number.is_some_and(|number| !numbers.insert(number)) {
            return broken("fields", format!("two deals have the number {:?}", deal.number));
        }
        let shared = vendor.map(|vendor| RowKey::of::<Grant>(grant_id(ScopeId::Deal(id.into()), vendor)));
        if deal.registration.status == Status::Draft && shared.is_some_and(|key| rows.contains_key(&key)) {
            return broken("I7", "the vendor is let into a draft");
        }
    }
    let mut positions = BTreeSet::new();
    for (id, message) in all::<Message>(rows) {
        let Some(position) = message.position else {
            return broken("I6", format!("message {id} has no position"));
        };
        if !positions.insert((message.deal, position)) {
            return broken("I6", format!("two messages have position {position}"));
        }
        let parent = message.reply_to.and_then(|parent| get::<Message>(rows, parent));
        if parent.is_some_and(|parent| parent.position >= Some(position)) {
            return broken("I6", format!("message {id} comes before what it answers"));
        }
    }
    Ok(())
}

/// A value that differs from what a deal has, for a patch.
pub(crate) fn other_value(deal: &Deal, r: u64) -> DealValue {
    match r % 7 {
        0 => DealValue::Title(format!("Title {}", r % 97)),
        1 => DealValue::Need(format!("Need {}", r % 97)),
        2..=4 => {
            DealValue::Amount(domain::Money { minor: (r % 97) as i64 * 100, currency: "EUR".to_owned() })
        }
        5 => DealValue::Stage(if r.is_multiple_of(2) {
            domain::entity::Stage::Committed
        } else {
            domain::entity::Stage::Qualified
        }),
        _ => DealValue::CloseDate(deal.close_date.plus_days((r % 9) as i32)),
    }
}
