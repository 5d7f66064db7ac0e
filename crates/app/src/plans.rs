//! The mutual action plan of a deal.

use crate::app::App;
use crate::dto::{
    ActionPlanView, CommandError, Done, MilestoneEdit, MilestoneForm, MilestoneOf, MilestoneOwner,
    MilestoneRow, OneOf, PlanSchedule,
};
use crate::map;
use domain::entity::OwnerSide;
use domain::mutation::{self, MilestonePatch, MilestoneValue};
use domain::{DealId, MemberId, MilestoneId};
use std::sync::Arc;
use store::query::plans;

impl App {
    pub(crate) async fn plan_get(self: &Arc<Self>, asked: OneOf) -> Result<ActionPlanView, CommandError> {
        let (looked, line) = self.one_deal(&asked.program, &asked.id).await?;
        let plan =
            plans::get(&looked.joined.store, line.id).await.map_err(|error| map::store_error(&error))?;
        let side = looked.faces.me()?.side;
        let today = Self::today_here();
        let milestones: Vec<MilestoneRow> = plan
            .milestones
            .into_iter()
            .map(|line| {
                let milestone = line.milestone;
                MilestoneRow {
                    id: line.id.to_string(),
                    title: milestone.title,
                    owner: map::court(Some(milestone.owner_side), side),
                    owner_side: map::owner_side(milestone.owner_side),
                    owner_person: milestone.owner.map(|member| looked.faces.person(member)),
                    due: milestone.due.map(|due| due.to_string()),
                    days_left: milestone.due.map(|due| due.days_since(today)),
                    done_condition: milestone.done_condition,
                    // Far below 2^53: one more for every change of the whole program.
                    rev: milestone.field_seq.values().max().copied().unwrap_or_default() as f64,
                    done_at: milestone.done.map(|done| map::at(done.at)),
                    done_by: milestone.done.map(|done| looked.faces.person(done.by)),
                    mark: map::mark(line.mark, looked.sent, false),
                }
            })
            .collect();
        let done = milestones.iter().filter(|milestone| milestone.done_at.is_some()).count();
        Ok(ActionPlanView {
            go_live: plan.go_live.map(|day| day.to_string()),
            done: u32::try_from(done).unwrap_or(u32::MAX),
            milestones,
        })
    }

    pub(crate) async fn plan_schedule(self: &Arc<Self>, asked: PlanSchedule) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let schedule = mutation::PlanSchedule {
            deal: map::id(&asked.deal)?,
            go_live: map::optional_date(asked.go_live.as_deref())?,
        };
        self.act(&joined, Some(asked.deal), schedule).await
    }

    pub(crate) async fn milestone_add(self: &Arc<Self>, asked: MilestoneForm) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let milestone = MilestoneId(map::new_id());
        let (owner_side, owner) = owner(&asked.owner)?;
        let add = mutation::MilestoneAdd {
            deal: map::id(&asked.deal)?,
            milestone,
            title: asked.title,
            owner_side,
            owner,
            due: map::optional_date(asked.due.as_deref())?,
            done_condition: asked.done_condition,
        };
        self.act(&joined, Some(milestone.to_string()), add).await
    }

    pub(crate) async fn milestone_edit(self: &Arc<Self>, asked: MilestoneEdit) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let due = asked.due.as_deref().map(|due| map::optional_date(Some(due))).transpose()?;
        let owner = asked.owner.as_ref().map(owner).transpose()?;
        let values = [
            asked.title.map(MilestoneValue::Title),
            owner.map(|(side, person)| MilestoneValue::Owner(side, person)),
            due.map(MilestoneValue::Due),
            asked.done_condition.map(MilestoneValue::DoneCondition),
        ];
        let base = asked.base.max(0.0) as u64;
        let patch: Vec<_> =
            values.into_iter().flatten().map(|value| MilestonePatch { value, base }).collect();
        if patch.is_empty() {
            return Ok(Done { id: Some(asked.milestone), ..Done::default() });
        }
        let edit = mutation::MilestoneEdit {
            deal: map::id(&asked.deal)?,
            milestone: map::id(&asked.milestone)?,
            patch,
        };
        self.act(&joined, Some(asked.milestone), edit).await
    }

    pub(crate) async fn milestone_complete(
        self: &Arc<Self>,
        asked: MilestoneOf,
    ) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let (deal, milestone) = ids(&asked)?;
        self.act(&joined, Some(asked.milestone), mutation::MilestoneComplete { deal, milestone }).await
    }

    pub(crate) async fn milestone_reopen(self: &Arc<Self>, asked: MilestoneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let (deal, milestone) = ids(&asked)?;
        self.act(&joined, Some(asked.milestone), mutation::MilestoneReopen { deal, milestone }).await
    }

    pub(crate) async fn milestone_remove(self: &Arc<Self>, asked: MilestoneOf) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let (deal, milestone) = ids(&asked)?;
        self.act(&joined, Some(asked.milestone), mutation::MilestoneRemove { deal, milestone }).await
    }
}

fn ids(asked: &MilestoneOf) -> Result<(DealId, MilestoneId), CommandError> {
    Ok((map::id(&asked.deal)?, map::id(&asked.milestone)?))
}

fn owner(asked: &MilestoneOwner) -> Result<(OwnerSide, Option<MemberId>), CommandError> {
    Ok((map::owner_side_of(asked.side), asked.person.as_deref().map(map::id).transpose()?))
}
