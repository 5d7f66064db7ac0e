//! Deep links, `lockstep://deal/PROGRAM/DEAL`. They come from mails, chats and web pages of anybody, so all
//! they can do is to name a place; whatever else they say makes them no link of ours.

use tauri::Url;

/// The scheme, which the packages register with the desktop.
const SCHEME: &str = "lockstep";

/// Longest link that is looked at, in bytes.
const LONGEST: usize = 512;

/// Whether an argument of the command line is meant as a deep link.
pub fn is_link(argument: &str) -> bool {
    argument.get(..SCHEME.len() + 1).is_some_and(|start| start.eq_ignore_ascii_case("lockstep:"))
}

/// The route of the window that a link names; none when it names no place that there is.
pub fn route(link: &str) -> Option<String> {
    if link.len() > LONGEST {
        return None;
    }
    let url = Url::parse(link).ok().filter(|url| url.scheme() == SCHEME)?;
    let bare = url.query().is_none() && url.fragment().is_none() && url.port().is_none();
    if !bare || !url.username().is_empty() || url.password().is_some() {
        return None;
    }
    let path: Vec<&str> = url.path().split('/').filter(|part| !part.is_empty()).collect();
    match (url.host_str()?, path.as_slice()) {
        ("today", []) => Some("/".to_owned()),
        (place @ ("deals" | "accounts" | "people" | "settings"), []) => Some(format!("/{place}")),
        ("deal", [program, deal]) if is_id(program) && is_id(deal) => {
            Some(format!("/deals/{program}/{deal}"))
        }
        _ => None,
    }
}

/// A UUID as Lockstep writes it.
fn is_id(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROGRAM: &str = "019b2f6a-7a10-7c3e-8a51-0d5f5a3c9e01";
    const DEAL: &str = "019b2f6a-7a10-7c3e-8a51-0d5f5a3c9e02";

    #[test]
    fn a_link_names_a_place() {
        assert_eq!(route("lockstep://today").as_deref(), Some("/"));
        assert_eq!(route("lockstep://deals/").as_deref(), Some("/deals"));
        assert_eq!(route("LOCKSTEP://settings").as_deref(), Some("/settings"));
        let deal = format!("/deals/{PROGRAM}/{DEAL}");
        assert_eq!(route(&format!("lockstep://deal/{PROGRAM}/{DEAL}")), Some(deal));
    }

    #[test]
    fn whatever_else_it_says_makes_it_no_link() {
        let long = format!("lockstep://deals/{}", "/".repeat(600));
        for link in [
            "",
            "lockstep:",
            "lockstep:deals",
            "lockstep://",
            "lockstep://start",
            "lockstep://deals/new",
            "lockstep://deals?program=1",
            "lockstep://deals#top",
            "lockstep://alice@deals",
            "lockstep://deals:80",
            "lockstep://deal/1/2",
            "lockstep://deal/..%2f..%2fsettings/x",
            "https://deals",
            "javascript:alert(1)",
            &long,
            &format!("lockstep://deal/{PROGRAM}"),
            &format!("lockstep://deal/{PROGRAM}/{DEAL}/delete"),
            &format!("lockstep://deal/{PROGRAM}/{DEAL}?really=yes"),
        ] {
            assert_eq!(route(link), None, "{link}");
        }
    }

    #[test]
    fn an_argument_is_a_link_by_its_scheme() {
        assert!(is_link("lockstep://today") && is_link("Lockstep:anything"));
        assert!(
            !is_link("--demo") && !is_link("lockstep") && !is_link("https://lockstep:1") && !is_link("é")
        );
    }
}
