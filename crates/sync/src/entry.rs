//! Before there is a program on this device: what an invitation leads to, and taking it.

use crate::dial::{Dial, DialError, Door};
use crate::line::Line;
use domain::{MemberId, Mutation, ProgramId, Refusal};
use protocol::frame::{
    self, Challenge, FromDevice, FromHub, Incoming, Inspect, Join, PROTO, PROTO_MIN, Preview, Reason,
};
use protocol::link::InvitationLink;
use protocol::seal::{DeviceKey, join_bytes};
use std::time::Duration;

/// The hub has this long for each answer.
const ANSWER: Duration = Duration::from_secs(20);
/// How often joining is tried when the answer is lost on the way, and the pause before trying again.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(300);

/// Why an invitation could not be looked at or taken.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EntryError {
    /// The hub was not reached.
    #[error(transparent)]
    Dial(#[from] DialError),
    /// The line broke, or the hub does not answer.
    #[error("{0}")]
    Lost(String),
    /// The versions do not meet.
    #[error("this hub and this version of Lockstep do not understand each other; update the older one")]
    Incompatible,
    /// There is no such program on the hub: the link belongs to another one.
    #[error("this invitation belongs to another hub")]
    Foreign,
    /// The hub refused.
    #[error(transparent)]
    Refused(#[from] Refusal),
}

/// Asks the hub what a link leads to. Changes nothing.
///
/// # Errors
/// [`EntryError`].
pub async fn inspect(dial: &Dial, link: &InvitationLink) -> Result<Preview, EntryError> {
    let (mut line, _) = greet(dial, link).await?;
    line.send(frame::encode(&FromDevice::Inspect(Inspect { token: link.token })));
    match answer(&mut line).await? {
        FromHub::Inspected(inspected) => match (inspected.preview, inspected.refusal) {
            (Some(preview), _) => Ok(preview),
            (None, Some(refusal)) => Err(refusal.into()),
            (None, None) => Err(EntryError::Incompatible),
        },
        _ => Err(EntryError::Incompatible),
    }
}

/// Takes an invitation: `mutation` is the `invitation_accept` or `program_create` that brings the
/// device into being, `key` the device's own. Returns the program and the member it acts as. When the
/// answer is lost it asks again: a hub that let the device in already says so once more.
///
/// # Errors
/// [`EntryError`]; only [`EntryError::Refused`] says for sure that nothing has changed.
pub async fn join(
    dial: &Dial,
    link: &InvitationLink,
    mutation: &Mutation,
    key: &DeviceKey,
) -> Result<(ProgramId, MemberId), EntryError> {
    for _ in 1..TRIES {
        match join_once(dial, link, mutation, key).await {
            Err(EntryError::Lost(message)) => tracing::info!(message, "joining again"),
            answer => return answer,
        }
        tokio::time::sleep(PAUSE).await;
    }
    join_once(dial, link, mutation, key).await
}

async fn join_once(
    dial: &Dial,
    link: &InvitationLink,
    mutation: &Mutation,
    key: &DeviceKey,
) -> Result<(ProgramId, MemberId), EntryError> {
    let (mut line, challenge) = greet(dial, link).await?;
    let payload = mutation.to_payload();
    let signature = key.sign(&join_bytes(&challenge.nonce, &link.token, &payload));
    let join = Join { token: link.token, name: mutation.name().to_owned(), payload, signature };
    line.send(frame::encode(&FromDevice::Join(join)));
    match answer(&mut line).await? {
        FromHub::Joined(joined) => match (joined.member, joined.refusal) {
            (Some(member), _) => Ok((joined.program, member)),
            (None, Some(refusal)) => Err(refusal.into()),
            (None, None) => Err(EntryError::Incompatible),
        },
        _ => Err(EntryError::Incompatible),
    }
}

async fn greet(dial: &Dial, link: &InvitationLink) -> Result<(Line, Challenge), EntryError> {
    let door = link.program.map_or(Door::Founding, Door::Program);
    let mut line = dial.open(&link.hub, door).await?;
    match answer(&mut line).await? {
        FromHub::Challenge(challenge) if PROTO.min(challenge.proto) >= PROTO_MIN.max(challenge.proto_min) => {
            Ok((line, challenge))
        }
        _ => Err(EntryError::Incompatible),
    }
}

async fn answer(line: &mut Line) -> Result<FromHub, EntryError> {
    loop {
        let bytes = tokio::time::timeout(ANSWER, line.receive())
            .await
            .map_err(|_| EntryError::Lost("The hub does not answer.".to_owned()))?
            .map_err(EntryError::Lost)?;
        match frame::decode::<FromHub>(&bytes) {
            Ok(Incoming::Known(FromHub::Goodbye(goodbye))) => {
                return Err(match goodbye.reason {
                    Reason::UnknownProgram => EntryError::Foreign,
                    Reason::Version => EntryError::Incompatible,
                    _ => EntryError::Lost(goodbye.message),
                });
            }
            Ok(Incoming::Known(frame)) => return Ok(frame),
            Ok(Incoming::Unknown(_)) => {}
            Err(_) => return Err(EntryError::Incompatible),
        }
    }
}
