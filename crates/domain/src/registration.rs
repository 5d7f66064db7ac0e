//! The life of a registration: where it can stand, what leads from there to where, and who may do it.
//!
//! Every mutation of a registration asks [`check`] first, and so does the window for its buttons
//! ([`allowed`]): this is the only place that knows. The table of all states, actions and people is in
//! `tests/registration.rs`.

use crate::date::{Date, Timestamp};
use crate::entity::{Deal, Role, Side, Stage, Status};
use crate::mutation::{Actor, Context};
use crate::refusal::{Refusal, Rule};

/// Where a registration stands on a day: what is stored of it, and what the calendar, the stage of the
/// deal and an open request make of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// Being written; seen by the partner only.
    Draft,
    /// With the vendor.
    Submitted,
    /// The vendor looks at it.
    InReview,
    /// The vendor asked something; its clock stands still until the partner has answered.
    ActionRequired,
    /// Held because of a conflict.
    ConflictHold,
    /// Protected.
    Approved,
    /// Protected, at a share.
    Shared,
    /// Protected until the vendor has answered a request for longer protection.
    ExtensionRequested,
    /// Protected until its last day, which is over.
    Expired,
    /// Taken on by the vendor as an opportunity.
    Converted,
    /// Won.
    Won,
    /// Lost.
    Lost,
    /// Refused by a person, citing a rule and evidence.
    Rejected,
    /// Rejected, and to be decided again by somebody else.
    Appealed,
    /// The same organization has registered this already.
    Duplicate,
    /// Taken back by the partner.
    Withdrawn,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 16] = [
        Self::Draft,
        Self::Submitted,
        Self::InReview,
        Self::ActionRequired,
        Self::ConflictHold,
        Self::Approved,
        Self::Shared,
        Self::ExtensionRequested,
        Self::Expired,
        Self::Converted,
        Self::Won,
        Self::Lost,
        Self::Rejected,
        Self::Appealed,
        Self::Duplicate,
        Self::Withdrawn,
    ];

    /// The vendor owes a decision.
    pub fn awaits_decision(self) -> bool {
        matches!(
            self,
            Self::Submitted | Self::InReview | Self::ConflictHold | Self::ExtensionRequested | Self::Appealed
        )
    }
}

/// What can be done to a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// The partner sends it, for the first time or again after its protection has ended.
    Submit,
    /// The vendor says that it looks at it.
    Review,
    /// The vendor asks something.
    Ask,
    /// The partner answers.
    Answer,
    /// The vendor protects it.
    Approve,
    /// The vendor rejects it.
    Reject,
    /// The vendor holds it because of a conflict.
    Hold,
    /// The vendor protects it at a share.
    Share,
    /// The partner takes it back.
    Withdraw,
    /// The vendor takes it on as an opportunity.
    Convert,
    /// The partner asks for longer protection.
    RequestExtension,
    /// The vendor grants that.
    GrantExtension,
    /// The vendor does not.
    RefuseExtension,
    /// The partner appeals against the rejection.
    Appeal,
}

impl Action {
    /// Every action.
    pub const ALL: [Self; 14] = [
        Self::Submit,
        Self::Review,
        Self::Ask,
        Self::Answer,
        Self::Approve,
        Self::Reject,
        Self::Hold,
        Self::Share,
        Self::Withdraw,
        Self::Convert,
        Self::RequestExtension,
        Self::GrantExtension,
        Self::RefuseExtension,
        Self::Appeal,
    ];

    /// The side that takes it.
    pub fn side(self) -> Side {
        match self {
            Self::Submit | Self::Answer | Self::Withdraw | Self::RequestExtension | Self::Appeal => {
                Side::Partner
            }
            _ => Side::Vendor,
        }
    }
}

/// Where a deal's registration stands on the day `today`.
pub fn state(deal: &Deal, today: Date) -> State {
    let registration = &deal.registration;
    match registration.status {
        Status::Draft => State::Draft,
        Status::Submitted => State::Submitted,
        Status::InReview => State::InReview,
        Status::ActionRequired => State::ActionRequired,
        Status::ConflictHold => State::ConflictHold,
        Status::Rejected => State::Rejected,
        Status::Appealed => State::Appealed,
        Status::Duplicate => State::Duplicate,
        Status::Withdrawn => State::Withdrawn,
        _ if deal.stage == Stage::Launched => State::Won,
        _ if deal.stage == Stage::ClosedLost => State::Lost,
        Status::Converted => State::Converted,
        _ if deal.extension.as_ref().is_some_and(|extension| extension.answer.is_none()) => {
            State::ExtensionRequested
        }
        _ if registration.protected_until.is_some_and(|until| until < today) => State::Expired,
        Status::Approved => State::Approved,
        Status::Shared => State::Shared,
    }
}

/// Where an action leads; `None` when it makes no sense in that state. An answered request for longer
/// protection leads back to what the registration was before, [`State::Approved`] or [`State::Shared`].
pub fn leads_to(state: State, action: Action) -> Option<State> {
    use Action as A;
    use State as S;
    Some(match (state, action) {
        (S::Draft | S::Expired, A::Submit) => S::Submitted,
        (S::Submitted | S::InReview | S::ActionRequired, A::Review) => S::InReview,
        (S::Submitted | S::InReview | S::ConflictHold, A::Ask) => S::ActionRequired,
        (S::ActionRequired, A::Answer) => S::InReview,
        (S::Submitted | S::InReview, A::Hold) => S::ConflictHold,
        (S::Submitted | S::InReview | S::ConflictHold | S::Appealed, A::Approve) => S::Approved,
        (S::ConflictHold | S::Appealed, A::Share) => S::Shared,
        (S::Submitted | S::InReview | S::ActionRequired | S::ConflictHold | S::Appealed, A::Reject) => {
            S::Rejected
        }
        (
            S::Draft | S::Submitted | S::InReview | S::ActionRequired | S::ConflictHold | S::Appealed,
            A::Withdraw,
        ) => S::Withdrawn,
        (S::Approved | S::Shared | S::ExtensionRequested, A::Convert) => S::Converted,
        (S::Approved | S::Shared, A::RequestExtension) => S::ExtensionRequested,
        (S::ExtensionRequested, A::GrantExtension | A::RefuseExtension) => S::Approved,
        (S::Rejected, A::Appeal) => S::Appealed,
        _ => return None,
    })
}

/// Whether whoever acts may take an action now.
///
/// # Errors
/// [`Rule::NotAllowed`] when it is not theirs to take, [`Rule::WrongState`] when the registration stands
/// elsewhere.
pub fn check<'c>(ctx: &'c Context, deal: &Deal, action: Action) -> Result<&'c Actor, Refusal> {
    let actor = ctx.actor()?;
    permits(actor, deal, ctx.now.date(), action)?;
    Ok(actor)
}

/// The actions that somebody may take on the day `today`, in the order of [`Action::ALL`].
pub fn allowed(actor: &Actor, deal: &Deal, today: Date) -> Vec<Action> {
    let may = |action: &Action| permits(actor, deal, today, *action).is_ok();
    Action::ALL.into_iter().filter(may).collect()
}

fn permits(actor: &Actor, deal: &Deal, today: Date, action: Action) -> Result<(), Refusal> {
    let seller = actor.role != Role::Member;
    match action.side() {
        Side::Partner if actor.organization != deal.partner || !seller => {
            return Err(Refusal::new(
                Rule::NotAllowed,
                "That is for sellers of the company that registered the deal.",
            ));
        }
        Side::Vendor if actor.side != Side::Vendor || !seller => {
            return Err(Refusal::new(Rule::NotAllowed, "The vendor decides registrations."));
        }
        _ => {}
    }
    let state = state(deal, today);
    let decides = matches!(action, Action::Approve | Action::Share | Action::Reject);
    let heard_before = deal.registration.decided_by == Some(actor.member);
    if state == State::Appealed
        && decides
        && (heard_before || !matches!(actor.role, Role::Admin | Role::ChannelManager))
    {
        return Err(Refusal::new(
            Rule::NotAllowed,
            "An appeal is decided by a channel manager or an administrator who did not reject it.",
        ));
    }
    if action == Action::Appeal && deal.appeal.is_some() {
        return Err(Refusal::new(
            Rule::WrongState,
            "There was an appeal already, and it was decided. Write in the room.",
        ));
    }
    match leads_to(state, action) {
        Some(_) => Ok(()),
        None => Err(Refusal::new(
            Rule::WrongState,
            "This registration has moved on, so that cannot be done now. Look at where it stands.",
        )),
    }
}

/// Whether a registration keeps others from its customer on the day `today`, as far as its deal tells.
/// On a day of the past: as far as what it is now says so.
pub fn is_live(deal: &Deal, today: Date) -> bool {
    match state(deal, today) {
        State::Draft
        | State::Expired
        | State::Lost
        | State::Rejected
        | State::Duplicate
        | State::Withdrawn => false,
        _ => claimed_until(deal, today).is_none_or(|until| until >= today),
    }
}

/// The last day on which a deal keeps others from its customer; none for as long as it is open.
pub(crate) fn claimed_until(deal: &Deal, today: Date) -> Option<Date> {
    match state(deal, today) {
        State::Approved | State::Shared | State::Expired => deal.registration.protected_until,
        // Won by whoever registered it, and not taken on by the vendor: it lasts as long as was granted.
        State::Won if deal.registration.status != Status::Converted => deal.registration.protected_until,
        // An appeal that nobody decides in time keeps nobody else away.
        State::Appealed => deal.registration.decision_due.map(Timestamp::date),
        State::Lost => Some(today.plus_days(-1)),
        _ => None,
    }
}
