//! What a hub sends, but for rows and answers, which are in [`super::delta`].

use super::Answer;
use domain::entity::{InvitationKind, Key, Role};
use domain::{MemberId, ProgramId, Refusal, Timestamp};
use minicbor::{Decode, Encode};

/// The hub introduces itself.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Challenge {
    /// Newest version the hub speaks.
    #[n(0)]
    pub proto: u32,
    /// Oldest version it still accepts.
    #[n(1)]
    pub proto_min: u32,
    /// What the hub can do beyond the version; unknown names are ignored.
    #[n(2)]
    pub capabilities: Vec<String>,
    /// To be signed; never repeats.
    #[n(3)]
    pub nonce: Key,
    /// Hub time.
    #[n(4)]
    pub now: Timestamp,
}

/// The hub lets a device in.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Welcome {
    /// Version both speak.
    #[n(0)]
    pub proto: u32,
    /// Names the hub's present run: cursors reached from here on belong to it.
    #[n(1)]
    pub epoch: u64,
    /// Last sequence number of the program.
    #[n(2)]
    pub head: u64,
    /// Last mutation of this device that the hub has.
    #[n(3)]
    pub last_n: u64,
    /// Hash of the device's chain there.
    #[n(4)]
    pub chain: Key,
    /// Answers the device has not seen, in order.
    #[n(5)]
    pub answers: Vec<Answer>,
    /// Hub time.
    #[n(6)]
    pub now: Timestamp,
    /// The device's rows are of a history that this hub does not continue (it was restored from a
    /// backup), or older than what the hub remembers of deletions: everything is sent anew, and what
    /// the hub does not have of the device's own mutations is to be pushed again.
    #[n(7)]
    pub start_over: bool,
    /// Days from `now` for which the device may show what it has without meeting the hub again; absent
    /// from a hub that knows no leases.
    #[n(8)]
    pub lease_days: Option<u32>,
    /// With `start_over`, from a hub that knows nothing of the run the device has been in: what that run
    /// answered counts for nothing, and all answers after this number come again.
    #[n(9)]
    pub again_after: Option<u64>,
}

/// Answer to [`super::Inspect`].
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Inspected {
    /// What it leads to; `None` with a refusal.
    #[n(0)]
    pub preview: Option<Preview>,
    /// Why it cannot be taken.
    #[n(1)]
    pub refusal: Option<Refusal>,
}

/// What an invitation leads to.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Preview {
    /// Member or device; `None` for a founding invitation.
    #[n(0)]
    pub kind: Option<InvitationKind>,
    /// Program, when there is one already.
    #[n(1)]
    pub program_name: Option<String>,
    /// Organization one would join.
    #[n(2)]
    pub organization_name: Option<String>,
    /// For a device link: whose device it becomes.
    #[n(3)]
    pub member_name: Option<String>,
    /// Role one would have.
    #[n(4)]
    pub role: Option<Role>,
    /// When it stops working, hub time.
    #[n(5)]
    pub expires_at: Timestamp,
}

/// Answer to [`super::Join`].
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
#[cbor(map)]
pub struct Joined {
    /// The program.
    #[n(0)]
    pub program: ProgramId,
    /// The member this device acts as; `None` with a refusal.
    #[n(1)]
    pub member: Option<MemberId>,
    /// Why it could not be taken.
    #[n(2)]
    pub refusal: Option<Refusal>,
}

/// The hub hangs up.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Goodbye {
    /// Why.
    #[n(0)]
    pub reason: Reason,
    /// A sentence for the person or the log.
    #[n(1)]
    pub message: String,
    /// Earliest moment of the next attempt, milliseconds from now. Attempts are spread evenly over as
    /// long again, so that a hub with many devices asks for more and gets them back one by one.
    #[n(2)]
    pub retry_after_ms: Option<u64>,
}

/// Why a hub hangs up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Reason {
    /// A frame was no frame, or came out of turn.
    #[n(0)]
    Malformed,
    /// A frame was larger than allowed.
    #[n(1)]
    TooLarge,
    /// The versions do not meet.
    #[n(2)]
    Version,
    /// The hub does not know the device, or the signature is not its.
    #[n(3)]
    UnknownDevice,
    /// The device or its member was revoked.
    #[n(4)]
    Revoked,
    /// Two installations use the same device identity.
    #[n(5)]
    Forked,
    /// The hub cannot serve now; try later.
    #[n(6)]
    Busy,
    /// The hub shuts down.
    #[n(7)]
    ShuttingDown,
    /// There is no such program on this hub.
    #[n(8)]
    UnknownProgram,
}
