//! What people do, on what they see.

use crate::desk::{Desk, Made};
use crate::law::{Run, broken};
use crate::laws::other_value;
use crate::model::{self, Map, all};
use crate::rng::pick;
use crate::world::{Invite, World, tell};
use domain::entity::{
    Customer, Deal, Device, InvitationKind, Message, Milestone, OwnerSide, RejectionRule, Role, Side, Status,
};
use domain::mutation::*;
use domain::{Actor, Date, DealId, DeviceId, MessageId, MilestoneId, Money, Mutation, OrganizationId, Undo};
use protocol::client::ClientEvent;
use protocol::link::Token;
use protocol::seal;
use store::{Code, CommitError, Committed};

const CUSTOMERS: [&str; 3] = ["haven.nl", "sluis.nl", "kade.nl"];
pub(crate) const PRODUCTS: [&str; 2] = ["Gauge", "Valve"];
pub(crate) const REGIONS: [&str; 1] = ["Benelux"];

impl World {
    /// A person does one of the things people do.
    pub async fn act(&mut self, d: usize, r: u64) -> Run {
        let Some(actor) = self.at_work(d).await? else { return Ok(()) };
        let (what, r) = (r % 32, r / 32);
        let many = what == 31;
        let mutations = match what {
            0 | 1 => vec![self.register(&actor, r)],
            2..=4 => self.register_and_go_on(&actor, r),
            5..=10 => self.talk(d, r, 1),
            11..=14 => self.plan(d, r),
            15..=18 => self.edit(d, r),
            20 if actor.side == Side::Vendor => self.give_and_take(d, r),
            19..=21 => self.decide(d, &actor, r),
            22 => self.read(d, &actor, r),
            23 => self.invite(d, &actor, r),
            24 => self.accounts(&actor, r),
            25 if r.is_multiple_of(2) => self.sign_out(d, &actor, r),
            26 => self.desks.get_mut(d).and_then(|desk| desk.undo.take()).into_iter().collect(),
            27 | 28 => return self.face_refusal(d, what == 27, r).await,
            29 => self.schedule(d, r),
            30 => self.never_mind(d, r),
            _ => self.talk(d, r, 3),
        };
        if mutations.is_empty() {
            return Ok(());
        }
        self.commit(d, mutations, many || what == 30).await
    }

    /// Who can act on an installation, as far as it knows.
    pub(crate) async fn at_work(&mut self, d: usize) -> Run<Option<Actor>> {
        let Some(desk) = self.desks.get(d).filter(|desk| desk.open.is_some() && !desk.erased) else {
            return Ok(None);
        };
        let Some(actor) = model::actor(&desk.rows, desk.identity.device) else { return Ok(None) };
        Ok((!self.count_lease(d).await?).then_some(actor))
    }

    /// Commits on a device: all at once, or one after the other.
    pub async fn commit(&mut self, d: usize, mutations: Vec<Mutation>, at_once: bool) -> Run {
        let now = self.device_time(d);
        let groups: Vec<Vec<Mutation>> = if at_once && !mutations.is_empty() {
            vec![mutations]
        } else {
            mutations.into_iter().map(|one| vec![one]).collect()
        };
        for group in groups {
            let Some(store) = self.desks.get(d).and_then(Desk::store).cloned() else { return Ok(()) };
            let done = store.commit_all(group.clone(), now).await;
            self.confirmed(d, done, group).await?;
        }
        Ok(())
    }

    /// Notes what a device has confirmed to its person.
    async fn confirmed(
        &mut self,
        d: usize,
        done: Result<Vec<Committed>, CommitError>,
        mutations: Vec<Mutation>,
    ) -> Run {
        let at = self.device_time(d);
        let done = match done {
            Ok(done) => done,
            Err(CommitError::Refused(_)) => return Ok(()),
            Err(CommitError::Store(error)) if error.code() == Code::NotCaughtUp => return Ok(()),
            Err(CommitError::Store(error)) => return Err(error.into()),
        };
        let Some(desk) = self.desks.get_mut(d) else { return Ok(()) };
        let Some(store) = desk.store().cloned() else { return Ok(()) };
        for (done, mutation) in done.into_iter().zip(mutations) {
            let Some(hash) = store.chain_hash_at(done.n).await? else {
                return broken(
                    "I3",
                    format!("{}: mutation {} is confirmed and not in the chain", desk.name, done.n),
                );
            };
            if let Undo::By(undo) = done.undo {
                desk.undo = Some(*undo);
            }
            desk.made.insert(done.n, Made { hash, mutation, at });
        }
        desk.look().await?;
        let names: Vec<String> =
            desk.made.iter().rev().take(3).map(|(n, made)| format!("{n} {}", made.mutation.name())).collect();
        let hash = desk.state.chain.hash;
        self.mark(b'm', &hash.0);
        tell!(self, "{} does {}", self.name(d), names.first().cloned().unwrap_or_default());
        self.kept(d, "has just written")?;
        let state = self.desks.get(d).map(|desk| desk.state.clone());
        if let Some(state) = state {
            self.shows(d, &state)?;
        }
        self.device_event(d, ClientEvent::Queued).await
    }

    pub(crate) fn deals(&self, d: usize) -> Vec<(DealId, Deal)> {
        let rows = self.desks.get(d).map(|desk| &desk.rows);
        rows.into_iter().flat_map(all::<Deal>).map(|(id, deal)| (id.into(), deal)).collect()
    }

    /// One of the deals that a person sees; often the oldest, so that people meet.
    pub(crate) fn some_deal(&self, d: usize, r: u64) -> Option<(DealId, Deal)> {
        let deals = self.deals(d);
        if (r / 1_009).is_multiple_of(2) { deals.into_iter().next() } else { pick(&deals, r).cloned() }
    }

    fn of_deal(rows: &Map, deal: DealId) -> Vec<(MilestoneId, Milestone)> {
        let steps = all::<Milestone>(rows).filter(|(_, step)| step.deal == deal);
        steps.map(|(id, step)| (id.into(), step)).collect()
    }

    fn id<I: From<uuid::Uuid>>(&mut self) -> I {
        let now = u64::try_from(self.hub_time().0).unwrap_or_default();
        self.rng.id(now).into()
    }

    pub fn register(&mut self, actor: &Actor, r: u64) -> Mutation {
        let customer = pick(&CUSTOMERS, r).copied().unwrap_or_default();
        DealRegister {
            deal: self.id(),
            title: format!("Deal {}", r % 100),
            customer: Customer {
                name: "Customer".to_owned(),
                domain: customer.to_owned(),
                country: "NL".to_owned(),
            },
            product: pick(&PRODUCTS, r / 3).copied().unwrap_or_default().to_owned(),
            region: pick(&REGIONS, r / 7).copied().unwrap_or_default().to_owned(),
            need: String::new(),
            amount: Money { minor: 100_000, currency: "EUR".to_owned() },
            close_date: Date::from_days(21_000).unwrap_or_else(|| domain::Timestamp(0).date()),
            submit: actor.side == Side::Partner && !r.is_multiple_of(4),
            stage: None,
            contact: None,
            duns: None,
            tender: None,
        }
        .into()
    }

    /// Registers a deal and works on it before anybody has said whether it may be.
    fn register_and_go_on(&mut self, actor: &Actor, r: u64) -> Vec<Mutation> {
        let register = self.register(actor, r);
        let Mutation::DealRegister(registered) = &register else { return Vec::new() };
        let deal = registered.deal;
        let mut all = vec![register];
        for number in 0..4 {
            let message = self.id();
            all.push(MessageSend { message, deal, body: format!("early {number}"), reply_to: None }.into());
        }
        all.push(self.milestone(deal, r));
        all
    }

    fn talk(&mut self, d: usize, r: u64, count: u64) -> Vec<Mutation> {
        let Some((deal, _)) = self.some_deal(d, r) else { return Vec::new() };
        self.talk_in(d, deal, r, count)
    }

    pub(crate) fn talk_in(&mut self, d: usize, deal: DealId, r: u64, count: u64) -> Vec<Mutation> {
        let Some(desk) = self.desks.get(d) else { return Vec::new() };
        let said: Vec<MessageId> = all::<Message>(&desk.rows)
            .filter(|(_, said)| said.deal == deal)
            .map(|(id, _)| id.into())
            .collect();
        let reply_to = if r.is_multiple_of(3) { pick(&said, r / 5).copied() } else { None };
        let number = desk.state.chain.n;
        let name = desk.name.clone();
        let say = |number, message| MessageSend { message, deal, body: format!("{name} {number}"), reply_to };
        (1..=count).map(|more| say(number + more, self.id()).into()).collect()
    }

    fn plan(&mut self, d: usize, r: u64) -> Vec<Mutation> {
        let Some((deal, _)) = self.some_deal(d, r) else { return Vec::new() };
        let Some(desk) = self.desks.get(d) else { return Vec::new() };
        let steps = Self::of_deal(&desk.rows, deal);
        let step = pick(&steps, r / 3).cloned();
        vec![match (r / 16 % 8, step) {
            (2..=3, Some((milestone, _))) => MilestoneComplete { deal, milestone }.into(),
            (4, Some((milestone, _))) => MilestoneReopen { deal, milestone }.into(),
            (5, Some((milestone, _))) => MilestoneRemove { deal, milestone }.into(),
            (6..=7, Some((milestone, step))) => {
                let title = MilestoneValue::Title(format!("Step {}", r % 97));
                let owner = MilestoneValue::Owner(OwnerSide::Customer, None);
                let patch = [title, owner].map(|value| MilestonePatch::on(&step, value)).into();
                MilestoneEdit { deal, milestone, patch }.into()
            }
            _ => self.milestone(deal, r),
        }]
    }

    pub fn milestone(&mut self, deal: DealId, r: u64) -> Mutation {
        MilestoneAdd {
            deal,
            milestone: self.id(),
            title: format!("Step {}", r % 97),
            owner_side: OwnerSide::Vendor,
            owner: None,
            due: None,
            done_condition: String::new(),
        }
        .into()
    }

    fn never_mind(&mut self, d: usize, r: u64) -> Vec<Mutation> {
        let Some((deal, _)) = self.some_deal(d, r) else { return Vec::new() };
        let add = self.milestone(deal, r);
        let Mutation::MilestoneAdd(added) = &add else { return Vec::new() };
        let milestone = added.milestone;
        match r / 16 % 3 {
            0 => vec![add, MilestoneRemove { deal, milestone }.into()],
            _ => vec![add, MilestoneComplete { deal, milestone }.into()],
        }
    }

    fn edit(&mut self, d: usize, r: u64) -> Vec<Mutation> {
        let Some((deal, seen)) = self.some_deal(d, r) else { return Vec::new() };
        let mut patch = vec![FieldPatch::on(&seen, other_value(&seen, r / 11))];
        if (r / 7).is_multiple_of(2) {
            // Written long ago, on what was seen then.
            patch.iter_mut().for_each(|patch| patch.base = 0);
        }
        vec![DealEdit { deal, patch }.into()]
    }

    fn decide(&mut self, d: usize, actor: &Actor, r: u64) -> Vec<Mutation> {
        let deals = self.deals(d);
        let open: Vec<_> = deals
            .iter()
            .filter(|(_, deal)| {
                matches!(deal.registration.status, Status::Draft | Status::Submitted | Status::InReview)
            })
            .collect();
        let Some((deal, seen)) = pick(&open, r).map(|(deal, seen)| (*deal, seen)) else { return Vec::new() };
        let draft = seen.registration.status == Status::Draft;
        let reject =
            Decision::Reject { rule: RejectionRule::NamedAccount, evidence: "On the list".to_owned() };
        vec![match (actor.side, r / 16 % 4) {
            (Side::Vendor, 0) => RegistrationReview { deal }.into(),
            (Side::Vendor, 1) => RegistrationDecide { deal, decision: reject }.into(),
            (Side::Vendor, _) => RegistrationDecide { deal, decision: Decision::Approve }.into(),
            (Side::Partner, _) if draft => RegistrationSubmit { deal }.into(),
            (Side::Partner, _) => RegistrationWithdraw { deal }.into(),
        }]
    }

    fn read(&mut self, d: usize, actor: &Actor, r: u64) -> Vec<Mutation> {
        let Some((deal, _)) = self.some_deal(d, r) else { return Vec::new() };
        vec![RoomRead { deal, member: actor.member, position: r / 16 % self.oracle.head.max(1) }.into()]
    }

    fn schedule(&mut self, d: usize, r: u64) -> Vec<Mutation> {
        let Some((deal, _)) = self.some_deal(d, r) else { return Vec::new() };
        vec![PlanSchedule { deal, go_live: Date::from_days(21_000 + (r % 100) as i32) }.into()]
    }

    fn accounts(&mut self, actor: &Actor, r: u64) -> Vec<Mutation> {
        let draft = |number: u64| AccountDraft {
            account: uuid::Uuid::from_u128(actor.organization.0.as_u128() ^ u128::from(number)).into(),
            name: format!("Account {}", r % 97),
            domain: "haven.nl".to_owned(),
            country: String::new(),
            industry: String::new(),
            owner: String::new(),
            relation: None,
            named: None,
            duns: None,
            active_on: None,
        };
        let accounts = (r % 3..r % 3 + 2).map(draft).collect();
        vec![AccountsPut { organization: actor.organization, accounts }.into()]
    }

    fn invite(&mut self, d: usize, actor: &Actor, r: u64) -> Vec<Mutation> {
        if self.desks.len() as u64 >= crate::plan::DESKS || self.invites.len() > 3 {
            return Vec::new();
        }
        let kind = if r.is_multiple_of(2) { InvitationKind::Device } else { InvitationKind::Member };
        let person = self.name(d).split('\'').next().unwrap_or_default().to_owned();
        self.invitation(actor, kind, actor.organization, Role::Seller, &person).into_iter().collect()
    }

    /// Makes an invitation and keeps its token for whoever will take it.
    pub fn invitation(
        &mut self,
        actor: &Actor,
        kind: InvitationKind,
        organization: OrganizationId,
        role: Role,
        person: &str,
    ) -> Option<Mutation> {
        let token = Token(self.rng.key().0);
        let token_hash = seal::token_hash(&token);
        self.invites.push(Invite { token, kind, person: person.to_owned(), taken: 0 });
        Some(
            InvitationCreate {
                invitation: self.id(),
                kind,
                organization,
                role,
                token_hash,
                days: 7,
                by_organization: actor.organization,
            }
            .into(),
        )
    }

    fn sign_out(&mut self, d: usize, actor: &Actor, r: u64) -> Vec<Mutation> {
        let Some(desk) = self.desks.get(d) else { return Vec::new() };
        let others: Vec<DeviceId> = all::<Device>(&desk.rows)
            .filter(|(id, device)| {
                device.member == actor.member && device.revoked_at.is_none() && *id != actor.device.0
            })
            .map(|(id, _)| id.into())
            .collect();
        match pick(&others, r) {
            Some(device) => vec![DeviceRevoke { device: *device, member: actor.member }.into()],
            None => Vec::new(),
        }
    }

    /// The person decides about the first thing that was refused.
    async fn face_refusal(&mut self, d: usize, retry: bool, r: u64) -> Run {
        let now = self.device_time(d);
        let Some(desk) = self.desks.get_mut(d).filter(|desk| !desk.seen.refused.is_empty()) else {
            return Ok(());
        };
        let Some(store) = desk.store().cloned() else { return Ok(()) };
        let refusals = store.refusals().await?;
        let Some(item) = pick(&refusals, r).cloned() else { return Ok(()) };
        let all: Vec<_> = std::iter::once(item.item).chain(item.parked).collect();
        let numbers: Vec<u64> = all.iter().map(|item| item.n).collect();
        if retry {
            let done = store.retry(item.id, now).await;
            if done.is_ok() {
                desk.decided.extend(numbers);
            }
            return self.confirmed(d, done, all.into_iter().filter_map(|item| item.mutation).collect()).await;
        }
        store.discard(item.id, now).await?;
        desk.decided.extend(numbers);
        desk.look().await?;
        tell!(self, "{} discards a refusal", self.name(d));
        self.kept(d, "has discarded a refusal")
    }
}
