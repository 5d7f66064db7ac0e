//! What was practised in the demo, as its device remembers it.

use crate::app::{App, held};
use crate::appearance::{name_of, value_of};
use crate::dto::{CommandError, Done, Practice, Practised, Tag};
use crate::map;
use std::sync::Arc;
use store::DeviceFile;

/// Name of the setting in the device's file.
const PRACTICE: &str = "practice";
/// Kept among the names of what was done.
const DISMISSED: &str = "dismissed";

const NAMES: [(Practised, &str); 6] = [
    (Practised::Palette, "palette"),
    (Practised::Reply, "reply"),
    (Practised::Register, "register"),
    (Practised::Step, "step"),
    (Practised::Offline, "offline"),
    (Practised::Undo, "undo"),
];

impl App {
    pub(crate) async fn practice_set(self: &Arc<Self>, asked: Practice) -> Result<Done, CommandError> {
        let session = self.session()?;
        let text = text(&asked);
        session.device.set_setting(PRACTICE, &text).await.map_err(|error| map::store_error(&error))?;
        *held(&self.practice) = asked;
        self.tell(&[Tag::App]);
        Ok(Done::default())
    }
}

/// What was practised in earlier windows.
pub(crate) async fn kept(device: &DeviceFile) -> Result<Practice, CommandError> {
    let text = device.setting(PRACTICE).await.map_err(|error| map::store_error(&error))?;
    Ok(read(text.as_deref().unwrap_or_default()))
}

fn text(practice: &Practice) -> String {
    let mut names: Vec<&str> = practice.done.iter().map(|one| name_of(&NAMES, one)).collect();
    names.extend(practice.dismissed.then_some(DISMISSED));
    names.join(" ")
}

fn read(text: &str) -> Practice {
    let done = text.split(' ').filter_map(|name| {
        let known = NAMES.iter().any(|(_, known)| *known == name);
        known.then(|| value_of(&NAMES, Some(name), Practised::Palette))
    });
    Practice { done: done.collect(), dismissed: text.split(' ').any(|name| name == DISMISSED) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_practised_is_found_again() {
        let all = Practice { done: NAMES.map(|(one, _)| one).to_vec(), dismissed: true };
        assert_eq!(read(&text(&all)), all);
        assert_eq!(read(""), Practice::default());
        let newer = Practice { done: vec![Practised::Undo], dismissed: false };
        assert_eq!(read("of_a_newer_version undo"), newer);
    }
}
