//! The end of all trouble: everything is switched on, frames travel, time passes, until nothing moves.
//! Then everything has to be everywhere.

use crate::law::{Run, broken};
use crate::world::World;
use protocol::client::{ClientEvent, Line};
use store::sim::Stand;

impl World {
    /// Ends all trouble, and waits until nothing moves. Then everything has to be everywhere.
    pub async fn rest(&mut self) -> Run {
        let copies = self.desks.iter().filter(|desk| desk.cloned).count().max(1);
        for turn in 0..copies {
            self.heal(turn).await?;
            self.settle().await?;
            for d in 0..self.desks.len() {
                self.rests(d)?;
            }
        }
        let Some(room) = &self.hub.room else { return Ok(()) };
        let (epoch, head, rows) = (self.oracle.epoch, self.oracle.head, room.everything().await?);
        self.oracle.found(epoch, head, rows)
    }

    /// No trouble any more. Of installations with one identity only one runs at a time.
    async fn heal(&mut self, turn: usize) -> Run {
        (self.hub.crash_in, self.hub.fails) = (None, false);
        self.newer = None;
        self.start_hub().await?;
        let mut copy = 0;
        for d in 0..self.desks.len() {
            let Some(desk) = self.desks.get_mut(d) else { continue };
            (desk.crash_in, desk.fails, desk.network, desk.old) = (None, false, true, false);
            if desk.cloned {
                copy += 1;
                if copy != turn + 1 {
                    self.close(d).await?;
                    continue;
                }
            }
            self.start(d).await?;
            self.work_offline(d, false).await?;
            let Some(desk) = self.desks.get(d) else { continue };
            let hole = desk.line.and_then(|line| self.conns.get(&line)).is_some_and(|conn| conn.hole);
            if desk.status == Line::Outdated {
                self.device_event(d, ClientEvent::TryNow).await?;
            } else if hole && matches!(desk.status, Line::CatchingUp | Line::Online) {
                // Pings tell; before the welcome the client has to find out by itself.
                self.lose(d).await?;
            }
        }
        Ok(())
    }

    async fn settle(&mut self) -> Run {
        for _ in 0..400 {
            let mut moved = false;
            for d in 0..self.desks.len() {
                while self.deliver_down(d).await? {
                    moved = true;
                }
            }
            for id in self.conns.keys().copied().collect::<Vec<_>>() {
                while self.deliver_up(id).await? {
                    moved = true;
                }
            }
            for id in self.stale() {
                self.hub_notices(id).await?;
            }
            moved |= self.hub_rest().await?;
            if moved {
                continue;
            }
            for d in 0..self.desks.len() {
                if self.desks.get(d).is_some_and(|desk| desk.open.is_some() && desk.status == Line::Outdated)
                {
                    // It was updated meanwhile.
                    self.device_event(d, ClientEvent::TryNow).await?;
                    moved = true;
                }
            }
            if moved {
                continue;
            }
            if (0..self.desks.len()).all(|d| self.is_settled(d)) {
                return Ok(());
            }
            let timers = self.desks.iter().filter(|desk| desk.open.is_some()).filter_map(|desk| desk.timer);
            match timers.min() {
                Some(at) => self.wait(at.saturating_sub(self.now)).await?,
                None => break,
            }
        }
        let waiting = (0..self.desks.len()).find(|d| !self.is_settled(*d)).unwrap_or_default();
        let line = self.desks.get(waiting).map(|desk| desk.status);
        broken("rest", format!("{} never comes to rest: it is {line:?}", self.name(waiting)))
    }

    fn rests(&self, d: usize) -> Run {
        let Some(desk) = self.desks.get(d).filter(|desk| desk.open.is_some()) else { return Ok(()) };
        self.kept(d, "is at rest")?;
        if desk.is_shut() {
            return Ok(());
        }
        if desk.store().is_some_and(store::Store::is_locked) {
            return broken("I8", format!("{} shows nothing although it has met the hub", desk.name));
        }
        if let Some((n, stand)) = desk.seen.outbox.iter().next() {
            let stand = if *stand == Stand::Queued { "is never answered" } else { "never settles" };
            return broken("rest", format!("{}: mutation {n} {stand}", desk.name));
        }
        if desk.state.cursor != self.oracle.head || desk.state.epoch != self.oracle.epoch {
            let (cursor, head) = (desk.state.cursor, self.oracle.head);
            // The hub moves a connection on in silence when there is nothing for it.
            let missed =
                self.oracle.stored.values().any(|row| row.seq > cursor && self.may_see(d, row.scope));
            if missed || desk.state.epoch != self.oracle.epoch {
                return broken("I1", format!("{} rests at {cursor} and the hub is at {head}", desk.name));
            }
        }
        self.shows(d, &desk.state)
    }

    fn may_see(&self, d: usize, scope: domain::ScopeId) -> bool {
        let device = self.desks.get(d).map(|desk| desk.identity.device);
        let actor = device.and_then(|device| crate::model::actor(&self.oracle.rows, device));
        actor.is_some_and(|actor| crate::model::scopes(&self.oracle.rows, &actor).contains_key(&scope))
    }

    /// Everything is switched off at once and on again.
    pub async fn bounce(&mut self) -> Run {
        self.crash_hub().await?;
        for d in 0..self.desks.len() {
            self.crash(d).await?;
        }
        self.rest().await
    }
}
