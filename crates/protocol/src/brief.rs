//! Pushes in few bytes: a chat message is sixty characters, and its signature alone is as long.
//!
//! On a websocket whose subprotocol is [`NAME`], what a device sends begins with a byte that says how it is
//! written. [`PLAIN`]: a frame, with [`Repeats`]. [`NEXT`] and [`PUSH`]: a push, of whose mutations is
//! written what does not follow from the ones before on this connection. What is read is the same frame byte
//! for byte, so that chain and signature hold; what cannot be written in this way goes plain.
//!
//! A mutation is: its name, as its place in [`NAMES`] (from 1), or 0 and the text; its lane, as its place
//! among the last [`LANES`] of them (from 1), or 0 and the bytes of the scope; its time, as the difference to
//! the one before; its signature; its payload, in which an id that was made at about that time is written
//! without its time, and the id of the lane as one byte. Numbers are in groups of seven bits, least
//! significant first; differences alternate in sign: 0, -1, 1, -2.
//!
//! As with [`Repeats`] nothing is inflated: what is read is bounded by [`FRAME_MAX`] while it is being read.

use crate::frame::{self, FRAME_MAX, FrameError, FromDevice, Header, Incoming, Push, Sealed, Signature};
use crate::repeats::Repeats;
use domain::{ScopeId, Timestamp};

/// Websocket subprotocol of connections on which devices write so. What the hub sends is as with
/// [`crate::repeats::NAME`].
pub const NAME: &str = "lockstep.ids.2";

/// A whole frame follows.
const PLAIN: u8 = 0;
/// One mutation follows, numbered after the last.
const NEXT: u8 = 1;
/// The first number and how many mutations there are, then these.
const PUSH: u8 = 2;

/// Names of mutations by their number. Only ever appended to, and only together with a new [`NAME`]; a name
/// that is not here travels as text.
const NAMES: [&str; 23] = [
    "program_create",
    "organization_add",
    "invitation_create",
    "invitation_accept",
    "invitation_revoke",
    "device_revoke",
    "member_leave",
    "accounts_put",
    "deal_register",
    "deal_edit",
    "registration_submit",
    "registration_review",
    "registration_decide",
    "registration_withdraw",
    "message_send",
    "room_read",
    "plan_schedule",
    "milestone_add",
    "milestone_edit",
    "milestone_complete",
    "milestone_reopen",
    "milestone_restore",
    "milestone_remove",
];

/// Lanes that are remembered.
const LANES: usize = 64;
/// Ids of payloads that are remembered.
const IDS: usize = 64;
const ID: usize = 16;
/// The part of an id that is not its time.
const CHANCE: usize = 10;
/// A CBOR byte string of 16 bytes begins.
const HEAD: u8 = 0x50;

// Bytes that begin nothing in CBOR and do not occur in UTF-8.
/// Then a place among the remembered ids, or one of the three below: in keys and numbers these bytes occur.
const MARK: u8 = 0xFC;
/// Then the difference of the id's time to the mutation's, and the rest of the id.
const NEAR: u8 = 0xFD;
/// The id of the lane.
const LANE: u8 = 0xFE;
/// After [`MARK`]: the head of an id with fewer than 16 bytes behind it, and the three bytes themselves.
const LITERALS: [(u8, u8); 4] = [(0xF0, HEAD), (0xF1, MARK), (0xF2, NEAR), (0xF3, LANE)];

/// A memory of the last so many things.
#[derive(Debug)]
struct Last<T> {
    things: Vec<T>,
    next: usize,
    most: usize,
}

impl<T: PartialEq + Copy> Last<T> {
    fn new(most: usize) -> Self {
        Self { things: Vec::new(), next: 0, most }
    }

    fn place(&self, thing: &T) -> Option<u8> {
        self.things.iter().position(|known| known == thing).and_then(|place| u8::try_from(place).ok())
    }

    fn at(&self, place: u8) -> Option<T> {
        self.things.get(usize::from(place)).copied()
    }

    fn remember(&mut self, thing: T) {
        match self.things.get_mut(self.next) {
            Some(place) => *place = thing,
            None => self.things.push(thing),
        }
        self.next = (self.next + 1) % self.most;
    }
}

/// The way up of one connection.
#[derive(Debug)]
pub struct Brief {
    plain: Repeats,
    lanes: Last<ScopeId>,
    ids: Last<[u8; ID]>,
    n: u64,
    at: i64,
}

impl Default for Brief {
    fn default() -> Self {
        Self { plain: Repeats::default(), lanes: Last::new(LANES), ids: Last::new(IDS), n: 0, at: 0 }
    }
}

impl Brief {
    /// A frame as it is sent.
    pub fn shorten(&mut self, frame: &[u8]) -> Vec<u8> {
        let mut short = Vec::with_capacity(frame.len() + 1);
        match push_of(frame) {
            Some(push) => self.write(&push, &mut short),
            None => {
                short.push(PLAIN);
                short.extend(self.plain.shorten(frame));
            }
        }
        short
    }

    fn write(&mut self, push: &Push, to: &mut Vec<u8>) {
        match push.sealed.as_slice() {
            [one] if Some(one.header.n) == self.n.checked_add(1) => to.push(NEXT),
            sealed => {
                to.push(PUSH);
                put(sealed.first().map_or(0, |first| first.header.n), to);
                put(sealed.len() as u64, to);
            }
        }
        for Sealed { header, payload, signature, void: _ } in &push.sealed {
            match NAMES.iter().position(|name| *name == header.name).and_then(|at| u8::try_from(at + 1).ok())
            {
                Some(number) => to.push(number),
                None => {
                    to.push(0);
                    put_bytes(header.name.as_bytes(), to);
                }
            }
            match self.lanes.place(&header.lane) {
                Some(place) => to.push(place + 1),
                None => {
                    to.push(0);
                    put_bytes(&header.lane.to_bytes(), to);
                    self.lanes.remember(header.lane);
                }
            }
            put(folded(header.at.0.wrapping_sub(self.at)), to);
            (self.n, self.at) = (header.n, header.at.0);
            to.extend(signature.0);
            let short = self.shorten_payload(payload, header);
            put_bytes(&short, to);
        }
    }

    fn shorten_payload(&mut self, payload: &[u8], header: &Header) -> Vec<u8> {
        let lane = id_of(header.lane);
        let mut short = Vec::with_capacity(payload.len());
        let mut rest = payload;
        while let Some((byte, after)) = rest.split_first() {
            rest = after;
            let Some((id, behind)) = after.split_first_chunk::<ID>().filter(|_| *byte == HEAD) else {
                match LITERALS.iter().find(|(_, literal)| literal == byte) {
                    Some((code, _)) => short.extend([MARK, *code]),
                    None => short.push(*byte),
                }
                continue;
            };
            rest = behind;
            if lane == Some(*id) {
                short.push(LANE);
            } else if let Some(place) = self.ids.place(id) {
                short.extend([MARK, place]);
            } else {
                self.ids.remember(*id);
                let (time, chance) = split(id);
                let after = time.wrapping_sub(header.at.0);
                // Further away the difference is longer than the time.
                if after.unsigned_abs() < 1 << 33 {
                    short.push(NEAR);
                    put(folded(after), &mut short);
                    short.extend(chance);
                } else {
                    short.push(HEAD);
                    short.extend(id);
                }
            }
        }
        short
    }

    /// The frame that was sent as `short`.
    ///
    /// # Errors
    /// [`FrameError`], after which the connection is of no more use.
    pub fn restore(&mut self, short: &[u8]) -> Result<Vec<u8>, FrameError> {
        let frame = match short.split_first() {
            Some((&PLAIN, frame)) => return self.plain.restore(frame),
            Some((&how @ (NEXT | PUSH), rest)) => {
                self.read(how == PUSH, rest).ok_or(FrameError::Malformed)??
            }
            _ => return Err(FrameError::Malformed),
        };
        if frame.len() > FRAME_MAX { Err(FrameError::TooLarge(frame.len())) } else { Ok(frame) }
    }

    /// `None` when it is malformed.
    fn read(&mut self, many: bool, mut from: &[u8]) -> Option<Result<Vec<u8>, FrameError>> {
        let (mut n, mut left) = (self.n.checked_add(1)?, 1);
        if many {
            n = take(&mut from)?;
            left = take(&mut from)?;
        }
        let mut sealed = Vec::new();
        let mut size = 0;
        while left > 0 {
            let name = match take_byte(&mut from)? {
                0 => String::from_utf8(take_bytes(&mut from)?.to_vec()).ok()?,
                number => (*NAMES.get(usize::from(number) - 1)?).to_owned(),
            };
            let lane = match take_byte(&mut from)? {
                0 => {
                    let lane = ScopeId::from_bytes(take_bytes(&mut from)?)?;
                    self.lanes.remember(lane);
                    lane
                }
                place => self.lanes.at(place - 1)?,
            };
            let at = self.at.wrapping_add(unfolded(take(&mut from)?));
            let (signature, rest) = from.split_first_chunk::<64>()?;
            from = rest;
            let header = Header { n, lane, name, at: Timestamp(at) };
            let payload = self.restore_payload(take_bytes(&mut from)?, &header)?;
            size += payload.len() + header.name.len();
            if size > FRAME_MAX {
                return Some(Err(FrameError::TooLarge(size)));
            }
            (self.n, self.at) = (n, at);
            sealed.push(Sealed { header, payload, signature: Signature(*signature), void: None });
            n = n.checked_add(1)?;
            left -= 1;
        }
        from.is_empty().then(|| Ok(frame::encode(&FromDevice::Push(Push { sealed }))))
    }

    /// `None` when it is malformed, or too long for any frame.
    fn restore_payload(&mut self, mut short: &[u8], header: &Header) -> Option<Vec<u8>> {
        let mut payload = Vec::with_capacity(short.len() + ID);
        while let Some((byte, rest)) = short.split_first() {
            short = rest;
            let id = match *byte {
                HEAD => {
                    let (id, rest) = short.split_first_chunk::<ID>()?;
                    short = rest;
                    self.ids.remember(*id);
                    *id
                }
                NEAR => {
                    let time = header.at.0.wrapping_add(unfolded(take(&mut short)?));
                    let (chance, rest) = short.split_first_chunk::<CHANCE>()?;
                    short = rest;
                    let id = joined(time, chance);
                    self.ids.remember(id);
                    id
                }
                LANE => id_of(header.lane)?,
                MARK => {
                    let place = take_byte(&mut short)?;
                    match LITERALS.iter().find(|(code, _)| *code == place) {
                        Some((_, literal)) => {
                            payload.push(*literal);
                            continue;
                        }
                        None => self.ids.at(place)?,
                    }
                }
                byte => {
                    payload.push(byte);
                    continue;
                }
            };
            payload.push(HEAD);
            payload.extend(id);
            if payload.len() > FRAME_MAX {
                return None;
            }
        }
        Some(payload)
    }
}

/// The push that a frame is, if it can be made of nothing else.
fn push_of(frame: &[u8]) -> Option<Push> {
    let Ok(Incoming::Known(FromDevice::Push(push))) = frame::decode(frame) else { return None };
    let follow = |two: &[Sealed]| match two {
        [one, next] => one.header.n.checked_add(1) == Some(next.header.n),
        _ => true,
    };
    let plain = push.sealed.iter().all(|sealed| sealed.void.is_none()) && push.sealed.windows(2).all(follow);
    let push = FromDevice::Push(push);
    match (frame::encode(&push) == frame, push) {
        (true, FromDevice::Push(push)) if plain => Some(push),
        _ => None,
    }
}

fn id_of(scope: ScopeId) -> Option<[u8; ID]> {
    match scope {
        ScopeId::Organization(id) | ScopeId::Partnership(id) => Some(*id.as_bytes()),
        ScopeId::Deal(id) => Some(*id.as_bytes()),
        ScopeId::Person(id) => Some(*id.as_bytes()),
        ScopeId::Program | ScopeId::Hub => None,
    }
}

/// The time of an id, milliseconds since 1970, and the rest of it.
fn split(id: &[u8; ID]) -> (i64, &[u8]) {
    let (time, rest) = id.split_at(ID - CHANCE);
    (time.iter().fold(0, |sum, byte| (sum << 8) | i64::from(*byte)), rest)
}

/// The reverse of [`split`].
fn joined(time: i64, chance: &[u8; CHANCE]) -> [u8; ID] {
    let mut id = [0; ID];
    let time = time.to_be_bytes();
    let parts = time.iter().skip(2).chain(chance);
    id.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
    id
}

/// A difference as a number that is small when it is.
fn folded(difference: i64) -> u64 {
    ((difference << 1) ^ (difference >> 63)).cast_unsigned()
}

/// The reverse of [`folded`].
fn unfolded(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn put(mut number: u64, to: &mut Vec<u8>) {
    while number > 0x7F {
        to.push(number.to_le_bytes().first().copied().unwrap_or_default() | 0x80);
        number >>= 7;
    }
    to.push(u8::try_from(number).unwrap_or_default());
}

fn take(from: &mut &[u8]) -> Option<u64> {
    let mut number = 0_u64;
    for shift in (0..64).step_by(7) {
        let byte = take_byte(from)?;
        let part = u64::from(byte & 0x7F);
        number |= part << shift;
        if byte < 0x80 {
            // The last group has one bit.
            return (shift < 63 || part <= 1).then_some(number);
        }
    }
    None
}

fn take_byte(from: &mut &[u8]) -> Option<u8> {
    let (byte, rest) = from.split_first()?;
    *from = rest;
    Some(*byte)
}

fn put_bytes(bytes: &[u8], to: &mut Vec<u8>) {
    put(bytes.len() as u64, to);
    to.extend(bytes);
}

fn take_bytes<'a>(from: &mut &'a [u8]) -> Option<&'a [u8]> {
    let length = usize::try_from(take(from)?).ok()?;
    let (bytes, rest) = from.split_at_checked(length)?;
    *from = rest;
    Some(bytes)
}
