//! After the commit: answers, pushes to every device that may see something of it, and catch-ups.

use super::access::{self, Resolved};
use super::batch::After;
use super::connection::{Bulk, Live, Paging};
use super::scopes::Scopes;
use super::segments;
use super::{CommitRow, ConnectionId, HubEffect, PAGE_BYTES, Page, PageQuery, Phase, Sequencer, send};
use crate::frame::{Answer, Delta, DeltaRow, FromHub, Hello, Reason, Resume, Welcome};
use crate::seal::Chain;
use crate::segment::Segments;
use domain::entity::{Device, Key};
use domain::{DeviceId, Rows, ScopeId, Timestamp};
use std::collections::BTreeMap;

impl Sequencer {
    /// A batch is on disk (or had nothing to write).
    pub(super) fn committed(&mut self, _now: Timestamp, effects: &mut Vec<HubEffect>) {
        let Some(mut batch) = self.batch.take() else { return };
        let before = self.head;
        self.head = batch.commit.head;
        self.chains.extend(batch.commit.chains.iter().map(|(device, chain)| (*device, *chain)));
        let changed: Vec<CommitRow> = std::mem::take(&mut batch.changed).into_values().collect();
        self.note_access(&changed, effects);
        for after in std::mem::take(&mut batch.after) {
            match after {
                After::Send(connection, frame) => {
                    if self.connections.contains_key(&connection) {
                        effects.push(send(connection, &frame));
                    }
                }
                After::HangUp(connection, reason, message) => {
                    self.hang_up(connection, reason, message, effects);
                }
                After::Enter(connection, welcome, hello) => {
                    self.enter(connection, *welcome, &hello, &batch.rows, effects);
                }
                After::Answer(connection, device, answer) => {
                    if let Some(live) = self.line_of(device, connection).and_then(|line| self.live(line)) {
                        live.answers.push(answer);
                    }
                }
            }
        }
        self.directory = batch.lasting();
        self.deliver(before, &changed, effects);
    }

    /// Lets a device in, as the rows after the batch have it.
    fn enter(
        &mut self,
        connection: ConnectionId,
        welcome: Welcome,
        hello: &Hello,
        rows: &Rows,
        effects: &mut Vec<HubEffect>,
    ) {
        let device = hello.device;
        let Resolved::Actor(actor) = access::resolve(device, rows) else {
            let message = "This device no longer has access to the program.";
            self.hang_up(connection, Reason::Revoked, message, effects);
            return;
        };
        let scopes = Scopes::new(actor.own_scopes(), self.granted.of(actor.organization, rows));
        let key = rows.get::<Device>(device).ok().flatten().map_or(Key([0; 32]), |device| device.key);
        let chain = Chain { n: welcome.last_n, hash: welcome.chain };
        let mut live = Live::new(actor, scopes, (key, Some(chain)));
        if let Some(older) = self.lines.get(&device).copied().filter(|older| *older != connection) {
            self.hang_up(older, Reason::Busy, "The device connected again.", effects);
        }
        let head = self.head;
        let continues = domain::planted!(EpochNotCompared) || self.continues(hello, welcome.last_n);
        let start_over = hello.epoch != 0 && !continues;
        let keeps = hello.epoch != 0 && !start_over;
        let Some(open) = self.connections.get_mut(&connection) else { return };
        live.sent = if keeps { hello.cursor } else { 0 };
        live.answers = welcome.answers;
        let sent = live.sent;
        let answers = answers_up_to(&mut live, sent);
        effects.push(send(connection, &FromHub::Welcome(Welcome { head, start_over, answers, ..welcome })));
        let resume = hello.resume.clone().filter(|_| keeps);
        let behind = live.sent < head || resume.is_some();
        let looking = segments::wants(hello, live.sent, resume.as_ref(), head);
        if looking {
            live.bulk = Bulk::Looking(resume.unwrap_or_else(|| first_page(&live, head)));
        } else if behind {
            live.paging = Some(Paging {
                base: live.sent,
                next: resume.unwrap_or_else(|| first_page(&live, head)),
                reading: false,
            });
        }
        let organization = live.actor.organization;
        open.phase = Phase::Live(Box::new(live));
        self.lines.insert(device, connection);
        if looking {
            effects.push(HubEffect::FindSegments { connection, device, organization });
        } else if behind {
            self.read_page(connection, effects);
        } else if let Some(live) = self.live(connection) {
            // An empty delta tells the device that it is caught up.
            let delta = take_delta(live, head, Vec::new());
            effects.push(send(connection, &FromHub::Delta(delta)));
        }
    }

    /// Whether what a device has is part of this hub's history and recent enough to be brought up to
    /// date. A restored backup is told by its runs: the device's was never here, or ended before what
    /// the device has seen of it. So is one that knows answers the hub has not given.
    fn continues(&self, hello: &Hello, last_n: u64) -> bool {
        let end = match self.past.runs.get(&hello.epoch) {
            Some(end) => *end,
            None if hello.epoch == self.epoch => self.head,
            None => return false,
        };
        let pages = hello.resume.as_ref().map(|resume| resume.head);
        // Before the first page is complete the device has nothing that was deleted earlier.
        let base = if hello.cursor == 0 { pages.unwrap_or(0) } else { hello.cursor };
        (hello.cursor.max(pages.unwrap_or(0)) <= end || domain::planted!(RunEndNotCompared))
            && (base >= self.past.horizon || base == 0)
            && hello.answered <= last_n
    }

    /// Deletions up to `horizon` are about to be forgotten: whoever is still catching up from before it
    /// has to come again.
    pub(super) fn forget_deletions(&mut self, horizon: u64, effects: &mut Vec<HubEffect>) {
        self.past.horizon = self.past.horizon.max(horizon);
        let behind = |live: &Live| {
            let base = live.paging.as_ref().map_or(live.sent, |paging| paging.base);
            let fetching = match &live.bulk {
                Bulk::Found(Segments { head, .. }) | Bulk::Fetching(head) => *head < horizon,
                Bulk::No | Bulk::Looking(_) => false,
            };
            base < horizon
                && (base > 0
                    || fetching
                    || live.paging.as_ref().is_some_and(|paging| paging.next.head < horizon))
        };
        let late: Vec<ConnectionId> = self
            .connections
            .iter()
            .filter(|(_, open)| matches!(&open.phase, Phase::Live(live) if behind(live)))
            .map(|(connection, _)| *connection)
            .collect();
        for connection in late {
            self.hang_up(connection, Reason::Busy, "Please connect again.", effects);
        }
    }

    fn deliver(&mut self, before: u64, changed: &[CommitRow], effects: &mut Vec<HubEffect>) {
        let head = self.head;
        let mut catch_up = Vec::new();
        let changed = ByScope::new(changed);
        for (connection, open) in &mut self.connections {
            let Phase::Live(live) = &mut open.phase else { continue };
            let granted = std::mem::take(&mut live.granted);
            if live.paging.as_ref().map_or(live.sent, |paging| paging.next.head) >= head
                && live.answers.is_empty()
            {
                // It came in with this batch and gets all of it already.
                continue;
            }
            let all = domain::planted!(ScopeFilterDropped) || domain::planted!(ScopeFilterAndGuardOff);
            let rows: Vec<&CommitRow> =
                if all { changed.rows.iter().collect() } else { changed.seen_by(live) };
            let busy = live.paging.is_some() || !matches!(live.bulk, Bulk::No);
            if busy || open.congested || live.sent < before {
                live.behind |= !rows.is_empty() || granted || !live.answers.is_empty();
            } else if granted || bytes_of(&rows) > PAGE_BYTES {
                catch_up.push(*connection);
            } else if rows.is_empty() && live.answers.is_empty() {
                live.sent = head;
            } else {
                let delta = take_delta(live, head, rows.into_iter().map(delta_row).collect());
                effects.push(send(*connection, &FromHub::Delta(delta)));
            }
        }
        for connection in catch_up {
            self.catch_up(connection, effects);
        }
    }

    pub(super) fn drained(&mut self, connection: ConnectionId, effects: &mut Vec<HubEffect>) {
        let head = self.head;
        let Some(open) = self.connections.get_mut(&connection) else { return };
        open.congested = false;
        if domain::planted!(CongestedForgotten) {
            return;
        }
        let Phase::Live(live) = &mut open.phase else { return };
        if live.paging.is_some() {
            self.read_page(connection, effects);
        } else if !matches!(live.bulk, Bulk::No) {
            // It comes back when it has its segments.
        } else if live.behind || live.sent < head {
            // Also when nothing was missed: the next delta has to follow on the last.
            self.catch_up(connection, effects);
        }
    }

    pub(super) fn catch_up(&mut self, connection: ConnectionId, effects: &mut Vec<HubEffect>) {
        let head = self.head;
        let Some(live) = self.live(connection) else { return };
        live.behind = false;
        live.paging = Some(Paging { base: live.sent, next: first_page(live, head), reading: false });
        self.read_page(connection, effects);
    }

    pub(super) fn read_page(&mut self, connection: ConnectionId, effects: &mut Vec<HubEffect>) {
        let Some(open) = self.connections.get_mut(&connection) else { return };
        let congested = open.congested;
        let Phase::Live(live) = &mut open.phase else { return };
        let Some(paging) = live.paging.as_mut().filter(|paging| !paging.reading && !congested) else {
            return;
        };
        paging.reading = true;
        let base = paging.base;
        let from = paging.next.clone();
        let is_new = |granted: u64| base == 0 || granted > base;
        let (new, old): (Vec<_>, Vec<_>) = live.scopes.iter().partition(|(_, granted)| is_new(**granted));
        let own = !matches!(live.bulk, Bulk::No);
        let new: Vec<ScopeId> = new
            .into_iter()
            .filter(|(scope, granted)| **granted <= from.head && segments::in_page(own, **scope))
            .map(|(scope, _)| *scope)
            .collect();
        let first = from.after == 0 && from.scope == new.first().copied();
        let query =
            PageQuery { base, old: old.into_iter().map(|(scope, _)| *scope).collect(), new, from, first };
        effects.push(HubEffect::ReadPage { connection, query });
    }

    pub(super) fn page_read(&mut self, connection: ConnectionId, page: Page, effects: &mut Vec<HubEffect>) {
        let head = self.head;
        let Some(live) = self.live(connection) else { return };
        if live.paging.is_none() {
            return;
        }
        // A scope lost while the page was being read is not sent any more.
        let rows: Vec<DeltaRow> =
            page.rows.iter().filter(|row| live.scopes.contains_key(&row.scope)).map(delta_row).collect();
        if !matches!(live.bulk, Bulk::No) {
            segments::own_page(connection, live, &page, rows, effects);
            return self.read_page(connection, effects);
        }
        match page.resume {
            Some(resume) => {
                let mut answers = answers_up_to(live, 0);
                if domain::planted!(PageAnswersDropped) {
                    answers.clear();
                }
                if let Some(paging) = live.paging.as_mut() {
                    paging.next = resume.clone();
                    paging.next.after += u64::from(domain::planted!(ResumeSkipsPage));
                    paging.reading = false;
                }
                let delta = Delta { to: page.head, answers, rows, resume: Some(resume), beyond: None };
                effects.push(send(connection, &FromHub::Delta(delta)));
                self.read_page(connection, effects);
            }
            None => {
                live.paging = None;
                let beyond = (page.head < head).then_some(head);
                let delta = Delta { beyond, ..take_delta(live, page.head, rows) };
                effects.push(send(connection, &FromHub::Delta(delta)));
                if (live.behind || page.head < head) && !domain::planted!(TailWithoutHead) {
                    self.catch_up(connection, effects);
                }
            }
        }
    }

    /// The line of a device: the one it was last heard on, or the one that has taken its place since.
    fn line_of(&mut self, device: DeviceId, heard_on: ConnectionId) -> Option<ConnectionId> {
        if self.live(heard_on).is_some() || domain::planted!(AnswerOnOldLine) {
            return Some(heard_on);
        }
        self.lines.get(&device).copied()
    }

    pub(super) fn live(&mut self, connection: ConnectionId) -> Option<&mut Live> {
        match &mut self.connections.get_mut(&connection)?.phase {
            Phase::Live(live) => Some(live),
            Phase::Fresh | Phase::Joining => None,
        }
    }
}

/// Changed rows by scope: most connections see few of the scopes, and there may be ten thousand of them.
struct ByScope<'a> {
    rows: &'a [CommitRow],
    /// Places in `rows`.
    scopes: BTreeMap<ScopeId, Vec<usize>>,
}

impl<'a> ByScope<'a> {
    fn new(rows: &'a [CommitRow]) -> Self {
        let mut scopes: BTreeMap<ScopeId, Vec<usize>> = BTreeMap::new();
        for (at, row) in rows.iter().enumerate() {
            scopes.entry(row.scope).or_default().push(at);
        }
        Self { rows, scopes }
    }

    /// The rows a device may see, in their order.
    fn seen_by(&self, live: &Live) -> Vec<&'a CommitRow> {
        let mut seen: Vec<usize> = if self.scopes.len() <= live.scopes.len() {
            let seen = self.scopes.iter().filter(|(scope, _)| live.scopes.contains_key(scope));
            seen.flat_map(|(_, rows)| rows).copied().collect()
        } else {
            live.scopes.keys().filter_map(|scope| self.scopes.get(scope)).flatten().copied().collect()
        };
        seen.sort_unstable();
        seen.into_iter().filter_map(|at| self.rows.get(at)).collect()
    }
}

fn first_page(live: &Live, head: u64) -> Resume {
    let base = live.sent;
    let is_new = |granted: u64| base == 0 || granted > base;
    let scope = live.scopes.iter().find(|(_, granted)| is_new(**granted)).map(|(scope, _)| *scope);
    Resume { head, scope, after: 0 }
}

fn take_delta(live: &mut Live, to: u64, rows: Vec<DeltaRow>) -> Delta {
    live.sent = to;
    Delta { to, answers: answers_up_to(live, to), rows, resume: None, beyond: None }
}

/// Takes the answers that a device with all rows up to `to` understands, in order. A refusal comes with
/// the rows that it was decided on and not before: the device takes it to heart at once, and what builds
/// on it would vanish from the screen although others have made it possible since. What was accepted
/// waits on the device for its rows.
fn answers_up_to(live: &mut Live, to: u64) -> Vec<Answer> {
    let early = |answer: &Answer| answer.refusal.is_some() && answer.seq > to;
    let taken = live.answers.iter().position(early).unwrap_or(live.answers.len());
    let later = live.answers.split_off(taken);
    std::mem::replace(&mut live.answers, later)
}

fn delta_row(row: &CommitRow) -> DeltaRow {
    DeltaRow { key: row.key, scope: row.scope, seq: row.seq, body: row.body.clone() }
}

fn bytes_of(rows: &[&CommitRow]) -> usize {
    rows.iter().map(|row| 64 + row.body.as_ref().map_or(0, Vec::len)).sum()
}
