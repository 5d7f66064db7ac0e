//! A headless device: signs in, signs and pushes mutations, keeps the rows it was sent.

use super::soon;
use super::wire::{Way, Wire};
use domain::codec::Entity;
use domain::entity::{Deal, Message};
use domain::{DealId, DeviceId, MemberId, Mutation, OrganizationId, ProgramId, Refusal, RowKey, Timestamp};
use protocol::frame::{
    self, Answer, Delta, DeltaRow, FromDevice, FromHub, Goodbye, Hello, Incoming, PROTO, Push, Resume, Sealed,
};
use protocol::seal::{self, Chain, DeviceKey};
use protocol::segment::Segments;
use std::collections::BTreeMap;

/// Who a device belongs to.
#[derive(Clone)]
pub struct Identity {
    pub program: ProgramId,
    pub organization: OrganizationId,
    pub member: MemberId,
    pub device: DeviceId,
    pub key: DeviceKey,
}

pub struct Device {
    pub me: Identity,
    pub way: Way,
    pub wire: Wire,
    pub chain: Chain,
    pub epoch: u64,
    pub cursor: u64,
    pub resume: Option<Resume>,
    /// Everything it ever sealed.
    pub sealed: Vec<Sealed>,
    pub rows: BTreeMap<RowKey, DeltaRow>,
    /// Every row in the order of its arrival.
    pub log: Vec<DeltaRow>,
    pub answers: BTreeMap<u64, Answer>,
    /// Answers that came more than once.
    pub repeated: Vec<u64>,
    pub goodbye: Option<Goodbye>,
    /// Every byte received on earlier connections.
    pub trace: Vec<u8>,
    /// When it claims that its mutations were made.
    pub claims: Timestamp,
    /// What it says that it can do.
    pub capabilities: Vec<String>,
    /// Segments it was offered.
    pub segments: Option<Segments>,
}

impl Device {
    /// Signs in with nothing.
    pub async fn sign_in(way: &Way, me: Identity) -> Self {
        Self::sign_in_from(way, me, 0, 0).await
    }

    /// Signs in with everything up to a cursor.
    pub async fn sign_in_from(way: &Way, me: Identity, epoch: u64, cursor: u64) -> Self {
        Self::sign_in_with(way, me, (epoch, cursor), &[]).await
    }

    /// Signs in with nothing, and says what it can do.
    pub async fn sign_in_as(way: &Way, me: Identity, capabilities: &[&str]) -> Self {
        Self::sign_in_with(way, me, (0, 0), capabilities).await
    }

    async fn sign_in_with(
        way: &Way,
        me: Identity,
        (epoch, cursor): (u64, u64),
        capabilities: &[&str],
    ) -> Self {
        let wire = Wire::connect(way, &format!("programs/{}", me.program)).await;
        let mut device = Self {
            chain: Chain::start(me.program, me.device),
            me,
            way: way.clone(),
            wire,
            epoch,
            cursor,
            resume: None,
            sealed: Vec::new(),
            rows: BTreeMap::new(),
            log: Vec::new(),
            answers: BTreeMap::new(),
            repeated: Vec::new(),
            goodbye: None,
            trace: Vec::new(),
            claims: Timestamp(1_800_000_000_000),
            capabilities: capabilities.iter().map(|name| (*name).to_owned()).collect(),
            segments: None,
        };
        device.hello().await;
        device
    }

    /// Drops the connection and signs in again with what it has; sends again what was not answered.
    pub async fn reconnect(&mut self) {
        let way = self.way.clone();
        self.reconnect_by(&way).await;
    }

    pub async fn reconnect_by(&mut self, way: &Way) {
        let wire = Wire::connect(way, &format!("programs/{}", self.me.program)).await;
        let old = std::mem::replace(&mut self.wire, wire);
        self.trace.extend(old.trace);
        self.goodbye = None;
        let last_n = self.hello().await;
        let unheard: Vec<Sealed> =
            self.sealed.iter().filter(|sealed| sealed.header.n > last_n).cloned().collect();
        if !unheard.is_empty() {
            self.push_sealed(unheard).await;
        }
    }

    /// Signs in on a new connection; the hub's last number, or 0 after a goodbye.
    pub async fn hello(&mut self) -> u64 {
        let challenge = self.wire.challenge().await;
        let bytes = seal::hello_bytes(self.me.program, self.me.device, &challenge.nonce);
        let hello = Hello {
            proto: PROTO,
            capabilities: self.capabilities.clone(),
            device: self.me.device,
            signature: self.me.key.sign(&bytes),
            epoch: self.epoch,
            cursor: self.cursor,
            resume: self.resume.clone(),
            answered: self.answers.keys().next_back().copied().unwrap_or(0),
        };
        self.wire.send(&FromDevice::Hello(hello)).await;
        match self.wire.next().await {
            Some(FromHub::Welcome(welcome)) => {
                self.epoch = welcome.epoch;
                for answer in welcome.answers {
                    self.note(answer);
                }
                welcome.last_n
            }
            Some(FromHub::Goodbye(goodbye)) => {
                self.goodbye = Some(goodbye);
                0
            }
            other => panic!("{other:?} instead of a welcome"),
        }
    }

    /// Seals a mutation as the next one; it is sent by [`Device::push_sealed`].
    pub fn seal(&mut self, mutation: impl Into<Mutation>) -> Sealed {
        let (sealed, chain) = self.me.key.seal(&self.chain, &mutation.into(), self.claims);
        self.chain = chain;
        self.sealed.push(sealed.clone());
        sealed
    }

    pub async fn push_sealed(&mut self, sealed: Vec<Sealed>) {
        self.wire.send(&FromDevice::Push(Push { sealed })).await;
    }

    /// Sends a mutation; its number.
    pub async fn push(&mut self, mutation: impl Into<Mutation>) -> u64 {
        let sealed = self.seal(mutation);
        let n = sealed.header.n;
        self.push_sealed(vec![sealed]).await;
        n
    }

    /// Sends a mutation and waits for its answer.
    pub async fn run(&mut self, mutation: impl Into<Mutation>) -> Result<u64, Refusal> {
        let n = self.push(mutation).await;
        self.answer(n).await
    }

    /// Waits for the answer to a mutation, and until the device has what it led to.
    pub async fn answer(&mut self, n: u64) -> Result<u64, Refusal> {
        self.until("an answer", |device| {
            device.answers.get(&n).is_some_and(|answer| answer.seq <= device.cursor)
        })
        .await;
        let answer = self.answers[&n].clone();
        answer.refusal.map_or(Ok(answer.seq), Err)
    }

    /// Takes frames in until something holds.
    pub async fn until(&mut self, what: &str, holds: impl Fn(&Self) -> bool) {
        while !holds(self) {
            if !soon(what, self.take()).await {
                panic!("the hub hung up before {what}: {:?}", self.goodbye);
            }
        }
    }

    /// Waits until everything up to `seq` has arrived.
    pub async fn caught_up(&mut self, seq: u64) {
        self.until("the tail", |device| device.cursor >= seq && device.resume.is_none()).await;
    }

    /// Takes frames in until the hub hangs up.
    pub async fn until_goodbye(&mut self) -> Option<Goodbye> {
        while self.goodbye.is_none() && soon("a goodbye", self.take()).await {}
        self.goodbye.clone()
    }

    /// Takes one frame in; `false` when there are no more.
    pub async fn take(&mut self) -> bool {
        match self.wire.next().await {
            Some(FromHub::Delta(delta)) => {
                self.apply(delta);
                true
            }
            Some(FromHub::Segments(segments)) => {
                self.segments = Some(segments);
                true
            }
            Some(FromHub::Goodbye(goodbye)) => {
                self.goodbye = Some(goodbye);
                false
            }
            None => false,
            other => panic!("{other:?} out of turn"),
        }
    }

    /// Takes a frame in that was read elsewhere.
    pub fn take_bytes(&mut self, bytes: &[u8]) {
        match frame::decode(bytes).unwrap() {
            Incoming::Known(FromHub::Delta(delta)) => self.apply(delta),
            other => panic!("{other:?} out of turn"),
        }
    }

    fn apply(&mut self, delta: Delta) {
        for row in delta.rows {
            self.log.push(row.clone());
            let newer = self.rows.get(&row.key).is_none_or(|known| known.seq <= row.seq);
            assert!(newer, "{:?} went back in time", row.key);
            self.rows.insert(row.key, row);
        }
        for answer in delta.answers {
            self.note(answer);
        }
        if delta.resume.is_none() {
            self.cursor = delta.to;
        }
        self.resume = delta.resume;
    }

    fn note(&mut self, answer: Answer) {
        let n = answer.n;
        if let Some(before) = self.answers.insert(n, answer.clone()) {
            assert_eq!(before, answer, "an answer changed");
            self.repeated.push(n);
        }
    }

    /// An entity as this device has it.
    pub fn get<E: Entity>(&self, id: impl Into<uuid::Uuid>) -> Option<E> {
        let row = self.rows.get(&RowKey::of::<E>(id))?;
        row.body.as_ref().map(|body| E::from_body(body).unwrap())
    }

    pub fn deal(&self, deal: DealId) -> Option<Deal> {
        self.get(deal)
    }

    /// The messages of a room in their order.
    pub fn room(&self, deal: DealId) -> Vec<String> {
        let mut messages: Vec<Message> = self
            .rows
            .values()
            .filter(|row| row.key.table == Message::TABLE)
            .filter_map(|row| row.body.as_ref().map(|body| Message::from_body(body).unwrap()))
            .filter(|message| message.deal == deal)
            .collect();
        messages.sort_by_key(|message| message.position);
        messages.into_iter().map(|message| message.body).collect()
    }

    /// Every byte it ever received.
    pub fn whole_trace(&self) -> Vec<u8> {
        [&self.trace[..], &self.wire.trace[..]].concat()
    }
}
