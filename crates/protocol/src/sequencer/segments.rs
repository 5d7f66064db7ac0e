//! Segments for a device that has nothing: looked for when it signs in, announced after the rows of its
//! own person, and followed by the ordinary tail when it says that it has them.

use super::connection::{Bulk, Live, Paging};
use super::{ConnectionId, HubEffect, Page, Sequencer, send};
use crate::frame::{Delta, DeltaRow, FromHub, Hello, Reason, Resume};
use crate::segment::{CAPABILITY, Segments, Took};
use domain::ScopeId;

/// Where pages begin that lead to `head`. A device that fetches segments keeps this as its place until
/// it has all of them: should the next hub have none, pages bring everything.
fn start(head: u64) -> Resume {
    Resume { head, scope: Some(ScopeId::Program), after: 0 }
}

/// Whether segments are looked for: the device can fetch them and has no page yet.
pub(super) fn wants(hello: &Hello, sent: u64, resume: Option<&Resume>, head: u64) -> bool {
    let fresh = resume.is_none_or(|resume| *resume == start(resume.head));
    sent == 0 && head > 0 && fresh && hello.capabilities.iter().any(|name| name == CAPABILITY)
}

/// Whether a scope is in the pages of a device: with segments, only its person's, which are nobody
/// else's and so in no segment.
pub(super) fn in_page(bulk: bool, scope: ScopeId) -> bool {
    !bulk || matches!(scope, ScopeId::Person(_))
}

/// Sends a page of a device's own person, and after the last the list of its segments.
pub(super) fn own_page(
    connection: ConnectionId,
    live: &mut Live,
    page: &Page,
    rows: Vec<DeltaRow>,
    effects: &mut Vec<HubEffect>,
) {
    let Bulk::Found(found) = &live.bulk else { return };
    let answers = std::mem::take(&mut live.answers);
    let delta = Delta { to: page.head, answers, rows, resume: Some(start(found.head)), beyond: None };
    effects.push(send(connection, &FromHub::Delta(delta)));
    match (&page.resume, live.paging.as_mut()) {
        (Some(resume), Some(paging)) => {
            paging.next = resume.clone();
            paging.reading = false;
        }
        _ => {
            live.paging = None;
            let fetching = Bulk::Fetching(found.head);
            if let Bulk::Found(found) = std::mem::replace(&mut live.bulk, fetching) {
                effects.push(send(connection, &FromHub::Segments(found)));
            }
        }
    }
}

impl Sequencer {
    pub(super) fn segments_found(
        &mut self,
        connection: ConnectionId,
        segments: Option<Segments>,
        effects: &mut Vec<HubEffect>,
    ) {
        let Some(live) = self.live(connection) else { return };
        let Bulk::Looking(from) = &live.bulk else { return };
        let next = match segments {
            Some(mut segments) => {
                // What it has of an earlier list may have been deleted since: the tail has to say so.
                segments.head = segments.head.min(from.head);
                let person = live.scopes.keys().find(|scope| in_page(true, **scope)).copied();
                let next = Resume { head: from.head, scope: person, after: 0 };
                live.bulk = Bulk::Found(segments);
                next
            }
            None => {
                let next = from.clone();
                live.bulk = Bulk::No;
                next
            }
        };
        live.paging = Some(Paging { base: live.sent, next, reading: false });
        self.read_page(connection, effects);
    }

    /// A device has its segments, or wants pages instead.
    pub(super) fn took(&mut self, connection: ConnectionId, took: &Took, effects: &mut Vec<HubEffect>) {
        let (head, horizon) = (self.head, self.past.horizon);
        let out_of_turn = "A frame came out of turn.";
        let offered = match self.live(connection).map(|live| &live.bulk) {
            Some(Bulk::Fetching(offered)) => *offered,
            _ => return self.hang_up(connection, Reason::Malformed, out_of_turn, effects),
        };
        let Some(live) = self.live(connection) else { return };
        live.bulk = Bulk::No;
        match took.cursor {
            Some(cursor) if cursor > head || cursor == 0 => {
                self.hang_up(connection, Reason::Malformed, out_of_turn, effects);
            }
            // It comes again and starts over.
            Some(cursor) if cursor < horizon => {
                self.hang_up(connection, Reason::Busy, "Please connect again.", effects);
            }
            Some(cursor) => {
                live.sent = cursor;
                self.catch_up(connection, effects);
            }
            // To where the segments would have led: what it took in of them may have been deleted since,
            // which only the tail after them says.
            None => {
                live.paging = Some(Paging { base: live.sent, next: start(offered), reading: false });
                self.read_page(connection, effects);
            }
        }
    }
}
