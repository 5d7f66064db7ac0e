//! The words of a claim key, and how people type them.

use crate::claim::{claim_id, normal_name, registrable_domain};
use proptest::prelude::*;

#[test]
fn a_domain_is_reduced_to_what_can_be_registered() {
    let table = [
        ("polder.nl", "polder.nl"),
        ("  polder.nl\n", "polder.nl"),
        ("Polder.NL", "polder.nl"),
        ("www.polder.nl", "polder.nl"),
        ("a.b.c.polder.nl", "polder.nl"),
        ("https://www.Polder-Port.example/contact", "polder-port.example"),
        ("HTTPS://polder.nl", "polder.nl"),
        ("ftp://polder.nl/file", "polder.nl"),
        ("polder.nl/path", "polder.nl"),
        ("polder.nl?query", "polder.nl"),
        ("polder.nl#fragment", "polder.nl"),
        ("polder.nl:8080", "polder.nl"),
        ("polder.nl:", "polder.nl"),
        ("polder.nl.:443/", "polder.nl"),
        ("https://alice:secret@polder.nl:8080/a@b", "polder.nl"),
        ("info@polder.nl", "polder.nl"),
        ("mailto:info@polder.nl", "polder.nl"),
        ("polder.nl/login?next=https://elsewhere.example/", "polder.nl"),
        ("polder.nl?next=https://elsewhere.example/", "polder.nl"),
        ("polder.nl#see://elsewhere.example", "polder.nl"),
        ("shop.polder.co.uk", "polder.co.uk"),
        ("polder.com.au", "polder.com.au"),
        ("polder.github.io", "polder.github.io"),
        ("www.polder.github.io", "polder.github.io"),
        ("Bäckerei-Müller.de", "xn--bckerei-mller-bfb28a.de"),
        ("xn--bckerei-mller-bfb28a.de", "xn--bckerei-mller-bfb28a.de"),
        ("www.例え.jp", "xn--r8jz45g.jp"),
        ("polder。nl", "polder.nl"),
        ("ＰＯＬＤＥＲ.nl", "polder.nl"),
        ("4711.com", "4711.com"),
    ];
    for (typed, domain) in table {
        assert_eq!(registrable_domain(typed).as_deref(), Some(domain), "{typed:?}");
    }
}

#[test]
fn what_is_no_domain_is_refused() {
    let table = [
        "",
        "   ",
        ".",
        "nl",
        "polder",
        "co.uk",
        "www.",
        "github.io",
        "https://",
        "https:///path",
        "192.168.2.1",
        "http://192.168.2.1:8080/x",
        "192.168.2",
        "10.1",
        "[2001:db8::1]",
        "http://[2001:db8::1]:443/",
        "2001:db8::1",
        "polder .nl",
        "polder..nl",
        ".polder.nl",
        "pol_der.nl",
        "-polder.nl",
        "polder.nl\u{0}",
        "pol\u{202e}der.nl",
        "polder.nl:http",
        "Polder Logistics B.V.",
    ];
    for typed in table {
        assert_eq!(registrable_domain(typed), None, "{typed:?}");
    }
    assert_eq!(registrable_domain(&format!("{}.nl", "x".repeat(64))), None, "a label of 64");
    assert_eq!(registrable_domain(&format!("{}nl", "x.".repeat(130))), None, "longer than 253");
}

#[test]
fn names_are_compared_without_case_and_spacing() {
    assert_eq!(normal_name("  Gateway \t Pro\n"), "gateway pro");
    assert_eq!(normal_name("ÉTÉ Straße"), "été straße");
    let key = claim_id("polder.nl", "Gateway Pro", "Benelux");
    assert_eq!(key, claim_id("polder.nl", "gateway  PRO ", " BENELUX"));
    assert_ne!(key, claim_id("polder.nl", "GatewayPro", "Benelux"));
}

#[test]
fn the_parts_of_a_key_do_not_run_into_each_other() {
    assert_ne!(claim_id("polder.nl", "ab", "c"), claim_id("polder.nl", "a", "bc"));
    assert_ne!(claim_id("polder.nl", "a", "b"), claim_id("polder.nl", "b", "a"));
}

proptest! {
    #[test]
    fn any_text_is_a_domain_or_not_and_a_domain_stays_one(text in "\\PC{0,40}|[a-zäß0-9.:/@?#\\[\\]-]{0,40}") {
        if let Some(domain) = registrable_domain(&text) {
            prop_assert_eq!(registrable_domain(&domain), Some(domain.clone()), "reduced twice");
            prop_assert_eq!(registrable_domain(&format!("https://www.{domain}:8443/a?b#c")), Some(domain.clone()));
            prop_assert!(domain.is_ascii() && domain == domain.to_lowercase());
        }
    }
}
