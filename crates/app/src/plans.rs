//! The mutual action plan of a deal.

use crate::app::App;
use crate::dto::{ActionPlanView, CommandError, Done, MilestoneForm, MilestoneOf, MilestoneRow, OneOf};
use crate::map;
use domain::entity::OwnerSide;
use domain::mutation;
use domain::{DealId, MilestoneId};
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

    pub(crate) async fn milestone_add(self: &Arc<Self>, asked: MilestoneForm) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let milestone = MilestoneId(map::new_id());
        let owner_side = map::owner_side_of(asked.owner_side);
        let add = mutation::MilestoneAdd {
            deal: map::id(&asked.deal)?,
            milestone,
            title: asked.title,
            owner_side,
            owner: None,
            due: map::optional_date(asked.due.as_deref())?,
            done_condition: asked.done_condition,
        };
        self.act(&joined, Some(milestone.to_string()), add).await
    }

    pub(crate) async fn milestone_edit(self: &Arc<Self>, asked: MilestoneForm) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let text = asked.milestone.ok_or_else(|| CommandError::not_found("milestone"))?;
        let milestone: MilestoneId = map::id(&text)?;
        let before =
            plans::milestone(&joined.store, milestone).await.map_err(|error| map::store_error(&error))?;
        let owner_side: OwnerSide = map::owner_side_of(asked.owner_side);
        // The person stays with the milestone as long as it stays on their side.
        let owner = before.filter(|before| before.owner_side == owner_side).and_then(|before| before.owner);
        let edit = mutation::MilestoneEdit {
            deal: map::id(&asked.deal)?,
            milestone,
            title: asked.title,
            owner_side,
            owner,
            due: map::optional_date(asked.due.as_deref())?,
            done_condition: asked.done_condition,
        };
        self.act(&joined, Some(text), edit).await
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
