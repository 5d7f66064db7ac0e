//! A device without I/O.

use domain::{DeviceId, MemberId, Mutation, OrganizationId, ProgramId, RowKey, Timestamp};
use protocol::frame::{self, FromDevice, FromHub, Hello, Incoming, PROTO, Push, Resume, Sealed};
use protocol::seal::{self, Chain, DeviceKey};
use protocol::sequencer::ConnectionId;
use std::collections::{BTreeMap, VecDeque};
use uuid::Uuid;

/// The history every hub here has.
pub const EPOCH: u64 = 7;

/// Ids that do not depend on chance, so that a failing case can be run again.
pub struct Ids(pub u128);

impl Ids {
    pub fn next<T: From<Uuid>>(&mut self) -> T {
        self.0 += 1;
        Uuid::from_u128(0x0190_0000_0000_7000_8000_0000_0000_0000 + self.0).into()
    }
}

/// See the module documentation.
pub struct Device {
    pub program: ProgramId,
    pub id: DeviceId,
    pub member: MemberId,
    pub organization: OrganizationId,
    pub key: DeviceKey,
    pub chain: Chain,
    pub sealed: Vec<Sealed>,
    pub answers: BTreeMap<u64, frame::Answer>,
    pub rows: BTreeMap<RowKey, (u64, Option<Vec<u8>>)>,
    pub cursor: u64,
    pub resume: Option<Resume>,
    pub connection: Option<ConnectionId>,
    pub welcome: bool,
    pub out: bool,
    /// Frames on their way to the hub and to the device.
    pub up: VecDeque<Vec<u8>>,
    pub down: VecDeque<Vec<u8>>,
}

impl Device {
    pub fn do_it(&mut self, mutation: impl Into<Mutation>) {
        let (sealed, chain) = self.key.seal(&self.chain, &mutation.into(), Timestamp(0));
        self.chain = chain;
        self.sealed.push(sealed.clone());
        if self.welcome {
            self.up.push_back(frame::encode(&FromDevice::Push(Push { sealed: vec![sealed] })));
        }
    }

    pub fn hear(&mut self, bytes: &[u8]) {
        match frame::decode::<FromHub>(bytes).unwrap() {
            Incoming::Known(FromHub::Challenge(challenge)) => {
                let signed = seal::hello_bytes(self.program, self.id, &challenge.nonce);
                let hello = Hello {
                    proto: PROTO,
                    capabilities: Vec::new(),
                    device: self.id,
                    signature: self.key.sign(&signed),
                    epoch: if self.cursor == 0 && self.resume.is_none() { 0 } else { EPOCH },
                    cursor: self.cursor,
                    resume: self.resume.clone(),
                    answered: self.answers.keys().next_back().copied().unwrap_or(0),
                };
                self.up.push_back(frame::encode(&FromDevice::Hello(hello)));
            }
            Incoming::Known(FromHub::Welcome(welcome)) => {
                assert_eq!(welcome.epoch, EPOCH);
                self.welcome = true;
                for answer in welcome.answers {
                    self.note(answer);
                }
                let again = self.sealed.iter().filter(|sealed| sealed.header.n > welcome.last_n);
                for sealed in again.cloned().collect::<Vec<_>>().chunks(2) {
                    self.up.push_back(frame::encode(&FromDevice::Push(Push { sealed: sealed.to_vec() })));
                }
            }
            Incoming::Known(FromHub::Delta(delta)) => {
                for row in delta.rows {
                    let before = self.rows.insert(row.key, (row.seq, row.body));
                    assert!(before.is_none_or(|(seq, _)| seq <= row.seq), "no row goes back in time");
                }
                for answer in delta.answers {
                    self.note(answer);
                }
                if delta.resume.is_none() {
                    assert!(delta.to >= self.cursor);
                    self.cursor = delta.to;
                }
                self.resume = delta.resume;
            }
            Incoming::Known(FromHub::Goodbye(goodbye)) => {
                self.out |= goodbye.reason == frame::Reason::Revoked;
                assert!(
                    matches!(goodbye.reason, frame::Reason::Revoked | frame::Reason::Busy),
                    "{goodbye:?}"
                );
            }
            other => panic!("{other:?}"),
        }
    }

    fn note(&mut self, answer: frame::Answer) {
        let before = self.answers.insert(answer.n, answer.clone());
        assert!(before.is_none_or(|before| before == answer), "an answer changed");
    }
}
