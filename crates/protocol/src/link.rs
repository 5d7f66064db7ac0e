//! Invitation links: `https://hub.example/join#<token>.<program>`.
//!
//! The secret sits behind the `#`, so that a browser that opens the link does not send it anywhere.

use domain::ProgramId;
use minicbor::{Decode, Encode};
use std::fmt;
use std::str::FromStr;

/// Longest link that is looked at, in bytes.
pub const LINK_MAX: usize = 2048;

/// The secret of an invitation: whoever shows it may join. Never printed; a hub keeps only its hash.
#[derive(Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(transparent)]
pub struct Token(#[cbor(n(0), with = "minicbor::bytes")] pub [u8; 32]);

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// What an invitation link says.
#[derive(Clone, PartialEq, Eq)]
pub struct InvitationLink {
    /// Base address of the hub without a trailing slash: scheme, host, optional port and path.
    pub hub: String,
    /// The program; `None` for a founding invitation.
    pub program: Option<ProgramId>,
    /// The one-time token.
    pub token: Token,
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
        let hub = address.strip_suffix("/join").filter(|hub| is_base(hub)).ok_or(NotALink)?;
        let (token, program) = match secret.split_once('.') {
            Some((token, program)) => (token, Some(program.parse().map_err(|_| NotALink)?)),
            None => (secret, None),
        };
        Ok(Self { hub: hub.to_owned(), program, token: token_from_hex(token).ok_or(NotALink)? })
    }
}

/// Whether this is a base address and nothing that another program could read in another way: no
/// user, no query, no escapes, no backslashes, no steps upwards.
fn is_base(hub: &str) -> bool {
    let Some((scheme, rest)) = hub.split_once("://") else { return false };
    let mut parts = rest.split('/');
    let authority = parts.next().unwrap_or_default();
    let is_segment = |part: &str| {
        part.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b))
            && !part.trim_matches('.').is_empty()
    };
    matches!(scheme, "https" | "http" | "memory") && is_authority(authority) && parts.all(is_segment)
}

/// Whether this is a host with an optional port.
fn is_authority(text: &str) -> bool {
    let (host_ok, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, port)) => (address.parse::<std::net::Ipv6Addr>().is_ok(), port),
        None => {
            let (host, port) = text.split_at(text.find(':').unwrap_or(text.len()));
            let is_label = |label: &str| {
                label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                    && !label.is_empty()
                    && !label.starts_with('-')
            };
            (host.split('.').all(is_label), port)
        }
    };
    let port_ok = match port.strip_prefix(':') {
        Some(port) => port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    host_ok && port_ok
}

fn token_from_hex(text: &str) -> Option<Token> {
    let mut token = [0; 32];
    if text.len() != 64 || !text.bytes().all(|b| b.is_ascii_hexdigit()) {
        return None;
    }
    for (byte, pair) in token.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(Token(token))
}
