//! What is typed, how words are made, and what is marked.

use crate::Date;
use crate::entity::{Message, Milestone, OwnerSide};
use crate::search::show::{has_words, marks, score, snippet};
use crate::search::{self, Asked, Document, Has, Kind, Words, day, read, text};
use crate::{DealId, MemberId, Timestamp};
use proptest::prelude::*;

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// A Friday.
fn today() -> Date {
    day("2026-11-27")
}

fn typed(text: &str) -> Asked {
    read(text, true, today())
}

fn folded(text: &str) -> Vec<String> {
    text::words(text).into_iter().map(|word| word.folded).collect()
}

fn sought(asked: &Asked) -> Vec<(String, bool)> {
    asked.words.iter().map(|words| (words.words.join(" "), words.begins)).collect()
}

fn said(text: &str) -> Document {
    Document {
        kind: Kind::Message,
        title: String::new(),
        text: text.to_owned(),
        at: Timestamp(0),
        author: None,
        deal: None,
        is_reply: false,
        is_due: false,
    }
}

fn named(title: &str, text: &str) -> Document {
    Document { kind: Kind::Deal, title: title.to_owned(), ..said(text) }
}

#[test]
fn words_have_neither_case_nor_diacritics() {
    assert_eq!(folded("Zürich, ČESKÁ e-mail v1.1"), ["zurich", "ceska", "e", "mail", "v1", "1"]);
    assert_eq!(
        folded("Ｆｕｌｌ ﬁne ½"),
        ["full", "fine", "12"],
        "compatibility forms are the letters they show"
    );
    assert_eq!(folded("İstanbul ЁЛКА Ёлка"), ["istanbul", "елка", "елка"]);
    assert_eq!(folded("e\u{301}te\u{301}"), ["ete"], "however the accent is written");
    assert_eq!(folded("한국어 회의"), ["한국어", "회의"], "Hangul stays whole");
    assert_eq!(folded("--- \0 \u{202e} 🙂"), [""; 0]);
    assert_eq!(folded(&"x".repeat(500)), ["x".repeat(64)]);
}

#[test]
fn scripts_without_spaces_are_cut_into_pairs() {
    assert_eq!(folded("東京都"), ["東京", "京都", "都"]);
    assert_eq!(folded("2026年会議"), ["2026", "年会", "会議", "議"]);
    let finds = |text: &str, sought: &str| has_words(&said(text), &typed(sought).words);
    assert!(finds("来週は東京都で会議があります", "東京"));
    assert!(finds("来週は東京都で会議があります", "会議"));
    assert!(finds("来週は東京都で会議があります", "都"), "one character begins a word");
    assert!(finds("東京B社", "東京B"));
    assert!(finds("2026年度", "2026年"));
    assert!(!finds("東京都", "京東") && !finds("東西京都", "東京"));
    assert!(finds("ราคาใหม่", "ราคา"));
}

#[test]
fn the_last_word_may_be_unfinished_while_one_types() {
    assert_eq!(sought(&typed("pump sta")), [("pump".to_owned(), false), ("sta".to_owned(), true)]);
    assert_eq!(sought(&typed("pump ")), [("pump".to_owned(), false)]);
    assert_eq!(sought(&typed("p")), [("p".to_owned(), false)], "one letter begins too much");
    assert!(!sought(&read("pump sta", false, today())).last().unwrap().1);
    assert_eq!(sought(&typed("\"pump sta\"")), [("pump sta".to_owned(), false)]);
    assert_eq!(
        sought(&typed("\"pump sta")),
        [("pump sta".to_owned(), false)],
        "the quote that is still open"
    );
    assert_eq!(
        sought(&typed("ver1.1")),
        [("ver1 1".to_owned(), false)],
        "what is joined by signs is a phrase"
    );
}

#[test]
fn filters_narrow_and_the_rest_are_words() {
    let asked = typed("budget from:\"Orla Byrne\" in:Polder has:link kind:messages");
    assert_eq!(sought(&asked), [("budget".to_owned(), false)]);
    assert_eq!((asked.from, asked.inside), (vec!["Orla Byrne".to_owned()], vec!["Polder".to_owned()]));
    assert_eq!(asked.has.into_iter().collect::<Vec<_>>(), [Has::Link]);
    assert_eq!(asked.kinds.into_iter().collect::<Vec<_>>(), [Kind::Message]);

    let asked = typed("after:last week pricing before:2026-11-27");
    assert_eq!((asked.since, asked.until), (Some(day("2026-11-16")), Some(day("2026-11-26"))));
    assert_eq!(sought(&asked), [("pricing".to_owned(), false)], "the words of a date are none to look for");
    assert_eq!(asked.filters[0].value, "last week");

    let half = typed("from: has:wings kind: after:soon");
    assert!(half.is_empty() && half.filters.iter().all(|filter| !filter.understood));
    assert_eq!(sought(&typed("https://polder.example/a?b=c")).len(), 1, "a colon alone makes no filter");
    let text = "x from:\"Orla Byrne\" y on:12 nov z";
    let asked = typed(text);
    let written: Vec<&str> =
        asked.filters.iter().map(|filter| text.get(filter.at.clone()).unwrap()).collect();
    assert_eq!(written, ["from:\"Orla Byrne\"", "on:12 nov"]);
}

#[test]
fn days_lie_behind() {
    let is = |typed: &str, first: &str, last: &str| {
        assert_eq!(day::period(typed, today()), Some((day(first), day(last))), "{typed}");
    };
    is("today", "2026-11-27", "2026-11-27");
    is("yesterday", "2026-11-26", "2026-11-26");
    is("2026-02-28", "2026-02-28", "2026-02-28");
    is("2026-2", "2026-02-01", "2026-02-28");
    is("2025", "2025-01-01", "2025-12-31");
    is("nov", "2026-11-01", "2026-11-30");
    is("December", "2025-12-01", "2025-12-31");
    is("feb 2024", "2024-02-01", "2024-02-29");
    is("q4", "2026-10-01", "2026-12-31");
    is("q1 '25", "2025-01-01", "2025-03-31");
    is("fri", "2026-11-27", "2026-11-27");
    is("last friday", "2026-11-20", "2026-11-20");
    is("monday", "2026-11-23", "2026-11-23");
    is("this week", "2026-11-23", "2026-11-29");
    is("last week", "2026-11-16", "2026-11-22");
    is("last month", "2026-10-01", "2026-10-31");
    is("last quarter", "2026-07-01", "2026-09-30");
    is("last year", "2025-01-01", "2025-12-31");
    is("3 days ago", "2026-11-24", "2026-11-24");
    is("last 2 weeks", "2026-11-13", "2026-11-27");
    is("9 months ago", "2026-02-27", "2026-02-27");
    is("12 dec", "2025-12-12", "2025-12-12");
    is("nov 12th", "2026-11-12", "2026-11-12");
    is("12 nov 2024", "2024-11-12", "2024-11-12");
    is("12/11", "2026-11-12", "2026-11-12");
    is("3.1.26", "2026-01-03", "2026-01-03");
    is("29 feb", "2024-02-29", "2024-02-29");
    for nothing in ["", "soon", "31 feb", "2026-13", "32 nov", "q5", "12 pumps", "a b c d", "last"] {
        assert_eq!(day::period(nothing, today()), None, "{nothing}");
    }
}

#[test]
fn rows_are_found_by_what_they_say() {
    let message = Message {
        deal: DealId(uuid::Uuid::nil()),
        author: MemberId(uuid::Uuid::nil()),
        body: "see https://polder.example".to_owned(),
        reply_to: None,
        position: None,
        at: Timestamp(5),
        extra: Default::default(),
    };
    let found =
        search::document(crate::Table::Messages, uuid::Uuid::nil(), &crate::codec::Entity::to_body(&message))
            .unwrap();
    assert!(found.has_link() && found.title.is_empty() && !found.is_reply);
    assert_eq!(search::document(crate::Table::Messages, uuid::Uuid::nil(), b"\x00"), None);
    assert_eq!(search::document(crate::Table::Grants, uuid::Uuid::nil(), b"\xa0"), None);
    let step = Milestone {
        deal: DealId(uuid::Uuid::nil()),
        title: "Pilot".to_owned(),
        owner_side: OwnerSide::Vendor,
        owner: None,
        due: None,
        done_condition: "signed by Polder".to_owned(),
        done: None,
        field_seq: Default::default(),
        field_by: Default::default(),
        was_done: None,
        extra: Default::default(),
    };
    let id = uuid::Uuid::parse_str("01890a5d-ac96-774b-bcce-b302099a8057").unwrap();
    let found =
        search::document(crate::Table::Milestones, id, &crate::codec::Entity::to_body(&step)).unwrap();
    assert_eq!(found.at, Timestamp(0x0189_0a5d_ac96), "an id tells when it was made");
    assert!(has_words(&found, &typed("pilot polder").words), "words may be in different parts");
    assert!(!has_words(&found, &typed("\"pilot signed\"").words), "a phrase may not");
}

#[test]
fn what_is_found_is_marked_in_units_of_the_page() {
    let asked = typed("crème bru");
    let text = "🙂 Die Crème brûlée\nund mehr";
    let shown = snippet(text, &asked.words, 100);
    assert_eq!(shown.text, "🙂 Die Crème brûlée und mehr");
    let units: Vec<u16> = shown.text.encode_utf16().collect();
    let cut = |(from, to): (u32, u32)| String::from_utf16(&units[from as usize..to as usize]).unwrap();
    assert_eq!(shown.marks.iter().copied().map(cut).collect::<Vec<_>>(), ["Crème", "brûlée"]);
    assert_eq!(marks("会議は会議室で", &typed("会議").words).len(), 2);
    let long = format!("{} needle {}", "hay ".repeat(200), "hay ".repeat(200));
    let shown = snippet(&long, &typed("needle").words, 80);
    assert!(shown.text.starts_with('…') && shown.text.ends_with('…') && shown.text.chars().count() <= 83);
    assert!(shown.text.contains("needle") && shown.marks.len() == 1);
}

#[test]
fn titles_answer_best() {
    let asked = typed("pump station").words;
    let order = [
        named("Pump station", "north"),
        named("Pump station renewal north east", "x"),
        named("Renewal", "the pump station is old"),
        named("Renewal", "a pump that we found at the end of a very long way from the station"),
    ];
    let scores: Vec<u32> = order.iter().map(|document| score(document, &asked)).collect();
    assert!(scores.windows(2).all(|pair| pair[0] > pair[1]), "{scores:?}");
}

proptest! {
    #[test]
    fn nothing_typed_is_an_error(typed in "(\\PC|[\0-\u{7f}\"():*^+-]|from:|in:|has:|after:|on:| ){0,80}") {
        let asked = read(&typed, true, today());
        for Words { words, .. } in &asked.words {
            prop_assert!(!words.is_empty());
            prop_assert!(words.iter().all(|word| word.chars().all(|c| c.is_alphanumeric() || !c.is_ascii())));
        }
        for filter in &asked.filters {
            prop_assert!(typed.get(filter.at.clone()).is_some());
        }
    }

    #[test]
    fn a_text_is_found_by_every_phrase_of_it(text in "[a-cäß 東京都.]{1,40}", from in 0_usize..20, more in 0_usize..6) {
        let words = text::words(&text);
        if let (Some(first), Some(last)) = (words.get(from), words.get(from + more)) {
            let piece = text.get(first.at.start..last.at.end).unwrap();
            let asked = read(&format!("\"{piece}\""), true, today());
            prop_assert_eq!(asked.words.len(), 1);
            prop_assert!(has_words(&said(&text), &asked.words), "{:?}", asked);
        }
    }

    #[test]
    fn marks_lie_within_the_text(text in "\\PC{0,60}", sought in "\\PC{0,10}", length in 0_usize..40) {
        let asked = read(&sought, true, today());
        for mark in marks(&text, &asked.words) {
            prop_assert!(text.get(mark).is_some());
        }
        let shown = snippet(&text, &asked.words, length);
        let units = u32::try_from(shown.text.encode_utf16().count()).unwrap();
        let mut last = 0;
        for (from, to) in shown.marks {
            prop_assert!(last <= from && from < to && to <= units);
            last = to;
        }
    }
}
