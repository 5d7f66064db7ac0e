//! Today: what waits for this person, what they wait for, and what they put away.

use crate::app::{App, held};
use crate::deals::Looked;
use crate::dto::{
    Code, CommandError, Court, Done, Lens, Person, Tag, Through, Today, TodayItem, TodayKind, TodayPlace,
    TodayPut,
};
use crate::map;
use crate::say;
use domain::entity::{Deal, Put, PutAway, RowOf, Side, Standing, Status};
use domain::mutation::RowPut;
use domain::{Date, DealId, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Weak};
use std::time::Duration;
use store::query::deals::DealLine;
use store::query::today::{self, OpenMilestone, UnreadRoom};

/// Milestones due within this many days are looked at.
const HORIZON_DAYS: i32 = 30;
/// What is due later than this goes under "later".
const SOON_DAYS: i32 = 7;
/// A rejection is worth reading for this many days.
const REJECTION_DAYS: i64 = 14;
/// Of a message that waits for a reply, this much is shown.
const QUOTE_CHARS: usize = 400;
/// The clock is looked at so often: it may be set, and a device may sleep meanwhile.
const LOOK: Duration = Duration::from_secs(20);
/// Nothing is put away for longer than five years, so that a slip of the hand does not lose it.
const LATEST_DAYS: i64 = 5 * 366;

/// The first moment at which Today looks different without any change: something comes back, or the
/// day ends. None before Today was asked for.
pub(crate) type Turn = Option<Timestamp>;

/// One answer while it is put together.
struct Sorting {
    now: Timestamp,
    morning: Timestamp,
    today: Today,
    put_away: BTreeMap<RowOf, PutAway>,
    placed: BTreeSet<RowOf>,
    turn: Timestamp,
}

/// Where a row belongs that was not put away.
#[derive(Clone, Copy)]
enum Section {
    OnYou,
    TheyOweYou,
    Later,
}

impl Sorting {
    fn place(&mut self, section: Section, row: RowOf, seen: u64, item: TodayItem) {
        self.placed.insert(row);
        let mut item = TodayItem { seen: seen.to_string(), ..item };
        let put = self.put_away.get(&row);
        match put.map_or(Standing::Open, |put| put.standing(seen, self.now)) {
            Standing::Open => match section {
                Section::OnYou => self.today.on_you.push(item),
                Section::TheyOweYou => self.today.they_owe_you.push(item),
                Section::Later => self.today.later.push(item),
            },
            Standing::Back => {
                item.back = true;
                match section {
                    Section::TheyOweYou => self.today.they_owe_you.push(item),
                    // However far away it is due, now is when it was asked for.
                    Section::OnYou | Section::Later => self.today.on_you.push(item),
                }
            }
            Standing::Later(until) => {
                item.returns_at = until.map(map::at);
                item.until_news = until.is_none();
                self.turn = until.map_or(self.turn, |until| until.min(self.turn));
                self.today.later.push(item);
            }
            Standing::Done if put.is_some_and(|put| put.at >= self.morning) => {
                self.today.done_today.push(item)
            }
            Standing::Done => {}
        }
    }
}

impl App {
    pub(crate) async fn today(self: &Arc<Self>, asked: Through) -> Result<Today, CommandError> {
        let day = Self::today_here();
        let (morning, midnight) = Self::day_here();
        let mut sorting = Sorting {
            now: Self::now(),
            morning,
            today: Today {
                on_you: Vec::new(),
                they_owe_you: Vec::new(),
                later: Vec::new(),
                done_today: Vec::new(),
            },
            put_away: BTreeMap::new(),
            placed: BTreeSet::new(),
            turn: midnight,
        };
        for looked in self.through(&asked.lens).await? {
            let until = day.plus_days(HORIZON_DAYS);
            let inputs = today::inputs(&looked.joined.store, until, morning, looked.partner)
                .await
                .map_err(|error| map::store_error(&error))?;
            sort(&looked, inputs, day, &mut sorting)?;
        }
        // Who looks through another lens may have something come back sooner.
        let mut turn = held(&self.turn);
        *turn = Some(turn.map_or(sorting.turn, |other| other.min(sorting.turn)));
        drop(turn);
        let mut answer = sorting.today;
        // Most pressing first: by days left, what has no date as if it were due today, and among equals
        // people before papers.
        let pressing = |item: &TodayItem| {
            let kind = match item.kind {
                TodayKind::Reply => 0,
                TodayKind::Decision => 1,
                TodayKind::Question => 2,
                TodayKind::Milestone => 3,
                TodayKind::Protection => 4,
                TodayKind::Rejected => 5,
                TodayKind::Draft => 6,
            };
            (item.days_left.unwrap_or(0), kind, item.key.clone())
        };
        answer.on_you.sort_by_key(pressing);
        answer.they_owe_you.sort_by_key(pressing);
        // What comes back at a moment by that, then what waits for news, then the rest by its day.
        answer.later.sort_by_key(|item| {
            let returns = item.returns_at.map_or(u64::MAX, |at| at as u64);
            (returns, !item.until_news, pressing(item))
        });
        Ok(answer)
    }

    /// How much waits for this person in all programs: the number beside Today.
    ///
    /// # Errors
    /// While the vault is not open, and whatever the disk has to say.
    pub async fn on_you(self: &Arc<Self>) -> Result<usize, CommandError> {
        let today = self.today(Through { lens: Lens::default() }).await?;
        Ok(today.on_you.iter().filter(|item| !item.colleagues).count())
    }

    pub(crate) async fn today_put(self: &Arc<Self>, asked: TodayPut) -> Result<Done, CommandError> {
        let joined = self.program(&asked.program)?;
        let deal: DealId = map::id(&asked.deal)?;
        let row = match (asked.kind, &asked.milestone) {
            (TodayKind::Reply, _) => RowOf::Reply(deal),
            (TodayKind::Decision, _) => RowOf::Decision(deal),
            (TodayKind::Draft, _) => RowOf::Draft(deal),
            (TodayKind::Rejected, _) => RowOf::Rejected(deal),
            (TodayKind::Question, _) => RowOf::Question(deal),
            (TodayKind::Protection, _) => RowOf::Protection(deal),
            (TodayKind::Milestone, Some(milestone)) => RowOf::Milestone(deal, map::id(milestone)?),
            (TodayKind::Milestone, None) => return Err(CommandError::not_found("milestone")),
        };
        let seen =
            asked.seen.parse().map_err(|_| CommandError::new(Code::BadInput, say!("Nothing was seen.")))?;
        let put = match (asked.put, asked.until) {
            (TodayPlace::Here, _) => Put::Here,
            (TodayPlace::Done, _) => Put::Done,
            (TodayPlace::UntilNews, _) => Put::UntilNews,
            (TodayPlace::Until, Some(until)) => Put::Until(returning(until)?),
            (TodayPlace::Until, None) => {
                return Err(CommandError::new(Code::BadInput, say!("Say until when.")));
            }
        };
        self.act(&joined, None, RowPut { member: joined.member, row, put, seen }).await
    }

    /// When this day began and when the next one does, by this device's clock and calendar.
    fn day_here() -> (Timestamp, Timestamp) {
        let now = jiff::Zoned::now();
        let morning = now.start_of_day().map(|at| at.timestamp().as_millisecond());
        let midnight = now.tomorrow().and_then(|day| day.start_of_day());
        let midnight = midnight.map(|at| at.timestamp().as_millisecond());
        let here = Self::now();
        (morning.map_or(here.plus_days(-1), Timestamp), midnight.map_or(here.plus_days(1), Timestamp))
    }
}

/// Has Today asked again when something comes back or a day begins, for as long as the app lives.
pub(crate) async fn turn_pages(app: Weak<App>) {
    loop {
        let Some(turn) = app.upgrade().map(|app| *held(&app.turn)) else { return };
        let left = turn.map_or(i64::MAX, |turn| turn.0.saturating_sub(App::now().0));
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(0));
        tokio::time::sleep(left.clamp(Duration::from_secs(1), LOOK)).await;
        let Some(app) = app.upgrade() else { return };
        // Told once: who asks again sets the next one.
        let come = held(&app.turn).take_if(|turn| *turn <= App::now());
        if come.is_some() {
            app.tell(&[Tag::Deals]);
        }
    }
}

fn returning(until: f64) -> Result<Timestamp, CommandError> {
    // Whole milliseconds; what is no moment at all becomes one that has passed.
    let until = Timestamp(until as i64);
    let now = App::now();
    if until <= now {
        return Err(CommandError::new(Code::BadInput, say!("That moment has passed. Choose a later one.")));
    }
    if until > now.plus_days(LATEST_DAYS) {
        return Err(CommandError::new(Code::BadInput, say!("That is more than five years away.")));
    }
    Ok(until)
}

fn sort(looked: &Looked, inputs: today::Inputs, day: Date, to: &mut Sorting) -> Result<(), CommandError> {
    let side = looked.faces.me()?.side;
    to.put_away = inputs.put_away.into_iter().map(|put| (put.row, put)).collect();
    for room in &inputs.rooms {
        let seen = room.message.position.unwrap_or_default();
        to.place(Section::OnYou, RowOf::Reply(room.deal.id), seen, reply(looked, room));
    }
    for line in &inputs.registrations {
        let section = if side == Side::Vendor { Section::OnYou } else { Section::TheyOweYou };
        let seen = seen_to_decide(&line.deal);
        to.place(section, RowOf::Decision(line.id), seen, decision(looked, line, day));
    }
    let company = looked.faces.me()?.organization;
    // Whoever a deal was shared with owes nothing about its registration.
    let ours = |line: &&DealLine| side == Side::Vendor || line.deal.partner == company;
    for line in inputs.asked.iter().filter(ours) {
        let section = if side == Side::Vendor { Section::TheyOweYou } else { Section::OnYou };
        let seen = line.deal.question.as_ref().map_or(0, |question| question.at.0.unsigned_abs());
        to.place(section, RowOf::Question(line.id), seen, question(looked, line));
    }
    for line in inputs.ending.iter().filter(|line| side == Side::Partner && ours(line)) {
        let Some(until) = line.deal.registration.protected_until else { continue };
        // Protection ends by the calendar of the hub.
        let days_left = until.days_since(App::now().date());
        let section = if days_left > SOON_DAYS { Section::Later } else { Section::OnYou };
        // When it has ended that is news.
        let seen = u64::from(until.days().cast_unsigned()) * 2 + u64::from(days_left < 0);
        to.place(section, RowOf::Protection(line.id), seen, protection(looked, line, until, days_left));
    }
    for line in &inputs.drafts {
        to.place(Section::OnYou, RowOf::Draft(line.id), 0, draft(looked, line));
    }
    let recent = App::now().plus_days(-REJECTION_DAYS);
    for line in &inputs.rejected {
        // The vendor wrote it, and an old one has been read or will not be.
        let decided = line.deal.registration.decided_at;
        if side == Side::Partner && decided.is_none_or(|decided| decided >= recent) {
            let seen = decided.map_or(0, |decided| decided.0.unsigned_abs());
            to.place(Section::OnYou, RowOf::Rejected(line.id), seen, rejected(looked, line));
        }
    }
    for open in &inputs.milestones {
        let court = map::court(Some(open.milestone.owner_side), side);
        let item = milestone(looked, open, court, day);
        let section = match court {
            Court::Us if item.days_left.is_none_or(|days| days > SOON_DAYS) => Section::Later,
            Court::Us => Section::OnYou,
            _ => Section::TheyOweYou,
        };
        let seen = open.milestone.due.map_or(0, |due| u64::from(due.days().cast_unsigned()));
        to.place(section, RowOf::Milestone(open.deal, open.id), seen, item);
    }
    // What was put away as done and is not asked about any more: a room that was read since, say.
    let done: Vec<PutAway> = to.put_away.values().filter(|put| put.put == Put::Done).cloned().collect();
    for put in done.into_iter().filter(|put| put.at >= to.morning && !to.placed.contains(&put.row)) {
        let Some(line) = inputs.done_deals.iter().find(|line| line.id == put.row.deal()) else { continue };
        to.today
            .done_today
            .extend(past(looked, line, put.row).map(|item| TodayItem { seen: put.seen.to_string(), ..item }));
    }
    for step in &inputs.finished {
        let court = map::court(Some(step.milestone.owner_side), side);
        let item = milestone(looked, step, court, day);
        to.today.done_today.push(TodayItem { why: say!("You marked this step done"), ..item });
    }
    Ok(())
}

/// A row that was put away and whose matter is over.
fn past(looked: &Looked, line: &DealLine, row: RowOf) -> Option<TodayItem> {
    let (kind, key, title) = match row {
        RowOf::Reply(deal) => (TodayKind::Reply, format!("reply-{deal}"), say!("Reply")),
        RowOf::Decision(deal) => {
            (TodayKind::Decision, format!("decision-{deal}"), say!("Registration decision"))
        }
        RowOf::Draft(deal) => (TodayKind::Draft, format!("draft-{deal}"), say!("Draft registration")),
        RowOf::Rejected(deal) => (TodayKind::Rejected, format!("rejected-{deal}"), say!("Rejection")),
        RowOf::Question(deal) => {
            (TodayKind::Question, format!("question-{deal}"), say!("Question about the registration"))
        }
        RowOf::Protection(deal) => {
            (TodayKind::Protection, format!("protection-{deal}"), say!("End of the protection"))
        }
        // A step that was finished is told of by itself.
        RowOf::Milestone(..) => return None,
    };
    Some(TodayItem { why: say!("You put it away as done"), ..item(looked, kind, about(line), key, title) })
}

/// A deal, its title and its customer's name.
type About<'d> = (DealId, &'d str, &'d str);

fn about(line: &DealLine) -> About<'_> {
    (line.id, &line.deal.title, &line.deal.customer.name)
}

fn item(
    looked: &Looked,
    kind: TodayKind,
    (deal, deal_title, customer): About<'_>,
    key: String,
    title: String,
) -> TodayItem {
    TodayItem {
        key,
        kind,
        program: looked.joined.id.to_string(),
        deal: deal.to_string(),
        title,
        deal_title: deal_title.to_owned(),
        customer: customer.to_owned(),
        why: String::new(),
        due: None,
        days_left: None,
        person: None,
        court: Court::Us,
        colleagues: false,
        milestone: None,
        seen: "0".to_owned(),
        returns_at: None,
        until_news: false,
        back: false,
    }
}

fn reply(looked: &Looked, room: &UnreadRoom) -> TodayItem {
    let author: Person = looked.faces.person(room.message.author);
    let first = author.name.split(' ').next().unwrap_or_default().to_owned();
    let text = map::shortened(room.message.body.trim(), QUOTE_CHARS);
    TodayItem {
        why: say!("{first} wrote: “{text}”", first = first, text = text),
        person: Some(author),
        ..item(
            looked,
            TodayKind::Reply,
            about(&room.deal),
            format!("reply-{}", room.deal.id),
            say!("Reply to {first}", first = first),
        )
    }
}

/// A number for what there is to decide: another one is news. The latest that happened, and where it stands.
pub(crate) fn seen_to_decide(deal: &Deal) -> u64 {
    let answer = deal.question.as_ref().and_then(|question| question.answer.as_ref());
    let moments = [
        deal.registration.submitted_at,
        answer.map(|answer| answer.at),
        deal.hold.as_ref().map(|hold| hold.at),
        deal.appeal.as_ref().map(|appeal| appeal.at),
        deal.extension.as_ref().map(|extension| extension.at),
    ];
    let latest = moments.into_iter().flatten().max().unwrap_or_default();
    latest.0.unsigned_abs().saturating_mul(16) + deal.registration.status as u64
}

fn decision(looked: &Looked, line: &DealLine, today: Date) -> TodayItem {
    let (deal, registration) = (&line.deal, &line.deal.registration);
    let extension = deal.extension.as_ref().filter(|extension| extension.answer.is_none());
    let due = extension.map_or(registration.decision_due, |extension| extension.due);
    let due: Option<Date> = due.map(Timestamp::date);
    let mine = looked.faces.directory.me.as_ref().is_some_and(|me| me.side == Side::Vendor);
    let number = deal.number.unwrap_or_default();
    let who = looked.faces.organization_name(deal.partner);
    let vendor = looked.faces.vendor_name();
    let (title, why) = match (mine, extension, registration.status) {
        (true, Some(asked), _) => (
            say!("Decide on longer protection of #{number}", number = number),
            say!("{who} asks: “{text}”", who = who, text = map::shortened(&asked.reason, QUOTE_CHARS)),
        ),
        (true, None, Status::ConflictHold) if deal.hold.is_none() => (
            say!("Decide registration #{number}", number = number),
            say!("{who} registered it and the rules hold it", who = who),
        ),
        (true, None, Status::ConflictHold) => (
            say!("Settle the conflict about #{number}", number = number),
            say!("{who} registered it and it is held", who = who),
        ),
        (true, None, Status::Appealed) => (
            say!("Decide the appeal about #{number}", number = number),
            say!(
                "{who} appeals: “{text}”",
                who = who,
                text = map::shortened(
                    deal.appeal.as_ref().map_or("", |appeal| appeal.reason.as_str()),
                    QUOTE_CHARS
                )
            ),
        ),
        (true, None, Status::InReview) => (
            say!("Decide registration #{number}", number = number),
            say!("{who} registered it and it is in review", who = who),
        ),
        (true, None, _) => (
            say!("Decide registration #{number}", number = number),
            say!("{who} registered it and waits for an answer", who = who),
        ),
        (false, Some(_), _) => (
            say!("Longer protection of #{number}", number = number),
            say!("Asked of {vendor}. It stays protected until there is an answer", vendor = vendor),
        ),
        (false, None, Status::ConflictHold) if deal.hold.is_none() => (
            say!("Registration #{number} decision", number = number),
            say!("Held by the rules of engagement until {vendor} decides", vendor = vendor),
        ),
        (false, None, Status::ConflictHold) => (
            say!("Conflict about #{number}", number = number),
            say!("{vendor} holds it because of a conflict", vendor = vendor),
        ),
        (false, None, Status::Appealed) if line.deal.registration.decided_by.is_none() => (
            say!("Appeal about #{number}", number = number),
            say!("Rejected by the rules of engagement; {vendor} decides now", vendor = vendor),
        ),
        (false, None, Status::Appealed) => (
            say!("Appeal about #{number}", number = number),
            say!("Somebody else at {vendor} decides it once more", vendor = vendor),
        ),
        (false, None, Status::InReview) => (
            say!("Registration #{number} decision", number = number),
            say!("{vendor} is looking at it", vendor = vendor),
        ),
        (false, None, _) => (
            say!("Registration #{number} decision", number = number),
            say!("Sent to {vendor}", vendor = vendor),
        ),
    };
    TodayItem {
        why,
        due: due.map(|due| due.to_string()),
        days_left: due.map(|due| due.days_since(today)),
        // Whoever waits need not be told who registered it: the other side moves next.
        person: mine.then(|| looked.faces.person(deal.registered_by)),
        court: if mine { Court::Us } else { Court::Them },
        ..item(looked, TodayKind::Decision, about(line), format!("decision-{}", line.id), title)
    }
}

fn question(looked: &Looked, line: &DealLine) -> TodayItem {
    let mine = looked.faces.directory.me.as_ref().is_some_and(|me| me.side == Side::Partner);
    let asked = line.deal.question.as_ref();
    let text = map::shortened(asked.map_or("", |asked| asked.text.as_str()), QUOTE_CHARS);
    let by = asked.map(|asked| looked.faces.person(asked.by));
    let first = by.as_ref().and_then(|by| by.name.split(' ').next()).unwrap_or_default().to_owned();
    let who = looked.faces.organization_name(line.deal.partner);
    let (title, why) = if mine {
        (
            say!("Answer {first} about the registration", first = first),
            say!("{first} asks: “{text}”", first = first, text = text),
        )
    } else {
        (say!("Answer from {who}", who = who), say!("{first} asked: “{text}”", first = first, text = text))
    };
    TodayItem {
        why,
        person: by.filter(|_| mine),
        court: if mine { Court::Us } else { Court::Them },
        ..item(looked, TodayKind::Question, about(line), format!("question-{}", line.id), title)
    }
}

fn protection(looked: &Looked, line: &DealLine, until: Date, days_left: i32) -> TodayItem {
    let (title, why) = if days_left < 0 {
        (
            say!("Protection has ended"),
            say!("Anybody may register this customer now. Send the registration again to protect it"),
        )
    } else {
        (
            say!("Protection ends"),
            say!("After that day anybody may register this customer. Ask for longer protection in time"),
        )
    };
    TodayItem {
        why,
        due: Some(until.to_string()),
        days_left: Some(days_left),
        ..item(looked, TodayKind::Protection, about(line), format!("protection-{}", line.id), title)
    }
}

fn draft(looked: &Looked, line: &DealLine) -> TodayItem {
    TodayItem {
        why: say!("It is a draft: the customer is not protected until it is sent"),
        ..item(
            looked,
            TodayKind::Draft,
            about(line),
            format!("draft-{}", line.id),
            say!("Finish and send the registration"),
        )
    }
}

fn rejected(looked: &Looked, line: &DealLine) -> TodayItem {
    let registration = &line.deal.registration;
    let rule = registration.rule.map_or_else(|| say!("Rejected"), map::rejection_words);
    TodayItem {
        why: match registration.evidence.as_deref().filter(|evidence| !evidence.is_empty()) {
            Some(evidence) => say!("{rule}: {evidence}", rule = rule, evidence = evidence),
            None => say!("{rule}, by the rules of engagement", rule = rule),
        },
        person: registration.decided_by.map(|member| looked.faces.person(member)),
        ..item(
            looked,
            TodayKind::Rejected,
            about(line),
            format!("rejected-{}", line.id),
            say!("Read the rejection"),
        )
    }
}

fn milestone(looked: &Looked, open: &OpenMilestone, court: Court, today: Date) -> TodayItem {
    let milestone = &open.milestone;
    let owner = milestone.owner.map(|member| looked.faces.person(member));
    let mine = milestone.owner == Some(looked.joined.member);
    let whose = match (court, &owner) {
        _ if mine => say!("You own this step"),
        // It is in this list although it is another's: whoever of the company sees it can move it on.
        (Court::Us, Some(person)) => {
            say!("{name} of your company owns this step", name = person.name)
        }
        (_, Some(person)) => say!("{name} owns this step", name = person.name),
        (Court::Us, None) => say!("Your company owns this step"),
        (Court::Customer, None) => say!("The customer owns this step"),
        (_, None) => say!("They own this step"),
    };
    TodayItem {
        why: match milestone.done_condition.as_str() {
            "" => whose,
            condition => say!("{whose}. Done when: {condition}", whose = whose, condition = condition),
        },
        due: milestone.due.map(|due| due.to_string()),
        days_left: milestone.due.map(|due| due.days_since(today)),
        colleagues: !mine && owner.as_ref().is_some_and(|person| person.side == Court::Us),
        person: owner,
        court,
        milestone: Some(open.id.to_string()),
        ..item(
            looked,
            TodayKind::Milestone,
            (open.deal, &open.deal_title, &open.customer),
            format!("milestone-{}", open.id),
            milestone.title.clone(),
        )
    }
}
