//! The mutual action plan of a deal.

use super::history::FieldChange;
use super::*;
use crate::date::Date;
use crate::entity::{ActionPlan, Deal, DoneMark, Member, Milestone, MilestoneField, OwnerSide, Program};
use minicbor::{Decode, Encode};

/// Sets the day the customer goes live.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct PlanSchedule {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The day; none clears it.
    #[n(2)]
    pub go_live: Option<Date>,
}

impl Mutate for PlanSchedule {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal).row::<ActionPlan>(self.deal)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        ctx.actor()?;
        rows.need::<Deal>(self.deal, "deal")?;
        let extra = rows.get::<ActionPlan>(self.deal)?.map(|plan| plan.extra).unwrap_or_default();
        Ok(vec![RowChange::put(self.deal, self.lane(), &ActionPlan { go_live: self.go_live, extra })])
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        let go_live = rows.get::<ActionPlan>(self.deal).ok().flatten().and_then(|plan| plan.go_live);
        Undo::By(Box::new(Self { deal: self.deal, go_live }.into()))
    }
}

/// Adds a milestone.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MilestoneAdd {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// Id of the milestone.
    #[n(2)]
    pub milestone: MilestoneId,
    /// What has to be reached.
    #[n(3)]
    pub title: String,
    /// Owning side.
    #[n(4)]
    pub owner_side: OwnerSide,
    /// Person who owns it.
    #[n(5)]
    pub owner: Option<MemberId>,
    /// Due date.
    #[n(6)]
    pub due: Option<Date>,
    /// What makes it done.
    #[n(7)]
    pub done_condition: String,
}

impl Mutate for MilestoneAdd {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Deal>(self.deal).row::<Milestone>(self.milestone);
        with_owner(reads, ctx, self.owner)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        ctx.actor()?;
        let deal: Deal = rows.need(self.deal, "deal")?;
        if rows.get::<Milestone>(self.milestone)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This milestone exists already."));
        }
        check_owner(ctx, rows, &deal, self.owner_side, self.owner)?;
        let milestone = Milestone {
            deal: self.deal,
            title: checked_title(&self.title)?,
            owner_side: self.owner_side,
            owner: self.owner,
            due: self.due,
            done_condition: checked_condition(&self.done_condition)?,
            done: None,
            field_seq: Default::default(),
            field_by: Default::default(),
            was_done: None,
            extra: Default::default(),
        };
        Ok(vec![RowChange::put(self.milestone, self.lane(), &milestone)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::By(Box::new(MilestoneRemove { deal: self.deal, milestone: self.milestone }.into()))
    }
}

/// A new value of one field of a milestone.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub enum MilestoneValue {
    /// Title.
    #[n(0)]
    Title(#[n(0)] String),
    /// Owning side, and a person of that side. One field, for a person of another side makes no sense.
    #[n(1)]
    Owner(#[n(0)] OwnerSide, #[n(1)] Option<MemberId>),
    /// Due date.
    #[n(2)]
    Due(#[n(0)] Option<Date>),
    /// Done-condition.
    #[n(3)]
    DoneCondition(#[n(0)] String),
}

impl MilestoneValue {
    /// Which field it belongs to.
    pub fn field(&self) -> MilestoneField {
        match self {
            Self::Title(_) => MilestoneField::Title,
            Self::Owner(..) => MilestoneField::Owner,
            Self::Due(_) => MilestoneField::Due,
            Self::DoneCondition(_) => MilestoneField::DoneCondition,
        }
    }

    /// The present value of the same field.
    pub fn current(&self, milestone: &Milestone) -> Self {
        match self {
            Self::Title(_) => Self::Title(milestone.title.clone()),
            Self::Owner(..) => Self::Owner(milestone.owner_side, milestone.owner),
            Self::Due(_) => Self::Due(milestone.due),
            Self::DoneCondition(_) => Self::DoneCondition(milestone.done_condition.clone()),
        }
    }

    fn write(&self, milestone: &mut Milestone) -> Result<(), Refusal> {
        match self {
            Self::Title(title) => milestone.title = checked_title(title)?,
            Self::Owner(side, person) => (milestone.owner_side, milestone.owner) = (*side, *person),
            Self::Due(due) => milestone.due = *due,
            Self::DoneCondition(text) => milestone.done_condition = checked_condition(text)?,
        }
        Ok(())
    }
}

/// One patched field: the new value, and a sequence number up to which the author had seen changes of
/// the field.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct MilestonePatch {
    /// The new value.
    #[n(0)]
    pub value: MilestoneValue,
    /// What the author had seen.
    #[n(1)]
    pub base: u64,
}

impl MilestonePatch {
    /// A patch on top of what `milestone` shows.
    pub fn on(milestone: &Milestone, value: MilestoneValue) -> Self {
        let base = milestone.field_seq.get(&(value.field() as u8)).copied().unwrap_or_default();
        Self { value, base }
    }
}

/// Changes fields of a milestone; who ticked it stays. Different fields merge; for the same field the
/// later commit wins and the overwritten value is kept in the history.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MilestoneEdit {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The milestone.
    #[n(2)]
    pub milestone: MilestoneId,
    /// The patches.
    #[n(3)]
    pub patch: Vec<MilestonePatch>,
}

impl Mutate for MilestoneEdit {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, ctx: &Context, _: &Rows) -> ReadSet {
        let reads = ReadSet::default().row::<Deal>(self.deal).row::<Milestone>(self.milestone);
        self.patch.iter().fold(reads, |reads, patch| match patch.value {
            MilestoneValue::Owner(_, person) => with_owner(reads, ctx, person),
            _ => reads,
        })
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let deal: Deal = rows.need(self.deal, "deal")?;
        let mut milestone = milestone_in(rows, self.milestone, self.deal)?;
        let mut changes = Vec::new();
        for MilestonePatch { value, base } in &self.patch {
            if let MilestoneValue::Owner(side, person) = value {
                check_owner(ctx, rows, &deal, *side, *person)?;
            }
            let number = value.field() as u8;
            let last = milestone.field_seq.get(&number).copied().unwrap_or_default();
            let by = milestone.field_by.get(&number).copied();
            let unseen = *base < last && by.is_some_and(|by| by != actor.member);
            let was = value.current(&milestone);
            value.write(&mut milestone)?;
            let now = value.current(&milestone);
            if ctx.is_authoritative() && was != now {
                let (deal, milestone) = (self.deal, Some(self.milestone));
                let last = by.map(|by| (by, last));
                let change = FieldChange { deal, milestone, field: number, was, now, last, unseen };
                changes.push(change.kept(ctx, actor.member));
            }
            if ctx.is_authoritative() {
                milestone.field_seq.insert(number, ctx.seq);
                milestone.field_by.insert(number, actor.member);
            }
        }
        changes.push(RowChange::put(self.milestone, self.lane(), &milestone));
        Ok(changes)
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match milestone_in(rows, self.milestone, self.deal) {
            Ok(before) => {
                let back = |patch: &MilestonePatch| MilestonePatch::on(&before, patch.value.current(&before));
                let patch = self.patch.iter().map(back).collect();
                Undo::By(Box::new(Self { deal: self.deal, milestone: self.milestone, patch }.into()))
            }
            Err(_) => Undo::No("The milestone is gone."),
        }
    }
}

/// Marks a milestone done.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MilestoneComplete {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The milestone.
    #[n(2)]
    pub milestone: MilestoneId,
}

impl Mutate for MilestoneComplete {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Milestone>(self.milestone)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        let actor = ctx.actor()?;
        let mut milestone = milestone_in(rows, self.milestone, self.deal)?;
        if milestone.done.is_some() && !crate::planted!(TickTakenOver) {
            // Two people ticking the same box want the same thing: the first one's name stays.
            return Ok(Vec::new());
        }
        milestone.done = Some(DoneMark { by: actor.member, at: ctx.now });
        milestone.was_done = None;
        Ok(vec![RowChange::put(self.milestone, self.lane(), &milestone)])
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match milestone_in(rows, self.milestone, self.deal) {
            Ok(before) if before.done.is_none() => {
                Undo::By(Box::new(MilestoneReopen { deal: self.deal, milestone: self.milestone }.into()))
            }
            _ => Undo::No("It was done already, so there is nothing to take back."),
        }
    }
}

/// Takes a tick back.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MilestoneReopen {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The milestone.
    #[n(2)]
    pub milestone: MilestoneId,
}

impl Mutate for MilestoneReopen {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Milestone>(self.milestone)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        ctx.actor()?;
        let mut milestone = milestone_in(rows, self.milestone, self.deal)?;
        if milestone.done.is_none() {
            return Ok(Vec::new());
        }
        milestone.was_done = milestone.done.take();
        Ok(vec![RowChange::put(self.milestone, self.lane(), &milestone)])
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match milestone_in(rows, self.milestone, self.deal) {
            Ok(Milestone { done: Some(done), .. }) => {
                let (deal, milestone) = (self.deal, self.milestone);
                Undo::By(Box::new(MilestoneRestore { deal, milestone, by: Some(done.by) }.into()))
            }
            _ => Undo::No("It was not done, so there is nothing to take back."),
        }
    }
}

/// Puts back the tick that was taken last, in the name and at the time it had. Both come from the row
/// and not from the sender: nobody ticks in another's name. One tick is remembered; a milestone that was
/// ticked by somebody else meanwhile, or removed and added again, has lost it.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MilestoneRestore {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The milestone.
    #[n(2)]
    pub milestone: MilestoneId,
    /// Whose tick it was; without it, anybody's.
    #[n(3)]
    pub by: Option<MemberId>,
}

impl Mutate for MilestoneRestore {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Milestone>(self.milestone)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        ctx.actor()?;
        let mut milestone = milestone_in(rows, self.milestone, self.deal)?;
        match milestone.was_done.take() {
            // Somebody ticked it again meanwhile.
            _ if milestone.done.is_some() => Ok(Vec::new()),
            Some(taken) if self.by.is_none_or(|by| by == taken.by) => {
                milestone.done = Some(taken);
                Ok(vec![RowChange::put(self.milestone, self.lane(), &milestone)])
            }
            _ => Err(Refusal::new(Rule::WrongState, "There is no tick to put back.")),
        }
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match milestone_in(rows, self.milestone, self.deal) {
            Ok(before) if before.done.is_none() && before.was_done.is_some() => {
                Undo::By(Box::new(MilestoneReopen { deal: self.deal, milestone: self.milestone }.into()))
            }
            _ => Undo::No("There is no tick to put back."),
        }
    }
}

/// Removes a milestone.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MilestoneRemove {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The milestone.
    #[n(2)]
    pub milestone: MilestoneId,
}

impl Mutate for MilestoneRemove {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Milestone>(self.milestone)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        ctx.actor()?;
        match rows.get::<Milestone>(self.milestone)? {
            Some(milestone) if milestone.deal == self.deal => {
                Ok(vec![RowChange::delete::<Milestone>(self.milestone, self.lane())])
            }
            _ => Ok(Vec::new()),
        }
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match milestone_in(rows, self.milestone, self.deal) {
            Ok(before) if before.done.is_none() => Undo::By(Box::new(
                MilestoneAdd {
                    deal: self.deal,
                    milestone: self.milestone,
                    title: before.title,
                    owner_side: before.owner_side,
                    owner: before.owner,
                    due: before.due,
                    done_condition: before.done_condition,
                }
                .into(),
            )),
            _ => Undo::No("A finished milestone that was removed has to be added again by hand."),
        }
    }
}

fn milestone_in(rows: &Rows, milestone: MilestoneId, deal: DealId) -> Result<Milestone, Refusal> {
    let found: Milestone = rows.need(milestone, "milestone")?;
    if found.deal == deal {
        Ok(found)
    } else {
        Err(Refusal::new(Rule::NotFound, "This milestone is not available."))
    }
}

/// Adds what [`check_owner`] looks at.
fn with_owner(reads: ReadSet, ctx: &Context, person: Option<MemberId>) -> ReadSet {
    match person {
        Some(person) => reads.row::<Program>(ctx.program).row::<Member>(person),
        None => reads,
    }
}

/// A person who owns a milestone belongs to the side that owns it, and nobody else's people can be named.
fn check_owner(
    ctx: &Context,
    rows: &Rows,
    deal: &Deal,
    side: OwnerSide,
    person: Option<MemberId>,
) -> Result<(), Refusal> {
    let Some(person) = person else { return Ok(()) };
    let organization = match side {
        OwnerSide::Vendor => Some(rows.need::<Program>(ctx.program, "program")?.vendor),
        OwnerSide::Partner => Some(deal.partner),
        OwnerSide::Customer => None,
    };
    match rows.get::<Member>(person)? {
        Some(member) if Some(member.organization) == organization => Ok(()),
        _ => Err(Refusal::new(Rule::InvalidField, "The owner has to be a person of the side that owns it.")
            .because("field", "owner")),
    }
}

fn checked_title(title: &str) -> Result<String, Refusal> {
    check_text("The milestone", title, 200)?;
    Ok(title.trim().to_owned())
}

fn checked_condition(text: &str) -> Result<String, Refusal> {
    check_optional_text("The done-condition", text, 1_000)?;
    Ok(text.trim().to_owned())
}
