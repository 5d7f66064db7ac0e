//! Makes a failing world as short as it can be and still fail.

use crate::plan::{Action, Plan};
use crate::{Base, Bug, Outcome, play};

/// A failing world, shortened.
#[derive(Debug, Clone)]
pub struct Shrunk {
    /// Actions it began with and is left with.
    pub actions: (usize, usize),
    /// What is left, one action a line.
    pub plan: Vec<String>,
    /// How it ends, with its story.
    pub outcome: Outcome,
}

/// Worlds that are tried.
const TRIES: usize = 400;

/// Shortens the world of a seed that fails; `None` when it does not.
pub async fn shrink(base: &Base, seed: u64, steps: usize, bug: Option<Bug>) -> Option<Shrunk> {
    let mut plan = Plan::draw(seed, steps);
    let law = play(base, &plan, bug, false).await.violation?.law;
    let before = plan.actions.len();
    let mut tries = 0;
    let mut piece = plan.actions.len().div_ceil(2);
    while piece > 0 && tries < TRIES {
        let mut at = 0;
        while at < plan.actions.len() && tries < TRIES {
            tries += 1;
            let shorter = without(&plan, at, piece);
            let again = play(base, &shorter, bug, false).await.violation;
            if again.is_some_and(|violation| violation.law == law) {
                plan = shorter;
            } else {
                at += piece;
            }
        }
        piece /= 2;
    }
    let outcome = play(base, &plan, bug, true).await;
    let actions = (before, plan.actions.len());
    Some(Shrunk { actions, plan: plan.actions.iter().map(|action| format!("{action:?}")).collect(), outcome })
}

fn without(plan: &Plan, at: usize, piece: usize) -> Plan {
    let kept = |(number, action): (usize, &Action)| (!(at..at + piece).contains(&number)).then_some(*action);
    Plan { actions: plan.actions.iter().enumerate().filter_map(kept).collect(), ..plan.clone() }
}
