//! Invitation links: `https://hub.example/join#<token>.<program>`.
//!
//! The secret sits behind the `#`, so that a browser that opens the link does not send it anywhere.

use domain::ProgramId;
use domain::entity::Key;
use std::fmt;
use std::str::FromStr;

/// Longest link that is looked at, in bytes.
pub const LINK_MAX: usize = 2048;

/// What an invitation link says.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationLink {
    /// Base address of the hub without a trailing slash: scheme, host, optional port and path.
    pub hub: String,
    /// The program; `None` for a founding invitation.
    pub program: Option<ProgramId>,
    /// The one-time token.
    pub token: Key,
}

impl fmt::Debug for InvitationLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("InvitationLink").field("hub", &self.hub).finish_non_exhaustive()
    }
}

impl fmt::Display for InvitationLink {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/join#", self.hub)?;
        self.token.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        match self.program {
            Some(program) => write!(f, ".{}", program.0.simple()),
            None => Ok(()),
        }
    }
}

/// The text is no invitation link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an invitation link; it looks like https://hub.example/join#…")]
pub struct NotALink;

impl FromStr for InvitationLink {
    type Err = NotALink;

    fn from_str(text: &str) -> Result<Self, NotALink> {
        let text = text.trim();
        if text.len() > LINK_MAX {
            return Err(NotALink);
        }
        let (address, secret) = text.split_once('#').ok_or(NotALink)?;
        let hub = address.strip_suffix("/join").ok_or(NotALink)?;
        let rest = hub.split_once("://").filter(|(scheme, _)| matches!(*scheme, "https" | "http" | "memory"));
        let (_, host) = rest.ok_or(NotALink)?;
        if host.is_empty() || !host.bytes().all(|b| b.is_ascii_graphic() && b != b'@' && b != b'?') {
            return Err(NotALink);
        }
        let (token, program) = match secret.split_once('.') {
            Some((token, program)) => (token, Some(program.parse().map_err(|_| NotALink)?)),
            None => (secret, None),
        };
        Ok(Self { hub: hub.to_owned(), program, token: token_from_hex(token).ok_or(NotALink)? })
    }
}

fn token_from_hex(text: &str) -> Option<Key> {
    let mut token = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (byte, pair) in token.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Key(token))
}
