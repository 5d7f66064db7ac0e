//! Today: what waits for this person, and what they wait for.

use crate::app::App;
use crate::deals::Looked;
use crate::dto::{CommandError, Court, Person, Through, Today, TodayItem, TodayKind};
use crate::map;
use domain::court::is_unsent;
use domain::entity::{Side, Status};
use domain::{Date, DealId, Timestamp};
use std::sync::Arc;
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

impl App {
    pub(crate) async fn today(self: &Arc<Self>, asked: Through) -> Result<Today, CommandError> {
        let day = Self::today_here();
        let mut answer = Today { on_you: Vec::new(), they_owe_you: Vec::new(), later: Vec::new() };
        for looked in self.through(&asked.lens).await? {
            let until = day.plus_days(HORIZON_DAYS);
            let inputs = today::inputs(&looked.joined.store, until, looked.partner)
                .await
                .map_err(|error| map::store_error(&error))?;
            let side = looked.faces.me()?.side;
            for room in &inputs.rooms {
                answer.on_you.push(reply(&looked, room));
            }
            for line in &inputs.registrations {
                if is_unsent(&line.deal) {
                    // They owe nothing that they have not got.
                    continue;
                }
                let item = decision(&looked, line, day);
                if side == Side::Vendor { answer.on_you.push(item) } else { answer.they_owe_you.push(item) }
            }
            for line in &inputs.drafts {
                answer.on_you.push(draft(&looked, line));
            }
            let recent = Self::now().plus_days(-REJECTION_DAYS);
            for line in &inputs.rejected {
                // The vendor wrote it, and an old one has been read or will not be.
                let decided = line.deal.registration.decided_at;
                if side == Side::Partner && decided.is_none_or(|decided| decided >= recent) {
                    answer.on_you.push(rejected(&looked, line));
                }
            }
            for open in &inputs.milestones {
                let court = map::court(Some(open.milestone.owner_side), side);
                let item = milestone(&looked, open, court, day);
                match court {
                    Court::Us if item.days_left.is_none_or(|days| days > SOON_DAYS) => {
                        answer.later.push(item)
                    }
                    Court::Us => answer.on_you.push(item),
                    _ => answer.they_owe_you.push(item),
                }
            }
        }
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
        answer.later.sort_by_key(pressing);
        Ok(answer)
    }
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
        milestone: None,
    }
}

fn reply(looked: &Looked, room: &UnreadRoom) -> TodayItem {
    let author: Person = looked.faces.person(room.message.author);
    let first = author.name.split(' ').next().unwrap_or_default().to_owned();
    let text = map::shortened(room.message.body.trim(), QUOTE_CHARS);
    TodayItem {
        why: format!("{first} wrote: “{text}”"),
        person: Some(author),
        ..item(
            looked,
            TodayKind::Reply,
            about(&room.deal),
            format!("reply-{}", room.deal.id),
            format!("Reply to {first}"),
        )
    }
}

fn decision(looked: &Looked, line: &DealLine, today: Date) -> TodayItem {
    let registration = &line.deal.registration;
    let due: Option<Date> = registration.decision_due.map(Timestamp::date);
    let number = line.deal.number.map(|number| format!(" #{number}")).unwrap_or_default();
    let mine = looked.faces.directory.me.as_ref().is_some_and(|me| me.side == Side::Vendor);
    let title =
        if mine { format!("Decide registration{number}") } else { format!("Registration{number} decision") };
    let who = looked.faces.organization_name(line.deal.partner);
    let why = match (mine, registration.status) {
        (true, Status::InReview) => format!("{who} registered it and it is in review"),
        (true, _) => format!("{who} registered it and waits for an answer"),
        (false, Status::InReview) => format!("{} is looking at it", looked.faces.vendor_name()),
        (false, _) => format!("Sent to {}", looked.faces.vendor_name()),
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
        why: "It is a draft: the customer is not protected until it is sent".to_owned(),
        ..item(
            looked,
            TodayKind::Draft,
            about(line),
            format!("draft-{}", line.id),
            "Finish and send the registration".to_owned(),
        )
    }
}

fn rejected(looked: &Looked, line: &DealLine) -> TodayItem {
    let registration = &line.deal.registration;
    let rule = registration.rule.map(map::rejection_words).unwrap_or("Rejected");
    TodayItem {
        why: format!("{rule}: {}", registration.evidence.as_deref().unwrap_or_default()),
        person: registration.decided_by.map(|member| looked.faces.person(member)),
        ..item(
            looked,
            TodayKind::Rejected,
            about(line),
            format!("rejected-{}", line.id),
            "Read the rejection".to_owned(),
        )
    }
}

fn milestone(looked: &Looked, open: &OpenMilestone, court: Court, today: Date) -> TodayItem {
    let milestone = &open.milestone;
    let owner = milestone.owner.map(|member| looked.faces.person(member));
    let me = looked.faces.directory.me.as_ref().map(|me| me.member.to_string());
    let whose = match (court, &owner) {
        (_, Some(person)) if Some(&person.id) == me.as_ref() => "You own this step".to_owned(),
        // It is in this list although it is another's: whoever of the company sees it can move it on.
        (Court::Us, Some(person)) => format!("{} of your company owns this step", person.name),
        (_, Some(person)) => format!("{} owns this step", person.name),
        (Court::Us, None) => "Your company owns this step".to_owned(),
        (Court::Customer, None) => "The customer owns this step".to_owned(),
        (_, None) => "They own this step".to_owned(),
    };
    TodayItem {
        why: match milestone.done_condition.as_str() {
            "" => whose,
            condition => format!("{whose}. Done when: {condition}"),
        },
        due: milestone.due.map(|due| due.to_string()),
        days_left: milestone.due.map(|due| due.days_since(today)),
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
