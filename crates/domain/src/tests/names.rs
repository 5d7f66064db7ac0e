//! When two companies are one.

use crate::company::*;

const WEIGHTS: Weights = Weights { domain: 10_000, duns: 9_800, email: 9_000, name: 8_500 };

fn company(name: &str, domain: &str, country: &str) -> Company {
    Company { name: name.into(), domain: domain.into(), country: country.into(), duns: None, email: None }
}

fn by_name(one: &str, other: &str) -> u32 {
    let same = alike(&WEIGHTS, &company(one, "", "NL"), &company(other, "", "NL"));
    same.map_or(0, |(key, score)| {
        assert_eq!(key, MatchKey::Name);
        score
    })
}

#[test]
fn a_legal_name_is_what_stays_without_its_form() {
    for (name, legal) in [
        ("Polder Port Authority B.V.", "polderportauthority"),
        ("POLDER-PORT AUTHORITY, BV", "polderportauthority"),
        ("The Polder Port Authority Ltd.", "polderportauthority"),
        ("Müller & Söhne GmbH & Co. KG", "mullersohne"),
        ("Nowak Sp. z o.o.", "nowak"),
        ("Vltava s. r. o.", "vltava"),
        ("Petrobras S/A", "petrobras"),
        ("Havn A/S", "havn"),
        ("Berlin Zoo", "berlinzoo"),
        ("株式会社山田製作所", "山田製作所"),
        ("山田製作所株式会社", "山田製作所"),
        ("株式会社", "株式会社"),
        ("Ferrovie dello Stato S.p.A.", "ferroviedellostato"),
        ("Électricité du Nord, S.A.S.", "electricitedunord"),
        ("Construções Lima Ltda.", "construcoeslima"),
        ("株式会社 山田製作所", "山田製作所"),
        ("山田製作所 株式会社", "山田製作所"),
        ("شركة النور", "شركةالنور"),
        // What is only a form is a name all the same.
        ("SE", "se"),
        ("The AG", "the"),
        ("", ""),
        (" . , ", ""),
    ] {
        assert_eq!(legal_name(name), legal, "{name}");
    }
}

#[test]
fn names_are_the_more_alike_the_fewer_letters_differ() {
    assert_eq!(by_name("Polder Port Authority B.V.", "Polder Port Authority"), 8_500);
    assert!(by_name("Polder Port Authority", "Polder Port Autority") >= 8_000, "a slip of the pen");
    assert!(by_name("Polder Port Authority", "Polder Port Services") < 7_000, "another company of the port");
    assert!(by_name("Acme", "Acne") < 7_000, "of four letters one is a lot");
    assert_eq!(by_name("Clinic 1", "Clinic 2"), 0, "numbers are no slips");
    assert_eq!(by_name("", ""), 0, "nothing is not alike");
}

#[test]
fn two_countries_are_two_companies_and_an_unknown_one_counts_less() {
    let at = |country: &str| company("Polder Port", "", country);
    assert_eq!(alike(&WEIGHTS, &at("NL"), &at("DE")), None);
    assert_eq!(alike(&WEIGHTS, &at("NL"), &at("")), Some((MatchKey::Name, 7_650)));
}

#[test]
fn the_strongest_key_is_the_one_that_is_named() {
    let one = Company { duns: duns("12-345-6789"), ..company("Polder Port", "polder.nl", "NL") };
    let other = Company { domain: "polderport.com".into(), ..one.clone() };
    assert_eq!(alike(&WEIGHTS, &one, &one), Some((MatchKey::Domain, 10_000)));
    assert_eq!(alike(&WEIGHTS, &one, &other), Some((MatchKey::Duns, 9_800)));
    let written = Company { email: email_domain("Ana@PolderPort.com"), ..company("Haven", "haven.nl", "NL") };
    assert_eq!(alike(&WEIGHTS, &written, &other), Some((MatchKey::Email, 9_000)));
    assert_eq!(alike(&WEIGHTS, &other, &written), Some((MatchKey::Email, 9_000)), "either way round");
    let equal = Weights { duns: 10_000, ..WEIGHTS };
    assert_eq!(alike(&equal, &one, &one), Some((MatchKey::Domain, 10_000)), "of equals the plainest");
}

#[test]
fn a_mailbox_that_anybody_can_have_says_nothing() {
    for address in [
        "ana@gmail.com",
        "ana@hotmail.co.uk",
        "ana@yahoo.com.br",
        "ana@web.de",
        "ana",
        "@polder.nl",
        "ana@localhost",
        "",
    ] {
        assert_eq!(email_domain(address), None, "{address}");
    }
    assert_eq!(email_domain(" ana@mail.polder.nl "), Some("polder.nl".into()));
}

#[test]
fn a_duns_number_has_nine_digits_however_it_is_written() {
    for text in ["123456789", "12-345-6789", " 12 345 6789 "] {
        assert_eq!(duns(text), Some("123456789".into()), "{text}");
    }
    for text in ["12345678", "1234567890", "12345678x", "", "١٢٣٤٥٦٧٨٩", "000000000", "999-99-9999"]
    {
        assert_eq!(duns(text), None, "{text}");
    }
}

#[test]
fn names_are_found_by_both_ends() {
    for (name, key) in [
        ("Stadtwerke Ahrenfels GmbH", "stadfels"),
        ("Polder", "polder"),
        ("Poldermee", "poldrmee"),
        ("Polderzee", "poldrzee"),
        ("", ""),
    ] {
        assert_eq!(name_key(name), key, "{name}");
    }
}

#[test]
fn companies_that_are_alike_are_found_under_one_key() {
    let one = Company { duns: duns("123456789"), ..company("Polder Port", "polder.nl", "NL") };
    for other in [
        company("Haven", "polder.nl", ""),
        Company { duns: duns("123456789"), ..company("Haven", "", "") },
        Company { email: Some("polder.nl".into()), ..company("Haven", "haven.nl", "") },
        company("Poldre Port BV", "", "NL"),
    ] {
        let shared = keys(&one).into_iter().any(|key| keys(&other).contains(&key));
        assert!(shared, "{other:?}");
    }
}
