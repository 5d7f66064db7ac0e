//! What every installation owes its person, checked whenever its file has changed.

use crate::desk::{Desk, Made};
use crate::law::{Run, broken};
use crate::model::{self, Map, Moment};
use crate::oracle::Brought;
use crate::world::World;
use domain::entity::{Deal, Message, Milestone, Status};
use domain::{Mode, Mutate as _, Mutation, RowKey, ScopeId, Timestamp};
use protocol::client::{Line, Status as Told, SyncState};
use protocol::sequencer::{Commit, refused_before};
use store::Store;
use store::sim::Stand;

impl World {
    /// Follows a commit of the hub.
    pub fn committed(&mut self, commit: &Commit) -> Run {
        let desks = &self.desks;
        self.oracle.committed(commit, |device, chain, n| {
            let has_it = |desk: &&Desk| {
                desk.identity.device == device
                    && desk.made.get(&chain.n).is_some_and(|made| made.hash == chain.hash)
            };
            let made = desks.iter().find(has_it)?.made.get(&n)?;
            let void = desks.iter().filter(has_it).any(|desk| desk.is_void(n));
            let refused = desks.iter().filter(has_it).all(|desk| desk.roots.contains_key(&n));
            Some(Brought { made, void, refused })
        })
    }

    /// Nothing that was confirmed is lost, and nothing is in two places.
    pub fn kept(&self, d: usize, when: &str) -> Run {
        let Some(desk) = self.desks.get(d).filter(|desk| desk.open.is_some()) else { return Ok(()) };
        let lost = |law, n: u64, what: &str| {
            let name = desk.made.get(&n).map_or("?", |made| made.mutation.name());
            broken(law, format!("{} {when}: its mutation {n} ({name}) {what}", desk.name))
        };
        if let Some(last) =
            desk.made.last_key_value().map(|(n, _)| *n).filter(|last| *last != desk.state.chain.n)
        {
            return lost("I3", last, "was confirmed, but the chain in the file ends elsewhere");
        }
        let decided = self.oracle.chains.get(&desk.identity.device).map_or(0, |chain| chain.n);
        if desk.state.epoch == self.oracle.epoch && desk.state.answered > decided {
            return lost("I2", desk.state.answered, "is said to be answered, and the hub has not got it");
        }
        // A hub that was put back has to be met before what it lost is brought to it again.
        let up_to_date = self.oracle.continues(desk.identity.device, &desk.state);
        for (n, made) in &desk.made {
            let (refused, parked) = (desk.seen.refused.contains(n), desk.seen.parked.contains(n));
            let outcome = self.oracle.outcomes.get(&made.hash);
            match desk.seen.outbox.get(n) {
                Some(Stand::Queued | Stand::Answered(_)) if refused || parked => {
                    return lost("I4", *n, "is queued and refused at once");
                }
                Some(Stand::Answered(_)) if outcome.is_none() && up_to_date => {
                    return lost("I2", *n, "is shown as accepted, but the hub has not got it");
                }
                Some(Stand::Void) if !desk.is_void(*n) => {
                    return lost("I2", *n, "is given up, and nobody had refused it");
                }
                Some(Stand::Queued) if self.should_be_parked(d, *n, made.mutation.lane()) => {
                    return lost("I12", *n, "still waits although what it builds on was refused");
                }
                Some(Stand::Parked) if !parked && !desk.decided.contains(n) => {
                    return lost("I12", *n, "is parked behind nothing");
                }
                Some(_) => {}
                None if !desk.seen.journal.contains_key(n) => {
                    return lost("I3", *n, "is not kept for a hub that loses it");
                }
                None if desk.decided.contains(n) => {}
                None if !desk.seen.journal.get(n).is_some_and(|whole| *whole || desk.is_void(*n)) => {
                    return lost("I3", *n, "is not kept whole, and nobody had refused it");
                }
                None if !up_to_date => {}
                None if outcome.is_none() && !(refused || parked) => {
                    return lost("I3", *n, "was confirmed and is gone, and the hub has not got it");
                }
                // Forgotten with its scope, and brought to a hub that had lost it without what it says.
                None if desk.forgotten.contains(n)
                    && outcome.is_some_and(|answer| answer.refusal.as_ref() == Some(&refused_before())) => {}
                // The other installation may have brought it to such a hub, and been told what became of it.
                None if desk.cloned && self.histories > 0 => {}
                None => {
                    let was_refused = outcome.is_none_or(|answer| answer.refusal.is_some());
                    if was_refused != (refused || parked) {
                        return lost("I12", *n, "does not stand as the hub has answered");
                    }
                }
            }
        }
        Ok(())
    }

    fn should_be_parked(&self, d: usize, n: u64, lane: ScopeId) -> bool {
        let Some(desk) = self.desks.get(d).filter(|_| self.histories == 0) else { return false };
        desk.seen.refused.range(..n).any(|root| {
            let before = desk.roots.get(root).is_some_and(|last| n <= *last);
            let root = desk.made.get(root).filter(|_| before);
            root.is_some_and(|root| root.mutation.opens_lane() && root.mutation.lane() == lane)
        })
    }

    /// The rows are what the hub's are with what waits on top.
    pub fn shows(&self, d: usize, before: &SyncState) -> Run {
        let Some(desk) = self.desks.get(d).filter(|desk| desk.open.is_some()) else { return Ok(()) };
        let (state, seen) = (&desk.state, &desk.seen);
        let wrong = |law, what: String| broken(law, format!("{}: {what}", desk.name));
        let device = desk.identity.device;
        // A hub that is gone since may have told it to start over: of its run the present one knows nothing.
        let told = state.epoch == self.oracle.epoch || self.oracle.runs.contains_key(&state.epoch);
        let same = state.epoch == before.epoch || (told && self.oracle.continues(device, before));
        if same && state.cursor < before.cursor {
            return wrong("I9", format!("the cursor goes back from {} to {}", before.cursor, state.cursor));
        }
        if state.epoch == self.oracle.epoch && state.cursor > self.oracle.head {
            return wrong(
                "I9",
                format!("the cursor says {} and the hub is at {}", state.cursor, self.oracle.head),
            );
        }
        if !self.oracle.continues(device, state) || seen.refetching {
            return Ok(());
        }
        self.shows_own(d)?;
        let Some(actor) = model::actor(&self.oracle.rows, desk.identity.device) else { return Ok(()) };
        if state.resume.is_some() {
            return Ok(());
        }
        let scopes = model::scopes(&self.oracle.rows, &actor);
        if state.cursor >= self.oracle.head
            && let Some(scope) = seen.remains.iter().find(|scope| !scopes.contains_key(*scope))
        {
            return wrong("I8", format!("something of {scope} is left behind its rows"));
        }
        if state.cursor < self.oracle.head {
            if !seen.outbox.is_empty() {
                return Ok(());
            }
            let known = |scope| scopes.get(&scope).is_some_and(|since| *since <= state.cursor);
            for (key, row) in
                self.oracle.stored.iter().filter(|(_, row)| row.seq <= state.cursor && known(row.scope))
            {
                let here = desk.rows.get(key).map(|row| (row.seq, &row.body));
                if here != row.body.as_ref().map(|body| (row.seq, body)) {
                    return wrong("I1", format!("{key:?} is not what the hub has at {}", state.cursor));
                }
            }
            return Ok(());
        }
        let visible = self.oracle.rows.iter().filter(|(_, row)| scopes.contains_key(&row.scope));
        let mut expected: Map = visible.map(|(key, row)| (*key, row.clone())).collect();
        let mut waits = false;
        for (n, _) in seen.outbox.iter().filter(|(_, stand)| **stand == Stand::Queued) {
            let Some(made) = desk.made.get(n) else { continue };
            waits = true;
            let moment = Moment {
                mode: Mode::Optimistic,
                program: self.oracle.program,
                actor: model::actor(&expected, desk.identity.device),
                now: made.at,
                seq: 0,
            };
            if let Ok(changes) = model::decide(&expected, moment, &made.mutation) {
                model::perform(&mut expected, changes);
            }
        }
        let law = if waits { "I11" } else { "I1" };
        let keys = expected.keys().chain(desk.rows.keys());
        match keys.into_iter().find(|key| expected.get(key) != desk.rows.get(key)) {
            Some(key) => {
                let brief = |rows: &Map| rows.get(key).map(|row| (row.seq, row.body.len()));
                let (should, is) = (brief(&expected), brief(&desk.rows));
                wrong(law, format!("{key:?} should be {should:?} and is {is:?} (version, bytes)"))
            }
            None => Ok(()),
        }
    }

    /// What the person has made does not vanish from the screen.
    fn shows_own(&self, d: usize) -> Run {
        let Some(desk) = self.desks.get(d) else { return Ok(()) };
        let is_here = |key: &RowKey| desk.rows.contains_key(key);
        let pending = |n: &u64| matches!(desk.seen.outbox.get(n), Some(Stand::Queued | Stand::Answered(_)));
        let answer = |made: &Made| self.oracle.outcomes.get(&made.hash);
        let accepted = |made: &Made| answer(made).is_some_and(|answer| answer.refusal.is_none());
        // What was done later, and stands.
        let later = |n: u64, does: &dyn Fn(&Mutation) -> bool| {
            let mut later = desk.made.range(n + 1..);
            later.any(|(n, made)| does(&made.mutation) && (pending(n) || accepted(made)))
        };
        for (n, made) in &desk.made {
            let (key, may_be) = match &made.mutation {
                Mutation::MessageSend(send) => {
                    let room = model::get::<Deal>(&desk.rows, send.deal);
                    let open = room.is_some_and(|deal| deal.registration.status != Status::Draft);
                    let parent = send.reply_to.is_none_or(|id| is_here(&RowKey::of::<Message>(id)));
                    // Of a room that has opened only afterwards, and not in the way it was opened here.
                    let reopened = later(*n, &|later| match later {
                        Mutation::RegistrationWithdraw(withdraw) => withdraw.deal == send.deal,
                        _ => false,
                    });
                    (RowKey::of::<Message>(send.message), open && parent && !reopened)
                }
                Mutation::MilestoneAdd(add) => {
                    let key = RowKey::of::<Milestone>(add.milestone);
                    let removed = self.oracle.stored.get(&key).is_some_and(|row| row.body.is_none());
                    let removes = later(*n, &|later| match later {
                        Mutation::MilestoneRemove(remove) => remove.milestone == add.milestone,
                        _ => false,
                    });
                    (key, is_here(&RowKey::of::<Deal>(add.deal)) && !removed && !removes)
                }
                _ => continue,
            };
            // Who starts over gets a row that has changed since with that change.
            let changed = self.oracle.stored.get(&key).is_some_and(|row| row.seq > desk.state.cursor);
            let follows = desk.starts_over && changed;
            let settled = accepted(made) && !desk.seen.outbox.contains_key(n);
            if may_be && (pending(n) || (settled && !follows)) && !is_here(&key) {
                let name = made.mutation.name();
                return broken("I9", format!("{}: its own {name} {n} is not on the screen", desk.name));
            }
        }
        Ok(())
    }

    /// The client tells its person where the line stands.
    pub async fn told(&mut self, d: usize, told: &Told) -> Run {
        let Some(desk) = self.desks.get_mut(d) else { return Ok(()) };
        let device = desk.identity.device;
        match told.line {
            Line::Forked if !desk.cloned && !self.oracle.has_lost(device) => {
                let known = self.oracle.knows(device);
                broken(
                    "I4",
                    format!("{} is told that it was copied (known: {known}), and it was not", desk.name),
                )
            }
            Line::Revoked if self.oracle.admits(device) && !self.oracle.had_shut_out(device) => {
                broken("I7", format!("{} is told that it was signed out, and it was not", desk.name))
            }
            Line::Outdated if !desk.said_old && self.newer.is_none() => {
                broken("I13", format!("{} is told to update, and it is up to date", desk.name))
            }
            Line::Revoked => {
                let open = desk.open.take();
                desk.erased = true;
                if let Some(open) = open {
                    open.store.close().await?;
                    Store::erase(&desk.path).await?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// The time a device believes it is.
    pub fn device_time(&self, d: usize) -> Timestamp {
        let ahead = self.desks.get(d).map_or(0, |desk| desk.clock);
        Timestamp(self.hub_time().0 + ahead)
    }
}
