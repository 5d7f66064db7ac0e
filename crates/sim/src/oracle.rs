//! What the hub has on disk, followed from its commits, and what follows from that alone.

use crate::desk::Made;
use crate::law::{Run, broken};
use crate::laws;
use crate::model::{self, Map, Moment};
use domain::entity::{Device, Key};
use domain::{DeviceId, Mode, ProgramId, Row, RowKey, Table};
use protocol::client::SyncState;
use protocol::frame::{self, Answer, FromHub, Incoming};
use protocol::seal::Chain;
use protocol::sequencer::{Commit, CommitRow};
use std::collections::{BTreeMap, BTreeSet};

/// See the module documentation.
#[derive(Debug, Clone)]
pub(crate) struct Oracle {
    pub program: ProgramId,
    /// The present run; 0 before the first look.
    pub epoch: u64,
    /// Earlier runs of this history, and where each ended.
    pub runs: BTreeMap<u64, u64>,
    pub head: u64,
    /// Every row and tombstone.
    pub stored: BTreeMap<RowKey, CommitRow>,
    /// The live ones.
    pub rows: Map,
    pub chains: BTreeMap<DeviceId, Chain>,
    pub answers: BTreeMap<(DeviceId, u64), Answer>,
    /// What became of a mutation, by the end of the chain that leads to it.
    pub outcomes: BTreeMap<Key, Answer>,
    /// Devices that the hub had let in, and those that it had shut out, before its file was put back.
    lost: BTreeSet<DeviceId>,
    shut_out: BTreeSet<DeviceId>,
}

/// A mutation that a device has made, as it comes to the hub.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Brought<'m> {
    pub made: &'m Made,
    /// It may come without what it says: its person was told once that it, or what it builds on, was
    /// refused, or it was said where access has ended since.
    pub void: bool,
    /// That it was refused itself, wherever this device is installed.
    pub refused: bool,
}

impl Oracle {
    pub fn new(program: ProgramId) -> Self {
        Self {
            program,
            epoch: 0,
            runs: BTreeMap::new(),
            head: 0,
            stored: BTreeMap::new(),
            rows: Map::new(),
            chains: BTreeMap::new(),
            answers: BTreeMap::new(),
            outcomes: BTreeMap::new(),
            lost: BTreeSet::new(),
            shut_out: BTreeSet::new(),
        }
    }

    /// Takes whatever it finds next for granted. `epoch` is the run that ends with it.
    pub fn looks_anew(&mut self, epoch: u64) {
        self.runs.insert(self.epoch, self.head);
        self.runs.insert(epoch, self.head + 1);
        self.epoch = 0;
    }

    /// The hub was told that its runs say nothing.
    pub fn forgets_its_runs(&mut self) {
        self.runs.clear();
    }

    /// The hub's file is what it was at an earlier moment.
    pub fn is_put_back(&mut self, earlier: Self) {
        let devices = |rows: &Map| -> BTreeSet<DeviceId> {
            rows.keys().filter(|key| key.table == Table::Devices).map(|key| key.id.into()).collect()
        };
        let (mut lost, mut shut_out) = (devices(&self.rows), devices(&self.rows));
        lost.retain(|device| !earlier.knows(*device));
        shut_out.retain(|device| !self.admits(*device));
        lost.append(&mut self.lost);
        shut_out.append(&mut self.shut_out);
        *self = Self { lost, shut_out, ..earlier };
    }

    /// Whether what a device holds is part of the hub's history, so that it may go on from there.
    pub fn continues(&self, device: DeviceId, state: &SyncState) -> bool {
        let end = if state.epoch == self.epoch { Some(&self.head) } else { self.runs.get(&state.epoch) };
        let reached = state.resume.as_ref().map_or(state.cursor, |resume| resume.head.max(state.cursor));
        let answered = self.chains.get(&device).map_or(0, |chain| chain.n);
        end.is_some_and(|end| reached <= *end) && state.answered <= answered
    }

    /// Whether the hub had let a device in and lost that. What it said then may still be on its way.
    pub fn has_lost(&self, device: DeviceId) -> bool {
        self.lost.contains(&device)
    }

    /// Whether the hub had shut a device out and lost that.
    pub fn had_shut_out(&self, device: DeviceId) -> bool {
        self.shut_out.contains(&device)
    }

    /// The file as a hub that starts finds it: all that was committed has to be there.
    pub fn found(&mut self, epoch: u64, head: u64, rows: Vec<CommitRow>) -> Run {
        let rows: BTreeMap<RowKey, CommitRow> = rows.into_iter().map(|row| (row.key, row)).collect();
        if self.epoch == 0 {
            // The first look.
            (self.epoch, self.head) = (epoch, head);
            self.rows = rows.values().filter_map(live).collect();
            self.stored = rows;
            return Ok(());
        }
        if head != self.head {
            return broken(
                "I2",
                format!("the hub committed up to {} and finds {head} after its start", self.head),
            );
        }
        let keys: BTreeSet<&RowKey> = rows.keys().chain(self.stored.keys()).collect();
        for key in keys {
            if rows.get(key) != self.stored.get(key) {
                return broken("I2", format!("the hub committed {key:?} and finds another after its start"));
            }
        }
        self.runs.insert(self.epoch, self.head);
        self.epoch = epoch;
        Ok(())
    }

    /// Checks a frame that leaves the hub for a device.
    pub fn sent(&self, device: DeviceId, bytes: &[u8]) -> Run {
        let Ok(Incoming::Known(frame)) = frame::decode::<FromHub>(bytes) else {
            return broken("I13", "the hub sends what is no frame");
        };
        let (answers, rows) = match &frame {
            FromHub::Welcome(welcome) => (&welcome.answers, [].as_slice()),
            FromHub::Delta(delta) => (&delta.answers, delta.rows.as_slice()),
            _ => return Ok(()),
        };
        for answer in answers {
            if self.answers.get(&(device, answer.n)) != Some(answer) {
                return broken(
                    "I2",
                    format!("mutation {} is answered but the answer is not on disk", answer.n),
                );
            }
        }
        let Some(actor) = model::actor(&self.rows, device) else {
            return broken("I7", "a frame leaves for a device that was shut out");
        };
        let scopes = model::scopes(&self.rows, &actor);
        match rows.iter().find(|row| !scopes.contains_key(&row.scope)) {
            Some(row) => broken("I7", format!("{:?} of {} leaves for somebody outside", row.key, row.scope)),
            None => Ok(()),
        }
    }

    /// Checks a frame that still waited at the hub and leaves it now.
    pub fn arrives(&self, device: DeviceId, bytes: &[u8]) -> Run {
        let Ok(Incoming::Known(FromHub::Delta(delta))) = frame::decode::<FromHub>(bytes) else {
            return Ok(());
        };
        let Some(actor) = model::actor(&self.rows, device) else {
            return broken("I7", "what waited for a device leaves although it was shut out meanwhile");
        };
        let scopes = model::scopes(&self.rows, &actor);
        match delta.rows.iter().find(|row| !scopes.contains_key(&row.scope)) {
            Some(row) => broken(
                "I7",
                format!("{:?} of {} waited, and leaves although access ended", row.key, row.scope),
            ),
            None => Ok(()),
        }
    }

    /// Follows a commit. `made` finds a mutation by its device's chain.
    pub fn committed<'m>(
        &mut self,
        commit: &Commit,
        made: impl Fn(DeviceId, &Chain, u64) -> Option<Brought<'m>>,
    ) -> Run {
        if commit.base != self.head || commit.head < commit.base {
            return broken(
                "I2",
                format!("a commit goes from {} although the head is {}", commit.base, self.head),
            );
        }
        let mut rows = self.rows.clone();
        let mut seq = commit.base;
        let from = |seq: u64| commit.rows.iter().filter(move |row| row.seq == seq);
        for (device, answer) in &commit.answers {
            let before = self.chains.get(device).map_or(0, |chain| chain.n);
            let Some(chain) = commit.chains.get(device) else {
                return broken("I4", "an answer is stored without the chain it belongs to");
            };
            if self.answers.contains_key(&(*device, answer.n)) || answer.n <= before || answer.n > chain.n {
                return broken(
                    "I4",
                    format!("mutation {} is decided a second time or out of turn", answer.n),
                );
            }
            let Some(Brought { made, void: may_be_void, refused }) = made(*device, chain, answer.n) else {
                return broken("I4", format!("mutation {} is decided, but nobody made it", answer.n));
            };
            // Whoever joined in this batch did so without an answer: their rows are taken as they are.
            while seq + 1 < answer.seq || (answer.refusal.is_some() && seq < answer.seq) {
                seq += 1;
                adopt(&mut rows, from(seq));
            }
            let moment = Moment {
                mode: Mode::Authoritative,
                program: self.program,
                actor: model::actor(&rows, *device),
                now: answer.at,
                seq: seq + 1,
            };
            let Some(actor) = moment.actor.clone() else {
                return broken(
                    "I7",
                    format!("mutation {} of a device that was shut out is decided", answer.n),
                );
            };
            let name = made.mutation.name();
            let void = answer.refusal.as_ref() == Some(&protocol::sequencer::refused_before());
            if void && !may_be_void {
                return broken("I2", format!("{name} is given up, and nobody had refused it"));
            }
            if refused && answer.refusal.is_none() {
                return broken("I12", format!("{name} was refused, and comes back by itself"));
            }
            match (model::decide(&rows, moment, &made.mutation), &answer.refusal) {
                (Ok(changes), None) => {
                    let before = rows.clone();
                    if !changes.is_empty() {
                        seq += 1;
                    }
                    for change in changes {
                        let row = CommitRow { key: change.key, scope: change.scope, seq, body: change.body };
                        adopt(&mut rows, std::iter::once(&row));
                    }
                    laws::of_change(&before, &rows, &actor, &made.mutation)?;
                }
                (_, Some(_)) if void => {}
                (Err(_), Some(refusal)) => laws::of_refusal(&rows, &actor, &made.mutation, refusal)?,
                (Ok(_), Some(refusal)) => {
                    return broken(
                        "I5",
                        format!("{name} is refused ({}) though it is valid", refusal.message),
                    );
                }
                (Err(refusal), None) => {
                    return broken(
                        "I5",
                        format!("{name} is accepted though it is not valid: {}", refusal.message),
                    );
                }
            }
            self.answers.insert((*device, answer.n), answer.clone());
            self.outcomes.insert(made.hash, answer.clone());
        }
        while seq < commit.head {
            seq += 1;
            adopt(&mut rows, from(seq));
        }
        for row in &commit.rows {
            if rows.get(&row.key) != live(row).map(|(_, row)| row).as_ref() {
                return broken("I1", format!("{:?} is not committed as the rules would have it", row.key));
            }
            self.stored.insert(row.key, row.clone());
        }
        for key in rows.keys().filter(|key| rows.get(key) != self.rows.get(key)) {
            if !commit.rows.iter().any(|row| row.key == *key) {
                return broken("I1", format!("a change of {key:?} is missing from the commit"));
            }
        }
        self.rows = rows;
        self.head = commit.head;
        self.chains.extend(commit.chains.iter().map(|(device, chain)| (*device, *chain)));
        laws::of_state(&self.rows)
    }

    /// Whether a device is known and not shut out.
    pub fn admits(&self, device: DeviceId) -> bool {
        model::actor(&self.rows, device).is_some()
    }

    /// Whether a device was ever let in.
    pub fn knows(&self, device: DeviceId) -> bool {
        self.rows.contains_key(&RowKey::of::<Device>(device))
    }
}

fn live(row: &CommitRow) -> Option<(RowKey, Row)> {
    let body = row.body.clone()?;
    Some((row.key, Row { key: row.key, scope: row.scope, seq: row.seq, body }))
}

fn adopt<'r>(rows: &mut Map, changed: impl Iterator<Item = &'r CommitRow>) {
    for row in changed {
        match live(row) {
            Some((key, row)) => drop(rows.insert(key, row)),
            None => drop(rows.remove(&row.key)),
        }
    }
}
