//! How often a person is interrupted. Pure: the time is an argument, and counts from any moment.
//!
//! A room is told of at most once in two minutes, and there are at most three notices of rooms in that
//! time. What is more is summed up: that of a room into its next notice, that of many rooms into one,
//! which comes at most once in two minutes too.

use super::words;
use super::{News, Notice, Room, What};
use domain::entity::RowOf;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

/// What comes within this time of the first is told of together.
const GATHER: Duration = Duration::from_secs(1);
/// Between two notices of one room, and between two of many rooms.
const APART: Duration = Duration::from_secs(120);
/// Most notices of single rooms in [`APART`].
const MOST: usize = 3;
/// So many names of authors are kept for a room; there is no room for more on a line.
const AUTHORS: usize = 3;

/// What a room has that was not told of.
#[derive(Debug, Default)]
pub(super) struct Waiting {
    pub deal_title: String,
    pub messages: u32,
    /// Who wrote them, in the order in which they did.
    pub authors: Vec<String>,
    /// The last message: author and text.
    pub last: Option<(String, String)>,
    /// The last thing that happened to the registration: title and text.
    pub registration: Option<(String, String)>,
    /// The rows of Today that ask for an answer, each with what there is to see.
    pub rows: BTreeMap<RowOf, u64>,
    pub since: Duration,
}

/// See the module documentation.
#[derive(Debug, Default)]
pub(super) struct Budget {
    waiting: BTreeMap<Room, Waiting>,
    /// When a room was told of last; forgotten when it does not matter any more.
    told: BTreeMap<Room, Duration>,
    /// When notices of single rooms were shown, oldest first.
    shown: VecDeque<Duration>,
    /// When one of many rooms was.
    summed_up: Option<Duration>,
}

impl Budget {
    /// Notes what somebody did.
    pub fn hear(&mut self, news: News, now: Duration) {
        let new = || Waiting { deal_title: news.deal_title.clone(), since: now, ..Waiting::default() };
        let waiting = self.waiting.entry(news.room).or_insert_with(new);
        waiting.rows.extend(news.row);
        match news.what {
            What::Message { author, body } => {
                waiting.messages += 1;
                if !waiting.authors.contains(&author) && waiting.authors.len() < AUTHORS {
                    waiting.authors.push(author.clone());
                }
                waiting.last = Some((author, body));
            }
            What::Registration { title, body } => waiting.registration = Some((title, body)),
        }
    }

    /// This person read a room up to a position.
    pub fn read(&mut self, room: Room, position: u64) {
        let last = self.waiting.get(&room).and_then(|waiting| waiting.rows.get(&RowOf::Reply(room.deal)));
        if last.is_none_or(|last| *last <= position) {
            self.forget(room);
        }
    }

    /// Nothing has to be said about a room any more.
    pub fn forget(&mut self, room: Room) {
        self.waiting.remove(&room);
    }

    /// Nothing has to be said at all.
    pub fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Rooms that something waits of.
    pub fn rooms(&self) -> Vec<Room> {
        self.waiting.keys().copied().collect()
    }

    /// Whether anything may be shown now.
    pub fn is_due(&self, now: Duration) -> bool {
        self.next(now).is_some_and(|next| next.is_zero())
    }

    /// What is to be shown now.
    pub fn due(&mut self, now: Duration) -> Vec<Notice> {
        while self.shown.front().is_some_and(|at| over(*at, now)) {
            self.shown.pop_front();
        }
        self.told.retain(|_, at| !over(*at, now));
        let ready = self.ready(now);
        let each = ready.len() <= self.left(now);
        if ready.is_empty() || (!each && !self.may_sum_up(now)) {
            return Vec::new();
        }
        let taken: Vec<(Room, Waiting)> =
            ready.into_iter().filter_map(|room| self.waiting.remove_entry(&room)).collect();
        self.told.extend(taken.iter().map(|(room, _)| (*room, now)));
        if each {
            self.shown.extend(taken.iter().map(|_| now));
            return taken.iter().map(|(room, waiting)| words::of_room(*room, waiting)).collect();
        }
        self.summed_up = Some(now);
        match taken.as_slice() {
            [(room, waiting)] => vec![words::of_room(*room, waiting)],
            many => vec![words::of_many(many)],
        }
    }

    /// How long until something may be shown; none while nothing waits.
    pub fn next(&self, now: Duration) -> Option<Duration> {
        let first = self.waiting.iter().map(|(room, waiting)| self.earliest(*room, waiting)).min()?;
        if first > now {
            return Some(first.saturating_sub(now));
        }
        let ready = self.ready(now).len();
        if ready <= self.left(now) || self.may_sum_up(now) {
            return Some(Duration::ZERO);
        }
        // One place is free when the oldest notice does not count any more.
        let place = self.shown.iter().map(|at| *at + APART).find(|at| *at > now);
        let times = [place, self.summed_up.map(|at| at + APART)];
        times.into_iter().flatten().min().map(|at| at.saturating_sub(now))
    }

    fn ready(&self, now: Duration) -> Vec<Room> {
        let ready = self.waiting.iter().filter(|(room, waiting)| self.earliest(**room, waiting) <= now);
        ready.map(|(room, _)| *room).collect()
    }

    fn earliest(&self, room: Room, waiting: &Waiting) -> Duration {
        let gathered = waiting.since + GATHER;
        self.told.get(&room).map_or(gathered, |told| gathered.max(*told + APART))
    }

    fn left(&self, now: Duration) -> usize {
        MOST.saturating_sub(self.shown.iter().filter(|at| !over(**at, now)).count())
    }

    fn may_sum_up(&self, now: Duration) -> bool {
        self.summed_up.is_none_or(|at| over(at, now))
    }
}

fn over(at: Duration, now: Duration) -> bool {
    at + APART <= now
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{DealId, ProgramId};
    use proptest::prelude::*;
    use uuid::Uuid;

    fn room(number: u128) -> Room {
        Room { program: ProgramId(Uuid::from_u128(1)), deal: DealId(Uuid::from_u128(number)) }
    }

    fn message(number: u128, author: &str, body: &str, position: u64) -> News {
        let room = room(number);
        News {
            room,
            deal_title: format!("Deal {number}"),
            what: What::Message { author: author.into(), body: body.into() },
            row: Some((RowOf::Reply(room.deal), position)),
        }
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn titles(notices: &[Notice]) -> Vec<&str> {
        notices.iter().map(|notice| notice.title.as_str()).collect()
    }

    #[test]
    fn one_message_is_told_of_as_it_is() {
        let mut budget = Budget::default();
        budget.hear(message(1, "Orla", "Legal wants v3", 7), at(0));
        assert_eq!(budget.next(at(0)), Some(GATHER));
        assert!(budget.due(at(0)).is_empty());
        let shown = budget.due(at(1));
        assert_eq!(titles(&shown), ["Orla · Deal 1"]);
        assert_eq!(shown[0].body, "Legal wants v3");
        assert_eq!(budget.next(at(1)), None);
    }

    #[test]
    fn what_a_room_held_back_is_summed_up_two_minutes_later() {
        let mut budget = Budget::default();
        budget.hear(message(1, "Orla", "one", 1), at(0));
        assert_eq!(budget.due(at(1)).len(), 1);
        for number in 2..5 {
            budget.hear(message(1, "Orla", &format!("number {number}"), number), at(number * 10));
            assert!(budget.due(at(number * 10 + 5)).is_empty());
        }
        assert_eq!(budget.next(at(60)), Some(at(61)));
        let shown = budget.due(at(121));
        assert_eq!(titles(&shown), ["3 messages from Orla · Deal 1"]);
        assert_eq!(shown[0].body, "number 4");
        assert_eq!(shown[0].done[0].seen, 4, "done means the last of them");
    }

    #[test]
    fn another_room_need_not_wait_for_the_first() {
        let mut budget = Budget::default();
        budget.hear(message(1, "Orla", "one", 1), at(0));
        assert_eq!(budget.due(at(1)).len(), 1);
        budget.hear(message(2, "Maya", "two", 2), at(2));
        assert_eq!(titles(&budget.due(at(3))), ["Maya · Deal 2"]);
    }

    #[test]
    fn a_burst_over_many_rooms_becomes_one_summary() {
        let mut budget = Budget::default();
        for number in 1..=12 {
            budget.hear(message(number, "Orla", "hello", 1), at(0));
            budget.hear(message(number, "Orla", "again", 2), at(0));
        }
        let shown = budget.due(at(1));
        assert_eq!(titles(&shown), ["24 messages in 12 rooms"]);
        assert_eq!(shown[0].route, "/");
        assert!(shown[0].done.is_empty() && shown[0].reply.is_none());
    }

    #[test]
    fn three_rooms_are_told_of_and_the_fourth_only_summed_up() {
        let mut budget = Budget::default();
        for number in 1..=3 {
            budget.hear(message(number, "Orla", "hello", 1), at(0));
        }
        assert_eq!(budget.due(at(1)).len(), 3);
        budget.hear(message(4, "Orla", "hello", 1), at(2));
        assert_eq!(titles(&budget.due(at(3))), ["Orla · Deal 4"]);
        budget.hear(message(5, "Orla", "hello", 1), at(4));
        budget.hear(message(6, "Orla", "hello", 1), at(5));
        assert!(budget.due(at(10)).is_empty());
        // Two minutes after the three, three places are free.
        assert_eq!(budget.next(at(10)), Some(at(111)));
        assert_eq!(budget.due(at(121)).len(), 2);
    }

    #[test]
    fn what_was_read_meanwhile_is_not_told_of() {
        let mut budget = Budget::default();
        budget.hear(message(1, "Orla", "one", 1), at(0));
        budget.read(room(1), 0);
        assert_eq!(budget.next(at(0)), Some(GATHER), "the last one was not read");
        budget.read(room(1), 1);
        assert_eq!(budget.next(at(0)), None);
        assert!(budget.due(at(5)).is_empty());
    }

    proptest! {
        /// Whatever happens when: no room twice in two minutes, four notices at most, and nothing is lost.
        #[test]
        fn the_budget_holds_and_nothing_is_lost(news in prop::collection::vec((1u128..9, 0u64..40), 1..120)) {
            let mut budget = Budget::default();
            let mut shown: Vec<(Duration, Notice)> = Vec::new();
            let mut now = at(0);
            let (mut said, mut heard) = (0, 0);
            let count = |notice: &Notice| {
                let number = notice.title.split(' ').next().and_then(|word| word.parse().ok());
                number.unwrap_or(1_u64)
            };
            for (room, pause) in news {
                let until = now + at(pause);
                while let Some(next) = budget.next(now).filter(|next| now + *next <= until) {
                    now += next;
                    let due = budget.due(now);
                    prop_assert!(!due.is_empty() || budget.next(now).is_none_or(|next| !next.is_zero()), "it turns in circles");
                    said += due.iter().map(count).sum::<u64>();
                    shown.extend(due.into_iter().map(|notice| (now, notice)));
                }
                now = until;
                budget.hear(message(room, "Orla", "text", 1), now);
                heard += 1;
            }
            while let Some(next) = budget.next(now) {
                now += next;
                let due = budget.due(now);
                said += due.iter().map(count).sum::<u64>();
                shown.extend(due.into_iter().map(|notice| (now, notice)));
            }
            prop_assert_eq!(said, heard);
            for (when, notice) in &shown {
                let within = |other: &&(Duration, Notice)| other.0 <= *when && *when < other.0 + APART;
                prop_assert!(shown.iter().filter(within).count() <= MOST + 1);
                let same = shown.iter().filter(within).filter(|other| !notice.done.is_empty() && other.1.done == notice.done);
                prop_assert!(notice.done.is_empty() || same.count() == 1);
            }
        }
    }
}
