//! From content to a program: people join, then everything that happened is done in its order.

use crate::author::Author;
use crate::content::{self, Content, Moment};
use anyhow::{Context as _, anyhow};
use domain::date::DAY_MS;
use domain::entity::{
    Customer, Effect, InvitationKind, LostReason, OwnerSide, RejectionRule, Relation, Role, Stage, Terms,
};
use domain::mutation::{
    AccountDraft, AccountsPut, DealEdit, DealRegister, DealValue, Decision, ExtensionRequest, FieldPatch,
    InvitationAccept, InvitationCreate, MessageSend, MilestoneAdd, MilestoneComplete, OrganizationAdd,
    PlanSchedule, ProgramCreate, RegistrationAnswer, RegistrationAppeal, RegistrationAsk,
    RegistrationConvert, RegistrationDecide, RegistrationReview, RegistrationWithdraw, RoomRead,
    RulesPublish,
};
use domain::{
    AccountId, DealId, InvitationId, MemberId, MessageId, MilestoneId, Money, Mutation, OrganizationId,
    ProgramId, Timestamp,
};
use protocol::link::{InvitationLink, Token};
use protocol::seal::token_hash;
use std::collections::{BTreeMap, BTreeSet};
use sync::dial::Dial;
use uuid::Uuid;

/// A world that stands: the program, and two links for the windows of the two main people.
#[derive(Debug)]
pub struct World {
    /// The program.
    pub program: ProgramId,
    /// Makes a device the partner seller's.
    pub seller: InvitationLink,
    /// Makes a device the vendor account executive's.
    pub executive: InvitationLink,
    /// Mutations that were done.
    pub mutations: usize,
}

/// Something that happened.
struct Event {
    at: Timestamp,
    by: String,
    mutation: Mutation,
    /// Set for a message: its room, to know where reading stops.
    room: Option<String>,
}

struct Builder<'a> {
    content: &'a Content,
    dial: &'a Dial,
    hub: String,
    now: Timestamp,
    program: ProgramId,
    authors: BTreeMap<String, Author>,
    done: usize,
}

/// Builds the world on a hub, as seen at `now`, with an unused founding invitation.
///
/// # Errors
/// When the hub cannot be reached or refuses something: the content is wrong then.
pub async fn build(dial: &Dial, founding: &InvitationLink, now: Timestamp) -> anyhow::Result<World> {
    let content = Content::load()?;
    let mut builder = Builder {
        content: &content,
        dial,
        hub: founding.hub.clone(),
        now,
        program: ProgramId(Uuid::now_v7()),
        authors: BTreeMap::new(),
        done: 0,
    };
    builder.found(founding).await.context("founding the program")?;
    builder.people().await.context("inviting people")?;
    let deals: BTreeMap<String, DealId> =
        content.deals.iter().map(|deal| (deal.key.clone(), DealId(Uuid::now_v7()))).collect();
    builder.accounts().await.context("writing accounts")?;
    let read = builder.history(&deals).await.context("doing what happened")?;
    builder.reading(&deals, &read).await.context("reading rooms")?;
    let seller = builder.device_link(&content.people.program.main_partner_person).await?;
    let executive = builder.device_link(&content.people.program.main_vendor_person).await?;
    Ok(World { program: builder.program, seller, executive, mutations: builder.done })
}

impl Builder<'_> {
    /// When something happened or will. The content counts from a Thursday and knows no weekends; whatever day it is
    /// today, as many working days lie between.
    fn at(&self, moment: Moment) -> Timestamp {
        const FRIDAY: i64 = 4;
        let today = self.now.0.div_euclid(DAY_MS);
        // Day 0 of 1970 was a Thursday. On a weekend it is still Friday.
        let weekday = (today + 3).rem_euclid(7);
        let monday = today - weekday;
        let away = 5 * (moment.day + 3).div_euclid(7) + (moment.day + 3).rem_euclid(7) - 3;
        let day = weekday.min(FRIDAY) + away;
        let date = monday + 7 * day.div_euclid(5) + day.rem_euclid(5);
        Timestamp(date * DAY_MS + moment.minute * 60_000)
    }

    fn author(&mut self, key: &str) -> anyhow::Result<&mut Author> {
        self.authors.get_mut(key).ok_or_else(|| anyhow!("{key} has not joined"))
    }

    fn member(&self, key: &str) -> anyhow::Result<MemberId> {
        self.authors.get(key).map(|author| author.member).ok_or_else(|| anyhow!("{key} has not joined"))
    }

    async fn act(&mut self, by: &str, mutations: Vec<(Mutation, Timestamp)>) -> anyhow::Result<Vec<u64>> {
        self.done += mutations.len();
        self.author(by)?.act(mutations).await.with_context(|| by.to_owned())
    }

    fn founder(&self) -> anyhow::Result<&content::Person> {
        let vendor = &self.content.people.program.vendor;
        let mut people = self.content.people.people.iter();
        people
            .find(|person| &person.organization == vendor && person.role == "admin")
            .ok_or_else(|| anyhow!("the vendor has no administrator"))
    }

    async fn found(&mut self, link: &InvitationLink) -> anyhow::Result<()> {
        let program = &self.content.people.program;
        let vendor = OrganizationId(Uuid::now_v7());
        let vendor_name = self.organization(&program.vendor)?.name.clone();
        let founder = self.founder()?;
        let id = self.program;
        let author = Author::join(self.dial, link, vendor, |device, member, key| {
            ProgramCreate {
                program: id,
                name: program.name.clone(),
                vendor,
                vendor_name,
                member,
                member_name: founder.name.clone(),
                device,
                device_name: "Founding device".to_owned(),
                device_key: key.public(),
                demo: true,
                products: program.products.clone(),
                regions: program.regions.clone(),
                currency: program.currency.clone(),
            }
            .into()
        })
        .await?;
        let key = founder.key.clone();
        self.authors.insert(key, author);
        Ok(())
    }

    fn organization(&self, key: &str) -> anyhow::Result<&content::Organization> {
        let mut all = self.content.people.organizations.iter();
        all.find(|organization| organization.key == key).ok_or_else(|| anyhow!("no organization {key}"))
    }

    async fn people(&mut self) -> anyhow::Result<()> {
        let founder = self.founder()?.key.clone();
        let vendor = self.author(&founder)?.organization;
        let mut ids = BTreeMap::from([(self.content.people.program.vendor.clone(), vendor)]);
        let mut partners = Vec::new();
        for organization in self.content.people.organizations.iter().filter(|o| o.side == "partner") {
            let id = OrganizationId(Uuid::now_v7());
            ids.insert(organization.key.clone(), id);
            let add = OrganizationAdd { organization: id, name: organization.name.clone() };
            partners.push((add.into(), self.now));
        }
        self.act(&founder, partners).await?;
        let mut invitations = Vec::new();
        let mut joining = Vec::new();
        for person in self.content.people.people.iter().filter(|person| person.key != founder) {
            let organization =
                *ids.get(&person.organization).ok_or_else(|| anyhow!("no organization of {}", person.key))?;
            let token = token()?;
            let create = InvitationCreate {
                invitation: InvitationId(Uuid::now_v7()),
                kind: InvitationKind::Member,
                organization,
                role: role(&person.role)?,
                token_hash: token_hash(&token),
                days: 7,
                by_organization: vendor,
            };
            invitations.push((create.into(), self.now));
            joining.push((person, organization, token));
        }
        self.act(&founder, invitations).await?;
        for (person, organization, token) in joining {
            let link = InvitationLink { hub: self.hub.clone(), program: Some(self.program), token };
            let author = Author::join(self.dial, &link, organization, |device, member, key| {
                InvitationAccept {
                    token_hash: token_hash(&token),
                    member,
                    member_name: person.name.clone(),
                    device,
                    device_name: "Office".to_owned(),
                    device_key: key.public(),
                }
                .into()
            })
            .await
            .with_context(|| person.key.clone())?;
            self.authors.insert(person.key.clone(), author);
        }
        Ok(())
    }

    async fn accounts(&mut self) -> anyhow::Result<()> {
        let mut lists: BTreeMap<&str, Vec<AccountDraft>> = BTreeMap::new();
        for account in &self.content.accounts {
            let owner = self.content.people.people.iter().find(|person| person.key == account.owner);
            let active_on = account.active_day.map(|day| self.at(Moment { day, minute: 720 }).date());
            lists.entry(&account.organization).or_default().push(AccountDraft {
                account: AccountId(Uuid::now_v7()),
                name: account.name.clone(),
                domain: account.domain.clone(),
                country: account.country.clone(),
                industry: account.industry.clone(),
                owner: owner.map(|person| person.name.clone()).unwrap_or_default(),
                relation: account.relation.as_deref().map(relation).transpose()?,
                named: Some(account.named),
                duns: None,
                active_on,
            });
        }
        for (partner, accounts) in lists {
            let by = self
                .content
                .people
                .people
                .iter()
                .find(|person| person.organization == partner && person.role == "seller")
                .ok_or_else(|| anyhow!("{partner} has no seller"))?
                .key
                .clone();
            let organization = self.author(&by)?.organization;
            let put = AccountsPut { organization, accounts };
            self.act(&by, vec![(put.into(), self.now)]).await?;
        }
        Ok(())
    }

    /// Does everything in the order of its time; consecutive acts of one person go out together.
    /// Returns the positions of the messages of every room, with their authors.
    async fn history(
        &mut self,
        deals: &BTreeMap<String, DealId>,
    ) -> anyhow::Result<BTreeMap<String, Vec<(String, u64)>>> {
        let mut events = Vec::new();
        for deal in &self.content.deals {
            events.extend(self.deal_events(deal, deals)?);
        }
        for room in &self.content.rooms {
            events.extend(self.room_events(room, deals)?);
        }
        for plan in &self.content.plans {
            events.extend(self.plan_events(plan, deals)?);
        }
        events.extend(self.rules_events()?);
        events.sort_by_key(|event| event.at);
        let mut positions: BTreeMap<String, Vec<(String, u64)>> = BTreeMap::new();
        let mut events = events.into_iter().peekable();
        while let Some(first) = events.next() {
            let by = first.by.clone();
            let mut rooms = vec![first.room];
            let mut batch = vec![(first.mutation, first.at)];
            while let Some(event) = events.next_if(|event| event.by == by) {
                rooms.push(event.room);
                batch.push((event.mutation, event.at));
            }
            let seqs = self.act(&by, batch).await?;
            for (room, seq) in rooms.into_iter().zip(seqs) {
                if let Some(room) = room {
                    positions.entry(room).or_default().push((by.clone(), seq));
                }
            }
        }
        Ok(positions)
    }

    fn rules_events(&self) -> anyhow::Result<Vec<Event>> {
        let mut terms = Terms::founding();
        let mut events = Vec::new();
        for (rules, version) in self.content.rules.iter().zip(2..) {
            let change = &rules.change;
            terms.second_share = change.second_share.unwrap_or(terms.second_share);
            terms.activity_days = change.activity_days.unwrap_or(terms.activity_days);
            if let Some(name) = &change.public_tender {
                terms.public_tender = effect(name)?;
            }
            let publish = RulesPublish { version, terms: terms.clone(), note: rules.note.clone() };
            let (at, by) = (self.at(rules.act.moment()), rules.act.by.clone());
            events.push(Event { at, by, mutation: publish.into(), room: None });
        }
        Ok(events)
    }

    fn deal_events(
        &self,
        deal: &content::Deal,
        deals: &BTreeMap<String, DealId>,
    ) -> anyhow::Result<Vec<Event>> {
        let id = find(deals, &deal.key)?;
        let event = |at: Moment, by: &str, mutation: Mutation| Event {
            at: self.at(at),
            by: by.to_owned(),
            mutation,
            room: None,
        };
        let close = self.at(Moment { day: deal.close_day, minute: 720 }).date();
        let register = DealRegister {
            deal: id,
            title: deal.title.clone(),
            customer: Customer {
                name: deal.customer.clone(),
                domain: deal.customer_domain.clone(),
                country: deal.customer_country.clone(),
            },
            product: deal.product.clone(),
            region: deal.region.clone(),
            need: deal.need.clone(),
            amount: Money { minor: deal.amount.minor, currency: deal.amount.currency.clone() },
            close_date: close,
            submit: deal.submitted.is_some(),
            stage: None,
            contact: None,
            duns: None,
            tender: Some(deal.tender),
        };
        let mut events =
            vec![event(deal.submitted.unwrap_or(deal.created), &deal.registered_by, register.into())];
        if let Some(review) = &deal.review {
            events.push(event(review.moment(), &review.by, RegistrationReview { deal: id }.into()));
        }
        if let Some(act) = &deal.decision {
            let decision = match &deal.rejection {
                None => Decision::Approve,
                Some(rejection) => Decision::Reject {
                    rule: rejection_rule(&rejection.rule)?,
                    evidence: rejection.evidence.clone(),
                },
            };
            events.push(event(act.moment(), &act.by, RegistrationDecide { deal: id, decision }.into()));
        }
        for act in &deal.acts {
            events.push(event(act.act.moment(), &act.act.by, self.registration_act(id, act)?));
        }
        for change in &deal.stages {
            // The base is "the latest": history has no two people changing one field at a time.
            let mut values = vec![DealValue::Stage(stage(&change.stage)?)];
            if let ("closed_lost", Some(reason)) = (change.stage.as_str(), &deal.lost_because) {
                values.push(DealValue::LostReason(Some(lost_reason(reason)?)));
            }
            let patch = values.into_iter().map(|value| FieldPatch { value, base: u64::MAX }).collect();
            events.push(event(change.act.moment(), &change.act.by, DealEdit { deal: id, patch }.into()));
        }
        if let Some(act) = &deal.withdrawal {
            events.push(event(act.moment(), &act.by, RegistrationWithdraw { deal: id }.into()));
        }
        Ok(events)
    }

    fn registration_act(&self, deal: DealId, act: &content::RegistrationAct) -> anyhow::Result<Mutation> {
        let text = || act.text.clone().with_context(|| format!("{} needs a text", act.what));
        let decided = |decision| RegistrationDecide { deal, decision }.into();
        Ok(match act.what.as_str() {
            "ask" => RegistrationAsk { deal, text: text()? }.into(),
            "answer" => RegistrationAnswer { deal, text: text()? }.into(),
            "hold" => decided(Decision::Hold { evidence: text()? }),
            "share" => {
                let basis_points = act.basis_points.context("a share needs its size")?;
                decided(Decision::Share { basis_points, evidence: text()? })
            }
            "reject" => {
                let rule = rejection_rule(act.rule.as_deref().context("a rejection needs a rule")?)?;
                decided(Decision::Reject { rule, evidence: text()? })
            }
            "appeal" => RegistrationAppeal { deal, reason: text()? }.into(),
            "extend" => {
                let day = act.until_day.context("an extension needs its day")?;
                let until = self.at(Moment { day, minute: 720 }).date();
                ExtensionRequest { deal, until, reason: text()? }.into()
            }
            "convert" => RegistrationConvert { deal }.into(),
            other => return Err(anyhow!("nothing is called {other}")),
        })
    }

    fn room_events(
        &self,
        room: &content::Room,
        deals: &BTreeMap<String, DealId>,
    ) -> anyhow::Result<Vec<Event>> {
        let deal = find(deals, &room.deal)?;
        let ids: Vec<MessageId> = room.messages.iter().map(|_| MessageId(Uuid::now_v7())).collect();
        let mut events = Vec::new();
        for (message, id) in room.messages.iter().zip(&ids) {
            let send = MessageSend {
                message: *id,
                deal,
                body: message.body.clone(),
                reply_to: message.reply_to.and_then(|index| ids.get(index)).copied(),
            };
            events.push(Event {
                at: self.at(message.moment),
                by: message.author.clone(),
                mutation: send.into(),
                room: Some(room.deal.clone()),
            });
        }
        Ok(events)
    }

    fn plan_events(
        &self,
        plan: &content::Plan,
        deals: &BTreeMap<String, DealId>,
    ) -> anyhow::Result<Vec<Event>> {
        let deal = find(deals, &plan.deal)?;
        let content = self.content.deal(&plan.deal)?;
        let due = |day: i64| self.at(Moment { day, minute: 720 }).date();
        // A plan is agreed right after the registration is sent.
        let submitted = self.at(content.submitted.unwrap_or(content.created));
        let agreed = Timestamp(submitted.0 + 60_000);
        let by = content.registered_by.clone();
        let event = |at, by: &str, mutation| Event { at, by: by.to_owned(), mutation, room: None };
        let mut events = Vec::new();
        if let Some(day) = plan.go_live_day {
            events.push(event(agreed, &by, PlanSchedule { deal, go_live: Some(due(day)) }.into()));
        }
        for milestone in &plan.milestones {
            let id = MilestoneId(Uuid::now_v7());
            let add = MilestoneAdd {
                deal,
                milestone: id,
                title: milestone.title.clone(),
                owner_side: owner_side(&milestone.owner_side)?,
                owner: milestone.owner.as_deref().map(|owner| self.member(owner)).transpose()?,
                due: Some(due(milestone.due_day)),
                done_condition: milestone.done_condition.clone(),
            };
            events.push(event(agreed, &by, add.into()));
            if let Some(done) = &milestone.done {
                let complete = MilestoneComplete { deal, milestone: id };
                events.push(event(self.at(done.moment()), &done.by, complete.into()));
            }
        }
        Ok(events)
    }

    /// The two main people have read every room they are in, up to what the other side wrote last.
    async fn reading(
        &mut self,
        deals: &BTreeMap<String, DealId>,
        rooms: &BTreeMap<String, Vec<(String, u64)>>,
    ) -> anyhow::Result<()> {
        let program = &self.content.people.program;
        for reader in [program.main_partner_person.clone(), program.main_vendor_person.clone()] {
            let (member, organization) = {
                let author = self.author(&reader)?;
                (author.member, author.organization)
            };
            let ours: BTreeSet<&String> = self
                .authors
                .iter()
                .filter(|(_, author)| author.organization == organization)
                .map(|(key, _)| key)
                .collect();
            let mut marks = Vec::new();
            for (room, messages) in rooms {
                let read = messages.iter().rev().find(|(author, _)| ours.contains(author));
                if let Some((_, position)) = read {
                    let mark = RoomRead { deal: find(deals, room)?, member, position: *position };
                    marks.push((mark.into(), self.now));
                }
            }
            self.act(&reader, marks).await?;
        }
        Ok(())
    }

    async fn device_link(&mut self, person: &str) -> anyhow::Result<InvitationLink> {
        let token = token()?;
        let organization = self.author(person)?.organization;
        let create = InvitationCreate {
            invitation: InvitationId(Uuid::now_v7()),
            kind: InvitationKind::Device,
            organization,
            role: Role::Seller,
            token_hash: token_hash(&token),
            days: 1,
            by_organization: organization,
        };
        self.act(person, vec![(create.into(), self.now)]).await?;
        Ok(InvitationLink { hub: self.hub.clone(), program: Some(self.program), token })
    }
}

fn find(deals: &BTreeMap<String, DealId>, key: &str) -> anyhow::Result<DealId> {
    deals.get(key).copied().ok_or_else(|| anyhow!("no deal {key}"))
}

fn token() -> anyhow::Result<Token> {
    let mut token = [0; 32];
    getrandom::fill(&mut token)?;
    Ok(Token(token))
}

/// Reads the words that the content has for closed lists.
macro_rules! words {
    ($( $read:ident: $list:ty { $( $word:literal => $value:ident ),* $(,)? } )*) => {$(
        fn $read(name: &str) -> anyhow::Result<$list> {
            Ok(match name {
                $( $word => <$list>::$value, )*
                _ => return Err(anyhow!("{} is no {}", name, stringify!($read).replace('_', " "))),
            })
        }
    )*};
}

words! {
    role: Role {
        "admin" => Admin, "seller" => Seller, "channel_manager" => ChannelManager, "member" => Member
    }
    stage: Stage {
        "prospect" => Prospect,
        "qualified" => Qualified,
        "technical_validation" => TechnicalValidation,
        "business_validation" => BusinessValidation,
        "committed" => Committed,
        "launched" => Launched,
        "closed_lost" => ClosedLost,
    }
    relation: Relation {
        "prospect" => Prospect, "open_opportunity" => OpenOpportunity, "customer" => Customer
    }
    effect: Effect { "off" => Off, "note" => Note, "hold" => Hold, "reject" => Reject }
    lost_reason: LostReason {
        "price" => Price,
        "customer_deficiency" => CustomerDeficiency,
        "competitor_other" => CompetitorOther,
        "project_cancelled" => ProjectCancelled,
        "no_opportunity" => NoOpportunity,
    }
    rejection_rule: RejectionRule {
        "existing_customer" => ExistingCustomer,
        "open_opportunity" => OpenOpportunity,
        "named_account" => NamedAccount,
        "public_tender" => PublicTender,
        "not_qualified" => NotQualified,
    }
    owner_side: OwnerSide { "vendor" => Vendor, "partner" => Partner, "customer" => Customer }
}
