//! The claim key: which customer, product and region a registration protects.

use crate::id::derived;
use uuid::Uuid;

/// The registrable domain (eTLD + 1) of a web address or domain as people type it, in lower case
/// and Punycode: `https://www.Polder-Port.example/contact` becomes `polder-port.example`.
///
/// The public suffix list decides where the registrable part begins; `None` for an address without
/// one (an IP address, a bare suffix, a single word).
pub fn registrable_domain(text: &str) -> Option<String> {
    let text = text.trim();
    // Only at the start: a query may hold another address.
    let is_scheme = |start: &str| start.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b));
    let text = text.split_once("://").filter(|(start, _)| is_scheme(start)).map_or(text, |(_, rest)| rest);
    let text = text.split(['/', '?', '#']).next()?;
    let text = text.rsplit_once('@').map_or(text, |(_, host)| host);
    let text = match text.rsplit_once(':') {
        Some((host, port)) if port.bytes().all(|b| b.is_ascii_digit()) => host,
        _ => text,
    };
    let host = idna::domain_to_ascii_strict(text.trim_end_matches('.')).ok()?;
    // No top-level domain is a number: this is an IP address, perhaps in one of its short forms.
    if host.rsplit('.').next()?.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    psl::domain_str(&host).map(str::to_owned)
}

/// The normal form of a product or region name in a claim key: lower case, single spaces.
pub fn normal_name(text: &str) -> String {
    text.split_whitespace().map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}

/// The id of the claim row of one customer, product and region. Two registrations collide exactly
/// when they name the same row. `domain` is a registrable domain.
pub fn claim_id(domain: &str, product: &str, region: &str) -> Uuid {
    derived("claim", &[domain.as_bytes(), normal_name(product).as_bytes(), normal_name(region).as_bytes()])
}
