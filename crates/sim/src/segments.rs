//! Segments in a world: the hub makes tiny ones, an installation fetches them over a network that cuts
//! and swaps, and each byte that leaves is held against what its reader may see.

use crate::hubside::Hub;
use crate::law::{Run, broken};
use crate::model;
use crate::world::{World, tell};
use domain::{DeviceId, ScopeId};
use protocol::bootstrap::{Bootstrap, BootstrapEffect, BootstrapEvent, End};
use protocol::client::ClientEvent;
use protocol::segment::{self, SegmentRef, Segments, Writer};
use protocol::sequencer::{ConnectionId, HubEvent};
use std::collections::VecDeque;

/// Unpacked bytes of a segment.
const FULL: usize = 600;
/// One transfer in so many is cut, and one in so many brings another segment.
const TROUBLE: u64 = 8;

/// An installation that fetches segments.
pub(crate) struct Fetching {
    epoch: u64,
    machine: Bootstrap,
    todo: VecDeque<BootstrapEffect>,
}

impl World {
    /// The hub looks for segments for a device, and tells the sequencer.
    pub(crate) async fn hub_finds(&mut self) -> Run {
        let Some((connection, device)) = self.hub.finding.pop() else { return Ok(()) };
        let renew = self.rng.percent(50);
        let now = self.hub_time();
        let mut segments = None;
        if let Some(room) = self.hub.room.as_ref().filter(|_| self.segments) {
            segments = room.find_segments(device, now, FULL, renew).await?;
        }
        if let Some(found) = &segments {
            tell!(self, "the hub has {} segments up to {}", found.list.len(), found.head);
        }
        self.hub_event(HubEvent::SegmentsFound { connection, segments }).await
    }

    /// An installation begins to fetch segments.
    pub(crate) async fn begin_fetching(&mut self, d: usize, epoch: u64, segments: Segments) -> Run {
        let Some(store) = self.desks.get(d).and_then(|desk| desk.store().cloned()) else { return Ok(()) };
        let done = store.begin_segments(epoch, segments.head, &segments.list).await?;
        tell!(self, "{} fetches {} segments, {} are in", self.name(d), segments.list.len(), done.len());
        let mut machine = Bootstrap::new(segments.list);
        let todo = machine.step(BootstrapEvent::Begun { done }).into();
        if let Some(desk) = self.desks.get_mut(d) {
            desk.fetching = Some(Fetching { epoch, machine, todo });
            desk.look().await?;
        }
        Ok(())
    }

    /// One step of fetching. False when there is nothing to do.
    pub(crate) async fn fetch_on(&mut self, d: usize) -> Run<bool> {
        let Some(desk) = self.desks.get_mut(d).filter(|desk| desk.network) else { return Ok(false) };
        let device = desk.identity.device;
        let (Some(store), Some(fetching)) = (desk.store().cloned(), desk.fetching.as_mut()) else {
            return Ok(false);
        };
        let (epoch, Some(effect)) = (fetching.epoch, fetching.todo.pop_front()) else { return Ok(false) };
        let events = match effect {
            BootstrapEffect::Fetch { segment, from } => self.transfer(device, segment, from).await?,
            BootstrapEffect::Check { segment, bytes } => {
                vec![BootstrapEvent::Checked(segment::read(&segment, &bytes))]
            }
            BootstrapEffect::Store { segment, contents } => {
                tell!(self, "{} takes in a segment of {} rows", self.name(d), segment.rows);
                store.take_segment(epoch, &segment, contents).await?;
                self.stored(d).await?;
                vec![BootstrapEvent::Stored]
            }
            BootstrapEffect::Pause(_) => vec![BootstrapEvent::Rested],
            BootstrapEffect::End(end) => {
                tell!(self, "{} ends fetching: {end:?}", self.name(d));
                if let Some(desk) = self.desks.get_mut(d) {
                    desk.fetching = None;
                }
                let mut state = None;
                if end == End::Complete {
                    store.finish_segments(epoch).await?;
                    self.stored(d).await?;
                    state = self.desks.get(d).map(|desk| desk.state.clone());
                }
                self.device_event(d, ClientEvent::SegmentsEnded(end, state)).await?;
                return Ok(true);
            }
        };
        if let Some(fetching) = self.desks.get_mut(d).and_then(|desk| desk.fetching.as_mut()) {
            for event in events {
                fetching.todo.extend(fetching.machine.step(event));
            }
        }
        Ok(true)
    }

    /// A transfer as the hub and the network make it.
    async fn transfer(
        &mut self,
        device: DeviceId,
        segment: SegmentRef,
        from: u64,
    ) -> Run<Vec<BootstrapEvent>> {
        let message = || "the transfer broke".to_owned();
        let Some(room) = &self.hub.room else {
            return Ok(vec![BootstrapEvent::Broke { message: message() }]);
        };
        let Some(bytes) = room.segment(device, &segment.hash).await? else {
            return Ok(vec![BootstrapEvent::Gone { message: "the segment is gone".to_owned() }]);
        };
        self.may_leave(device, &bytes)?;
        let bytes = if self.rng.below(TROUBLE) == 0 { swapped(&bytes, &segment) } else { bytes };
        let rest = bytes.get(usize::try_from(from).unwrap_or(usize::MAX)..).unwrap_or_default().to_vec();
        if self.rng.below(TROUBLE) == 0 {
            let half = rest.get(..rest.len() / 2).unwrap_or_default().to_vec();
            return Ok(vec![BootstrapEvent::Piece(half), BootstrapEvent::Broke { message: message() }]);
        }
        Ok(vec![BootstrapEvent::Piece(rest), BootstrapEvent::Fetched])
    }

    /// Nothing leaves for whoever may not see it.
    fn may_leave(&self, device: DeviceId, bytes: &[u8]) -> Run {
        let Ok(contents) = segment::decode(bytes) else {
            return broken("I10", "the hub serves what is no segment");
        };
        let Some(actor) = model::actor(&self.oracle.rows, device) else {
            return broken("I7", "a segment leaves for a device that was shut out");
        };
        let scopes = model::scopes(&self.oracle.rows, &actor);
        let outside = |scope: ScopeId| !scopes.contains_key(&scope) || matches!(scope, ScopeId::Person(_));
        match contents.rows.iter().find(|row| outside(row.scope)) {
            Some(row) => broken(
                "I7",
                format!("{:?} of {} leaves in a segment for somebody outside", row.key, row.scope),
            ),
            None => Ok(()),
        }
    }
}

/// A whole segment of the same length, as far as it can be had, in which two rows have changed places.
fn swapped(bytes: &[u8], announced: &SegmentRef) -> Vec<u8> {
    let Ok(mut contents) = segment::decode(bytes) else { return bytes.to_vec() };
    let tables = contents.rows.iter().map(|row| row.key.table);
    let pair = tables.clone().enumerate().find_map(|(at, table)| {
        let other = tables.clone().enumerate().skip(at + 1).find(|(_, other)| *other == table)?;
        Some((at, other.0))
    });
    let Some((one, other)) = pair else { return bytes.to_vec() };
    let body_of =
        |rows: &[protocol::frame::DeltaRow], at: usize| rows.get(at).and_then(|row| row.body.clone());
    let (first, second) = (body_of(&contents.rows, one), body_of(&contents.rows, other));
    for (at, body) in [(one, second), (other, first)] {
        if let Some(row) = contents.rows.get_mut(at) {
            row.body = body;
        }
    }
    let mut writer = Writer::default();
    for rows in contents.rows.chunk_by(|a, b| a.scope == b.scope) {
        let Some(scope) = rows.first().map(|row| row.scope) else { continue };
        writer.section(
            scope,
            rows.iter().map(|row| (row.key, row.seq, row.body.as_deref().unwrap_or_default())),
        );
    }
    match writer.finish() {
        // Longer than announced it would be given up at once, and never be looked at.
        Ok((_, mut swapped)) if swapped.len() as u64 <= announced.bytes => {
            // Skippable frames fill it up.
            while (swapped.len() as u64) + 8 <= announced.bytes {
                let fill = u32::try_from(announced.bytes - swapped.len() as u64 - 8).unwrap_or(0);
                swapped.extend_from_slice(&0x184D_2A50_u32.to_le_bytes());
                swapped.extend_from_slice(&fill.to_le_bytes());
                swapped.resize(swapped.len() + usize::try_from(fill).unwrap_or(0), 0);
            }
            swapped
        }
        _ => bytes.to_vec(),
    }
}

impl Hub {
    /// Whether a device waits for segments.
    pub(crate) fn finds(&self) -> bool {
        !self.finding.is_empty()
    }

    pub(crate) fn asked_for_segments(&mut self, connection: ConnectionId, device: DeviceId) {
        self.finding.push((connection, device));
    }
}
