//! Segments for devices that have nothing: found or made when one signs in, and the tickets by which it
//! fetches them.
//!
//! Making them reads from a connection of its own, one list at a time, and never holds up the order of
//! the program. A ticket says which device may ask; what it may have is looked up at every request.

use crate::Error;
use crate::clock::Clock;
use crate::storage::{Holder, Listed, ProgramStore, Wanted};
use domain::entity::Key;
use domain::{DeviceId, OrganizationId, ProgramId, Timestamp};
use protocol::segment::{Segments, Ticket};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// A ticket is good so long, milliseconds of hub time.
const TICKET_MS: i64 = 3_600_000;
/// Sequence numbers after which a list is made anew in the background. Up to there the tail is short.
const TAIL: u64 = 5_000;
/// A device waits so long for segments to be made; then it gets pages, and the next one segments.
const PATIENCE: Duration = Duration::from_secs(30);
const DEVICE: usize = 16;
const EXPIRES: usize = 8;

/// What all programs of a hub share for segments.
#[derive(Debug)]
pub(crate) struct Segmenter {
    clock: Clock,
    wanted: Wanted,
    /// Makes and checks tickets; a new one at every start.
    secret: [u8; 32],
    /// One list at a time is made.
    making: Semaphore,
    /// Lists that are being made in the background.
    renewing: Mutex<BTreeSet<(ProgramId, OrganizationId)>>,
    tasks: TaskTracker,
    stopped: CancellationToken,
}

impl Segmenter {
    pub fn new(clock: Clock, wanted: Wanted) -> Result<Arc<Self>, Error> {
        Ok(Arc::new(Self {
            clock,
            wanted,
            secret: crate::programs::random()?,
            making: Semaphore::new(1),
            renewing: Mutex::default(),
            tasks: TaskTracker::new(),
            stopped: CancellationToken::new(),
        }))
    }

    /// The segments for a device; `None` when pages do as well.
    pub async fn find(self: &Arc<Self>, store: &ProgramStore, device: DeviceId) -> Option<Segments> {
        let found = tokio::time::timeout(PATIENCE, self.look(store, device)).await;
        match found {
            Ok(Ok(found)) => found,
            Ok(Err(error)) => {
                let program = store.id();
                tracing::error!(%error, program.id = %program, "segments of program {program} could not be made");
                None
            }
            Err(_) => None,
        }
    }

    async fn look(
        self: &Arc<Self>,
        store: &ProgramStore,
        device: DeviceId,
    ) -> Result<Option<Segments>, Error> {
        let Some(holder) = store.holder(device).await? else { return Ok(None) };
        let Some(opened) = store.opened().await? else { return Ok(None) };
        let mut list = store.segments(holder.organization).await?;
        if store.is_offerable(&holder, &list, opened.past.horizon).await? {
            if list.iter().any(|listed| opened.head.saturating_sub(listed.head) > TAIL) {
                self.renew(store.clone(), holder);
            }
        } else {
            // On its own: it goes on for the next device when this one loses patience.
            let (this, store) = (Arc::clone(self), store.clone());
            let making = self.tasks.spawn(async move { this.make(&store, &holder).await });
            match making.await.map_err(|error| Error::Database(Box::new(error)))?? {
                Some(made) => list = made,
                None => return Ok(None),
            }
        }
        let Some(head) = list.iter().map(|listed| listed.head).min() else { return Ok(None) };
        let ticket = self.ticket(store.id(), device, self.clock.now());
        Ok(Some(Segments { head, ticket, list: list.iter().map(|listed| listed.announced).collect() }))
    }

    async fn make(&self, store: &ProgramStore, holder: &Holder) -> Result<Option<Vec<Listed>>, Error> {
        // Without a folder there is nowhere to put them.
        if store.segment_path(&Key([0; 32])).is_none() {
            return Ok(None);
        }
        let Ok(_permit) = self.making.acquire().await else { return Ok(None) };
        tokio::select! {
            made = store.make_segments(holder, self.clock.now(), self.wanted) => made,
            () = self.stopped.cancelled() => Ok(None),
        }
    }

    /// Makes nothing any more, and gives up what is being made.
    pub fn stop(&self) {
        self.stopped.cancel();
    }

    /// Makes a list anew for the next device.
    fn renew(self: &Arc<Self>, store: ProgramStore, holder: Holder) {
        let whose = (store.id(), holder.organization);
        if !self.lock().insert(whose) {
            return;
        }
        let this = Arc::clone(self);
        self.tasks.spawn(async move {
            if let Err(error) = this.make(&store, &holder).await {
                let program = store.id();
                tracing::error!(%error, program.id = %program, "segments of program {program} could not be renewed");
            }
            this.lock().remove(&whose);
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, BTreeSet<(ProgramId, OrganizationId)>> {
        self.renewing.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A ticket for a device of a program.
    pub fn ticket(&self, program: ProgramId, device: DeviceId, now: Timestamp) -> Ticket {
        let expires = now.0.saturating_add(TICKET_MS).to_le_bytes();
        let mut ticket = Vec::with_capacity(DEVICE + EXPIRES + blake3::OUT_LEN);
        ticket.extend_from_slice(device.as_bytes());
        ticket.extend_from_slice(&expires);
        let mac = self.mac(program, &ticket);
        ticket.extend_from_slice(mac.as_bytes());
        Ticket(ticket)
    }

    /// The device a ticket was made for; `None` when it was not made here, for another program, or too
    /// long ago.
    pub fn device_of(&self, program: ProgramId, ticket: &[u8]) -> Option<DeviceId> {
        let (said, mac) = ticket.split_at_checked(DEVICE + EXPIRES)?;
        let mac: [u8; blake3::OUT_LEN] = mac.try_into().ok()?;
        // Compared in constant time.
        if self.mac(program, said) != blake3::Hash::from(mac) {
            return None;
        }
        let (device, expires) = said.split_at_checked(DEVICE)?;
        let expires = i64::from_le_bytes(expires.try_into().ok()?);
        let device = uuid::Uuid::from_slice(device).ok()?;
        (self.clock.now().0 < expires).then_some(DeviceId(device))
    }

    fn mac(&self, program: ProgramId, said: &[u8]) -> blake3::Hash {
        let mut hasher = blake3::Hasher::new_keyed(&self.secret);
        hasher.update(b"lockstep 2026 segment ticket");
        hasher.update(program.as_bytes());
        hasher.update(said);
        hasher.finalize()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const WANTED: Wanted = Wanted { rows: 1, full: 1_000 };

    #[test]
    fn a_ticket_is_good_for_its_device_and_program_for_an_hour() {
        let clock = Clock::default();
        let segmenter = Segmenter::new(clock.clone(), WANTED).unwrap();
        let (program, other) = (ProgramId(Uuid::from_u128(1)), ProgramId(Uuid::from_u128(2)));
        let laptop = DeviceId(Uuid::from_u128(3));
        let now = clock.now();
        let ticket = segmenter.ticket(program, laptop, now);
        assert_eq!(segmenter.device_of(program, &ticket.0), Some(laptop));
        assert_eq!(segmenter.device_of(other, &ticket.0), None);
        let late = segmenter.ticket(program, laptop, Timestamp(now.0 - TICKET_MS));
        assert_eq!(segmenter.device_of(program, &late.0), None, "an hour ago");
        let restarted = Segmenter::new(clock, WANTED).unwrap();
        assert_eq!(restarted.device_of(program, &ticket.0), None, "of another run");
        for at in 0..ticket.0.len() {
            let mut forged = ticket.0.clone();
            forged[at] ^= 1;
            assert_eq!(segmenter.device_of(program, &forged), None, "byte {at}");
        }
        assert_eq!(segmenter.device_of(program, &ticket.0[..ticket.0.len() - 1]), None);
        assert_eq!(segmenter.device_of(program, &[]), None);
    }
}
