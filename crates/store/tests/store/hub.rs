//! A hub in memory: one ordered history, decided by the rules of `domain`.

use domain::codec::Entity;
use domain::entity::{Device, Grant, Member, Organization, grant_id};
use domain::row::lookups_of;
use domain::*;
use protocol::frame::{Answer, Delta, DeltaRow, Resume, Sealed};
use protocol::seal::Chain;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// A row of the hub; a tombstone when it has no body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HubRow {
    pub scope: ScopeId,
    pub seq: u64,
    pub body: Option<Vec<u8>>,
}

#[derive(Clone)]
pub struct Hub {
    pub program: ProgramId,
    pub epoch: u64,
    /// Earlier runs.
    pub runs: BTreeSet<u64>,
    pub head: u64,
    pub rows: BTreeMap<RowKey, HubRow>,
    pub chains: BTreeMap<DeviceId, Chain>,
    answers: BTreeMap<DeviceId, Vec<Answer>>,
    /// Everything that was ever sent, also to a hub that was restored since.
    pub sent: BTreeMap<(DeviceId, u64), Vec<u8>>,
    now: i64,
}

/// Where a row stands in a catch-up: grants, new scopes, the tail.
type Place = (u8, Option<ScopeId>, u64, RowKey);

impl Hub {
    pub fn new(program: ProgramId) -> Self {
        Self {
            program,
            epoch: 7,
            runs: BTreeSet::new(),
            head: 0,
            rows: BTreeMap::new(),
            chains: BTreeMap::new(),
            answers: BTreeMap::new(),
            sent: BTreeMap::new(),
            now: 1_800_000_000_000,
        }
    }

    pub fn passes_days(&mut self, days: i64) {
        self.now += days * 86_400_000;
    }

    pub fn now(&self) -> Timestamp {
        Timestamp(self.now)
    }

    pub fn get<E: Entity>(&self, id: impl Into<Uuid>) -> Option<E> {
        let row = self.rows.get(&RowKey::of::<E>(id))?;
        row.body.as_ref().map(|body| E::from_body(body).unwrap())
    }

    pub fn actor(&self, device: DeviceId) -> Option<Actor> {
        let found: Device = self.get(device)?;
        let member: Member = self.get(found.member)?;
        let organization: Organization = self.get(member.organization)?;
        if found.revoked_at.is_some() || member.left_at.is_some() {
            return None;
        }
        Some(Actor {
            member: found.member,
            organization: member.organization,
            side: organization.side,
            role: member.role,
            device,
        })
    }

    /// Scopes an actor holds, with the sequence number since when.
    pub fn scopes(&self, actor: &Actor) -> BTreeMap<ScopeId, u64> {
        let mut scopes: BTreeMap<_, _> = actor.own_scopes().into_iter().map(|scope| (scope, 0)).collect();
        for (key, row) in &self.rows {
            let Some(body) = row.body.as_ref().filter(|_| key.table == Table::Grants) else { continue };
            let grant = Grant::from_body(body).unwrap();
            if grant.organization == actor.organization {
                scopes.insert(grant.scope, row.seq);
            }
        }
        scopes
    }

    /// Decides a mutation; `None` acts for the two by which a device comes into being.
    pub fn decide(&mut self, actor: Option<&Actor>, mutation: &Mutation) -> Result<(), Refusal> {
        self.now += 1_000;
        let ctx = Context {
            mode: Mode::Authoritative,
            program: self.program,
            actor: actor.cloned(),
            now: self.now(),
            seq: self.head + 1,
        };
        let scopes: Option<BTreeSet<_>> = actor.map(|actor| self.scopes(actor).into_keys().collect());
        if let Some(scopes) = &scopes
            && !mutation.opens_lane()
            && !scopes.contains(&mutation.lane())
        {
            return Err(Refusal::new(Rule::NotInScope, "You do not have access to this (any more)."));
        }
        let mut seen = Rows::default();
        for _ in 0..3 {
            let reads = mutation.reads(&ctx, &seen).missing_from(&seen);
            let mut keys = reads.keys;
            for lookup in reads.lookups {
                let under = |(key, row): (&RowKey, &HubRow)| {
                    let body = row.body.as_ref()?;
                    lookups_of(*key, body).contains(&lookup).then_some(*key)
                };
                let found: Vec<RowKey> = self.rows.iter().filter_map(under).collect();
                keys.extend(&found);
                seen.insert_lookup(lookup, found);
            }
            for key in keys {
                let visible = |row: &&HubRow| {
                    row.scope == ScopeId::Hub
                        || scopes.as_ref().is_none_or(|scopes| scopes.contains(&row.scope))
                };
                let row = self.rows.get(&key).filter(visible).and_then(|row| {
                    Some(Row { key, scope: row.scope, seq: row.seq, body: row.body.clone()? })
                });
                seen.insert(key, row);
            }
        }
        let changes = mutation.apply(&ctx, &seen)?;
        let moved =
            |change: &RowChange| self.rows.get(&change.key).is_some_and(|row| row.scope != change.scope);
        assert!(!changes.iter().any(moved), "a row never changes its scope");
        if !changes.is_empty() {
            self.head += 1;
        }
        for RowChange { key, scope, body } in changes {
            self.rows.insert(key, HubRow { scope, seq: self.head, body });
        }
        Ok(())
    }

    /// Takes mutations of a device, verifying its chain.
    pub fn push(&mut self, device: DeviceId, sealed: &[Sealed]) -> Vec<Answer> {
        let mut answers = Vec::new();
        let key = self.get::<Device>(device).map(|device| device.key);
        for sealed in sealed {
            let chain =
                self.chains.get(&device).copied().unwrap_or_else(|| Chain::start(self.program, device));
            if sealed.header.n <= chain.n {
                continue;
            }
            let next =
                chain.continued(sealed, &key.unwrap()).expect("the next of the chain, signed by the device");
            self.chains.insert(device, next);
            if sealed.void.is_none() {
                self.sent.insert((device, next.n), sealed.payload.clone());
            }
            let refusal = match Mutation::from_payload(&sealed.header.name, &sealed.payload) {
                _ if sealed.void.is_some() => Some(Refusal::new(Rule::WrongState, "Void.")),
                Ok(mutation) => {
                    assert_eq!(mutation.lane(), sealed.header.lane);
                    let actor = self.actor(device).expect("somebody acts");
                    self.decide(Some(&actor), &mutation).err()
                }
                Err(refusal) => Some(refusal),
            };
            answers.push(Answer { n: next.n, seq: self.head, refusal, at: self.now() });
        }
        self.answers.entry(device).or_default().extend(answers.clone());
        answers
    }

    /// Answers a device has not seen.
    pub fn answers_after(&self, device: DeviceId, n: u64) -> Vec<Answer> {
        let answers = self.answers.get(&device).into_iter().flatten();
        answers.filter(|answer| answer.n > n).cloned().collect()
    }

    /// The next page of what a device at `cursor` lacks.
    pub fn page(
        &self,
        device: DeviceId,
        cursor: u64,
        resume: Option<&Resume>,
        answers: Vec<Answer>,
        limit: usize,
    ) -> Delta {
        let actor = self.actor(device).expect("somebody acts");
        let scopes = self.scopes(&actor);
        let head = resume.map_or(self.head, |resume| resume.head);
        let mut places: Vec<(Place, &HubRow)> = Vec::new();
        for (key, row) in &self.rows {
            let Some(since) = scopes.get(&row.scope) else { continue };
            let is_new = cursor == 0 || *since > cursor;
            if row.seq > head || (is_new && (row.body.is_none() || *since > head)) {
                continue;
            }
            if is_new {
                places.push(((1, Some(row.scope), row.seq, *key), row));
            } else if row.seq > cursor {
                let phase = if key.table == Table::Grants { 0 } else { 2 };
                places.push(((phase, None, row.seq, *key), row));
            }
        }
        places.sort_by_key(|(place, _)| *place);
        if let Some(resume) = resume {
            // Rows of one transaction share a number and are never torn apart, so a number is a place.
            let phase = if resume.scope.is_some() { 1 } else { 2 };
            let reached =
                |(at, _): &(Place, &HubRow)| (at.0, at.1, at.2) > (phase, resume.scope, resume.after);
            places.retain(reached);
        }
        let mut limit = limit.min(places.len());
        while limit < places.len() {
            let (last, next) = (&places[limit.max(1) - 1].0, &places[limit].0);
            if limit > 0 && last.0 > 0 && (last.0, last.1, last.2) != (next.0, next.1, next.2) {
                break;
            }
            limit += 1;
        }
        let resume = (limit < places.len()).then(|| {
            let last = &places[limit - 1].0;
            Resume { head, scope: last.1, after: last.2 }
        });
        let rows = places[..limit].iter().map(|(place, row)| DeltaRow {
            key: place.3,
            scope: row.scope,
            seq: row.seq,
            body: row.body.clone(),
        });
        let beyond = (resume.is_none() && head < self.head).then_some(self.head);
        Delta { to: head, answers, rows: rows.collect(), resume, beyond }
    }

    /// What a device should hold once it has caught up.
    pub fn visible(&self, device: DeviceId) -> BTreeMap<RowKey, HubRow> {
        let scopes = self.actor(device).map(|actor| self.scopes(&actor)).unwrap_or_default();
        let visible = |(_, row): &(&RowKey, &HubRow)| row.body.is_some() && scopes.contains_key(&row.scope);
        self.rows.iter().filter(visible).map(|(key, row)| (*key, row.clone())).collect()
    }

    /// What a hub is that has lost its disk and got a backup in its place.
    pub fn restored_from(&self, backup: &Self) -> Self {
        let runs = backup.runs.iter().chain([&backup.epoch]).copied().collect();
        Self { epoch: self.epoch + 1, runs, sent: self.sent.clone(), ..backup.clone() }
    }

    /// Takes a scope away from an organization.
    pub fn revoke(&mut self, scope: ScopeId, organization: OrganizationId) {
        let key = RowKey::of::<Grant>(grant_id(scope, organization));
        if let Some(row) = self.rows.get_mut(&key).filter(|row| row.body.is_some()) {
            self.head += 1;
            (row.seq, row.body) = (self.head, None);
        }
    }

    /// Gives an organization a scope.
    pub fn grant(&mut self, scope: ScopeId, organization: OrganizationId) {
        let key = RowKey::of::<Grant>(grant_id(scope, organization));
        if self.rows.get(&key).is_some_and(|row| row.body.is_some()) {
            return;
        }
        self.head += 1;
        let grant = Grant { scope, organization, extra: Default::default() };
        let home = ScopeId::Organization(organization);
        self.rows.insert(key, HubRow { scope: home, seq: self.head, body: Some(grant.to_body()) });
    }

    /// Writes a row as some newer or privileged program would.
    pub fn put<E: Entity>(&mut self, id: impl Into<Uuid>, scope: ScopeId, entity: &E) {
        self.head += 1;
        let row = HubRow { scope, seq: self.head, body: Some(entity.to_body()) };
        self.rows.insert(RowKey::of::<E>(id), row);
    }

    /// Deletes a row.
    pub fn delete(&mut self, key: RowKey) {
        self.head += 1;
        let row = self.rows.get_mut(&key).unwrap();
        (row.seq, row.body) = (self.head, None);
    }
}
