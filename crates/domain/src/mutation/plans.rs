//! The mutual action plan of a deal.

use super::*;
use crate::date::Date;
use crate::entity::{ActionPlan, Deal, DoneMark, Milestone, OwnerSide};
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

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Deal>(self.deal).row::<Milestone>(self.milestone)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        ctx.actor()?;
        rows.need::<Deal>(self.deal, "deal")?;
        if rows.get::<Milestone>(self.milestone)?.is_some() {
            return Err(Refusal::new(Rule::AlreadyExists, "This milestone exists already."));
        }
        let milestone = Milestone {
            deal: self.deal,
            title: checked_title(&self.title)?,
            owner_side: self.owner_side,
            owner: self.owner,
            due: self.due,
            done_condition: checked_condition(&self.done_condition)?,
            done: None,
            extra: Default::default(),
        };
        Ok(vec![RowChange::put(self.milestone, self.lane(), &milestone)])
    }

    fn inverse(&self, _: &Rows) -> Undo {
        Undo::By(Box::new(MilestoneRemove { deal: self.deal, milestone: self.milestone }.into()))
    }
}

/// Changes a milestone; who ticked it stays.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct MilestoneEdit {
    /// The deal.
    #[n(1)]
    pub deal: DealId,
    /// The milestone.
    #[n(2)]
    pub milestone: MilestoneId,
    /// New title.
    #[n(3)]
    pub title: String,
    /// New owning side.
    #[n(4)]
    pub owner_side: OwnerSide,
    /// New owner.
    #[n(5)]
    pub owner: Option<MemberId>,
    /// New due date.
    #[n(6)]
    pub due: Option<Date>,
    /// New done-condition.
    #[n(7)]
    pub done_condition: String,
}

impl Mutate for MilestoneEdit {
    fn lane(&self) -> ScopeId {
        ScopeId::Deal(self.deal)
    }

    fn reads(&self, _: &Context, _: &Rows) -> ReadSet {
        ReadSet::default().row::<Milestone>(self.milestone)
    }

    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        ctx.actor()?;
        let mut milestone = milestone_in(rows, self.milestone, self.deal)?;
        milestone.title = checked_title(&self.title)?;
        milestone.owner_side = self.owner_side;
        milestone.owner = self.owner;
        milestone.due = self.due;
        milestone.done_condition = checked_condition(&self.done_condition)?;
        Ok(vec![RowChange::put(self.milestone, self.lane(), &milestone)])
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match milestone_in(rows, self.milestone, self.deal) {
            Ok(before) => Undo::By(Box::new(
                Self {
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
        if milestone.done.take().is_none() {
            return Ok(Vec::new());
        }
        Ok(vec![RowChange::put(self.milestone, self.lane(), &milestone)])
    }

    fn inverse(&self, rows: &Rows) -> Undo {
        match milestone_in(rows, self.milestone, self.deal) {
            Ok(before) if before.done.is_some() => {
                Undo::By(Box::new(MilestoneComplete { deal: self.deal, milestone: self.milestone }.into()))
            }
            _ => Undo::No("It was not done, so there is nothing to take back."),
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

fn checked_title(title: &str) -> Result<String, Refusal> {
    check_text("The milestone", title, 200)?;
    Ok(title.trim().to_owned())
}

fn checked_condition(text: &str) -> Result<String, Refusal> {
    check_optional_text("The done-condition", text, 1_000)?;
    Ok(text.trim().to_owned())
}
