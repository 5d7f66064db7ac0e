//! Today: what waits for this person, what they wait for, and what they put away.

use crate::app::{App, held};
use crate::deals::Looked;
use crate::dto::{
    Code, CommandError, Court, Done, Lens, Person, Tag, Through, Today, TodayItem, TodayKind, TodayPlace,
    TodayPut,
};
use crate::map;
use crate::say;
use domain::court::is_unsent;
use domain::entity::{Put, PutAway, RowOf, Side, Standing, Status};
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
                TodayKind::Milestone => 2,
                TodayKind::Rejected => 3,
                TodayKind::Draft => 4,
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
        if is_unsent(&line.deal) {
            // They owe nothing that they have not got.
            continue;
        }
        let section = if side == Side::Vendor { Section::OnYou } else { Section::TheyOweYou };
        let seen = line.deal.registration.status as u64;
        to.place(section, RowOf::Decision(line.id), seen, decision(looked, line, day));
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

fn decision(looked: &Looked, line: &DealLine, today: Date) -> TodayItem {
    let registration = &line.deal.registration;
    let due: Option<Date> = registration.decision_due.map(Timestamp::date);
    let mine = looked.faces.directory.me.as_ref().is_some_and(|me| me.side == Side::Vendor);
    let title = match (mine, line.deal.number) {
        (true, Some(number)) => say!("Decide registration #{number}", number = number),
        (true, None) => say!("Decide registration"),
        (false, Some(number)) => say!("Registration #{number} decision", number = number),
        (false, None) => say!("Registration decision"),
    };
    let who = looked.faces.organization_name(line.deal.partner);
    let vendor = looked.faces.vendor_name();
    let why = match (mine, registration.status) {
        (true, Status::InReview) => say!("{who} registered it and it is in review", who = who),
        (true, _) => say!("{who} registered it and waits for an answer", who = who),
        (false, Status::InReview) => say!("{vendor} is looking at it", vendor = vendor),
        (false, _) => say!("Sent to {vendor}", vendor = vendor),
    };
    TodayItem {
        why,
        due: due.map(|due| due.to_string()),
        days_left: due.map(|due| due.days_since(today)),
        // Whoever waits need not be told who registered it: the other side moves next.
        person: mine.then(|| looked.faces.person(line.deal.registered_by)),
        court: if mine { Court::Us } else { Court::Them },
        ..item(looked, TodayKind::Decision, about(line), format!("decision-{}", line.id), title)
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
        why: say!(
            "{rule}: {evidence}",
            rule = rule,
            evidence = registration.evidence.as_deref().unwrap_or_default()
        ),
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
