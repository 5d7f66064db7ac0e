//! What a person wants to hear of, and when, as this device remembers it.

use crate::app::{App, held};
use crate::appearance::{SWITCH, name_of, value_of};
use crate::dto::{Code, CommandError, Done, NoticeChoice, NoticesFor, Tag, Weekday};
use crate::map;
use crate::notices::Heard;
use std::sync::Arc;
use store::DeviceFile;

/// Names of the settings in the device's file.
const WHICH: &str = "notices";
const QUIET: &str = "quiet_hours";
const FROM: &str = "quiet_from";
const UNTIL: &str = "quiet_until";
const DAYS: &str = "quiet_days";

const NAMES: [(NoticesFor, &str); 3] =
    [(NoticesFor::Everything, "everything"), (NoticesFor::OnMe, "on_me"), (NoticesFor::Nothing, "nothing")];
const DAY_MINUTES: u32 = 24 * 60;

impl App {
    pub(crate) async fn notices_set(self: &Arc<Self>, asked: NoticeChoice) -> Result<Done, CommandError> {
        if asked.quiet_from >= DAY_MINUTES || asked.quiet_until >= DAY_MINUTES {
            return Err(CommandError::new(Code::BadInput, "A day ends after 24 hours."));
        }
        let session = self.session()?;
        for (name, value) in [
            (WHICH, name_of(&NAMES, &asked.which).to_owned()),
            (QUIET, name_of(&SWITCH, &asked.quiet).to_owned()),
            (FROM, asked.quiet_from.to_string()),
            (UNTIL, asked.quiet_until.to_string()),
            (DAYS, days_text(&asked.quiet_days)),
        ] {
            session.device.set_setting(name, &value).await.map_err(|error| map::store_error(&error))?;
        }
        *held(&self.notice_choice) = asked;
        let _ = self.heard.send(Heard::Chosen);
        self.tell(&[Tag::App]);
        Ok(Done::default())
    }
}

/// What was chosen in earlier runs.
pub(crate) async fn kept(device: &DeviceFile) -> Result<NoticeChoice, CommandError> {
    let kept = async |name| device.setting(name).await.map_err(|error| map::store_error(&error));
    let otherwise = NoticeChoice::default();
    let minutes = |text: Option<String>, otherwise| {
        text.and_then(|text| text.parse().ok()).filter(|minutes| *minutes < DAY_MINUTES).unwrap_or(otherwise)
    };
    Ok(NoticeChoice {
        which: value_of(&NAMES, kept(WHICH).await?.as_deref(), otherwise.which),
        quiet: value_of(&SWITCH, kept(QUIET).await?.as_deref(), otherwise.quiet),
        quiet_from: minutes(kept(FROM).await?, otherwise.quiet_from),
        quiet_until: minutes(kept(UNTIL).await?, otherwise.quiet_until),
        quiet_days: kept(DAYS).await?.map_or(otherwise.quiet_days, |text| days_of(&text)),
    })
}

/// Days as they are kept: the number of each, Monday being 1.
fn days_text(days: &[Weekday]) -> String {
    (1..)
        .zip(Weekday::ALL)
        .filter(|(_, day)| days.contains(day))
        .map(|(number, _)| number.to_string())
        .collect()
}

fn days_of(text: &str) -> Vec<Weekday> {
    let known = ('1'..).zip(Weekday::ALL);
    known.filter(|(number, _)| text.contains(*number)).map(|(_, day)| day).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_found_again() {
        assert_eq!(days_text(&[Weekday::Sunday, Weekday::Monday]), "17");
        assert_eq!(days_of("17"), [Weekday::Monday, Weekday::Sunday]);
        assert_eq!(days_of(&days_text(&Weekday::ALL)), Weekday::ALL);
        assert!(days_of("").is_empty());
    }

    #[test]
    fn every_choice_is_found_again_under_its_name() {
        for (which, name) in NAMES {
            assert_eq!(value_of(&NAMES, Some(name_of(&NAMES, &which)), NoticesFor::Nothing), which);
            assert_eq!(name_of(&NAMES, &which), name);
        }
        assert_eq!(
            value_of(&NAMES, Some("of newer versions"), NoticesFor::Everything),
            NoticesFor::Everything
        );
    }
}
