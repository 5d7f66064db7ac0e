//! What a person wants to be told of while looking elsewhere.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What a person who looks elsewhere is told of, on this device. Argument of `notices_set`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct NoticeChoice {
    /// Of what.
    pub which: NoticesFor,
    /// Whether there are hours in which nothing is shown. What comes in them is summed up afterwards.
    pub quiet: bool,
    /// When they begin, minutes of the day.
    pub quiet_from: u32,
    /// When they end, minutes of the day; not after `quiet_from` means on the next day.
    pub quiet_until: u32,
    /// The days on which they begin.
    pub quiet_days: Vec<Weekday>,
}

/// Nobody misses anything before they have asked for quiet: other companies work at other hours.
impl Default for NoticeChoice {
    fn default() -> Self {
        Self {
            which: NoticesFor::default(),
            quiet: false,
            quiet_from: 20 * 60,
            quiet_until: 7 * 60,
            quiet_days: Weekday::ALL.to_vec(),
        }
    }
}

/// Of what a person is told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum NoticesFor {
    /// Whatever others write and decide.
    #[default]
    Everything,
    /// Only what asks this person's company for the next move, as "On you" in Today does.
    OnMe,
    /// Nothing.
    Nothing,
}

/// A day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Weekday {
    /// Monday.
    Monday,
    /// Tuesday.
    Tuesday,
    /// Wednesday.
    Wednesday,
    /// Thursday.
    Thursday,
    /// Friday.
    Friday,
    /// Saturday.
    Saturday,
    /// Sunday.
    Sunday,
}

impl Weekday {
    /// The week, from Monday.
    pub const ALL: [Self; 7] = [
        Self::Monday,
        Self::Tuesday,
        Self::Wednesday,
        Self::Thursday,
        Self::Friday,
        Self::Saturday,
        Self::Sunday,
    ];
}
