//! The action plan of a deal.

use super::{Mark, read_entity, read_id, read_mark, waiting};
use crate::error::Result;
use crate::store::Store;
use domain::entity::{ActionPlan, Milestone};
use domain::{Date, DealId, MilestoneId, ScopeId};

/// Most milestones of a plan that are read.
const MILESTONES_MAX: i64 = 1_000;

/// The action plan of a deal.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Plan {
    /// Day the customer goes live.
    pub go_live: Option<Date>,
    /// In the order in which they are due, those without a date last.
    pub milestones: Vec<MilestoneLine>,
}

/// A milestone.
#[derive(Debug, Clone, PartialEq)]
pub struct MilestoneLine {
    /// Id.
    pub id: MilestoneId,
    /// The milestone.
    pub milestone: Milestone,
    /// How far the latest change to it has travelled.
    pub mark: Mark,
}

/// Reads a plan; an empty one when there is none.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn get(store: &Store, deal: DealId) -> Result<Plan> {
    let mut snapshot = store.showing_one().await?;
    let plan = sqlx::query("SELECT body FROM action_plans WHERE id = ?")
        .bind(deal.as_bytes().as_slice())
        .fetch_optional(&mut *snapshot)
        .await?;
    let mut view = Plan::default();
    if let Some(row) = plan {
        view.go_live = read_entity::<ActionPlan>(&row, 0)?.and_then(|plan| plan.go_live);
    }
    let rows = sqlx::query(concat!(
        "SELECT m.id, m.body, ",
        waiting!("m", "13"),
        " FROM milestones AS m WHERE m.scope = ? ORDER BY m.due IS NULL, m.due, m.id LIMIT ?"
    ))
    .bind(ScopeId::Deal(deal).to_bytes())
    .bind(MILESTONES_MAX)
    .fetch_all(&mut *snapshot)
    .await?;
    for row in &rows {
        let Some(milestone) = read_entity(row, 1)? else { continue };
        let mark = read_mark(row, 2)?;
        view.milestones.push(MilestoneLine { id: read_id(row, 0)?, milestone, mark });
    }
    Ok(view)
}

/// One milestone; `None` when it is not here.
///
/// # Errors
/// Whatever the disk has to say.
pub async fn milestone(store: &Store, id: MilestoneId) -> Result<Option<Milestone>> {
    let mut conn = store.showing().await?;
    let row = sqlx::query("SELECT body FROM milestones WHERE id = ?")
        .bind(id.as_bytes().as_slice())
        .fetch_optional(&mut *conn)
        .await?;
    row.map_or(Ok(None), |row| read_entity(&row, 0))
}
