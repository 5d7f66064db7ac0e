//! Invitation links, honest and hostile.

use super::frame_samples::id;
use crate::link::{InvitationLink, LINK_MAX, NotALink, Token};
use proptest::prelude::*;

const TOKEN: &str = "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a";
const PROGRAM: &str = "01900000000070008000000000000010";

fn parse(link: &str) -> Result<InvitationLink, NotALink> {
    link.parse()
}

#[test]
fn a_link_reads_as_hub_program_and_token() {
    let link = InvitationLink {
        hub: "https://hub.example".into(),
        program: Some(id(0x10)),
        token: Token([0x5A; 32]),
    };
    let text = format!("https://hub.example/join#{TOKEN}.{PROGRAM}");
    assert_eq!(link.to_string(), text);
    assert_eq!(parse(&text), Ok(link.clone()));
    assert_eq!(parse(&format!("\n  {text}\t")), Ok(link.clone()), "pasted with some space around it");
    assert_eq!(parse(&text.replace(TOKEN, &TOKEN.to_uppercase())), Ok(link.clone()));

    let founding = InvitationLink { program: None, ..link };
    assert_eq!(founding.to_string(), format!("https://hub.example/join#{TOKEN}"));
    assert_eq!(parse(&founding.to_string()), Ok(founding));
}

#[test]
fn hubs_have_addresses_of_many_honest_forms() {
    for hub in [
        "https://hub.example",
        "https://hub.example:8443",
        "https://partners.halden.example/lockstep",
        "https://halden.example/a/b-c/d_e.f~g",
        "https://XN--BCKEREI-N2A.example",
        "http://localhost:7420",
        "http://127.0.0.1:7420",
        "https://[2001:db8::1]",
        "https://[::1]:7420/x",
        "memory://hub",
    ] {
        let read = parse(&format!("{hub}/join#{TOKEN}.{PROGRAM}")).expect(hub);
        assert_eq!((read.hub.as_str(), read.program, read.token), (hub, Some(id(0x10)), Token([0x5A; 32])));
    }
}

#[test]
fn hostile_and_broken_links_are_refused() {
    let good = format!("https://hub.example/join#{TOKEN}.{PROGRAM}");
    assert!(parse(&good).is_ok());
    let with_address = |address: &str| format!("{address}#{TOKEN}.{PROGRAM}");
    let addresses = [
        // Other schemes.
        "javascript:alert(1)//join",
        "javascript://hub.example/join",
        "file:///etc/passwd/join",
        "file://hub.example/join",
        "data:text/html,x/join",
        "ftp://hub.example/join",
        "ws://hub.example/join",
        "lockstep://hub.example/join",
        "HTTPS://hub.example/join",
        "//hub.example/join",
        "hub.example/join",
        "/join",
        "",
        "https:/hub.example/join",
        "https:hub.example/join",
        // Somebody else's host.
        "https://hub.example@evil.example/join",
        "https://user:secret@hub.example/join",
        "https://hub.example/@evil.example/join",
        "https://evil.example\\.hub.example/join",
        "https://evil.example\\@hub.example/join",
        "https://hub.example?x=/join",
        "https://hub.example?/join",
        // No host.
        "https:///join",
        "https:////join",
        "https://:443/join",
        "https://./join",
        "https://-/join",
        "https://[]/join",
        "https://[::1/join",
        "https://::1/join",
        // No port.
        "https://hub.example:/join",
        "https://hub.example:port/join",
        "https://hub.example:65536/join",
        "https://hub.example:+80/join",
        "https://hub.example:80:81/join",
        // Other paths.
        "https://hub.example",
        "https://hub.example/",
        "https://hub.example/Join",
        "https://hub.example/join/",
        "https://hub.example/joined",
        "https://hub.example//join",
        "https://hub.example/./join",
        "https://hub.example/../join",
        "https://hub.example/a/../../join",
        "https://hub.example/%2e%2e/join",
        "https://hub.example/a;b/join",
        "https://hub.example/join?utm_source=mail",
        // Characters that look like others, or are none.
        "https://hüb.example/join",
        "https://hub。example/join",
        "https://hub\u{202e}.example/join",
        "https://hub\u{0}.example/join",
        "https://hub .example/join",
        "https://hub.example/a b/join",
        "https://hub.example\n/join",
        "https://hub.example\t/join",
        "https://hub.example%00/join",
        "https://hub_example/join",
        "https://<hub>/join",
        "https://\"hub\"/join",
        // Arguments of a command line.
        "--profile=/tmp/x",
        "--profile /tmp/x https://hub.example/join",
        "-c https://hub.example/join",
        "https://--help/join",
        "https://-x.example/join",
        "$(reboot)https://hub.example/join",
        "https://hub.example;reboot/join",
        "https://hub.example$(reboot)/join",
        "https://`reboot`/join",
    ];
    for address in addresses {
        assert_eq!(parse(&with_address(address)), Err(NotALink), "{address:?}");
    }
}

#[test]
fn a_link_needs_a_whole_token_and_a_whole_program() {
    let secrets = [
        String::new(),
        ".".into(),
        PROGRAM.into(),
        format!(".{PROGRAM}"),
        TOKEN.chars().skip(1).collect(),
        format!("{TOKEN}0"),
        format!("{TOKEN}{TOKEN}"),
        format!("{TOKEN}."),
        format!("{TOKEN}.{}", PROGRAM.chars().skip(1).collect::<String>()),
        format!("{TOKEN}.{PROGRAM}0"),
        format!("{TOKEN}.{PROGRAM}.{PROGRAM}"),
        format!("{TOKEN}.not-a-program"),
        format!("{TOKEN}#{PROGRAM}"),
        format!("{TOKEN} .{PROGRAM}"),
        format!("{TOKEN}?x=1"),
        TOKEN.replace('5', "g"),
        TOKEN.replacen("5a", "+5", 1),
        TOKEN.replacen("5a", "-5", 1),
        TOKEN.replacen("5a", " 5", 1),
        TOKEN.replacen("5a", "é", 1),
        TOKEN.replacen("5a", "0x", 1),
    ];
    for secret in secrets {
        assert_eq!(parse(&format!("https://hub.example/join#{secret}")), Err(NotALink), "{secret:?}");
    }
    assert_eq!(parse("https://hub.example/join"), Err(NotALink), "no secret at all");
    assert_eq!(parse(&format!("https://hub.example/join?{TOKEN}.{PROGRAM}")), Err(NotALink));
}

#[test]
fn a_link_has_a_largest_size() {
    let padded = |length: usize| {
        let rest = format!("https://hub.example//join#{TOKEN}.{PROGRAM}").len();
        format!("https://hub.example/{}/join#{TOKEN}.{PROGRAM}", "x".repeat(length - rest))
    };
    assert_eq!(padded(LINK_MAX).len(), LINK_MAX);
    assert!(parse(&padded(LINK_MAX)).is_ok());
    assert_eq!(parse(&padded(LINK_MAX + 1)), Err(NotALink));
    assert_eq!(parse(&padded(3_000)), Err(NotALink));
    assert_eq!(parse(&"#".repeat(1 << 20)), Err(NotALink));
}

#[test]
fn an_error_repeats_nothing_of_what_was_pasted() {
    let error = parse(&format!("https://evil example/join#{TOKEN}")).unwrap_err();
    assert!(!error.to_string().contains("5a5a") && !format!("{error:?}").contains("evil"));
}

proptest! {
    #[test]
    fn every_link_that_is_written_is_read(
        token in any::<[u8; 32]>(),
        program in proptest::option::of(any::<u128>()),
        hub in "https://[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?(\\.[a-z]{2,9}){0,3}(:[1-9][0-9]{0,3})?(/[A-Za-z0-9_-]{1,8}){0,3}",
    ) {
        let program = program.map(|id| uuid::Uuid::from_u128(id).into());
        let link = InvitationLink { hub, program, token: Token(token) };
        prop_assert_eq!(link.to_string().parse(), Ok(link));
    }

    #[test]
    fn any_text_is_a_link_or_not(text in "\\PC{0,80}|https?://[a-z@:/?.\\[\\]\\\\#-]{0,30}/join#[0-9a-f.+]{60,100}") {
        if let Ok(link) = parse(&text) {
            prop_assert_eq!(parse(&link.to_string()), Ok(link), "and stays the same one");
        }
    }
}
