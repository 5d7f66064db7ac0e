use super::*;
use crate::dto::{DealSort, Lens};
use proptest::prelude::*;

fn view() -> DealView {
    DealView {
        lens: Lens::default(),
        text: String::new(),
        stage: None,
        court: None,
        status: None,
        include_closed: false,
        sort: DealSort::Activity,
    }
}

fn named(id: &str, name: &str) -> Entry {
    Entry { id: id.to_owned(), what: What::View { name: name.to_owned(), view: view() } }
}

fn deal(id: &str, program: &str) -> Entry {
    Entry { id: id.to_owned(), what: What::Deal { program: program.to_owned(), deal: format!("deal {id}") } }
}

fn list(entries: &[Entry]) -> List {
    List(entries.iter().cloned().map(Line::Known).collect())
}

fn ids(list: &List) -> Vec<&str> {
    list.entries().map(|entry| entry.id.as_str()).collect()
}

fn moved(id: &str, before: Option<&str>) -> Change {
    Change::Move { id: id.to_owned(), before: before.map(str::to_owned) }
}

#[test]
fn a_pin_goes_before_another_or_to_the_end() {
    let mut pins = list(&[deal("a", "p"), deal("b", "p"), deal("c", "p")]);
    pins.apply(moved("c", Some("a"))).unwrap();
    assert_eq!(ids(&pins), ["c", "a", "b"]);
    pins.apply(moved("c", None)).unwrap();
    assert_eq!(ids(&pins), ["a", "b", "c"]);
    pins.apply(moved("b", Some("b"))).unwrap();
    assert_eq!(ids(&pins), ["a", "b", "c"]);
    assert_eq!(pins.apply(moved("z", None)), Err(Wrong::Gone));
}

#[test]
fn a_name_is_tidied_and_belongs_to_one_view() {
    let mut pins = list(&[named("a", "Closing soon")]);
    let rename = |id: &str, name: &str| Change::Rename { id: id.to_owned(), name: name.to_owned() };
    pins.apply(Change::Insert { entry: named("b", "  Large \n ones "), before: None }).unwrap();
    assert!(matches!(&pins.entries().last().unwrap().what, What::View { name, .. } if name == "Large ones"));
    assert_eq!(pins.apply(rename("b", "closing SOON")), Err(Wrong::NameTaken("closing SOON".to_owned())));
    assert_eq!(pins.apply(rename("b", " ")), Err(Wrong::Nameless));
    assert_eq!(pins.apply(rename("b", &"n".repeat(61))), Err(Wrong::NameTooLong(60)));
    pins.apply(rename("b", "large ones")).unwrap();
    assert!(pins.apply(rename("a", &"n".repeat(60))).is_ok());
}

#[test]
fn a_program_that_was_left_takes_its_pins_along() {
    let mut seen_through = view();
    seen_through.lens.program = Some("p".to_owned());
    let through =
        Entry { id: "v".to_owned(), what: What::View { name: "Kestrel".to_owned(), view: seen_through } };
    let mut pins = list(&[deal("a", "p"), named("b", "All"), deal("c", "q"), through]);
    assert!(pins.without("p"));
    assert_eq!(ids(&pins), ["b", "c"]);
    assert!(!pins.without("p"));
}

#[test]
fn what_a_newer_version_pinned_stays_where_it_is() {
    let kept = r#"[{"id":"a","deal":{"program":"p","deal":"1"}},{"id":"x","plan":{"plan":"9"}},{"id":"b","deal":{"program":"p","deal":"2"}}]"#;
    let mut pins: List = serde_json::from_str(kept).unwrap();
    assert_eq!(ids(&pins), ["a", "b"]);
    let back = pins.apply(Change::Remove { id: "a".to_owned() }).unwrap();
    assert_eq!(pins.apply(Change::Remove { id: "x".to_owned() }), Err(Wrong::Gone));
    pins.apply(back).unwrap();
    let again = serde_json::to_value(&pins).unwrap();
    let plans = again.as_array().unwrap().iter().filter(|line| line.get("plan").is_some());
    assert_eq!((again.as_array().unwrap().len(), plans.count()), (3, 1));
}

/// A change by one of five ids, some of which are in the list.
fn any_change() -> impl Strategy<Value = Change> {
    let id = || prop::sample::select(vec!["a", "b", "c", "d", "e"]).prop_map(str::to_owned);
    let some = || prop::option::of(id());
    prop_oneof![
        id().prop_map(|id| Change::Remove { id }),
        (id(), some()).prop_map(|(id, before)| Change::Move { id, before }),
        (id(), "[a-c ]{0,3}").prop_map(|(id, name)| Change::Rename { id, name }),
        id().prop_map(|id| Change::Show { id, view: DealView { text: "polder".to_owned(), ..view() } }),
    ]
}

proptest! {
    #[test]
    fn every_change_that_was_made_can_be_taken_back(changes in prop::collection::vec(any_change(), 1..12)) {
        let mut pins = list(&[deal("a", "p"), named("b", "One"), named("c", "Two"), deal("d", "q")]);
        let before = pins.clone();
        let mut back = Vec::new();
        for change in changes {
            let untouched = pins.clone();
            match pins.apply(change) {
                Ok(inverse) => back.push(inverse),
                Err(_) => prop_assert_eq!(&pins, &untouched),
            }
        }
        for inverse in back.into_iter().rev() {
            prop_assert!(pins.apply(inverse).is_ok());
        }
        prop_assert_eq!(pins, before);
    }
}
