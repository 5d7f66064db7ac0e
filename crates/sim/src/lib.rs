//! Whole worlds from a seed: a hub and several installations, with the product's own machines and the
//! product's own SQL, a network that loses and doubles, processes that die, clocks that jump, and every
//! promise checked on the way. `docs/simulation.md` says what is promised.
//!
//! Start reading at [`run`]: it draws a `plan`, lets a `world` go through it, and brings it to rest.

mod access;
mod base;
mod checks;
mod desk;
mod hubside;
mod law;
mod laws;
mod model;
mod net;
mod oracle;
mod people;
mod plan;
mod rest;
mod rng;
pub mod scenes;
mod segments;
mod shrink;
mod story;
pub mod table;
mod world;

pub use base::Base;
pub use domain::planted::Bug;
pub use law::Violation;
pub use shrink::{Shrunk, shrink};
pub use world::Outcome;

use plan::Plan;
use world::World;

/// Steps of a world unless told otherwise.
pub const STEPS: usize = 160;

/// A thread's own runtime: one world after the other, nothing beside it.
///
/// # Errors
/// When the operating system gives none.
pub fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// Runs the world of a seed, with a bug planted in it or none.
pub async fn run(base: &Base, seed: u64, steps: usize, bug: Option<Bug>) -> Outcome {
    play(base, &Plan::draw(seed, steps), bug, false).await
}

pub(crate) async fn play(base: &Base, plan: &Plan, bug: Option<Bug>, told: bool) -> Outcome {
    domain::planted::plant(bug);
    domain::planted::set_limit(plan.limit);
    let outcome = go(base, plan, told).await;
    domain::planted::plant(None);
    domain::planted::set_limit(usize::MAX);
    outcome
}

async fn go(base: &Base, plan: &Plan, told: bool) -> Outcome {
    let mut world = match World::begin(base, plan, told).await {
        Ok(world) => world,
        Err(violation) => {
            return Outcome { trace: String::new(), violation: Some(violation), story: Vec::new() };
        }
    };
    let violation = live(&mut world, plan).await.err();
    if let Some(violation) = &violation {
        world.say(format!("=> {violation}"));
    }
    let outcome = Outcome { trace: world.trace(), violation, story: world.story() };
    world.end().await;
    outcome
}

async fn live(world: &mut World, plan: &Plan) -> law::Run {
    for action in &plan.actions {
        world.step(*action).await?;
    }
    world.say("all trouble ends".to_owned());
    world.rest().await?;
    if plan.bounce {
        return world.bounce().await;
    }
    // A quiet day: each says one thing, and nothing else happens.
    for d in 0..world.desks.len() {
        world.act(d, 5).await?;
        world.rest().await?;
    }
    Ok(())
}
