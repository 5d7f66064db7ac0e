//! The data set L: one partner whose ten people have 50,000 deals, a million messages and 100,000 accounts.
//! Like W0 it comes from mutations that devices signed and a hub decided; nothing is inserted. It is shaped as
//! a company's past is: of the deals one in sixteen is open, and of what is open little is due soon.

use anyhow::{Context as _, Result};
use bench::chance::Chance;
use bench::hub::Hub;
use bench::raw::{Device, Who};
use bench::say;
use bench::words::Vocabulary;
use bench::world::{FOUNDED, Size, World, invite, now};
use domain::entity::{Customer, InvitationKind, OwnerSide, Stage};
use domain::mutation::{
    ACCOUNTS_PER_MUTATION, AccountDraft, AccountsPut, DealRegister, Decision, InvitationCreate, MessageSend,
    MilestoneAdd, RegistrationDecide,
};
use domain::{DealId, Money, Mutation, Timestamp};
use protocol::link::{InvitationLink, Token};
use protocol::seal::token_hash;
use std::time::Instant;

/// Changes when the same size would make another world.
pub const VERSION: u32 = 1;
const SEED: u64 = 20_261_127;
/// Mutations that are made, signed and sent at a time.
const BATCH: usize = 8_192;
/// And that are on their way at once.
const IN_FLIGHT: u64 = 1_024;
/// One deal in so many is open: the youngest.
const OPEN_ONE_IN: usize = 16;
/// Registrations, of all, that wait for the vendor.
const UNDECIDED: usize = 40;
/// Open rooms in which the vendor had the last word.
const UNREAD: usize = 25;
/// Milestones of each open deal.
const MILESTONES: usize = 6;
/// Milestones that are due within a month, of all; they fill Today.
const DUE_SOON: usize = 90;
const PEOPLE: usize = 10;
const DAY: i64 = 24 * 60 * 60 * 1_000;

/// L, scaled by thousandths.
pub struct Large {
    world: World,
    words: Vocabulary,
    /// Of each person.
    deals: usize,
    messages: usize,
    accounts: usize,
}

/// What two people enter the finished world with.
pub struct Doors {
    /// Makes a device that of the partner's seller.
    pub seller: InvitationLink,
    /// And that of the vendor's administrator.
    pub vendor: InvitationLink,
}

/// A deal of one person.
#[derive(Clone, Copy)]
struct Room {
    deal: DealId,
    open: bool,
}

impl Large {
    /// Nothing of it exists yet.
    pub fn new(thousandths: usize) -> Self {
        let of = |all: usize| (all * thousandths).div_ceil(1_000);
        let size = Size { partners: 1, people_each: PEOPLE, deals: 0, messages: 0, milestones: 0 };
        Self {
            world: World::new(size),
            words: Self::words(),
            deals: of(5_000),
            messages: of(100_000),
            accounts: of(10_000),
        }
    }

    /// The words of which it is made.
    pub fn words() -> Vocabulary {
        Vocabulary::new(&mut Chance::new(SEED, "words"))
    }

    /// Makes it on a fresh hub.
    pub async fn make(&self, hub: &Hub) -> Result<Doors> {
        let at = self.world.gather(hub).await?;
        let mut rooms: Vec<Vec<Room>> = Vec::new();
        let mut people = Vec::new();
        // One after the other: colleagues who are there at once would be sent all that each other does.
        for (n, who) in self.world.people.iter().enumerate() {
            let mut device = arrive(hub, who, at).await?;
            let mut chance = Chance::new(SEED, &format!("deals of {n}"));
            let (mine, registered) = self.registered(n, &mut chance);
            rooms.push(mine);
            perform(&mut device, registered).await.with_context(|| format!("the deals of person {n}"))?;
            perform(&mut device, self.known(n, &mut chance)).await?;
            people.push(leave(device));
            say(&format!("  person {n} has registered"));
        }
        let mut bob = arrive(hub, &self.world.bob, at).await?;
        let all: Vec<Room> = rooms.iter().flatten().copied().collect();
        perform(&mut bob, decided(&all)).await.context("the vendor's decisions")?;
        let bob = leave(bob);
        say("  the vendor has decided");
        for (n, (who, mine)) in people.iter_mut().zip(&rooms).enumerate() {
            let mut device = arrive(hub, who, at).await?;
            let mut chance = Chance::new(SEED, &format!("talk of {n}"));
            let began = Instant::now();
            perform(&mut device, self.steps(n, mine, &mut chance)).await?;
            perform(&mut device, self.talk(mine, &mut chance)).await.context("talk")?;
            *who = leave(device);
            say(&format!("  person {n} has talked, {:.0} s", began.elapsed().as_secs_f64()));
        }
        let mut bob = arrive(hub, &bob, at).await?;
        let mut chance = Chance::new(SEED, "talk of the vendor");
        let last = all.iter().filter(|room| room.open).take(UNREAD);
        let last: Vec<_> = last.map(|room| self.message(&mut chance, room.deal, now() - DAY)).collect();
        perform(&mut bob, last).await?;
        let mut alice = arrive(hub, people.first().context("nobody")?, at).await?;
        Ok(Doors { seller: door(hub, &mut alice).await?, vendor: door(hub, &mut bob).await? })
    }

    /// The deals of a person, and what registers them. They are spread over the time since the founding.
    fn registered(&self, person: usize, chance: &mut Chance) -> (Vec<Room>, Vec<(Mutation, Timestamp)>) {
        let past = now() - DAY - FOUNDED;
        let oldest_open = self.deals - self.deals.div_ceil(OPEN_ONE_IN);
        (0..self.deals)
            .map(|n| {
                let at = FOUNDED + DAY + (past - DAY) / self.deals as i64 * n as i64;
                let open = n >= oldest_open;
                let deal = chance.id(at);
                let stage = match (open, chance.below(5)) {
                    (true, 0) => Stage::Prospect,
                    (true, 1..=2) => Stage::Qualified,
                    (true, _) => Stage::BusinessValidation,
                    (false, 0..=2) => Stage::Launched,
                    (false, _) => Stage::ClosedLost,
                };
                let register = DealRegister {
                    deal,
                    title: capital(&self.words.some(chance, 3)),
                    customer: Customer {
                        name: format!("{} N.V.", capital(&self.words.some(chance, 2))),
                        domain: domain_of(person, n),
                        country: "NL".to_owned(),
                    },
                    product: "Harbor Suite".to_owned(),
                    region: "Benelux".to_owned(),
                    need: self.words.sentence(chance),
                    amount: Money { minor: chance.below(50_000_000) as i64, currency: "EUR".to_owned() },
                    close_date: Timestamp(at + (30 + chance.below(120) as i64) * DAY).date(),
                    submit: true,
                    stage: Some(stage),
                    contact: None,
                    duns: None,
                    tender: None,
                };
                (Room { deal, open }, (register.into(), Timestamp(at)))
            })
            .unzip()
    }

    /// The accounts of a person, in as few mutations as an import takes.
    fn known(&self, person: usize, chance: &mut Chance) -> Vec<(Mutation, Timestamp)> {
        let Some(organization) = self.world.partners.first().copied() else { return Vec::new() };
        let drafts: Vec<AccountDraft> = (0..self.accounts)
            .map(|n| AccountDraft {
                account: chance.id(FOUNDED),
                name: capital(&self.words.some(chance, 2)),
                domain: domain_of(person, n),
                country: "NL".to_owned(),
                industry: capital(self.words.word(chance)),
                owner: format!("Person {person}"),
                relation: None,
                named: None,
                duns: None,
                active_on: None,
            })
            .collect();
        let put = |accounts: &[AccountDraft]| AccountsPut { organization, accounts: accounts.to_vec() };
        drafts
            .chunks(ACCOUNTS_PER_MUTATION)
            .map(|some| (put(some).into(), Timestamp(FOUNDED + 2 * DAY)))
            .collect()
    }

    /// Milestones of the open deals.
    fn steps(&self, person: usize, rooms: &[Room], chance: &mut Chance) -> Vec<(Mutation, Timestamp)> {
        let mut steps = Vec::new();
        let mut soon = DUE_SOON / PEOPLE;
        for room in rooms.iter().rev().filter(|room| room.open) {
            for n in 0..MILESTONES {
                let close = n == 0 && soon > 0;
                soon -= usize::from(close);
                let days = if close { chance.below(30) as i64 - 3 } else { 35 + chance.below(90) as i64 };
                let add = MilestoneAdd {
                    deal: room.deal,
                    milestone: chance.id(now()),
                    title: capital(&self.words.some(chance, 4)),
                    owner_side: if n % 2 == 0 { OwnerSide::Partner } else { OwnerSide::Vendor },
                    owner: None,
                    due: Some(Timestamp(now() + days * DAY).date()),
                    done_condition: String::new(),
                };
                steps.push((add.into(), Timestamp(now() - 2 * DAY - person as i64)));
            }
        }
        steps
    }

    /// Messages of a person in their rooms: one in five in an open one, as talk is where work is.
    fn talk(&self, rooms: &[Room], chance: &mut Chance) -> impl Iterator<Item = (Mutation, Timestamp)> {
        let open: Vec<Room> = rooms.iter().copied().filter(|room| room.open).collect();
        let pause = (now() - 2 * DAY - FOUNDED) / self.messages.max(1) as i64;
        (0..self.messages).filter_map(move |n| {
            let among = if chance.below(5) == 0 { &open } else { rooms };
            let room = among.get(chance.index(among.len()))?;
            Some(self.message(chance, room.deal, FOUNDED + DAY + pause * n as i64))
        })
    }

    fn message(&self, chance: &mut Chance, deal: DealId, at: i64) -> (Mutation, Timestamp) {
        let body = capital(&self.words.sentence(chance));
        (MessageSend { message: chance.id(at), deal, body, reply_to: None }.into(), Timestamp(at))
    }
}

/// Nearly all of them are protected.
fn decided(rooms: &[Room]) -> impl Iterator<Item = (Mutation, Timestamp)> {
    let apart = rooms.iter().filter(|room| room.open).count() / UNDECIDED;
    let mut open = 0_usize;
    rooms.iter().filter_map(move |room| {
        open += usize::from(room.open);
        let waits = room.open && open.is_multiple_of(apart.max(4));
        let approve = RegistrationDecide { deal: room.deal, decision: Decision::Approve };
        (!waits).then(|| (approve.into(), Timestamp(now() - 3 * DAY)))
    })
}

/// Customers of deals are among the accounts.
fn domain_of(person: usize, n: usize) -> String {
    format!("customer-{person}-{n}.nl")
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}

/// Signs in where the program began: what happened since does not have to be sent.
async fn arrive(hub: &Hub, who: &Who, at: (u64, u64)) -> Result<Device> {
    let (device, head) = Device::greet(hub.address, who.clone(), at).await?;
    let epoch = device.epoch;
    drop(device);
    Ok(Device::greet(hub.address, who.clone(), (epoch, head)).await?.0)
}

/// Signs off with the answers that were heard.
fn leave(device: Device) -> Who {
    let answered = device.answered;
    Who { answered, ..device.who }
}

async fn perform(device: &mut Device, work: impl IntoIterator<Item = (Mutation, Timestamp)>) -> Result<()> {
    let mut work = work.into_iter().peekable();
    while work.peek().is_some() {
        let sealed = work.by_ref().take(BATCH).map(|(mutation, at)| device.seal(mutation, at)).collect();
        device.push_all(sealed, IN_FLIGHT).await?;
    }
    Ok(())
}

/// A link for a further device of somebody.
async fn door(hub: &Hub, device: &mut Device) -> Result<InvitationLink> {
    let mut chance = Chance::new(now().unsigned_abs(), "door");
    let token = Token(chance.bytes());
    let who = device.who.clone();
    let create = InvitationCreate {
        kind: InvitationKind::Device,
        token_hash: token_hash(&token),
        ..invite(chance.id(now()), who.organization, &who, &token)
    };
    device.run(create, Timestamp(now())).await?;
    Ok(InvitationLink { hub: hub.base(), program: Some(who.program), token })
}
