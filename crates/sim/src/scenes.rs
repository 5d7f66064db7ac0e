//! Worlds that are told action by action, for what happens too seldom in those from seeds.

use crate::desk::Desk;
use crate::law::{Run, Violation, broken};
use crate::plan::Plan;
use crate::world::World;
use crate::{Base, Bug, model};
use domain::Mutation;
use domain::entity::{Deal, Milestone};
use domain::mutation::MilestoneComplete;
use protocol::client::ClientEvent;

const BOB: usize = 0;
const ALICE: usize = 1;

/// Alice adds a milestone and loses her line before she hears of it. She connects again; before the hub
/// has read the page of what she missed, bob ticks her milestone, so that it is left out of the page. It
/// stays on her screen until it comes.
///
/// # Errors
/// The promise that was broken; "sim" when it came otherwise.
pub async fn a_row_moves_while_its_page_is_read(base: &Base, bug: Option<Bug>) -> Result<(), Violation> {
    domain::planted::plant(bug);
    let calm = Plan { seed: 1, actions: Vec::new(), limit: usize::MAX, budget: usize::MAX, bounce: false };
    let mut world = World::begin(base, &calm, false).await?;
    let outcome = world.row_moves().await;
    domain::planted::plant(None);
    world.end().await;
    outcome
}

impl World {
    async fn row_moves(&mut self) -> Run {
        self.rest().await?;
        let bobs = |deal| self.sees(BOB, |desk| model::get::<Deal>(&desk.rows, deal).is_some());
        let Some(deal) = self.deals(ALICE).into_iter().map(|(deal, _)| deal).find(|deal| bobs(*deal)) else {
            return broken("sim", "they have no deal together");
        };
        let add = self.milestone(deal, 1);
        let Mutation::MilestoneAdd(added) = &add else { return broken("sim", "this adds no milestone") };
        let milestone = added.milestone;
        let is_done = |desk: &Desk| {
            model::get::<Milestone>(&desk.rows, milestone).is_some_and(|step| step.done.is_some())
        };
        self.commit(ALICE, vec![add], true).await?;
        self.reaches_the_hub(ALICE).await?;
        let head = self.oracle.head;

        self.lose(ALICE).await?;
        self.device_event(ALICE, ClientEvent::TryNow).await?;
        // She dials, is challenged and let in; what she lacks is asked for.
        self.deliver_down(ALICE).await?;
        self.sends_all(ALICE).await?;
        self.deliver_down(ALICE).await?;
        self.sends_all(ALICE).await?;
        self.hub_turn(0).await?;

        while self.deliver_down(BOB).await? {}
        self.commit(BOB, vec![MilestoneComplete { deal, milestone }.into()], true).await?;
        if !self.sees(BOB, is_done) {
            return broken("sim", "bob cannot tick her milestone");
        }
        self.sends_all(BOB).await?;
        // What the batch waits for comes first, the page after it.
        while self.oracle.head == head {
            if !self.hub_turn(0).await? {
                return broken("sim", "bob's tick did not arrive");
            }
        }
        while self.sees(ALICE, |desk| desk.state.cursor < head) {
            if !(self.hub_turn(0).await? | self.deliver_down(ALICE).await?) {
                return broken("sim", "the page did not arrive");
            }
        }
        if !self.sees(ALICE, |desk| desk.state.cursor == head) {
            return broken("sim", "the page was not overtaken");
        }
        if !self.sees(ALICE, |desk| model::get::<Milestone>(&desk.rows, milestone).is_some()) {
            return broken("I9", "her milestone is not on the screen");
        }
        if self.sees(ALICE, is_done) {
            return broken("sim", "the tick came with the page");
        }
        self.rest().await?;
        if self.sees(ALICE, is_done) { Ok(()) } else { broken("I1", "the tick is lost") }
    }

    async fn sends_all(&mut self, d: usize) -> Run {
        for id in self.with_up(d) {
            while self.deliver_up(id).await? {}
        }
        Ok(())
    }

    fn sees(&self, d: usize, what: impl Fn(&Desk) -> bool) -> bool {
        self.desks.get(d).is_some_and(what)
    }
}
