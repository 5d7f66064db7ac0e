//! Talk in a deal room.

use super::world::*;
use crate::codec::Entity;
use crate::entity::{Message, ReadMark, read_mark_id};
use crate::id::MessageId;
use crate::mutation::*;
use crate::refusal::Rule;
use crate::registration::State;

fn says(n: u128, body: &str) -> MessageSend {
    MessageSend { message: id(0x2000 + n), deal: id(1), body: body.into(), reply_to: None }
}

fn answers(n: u128, to: u128) -> MessageSend {
    MessageSend { reply_to: Some(id(0x2000 + to)), ..says(n, "Yes") }
}

fn message(world: &World, n: u128) -> Message {
    world.get(id::<MessageId>(0x2000 + n)).unwrap()
}

#[test]
fn the_room_of_a_draft_is_closed() {
    let (mut world, people) = World::with_deal(1, State::Draft);
    assert_eq!(refused(world.hub(&people.alice, says(1, "Hello?"))), Rule::WrongState);
    assert_eq!(refused(world.device(&people.alice, says(1, "Hello?"))), Rule::WrongState);
    assert_eq!(refused(world.hub(&people.bob, says(1, "Hello?"))), Rule::NotInScope);
}

#[test]
fn everybody_in_the_room_talks_in_every_later_state() {
    for state in State::ALL.into_iter().filter(|state| *state != State::Draft) {
        let (mut world, people) = World::with_deal(1, state);
        for (n, who) in [(1, &people.alice), (2, &people.amir), (3, &people.bob), (4, &people.ole)] {
            world.hub(who, says(n, "Hello")).unwrap();
            assert_eq!(message(&world, n).author, who.member);
        }
        assert_eq!(refused(world.hub(&people.carol, says(5, "Hello"))), Rule::NotInScope, "{state:?}");
    }
}

#[test]
fn the_hub_gives_the_position_and_it_grows() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let first = world.hub(&people.alice, says(1, "When do you decide?")).unwrap();
    let second = world.hub(&people.bob, says(2, "On Thursday.")).unwrap();
    assert_eq!(message(&world, 1).position, Some(first));
    assert_eq!(message(&world, 2).position, Some(second));
    assert!(first < second);
}

#[test]
fn a_device_gives_no_position() {
    let (world, people) = World::with_deal(1, State::Submitted);
    let changes = world.device(&people.alice, says(1, "When do you decide?")).unwrap();
    let message = Message::from_body(changes.first().unwrap().body.as_deref().unwrap()).unwrap();
    assert_eq!((message.position, message.at), (None, world.now));
}

#[test]
fn an_answer_stays_in_its_room() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let elsewhere = DealRegister { product: "Archive".into(), ..sent(2) };
    world.hub(&people.alice, elsewhere).unwrap();
    world.hub(&people.alice, says(1, "When do you decide?")).unwrap();
    world.hub(&people.alice, MessageSend { deal: id(2), ..says(2, "Here too?") }).unwrap();

    world.hub(&people.bob, answers(3, 1)).unwrap();
    assert_eq!(message(&world, 3).reply_to, Some(id(0x2001)));
    assert_eq!(refused(world.hub(&people.bob, answers(4, 2))), Rule::NotFound, "another room");
    assert_eq!(refused(world.hub(&people.bob, answers(4, 9))), Rule::NotFound, "no such message");
    assert_eq!(refused(world.hub(&people.bob, answers(4, 4))), Rule::NotFound, "itself");
}

#[test]
fn a_message_is_sent_once() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    world.hub(&people.alice, says(1, "One")).unwrap();
    assert_eq!(refused(world.hub(&people.alice, says(1, "Two"))), Rule::AlreadyExists);
    assert_eq!(refused(world.hub(&people.bob, says(1, "Mine"))), Rule::AlreadyExists);
    assert_eq!(message(&world, 1).body, "One");
}

#[test]
fn a_message_has_text_of_a_sane_length_without_control_characters() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let long = "x".repeat(MESSAGE_MAX + 1);
    for body in
        ["", " \n\t ", "\u{0}", "bell\u{7}", "\u{1b}[31mred", "del\u{7f}", "next\u{85}line", "a\r\nb", &long]
    {
        assert_eq!(refused(world.hub(&people.alice, says(1, body))), Rule::InvalidField, "{body:?}");
    }
    let fits = "é".repeat(MESSAGE_MAX);
    for (n, body) in ["two\nlines and a\ttab", "🚢 שלום", &fits].into_iter().enumerate() {
        world.hub(&people.alice, says(n as u128 + 2, body)).unwrap();
        assert_eq!(message(&world, n as u128 + 2).body, body);
    }
}

#[test]
fn what_was_said_cannot_be_taken_back() {
    let (world, people) = World::with_deal(1, State::Submitted);
    assert!(matches!(world.inverse(&people.alice, says(1, "Oops")), Undo::No(_)));
}

#[test]
fn a_read_mark_moves_forward_only_and_by_its_reader_only() {
    let (mut world, people) = World::with_deal(1, State::Submitted);
    let read = |position| RoomRead { deal: id(1), member: people.alice.member, position };
    let mark = |world: &World| -> u64 {
        world.get::<ReadMark>(read_mark_id(id(1), people.alice.member)).unwrap().position
    };
    for (position, expected) in [(5, 5), (3, 5), (5, 5), (8, 8)] {
        world.hub(&people.alice, read(position)).unwrap();
        assert_eq!(mark(&world), expected);
    }
    assert_eq!(refused(world.hub(&people.nadia, read(9))), Rule::NotInScope);
    let other = RoomRead { member: people.nadia.member, ..read(9) };
    assert_eq!(refused(world.hub(&people.alice, other)), Rule::NotInScope);
    world.hub(&people.alice, RoomRead { deal: id(2), ..read(1) }).unwrap();
    assert_eq!(mark(&world), 8, "every room has its own mark");
}
