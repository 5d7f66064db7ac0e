//! One batch: tasks in the order of their arrival, decided against rows that are read as needed and
//! carry the changes of the tasks before.

use super::access::{self, Resolved};
use super::connection::Verified;
use super::{Commit, CommitRow, ConnectionId, DeviceRecord, Founding, HubEffect, Load, Loaded, Sequencer};
use crate::frame::{Answer, FromHub, Hello, Join, Reason, Sealed, Welcome};
use crate::link::Token;
use crate::seal::{self, Chain};
use domain::entity::{Key, Program, grants_of};
use domain::row::{has_lookups, lookups_of};
use domain::{
    Actor, Context, DeviceId, LookupKey, Mode, Mutate, Mutation, ReadSet, Refusal, Row, RowChange, RowKey,
    Rows, Rule, ScopeId, Table, Timestamp,
};
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Most times one task may ask for more rows.
const ROUNDS_MAX: u32 = 6;
/// Rows that stay in memory between batches; with more than this, some are read afresh.
const DIRECTORY_MAX: usize = 100_000;

/// Something to decide.
#[derive(Debug)]
pub(super) enum Task {
    Hello {
        connection: ConnectionId,
        hello: Box<Hello>,
    },
    Sealed {
        connection: ConnectionId,
        device: DeviceId,
        sealed: Box<Sealed>,
        verified: Option<Box<Verified>>,
        mutation: Box<Result<Mutation, Refusal>>,
    },
    Inspect {
        connection: ConnectionId,
        token: Token,
    },
    Join {
        connection: ConnectionId,
        join: Box<Join>,
        mutation: Box<Result<Mutation, Refusal>>,
    },
}

impl Task {
    pub fn sealed(
        connection: ConnectionId,
        device: DeviceId,
        sealed: Sealed,
        verified: Option<Verified>,
    ) -> Self {
        let read = || match sealed.void {
            None => Mutation::from_payload(&sealed.header.name, &sealed.payload),
            Some(_) => Err(refused_before()),
        };
        let mutation = read().and_then(|mutation| {
            if mutation.lane() == sealed.header.lane {
                Ok(mutation)
            } else {
                Err(Refusal::new(Rule::Unreadable, "The change does not belong to the lane it names."))
            }
        });
        let (sealed, verified) = (Box::new(sealed), verified.map(Box::new));
        Self::Sealed { connection, device, sealed, verified, mutation: Box::new(mutation) }
    }

    pub fn join(connection: ConnectionId, join: Join) -> Self {
        let mutation = Mutation::from_payload(&join.name, &join.payload);
        Self::Join { connection, join: Box::new(join), mutation: Box::new(mutation) }
    }

    pub fn connection(&self) -> ConnectionId {
        match self {
            Self::Hello { connection, .. }
            | Self::Sealed { connection, .. }
            | Self::Inspect { connection, .. }
            | Self::Join { connection, .. } => *connection,
        }
    }
}

/// What a hub answers to a mutation that is to have no effect, see [`Sealed::void`].
pub fn refused_before() -> Refusal {
    Refusal::new(Rule::WrongState, "This was refused before and has no effect.")
}

/// What happens once a batch is on disk.
#[derive(Debug)]
pub(super) enum After {
    /// Write a frame.
    Send(ConnectionId, Box<FromHub>),
    /// Hang up.
    HangUp(ConnectionId, Reason, &'static str),
    /// Let a device in.
    Enter(ConnectionId, Box<Welcome>, Box<Hello>),
    /// Answer a mutation of a device, by the line it came on or the one that took its place.
    Answer(ConnectionId, DeviceId, Answer),
}

/// See the module documentation.
#[derive(Debug)]
pub(super) struct Batch {
    tasks: VecDeque<Task>,
    rounds: u32,
    all_connections: BTreeSet<ConnectionId>,
    pub rows: Rows,
    pub devices: BTreeMap<DeviceId, DeviceRecord>,
    pub founding: BTreeMap<Key, Founding>,
    pub changed: BTreeMap<RowKey, CommitRow>,
    /// What came into `rows` with this batch and goes with it, see [`Batch::lasting`].
    passing: (Vec<RowKey>, Vec<LookupKey>),
    pub commit: Commit,
    pub after: Vec<After>,
}

/// Puts a changed row over what was read, and into the lookups that were made.
fn put(rows: &mut Rows, changed: &CommitRow) {
    let CommitRow { key, scope, seq, body } = changed;
    if domain::planted!(MembershipCached)
        && key.table == Table::Devices
        && matches!(rows.row(key), Ok(Some(_)))
    {
        return;
    }
    let before = rows.row(key).ok().flatten().map(|row| lookups_of(*key, &row.body));
    let after = body.as_deref().map(|body| lookups_of(*key, body)).unwrap_or_default();
    for lookup in before.iter().flatten().filter(|lookup| !after.contains(lookup)) {
        rows.relink(lookup, *key, false);
    }
    for lookup in &after {
        rows.relink(lookup, *key, true);
    }
    let row = body.clone().map(|body| Row { key: *key, scope: *scope, seq: *seq, body });
    rows.insert(*key, row);
}

/// Whether a row is of those that nearly every batch needs.
fn is_lasting(key: &RowKey) -> bool {
    matches!(
        key.table,
        Table::Programs | Table::Organizations | Table::Members | Table::Devices | Table::Grants
    )
}

/// Whether a task was decided.
pub(super) enum Step {
    Done,
    Needs(Load),
}

impl Batch {
    pub fn new(tasks: VecDeque<Task>, head: u64) -> Self {
        Self {
            all_connections: tasks.iter().map(Task::connection).collect(),
            tasks,
            rounds: 0,
            rows: Rows::default(),
            devices: BTreeMap::new(),
            founding: BTreeMap::new(),
            changed: BTreeMap::new(),
            passing: (Vec::new(), Vec::new()),
            commit: Commit { base: head, head, ..Commit::default() },
            after: Vec::new(),
        }
    }

    pub fn connections(&self) -> BTreeSet<ConnectionId> {
        self.all_connections.clone()
    }

    pub fn take_in(&mut self, loaded: Loaded) {
        let mut rows = loaded.rows;
        // What was read is older than what the tasks before have written.
        for row in self.changed.values() {
            if rows.knows(&row.key) || has_lookups(row.key.table) {
                put(&mut rows, row);
            }
        }
        self.passing.0.extend(rows.keys().filter(|key| !is_lasting(key)));
        self.passing.1.extend(rows.lookups().cloned());
        self.rows.extend(rows);
        self.devices.extend(loaded.devices);
        self.founding.extend(loaded.founding);
    }

    /// Takes over the changes of one mutation, so that the next one sees them.
    pub fn write(&mut self, changes: Vec<RowChange>) {
        if changes.is_empty() {
            return;
        }
        self.commit.head += 1;
        let seq = self.commit.head;
        for change in changes {
            let RowChange { key, scope, body } = change;
            let row = CommitRow { key, scope, seq, body };
            if !domain::planted!(BatchBlind) {
                put(&mut self.rows, &row);
                self.passing.0.extend((!is_lasting(&key)).then_some(key));
            }
            self.changed.insert(key, row);
        }
    }

    /// What is worth keeping in memory of the rows. Only what is new is looked at: there may be a hundred
    /// thousand others, and a batch may be one message.
    pub fn lasting(&mut self) -> Rows {
        let mut rows = std::mem::take(&mut self.rows);
        let (keys, lookups) = std::mem::take(&mut self.passing);
        keys.iter().for_each(|key| rows.forget(key));
        lookups.iter().for_each(|lookup| rows.forget_lookup(lookup, is_lasting));
        if rows.len() > DIRECTORY_MAX {
            // People are needed by every batch, grants by those of their deal.
            rows = rows.retain(|key| key.table != Table::Grants);
        }
        if rows.len() > DIRECTORY_MAX { Rows::default() } else { rows }
    }

    fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.commit.chains.is_empty() && self.commit.answers.is_empty()
    }
}

impl Sequencer {
    /// Begins a batch: asks in one go for what its tasks are known to need.
    pub(super) fn start(&mut self, now: Timestamp, mut batch: Batch, effects: &mut Vec<HubEffect>) {
        batch.rows = std::mem::take(&mut self.directory);
        let tasks = std::mem::take(&mut batch.tasks);
        let mut load = Load::default();
        for task in &tasks {
            load.extend(self.foresee(now, task, &batch));
        }
        batch.tasks = tasks;
        if load.is_empty() {
            self.work(now, batch, effects);
        } else {
            self.batch = Some(batch);
            effects.push(HubEffect::Load(load));
        }
    }

    /// What a task needs, as far as it can be told before the tasks ahead of it are decided.
    fn foresee(&self, now: Timestamp, task: &Task, batch: &Batch) -> Load {
        let mut load = Load::default();
        match task {
            Task::Hello { hello, .. } => {
                load.devices.insert(hello.device, self.answered(hello));
                load.reads = ReadSet::default()
                    .row::<domain::entity::Device>(hello.device)
                    .row::<Program>(self.program)
                    .missing_from(&batch.rows);
            }
            Task::Sealed { device, mutation, .. } => {
                if self.chain_of(*device, batch).is_none() {
                    load.devices.insert(*device, u64::MAX);
                }
                load.reads = ReadSet::default().row::<Program>(self.program).missing_from(&batch.rows);
                if let (Resolved::Actor(actor), Ok(mutation)) =
                    (access::resolve(*device, &batch.rows), mutation.as_ref())
                {
                    let ctx = self.context(Some(actor.clone()), now, self.head + 1);
                    access::holds(&actor, mutation.lane(), &batch.rows, &mut load.reads);
                    load.reads.extend(mutation.reads(&ctx, &Rows::default()).missing_from(&batch.rows));
                }
            }
            Task::Inspect { token, .. } => load.founding.push(seal::token_hash(token)),
            Task::Join { join, .. } => load.founding.push(seal::token_hash(&join.token)),
        }
        load
    }

    /// Decides task after task until rows are missing or the batch is done.
    pub(super) fn work(&mut self, now: Timestamp, mut batch: Batch, effects: &mut Vec<HubEffect>) {
        while let Some(task) = batch.tasks.pop_front() {
            match self.decide(now, &task, &mut batch) {
                Step::Done => batch.rounds = 0,
                Step::Needs(load) => {
                    if domain::planted!(LaneOvertaking) {
                        batch.tasks.push_back(task);
                    } else {
                        batch.tasks.push_front(task);
                    }
                    batch.rounds += 1;
                    self.batch = Some(batch);
                    effects.push(HubEffect::Load(load));
                    return;
                }
            }
        }
        let finished = batch.is_empty();
        let mut commit = std::mem::take(&mut batch.commit);
        commit.rows = batch.changed.values().cloned().collect();
        let head = commit.head;
        batch.commit = Commit { base: commit.base, head, ..Commit::default() };
        batch.commit.chains = commit.chains.clone();
        self.batch = Some(batch);
        if finished || domain::planted!(AckBeforeCommit) {
            self.committed(now, effects);
        }
        if !finished {
            effects.push(HubEffect::Commit(commit));
        }
    }

    fn decide(&mut self, now: Timestamp, task: &Task, batch: &mut Batch) -> Step {
        match task {
            Task::Hello { connection, hello } => self.hello(now, *connection, hello, batch),
            Task::Sealed { connection, device, sealed, verified, mutation } => {
                self.sealed(now, (*connection, *device), sealed, verified.as_deref(), mutation, batch)
            }
            Task::Inspect { connection, token } => self.inspect(now, *connection, token, batch),
            Task::Join { connection, join, mutation } => self.join(now, *connection, join, mutation, batch),
        }
    }

    pub(super) fn context(&self, actor: Option<Actor>, now: Timestamp, seq: u64) -> Context {
        Context { mode: Mode::Authoritative, program: self.program, actor, now, seq }
    }

    /// Signs a device in.
    fn hello(&self, now: Timestamp, connection: ConnectionId, hello: &Hello, batch: &mut Batch) -> Step {
        let Some(open) = self.connections.get(&connection) else { return Step::Done };
        let mut refuse = |reason, message| {
            batch.after.push(After::HangUp(connection, reason, message));
            Step::Done
        };
        let actor = match access::resolve(hello.device, &batch.rows) {
            Resolved::Missing(reads) => {
                if batch.rounds > ROUNDS_MAX {
                    return refuse(Reason::Busy, "The hub could not read its records.");
                }
                return Step::Needs(Load { reads, ..Load::default() });
            }
            Resolved::Nobody => {
                let known = matches!(batch.rows.get::<domain::entity::Device>(hello.device), Ok(Some(_)));
                return if known {
                    refuse(Reason::Revoked, "This device no longer has access to the program.")
                } else {
                    refuse(Reason::UnknownDevice, "This hub does not know the device.")
                };
            }
            Resolved::Actor(actor) => actor,
        };
        let grants = grants_of(actor.organization);
        if !batch.rows.knows_lookup(&grants) && batch.rounds <= ROUNDS_MAX {
            return Step::Needs(Load { reads: ReadSet::default().lookup(grants), ..Load::default() });
        }
        let key =
            batch.rows.get::<domain::entity::Device>(hello.device).ok().flatten().map(|device| device.key);
        let signed = seal::hello_bytes(self.program, hello.device, &open.nonce);
        if !key.is_some_and(|key| seal::verify(&key, &signed, &hello.signature)) {
            return refuse(Reason::UnknownDevice, "The signature is not the device's.");
        }
        let Some(record) = batch.devices.get(&hello.device) else {
            let devices = BTreeMap::from([(hello.device, self.answered(hello))]);
            return Step::Needs(Load { devices, ..Load::default() });
        };
        let chain =
            self.chain_of(hello.device, batch).unwrap_or_else(|| Chain::start(self.program, hello.device));
        let mut answers = record.answers.clone();
        // What an older connection of the device brought in this very batch.
        answers.extend(
            batch
                .commit
                .answers
                .iter()
                .filter(|(of, _)| *of == hello.device && !domain::planted!(BatchAnswersForgotten))
                .map(|(_, a)| a.clone()),
        );
        let answered = self.answered(hello);
        answers.retain(|answer| answer.n > answered);
        let again_after = answers.first().filter(|_| answered < hello.answered).map(|answer| answer.n - 1);
        let welcome = Welcome {
            proto: hello.proto,
            epoch: self.epoch,
            head: batch.commit.head,
            last_n: chain.n,
            chain: chain.hash,
            answers,
            now,
            start_over: false,
            lease_days: batch
                .rows
                .get::<Program>(self.program)
                .ok()
                .flatten()
                .map(|program| program.lease_days()),
            again_after,
        };
        batch.after.push(After::Enter(connection, Box::new(welcome), Box::new(hello.clone())));
        Step::Done
    }

    /// The last own mutation of which a device knows what this hub has answered. A run the hub knows nothing
    /// of is a branch that somebody has put an older, or a longer, history in place of: it may have decided
    /// differently.
    fn answered(&self, hello: &Hello) -> u64 {
        let known = [0, self.epoch].contains(&hello.epoch) || self.past.runs.contains_key(&hello.epoch);
        if known { hello.answered } else { 0 }
    }

    /// The end of a device's chain as far as it is in memory.
    fn chain_of(&self, device: DeviceId, batch: &Batch) -> Option<Chain> {
        let start = || Chain::start(self.program, device);
        let loaded = || batch.devices.get(&device).map(|record| record.chain.unwrap_or_else(start));
        batch.commit.chains.get(&device).or_else(|| self.chains.get(&device)).copied().or_else(loaded)
    }

    /// Decides one sealed mutation.
    fn sealed(
        &mut self,
        now: Timestamp,
        (connection, device): (ConnectionId, DeviceId),
        sealed: &Sealed,
        verified: Option<&Verified>,
        mutation: &Result<Mutation, Refusal>,
        batch: &mut Batch,
    ) -> Step {
        let Some(chain) = self.chain_of(device, batch) else {
            let devices = BTreeMap::from([(device, u64::MAX)]);
            return Step::Needs(Load { devices, ..Load::default() });
        };
        if sealed.header.n <= chain.n && !domain::planted!(DuplicateIsFork) {
            // Decided before; its answer went out with the welcome or on this connection.
            return Step::Done;
        }
        let actor = match access::resolve(device, &batch.rows) {
            Resolved::Missing(reads) if batch.rounds <= ROUNDS_MAX => {
                return Step::Needs(Load { reads, ..Load::default() });
            }
            Resolved::Actor(actor) => actor,
            Resolved::Missing(_) | Resolved::Nobody => {
                let message = "This device no longer has access to the program.";
                batch.after.push(After::HangUp(connection, Reason::Revoked, message));
                return Step::Done;
            }
        };
        let key = batch.rows.get::<domain::entity::Device>(device).ok().flatten().map(|device| device.key);
        let known = verified.filter(|verified| verified.before == chain && Some(verified.key) == key);
        let next = match known {
            Some(verified) => Some(verified.after),
            None => key.and_then(|key| chain.continued(sealed, &key)),
        };
        let Some(next) = next else {
            let message = "The device's history does not continue what this hub has of it.";
            batch.after.push(After::HangUp(connection, Reason::Forked, message));
            return Step::Done;
        };
        let at = if self.is_demo(&batch.rows) { sealed.header.at.min(now) } else { now };
        let decided = match mutation {
            Err(refusal) => Err(refusal.clone()),
            Ok(mutation) => match self.judge(at, &actor, mutation, batch) {
                Judged::Needs(load) if batch.rounds <= ROUNDS_MAX => return Step::Needs(load),
                Judged::Needs(_) => Err(Refusal::new(
                    Rule::UndeclaredRead,
                    "This change asks for too much and cannot be decided.",
                )),
                Judged::Decided(decided) => decided,
            },
        };
        let refusal = match decided {
            Ok(changes) => {
                batch.write(changes);
                None
            }
            Err(refusal) => Some(refusal),
        };
        let answer = Answer { n: next.n, seq: batch.commit.head, refusal, at };
        batch.commit.chains.insert(device, next);
        batch.commit.answers.push((device, answer.clone()));
        batch.after.push(After::Answer(connection, device, answer));
        Step::Done
    }

    fn is_demo(&self, rows: &Rows) -> bool {
        self.settings.allow_demo
            && matches!(rows.get::<Program>(self.program), Ok(Some(program)) if program.demo)
    }

    /// Applies the rules of `domain`, after checking that the member holds the lane, and before the
    /// result is accepted that it stays within what the member may write.
    fn judge(&self, at: Timestamp, actor: &Actor, mutation: &Mutation, batch: &Batch) -> Judged {
        let mut load = Load::default();
        let lane = mutation.lane();
        if !mutation.opens_lane() {
            match access::holds(actor, lane, &batch.rows, &mut load.reads) {
                None => return Judged::Needs(load),
                Some(true) => {}
                Some(false) => {
                    return Judged::Decided(Err(Refusal::new(
                        Rule::NotInScope,
                        "You no longer have access to this.",
                    )));
                }
            }
        }
        let ctx = self.context(Some(actor.clone()), at, batch.commit.head + 1);
        let mut seen = Rows::default();
        for _ in 0..3 {
            let reads = mutation.reads(&ctx, &seen).missing_from(&seen);
            if reads.is_empty() {
                break;
            }
            access::copy_visible(reads, Some(actor), &batch.rows, &mut seen, &mut load);
            if !load.is_empty() {
                return Judged::Needs(load);
            }
        }
        let changes = match mutation.apply(&ctx, &seen) {
            Ok(changes) => changes,
            Err(refusal) => return Judged::Decided(Err(refusal)),
        };
        for change in &changes {
            // What the rules wrote must not move a row to another scope, nor reach a scope the
            // member does not hold; grants are the one way to let others in.
            match batch.rows.row(&change.key) {
                Err(_) => {
                    load.reads.keys.insert(change.key);
                    continue;
                }
                Ok(Some(row)) if row.scope != change.scope => return Judged::Decided(Err(out_of_bounds())),
                Ok(_) => {}
            }
            // Only what does not exist yet can be opened: an id of somebody else's is no way in.
            let fresh = matches!(batch.rows.row(&change.key), Ok(None));
            let free = change.scope == ScopeId::Hub
                || change.key.table == Table::Grants
                || (mutation.opens_lane() && change.scope == lane && fresh);
            if !free {
                match access::holds(actor, change.scope, &batch.rows, &mut load.reads) {
                    Some(true) | None => {}
                    Some(false) => return Judged::Decided(Err(out_of_bounds())),
                }
            }
        }
        if load.is_empty() { Judged::Decided(Ok(changes)) } else { Judged::Needs(load) }
    }
}

enum Judged {
    Needs(Load),
    Decided(Result<Vec<RowChange>, Refusal>),
}

fn out_of_bounds() -> Refusal {
    Refusal::new(Rule::NotAllowed, "This change reaches beyond what you may change.")
}
