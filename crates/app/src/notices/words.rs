//! What a notice says.

use super::budget::Waiting;
use super::{Notice, Room, away};
use crate::say;

/// So many rooms of many are named.
const NAMED: usize = 3;

/// About one room.
pub(super) fn of_room(room: Room, waiting: &Waiting) -> Notice {
    let route = format!("/deals/{}/{}", room.program, room.deal);
    let deal = &waiting.deal_title;
    let (title, body) = match (&waiting.registration, &waiting.last) {
        (Some((title, body)), None) => (title.clone(), body.clone()),
        (Some((title, body)), Some(_)) => (title.clone(), format!("{body} · {}", messages(waiting))),
        (None, Some((author, text))) if waiting.messages == 1 => (format!("{author} · {deal}"), text.clone()),
        (None, Some((author, text))) => {
            let text = if waiting.authors.len() > 1 { format!("{author}: {text}") } else { text.clone() };
            (format!("{} · {deal}", messages(waiting)), text)
        }
        (None, None) => (deal.clone(), String::new()),
    };
    Notice {
        title,
        body,
        // A question mark and what follows is for the window: it is no part of the place.
        reply: waiting.last.is_some().then(|| format!("{route}?focus=composer")),
        route,
        done: away(room, &waiting.rows),
    }
}

/// About many.
pub(super) fn of_many(rooms: &[(Room, Waiting)]) -> Notice {
    let messages: u32 = rooms.iter().map(|(_, waiting)| waiting.messages).sum();
    let registrations = rooms.iter().filter(|(_, waiting)| waiting.registration.is_some()).count();
    let many = rooms.len();
    let title = match (messages, registrations) {
        (messages, 0) => say!("{messages} messages in {rooms} rooms", messages = messages, rooms = many),
        (0, _) => say!("{registrations} registrations have moved", registrations = registrations),
        _ => say!("News in {deals} deals", deals = many),
    };
    let names: Vec<&str> = rooms.iter().take(NAMED).map(|(_, waiting)| waiting.deal_title.as_str()).collect();
    let body = match many.saturating_sub(NAMED) {
        0 => names.join(", "),
        more => say!("{names} and {more} more", names = names.join(", "), more = more),
    };
    Notice { title, body, route: "/".to_owned(), reply: None, done: Vec::new() }
}

/// How many messages by whom.
fn messages(waiting: &Waiting) -> String {
    let many = waiting.messages;
    match waiting.authors.as_slice() {
        [one] if many == 1 => say!("1 message from {name}", name = one),
        [one] => say!("{many} messages from {name}", many = many, name = one),
        [one, two] => say!("{many} messages from {name} and {other}", many = many, name = one, other = two),
        [one, ..] => say!("{many} messages from {name} and others", many = many, name = one),
        [] => say!("{many} messages", many = many),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::entity::RowOf;
    use domain::{DealId, ProgramId};
    use uuid::Uuid;

    const ROOM: Room = Room { program: ProgramId(Uuid::from_u128(1)), deal: DealId(Uuid::from_u128(2)) };

    fn waiting(authors: &[&str], messages: u32) -> Waiting {
        Waiting {
            deal_title: "Polder rollout".into(),
            messages,
            authors: authors.iter().map(|author| (*author).to_owned()).collect(),
            last: authors.last().map(|author| ((*author).to_owned(), "See you".to_owned())),
            rows: [(RowOf::Reply(ROOM.deal), 9)].into(),
            ..Waiting::default()
        }
    }

    #[test]
    fn who_wrote_is_said_as_far_as_there_is_room() {
        let title = |authors: &[&str], messages| of_room(ROOM, &waiting(authors, messages)).title;
        assert_eq!(title(&["Orla"], 1), "Orla · Polder rollout");
        assert_eq!(title(&["Orla"], 3), "3 messages from Orla · Polder rollout");
        assert_eq!(title(&["Orla", "Maya"], 3), "3 messages from Orla and Maya · Polder rollout");
        assert_eq!(title(&["Orla", "Maya", "Ben"], 9), "9 messages from Orla and others · Polder rollout");
        assert_eq!(of_room(ROOM, &waiting(&["Orla", "Maya"], 2)).body, "Maya: See you");
    }

    #[test]
    fn a_decision_comes_before_what_was_said() {
        let registration = Some(("Registration approved".to_owned(), "Polder rollout".to_owned()));
        let notice = of_room(ROOM, &Waiting { registration, ..waiting(&["Orla"], 2) });
        assert_eq!(notice.title, "Registration approved");
        assert_eq!(notice.body, "Polder rollout · 2 messages from Orla");
        assert_eq!(notice.reply.as_deref(), Some(&*format!("{}?focus=composer", notice.route)));
    }

    #[test]
    fn of_many_rooms_some_are_named() {
        let rooms: Vec<_> = (0..5).map(|_| (ROOM, waiting(&["Orla"], 2))).collect();
        let notice = of_many(&rooms);
        assert_eq!(notice.title, "10 messages in 5 rooms");
        assert_eq!(notice.body, "Polder rollout, Polder rollout, Polder rollout and 2 more");
        let registration = Some(("New registration to decide".to_owned(), String::new()));
        let mixed = [(ROOM, waiting(&["Orla"], 2)), (ROOM, Waiting { registration, ..Waiting::default() })];
        assert_eq!(of_many(&mixed).title, "News in 2 deals");
    }
}
