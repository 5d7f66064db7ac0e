//! What is indexed of a row.

use super::text;
use crate::codec::Entity;
use crate::date::Timestamp;
use crate::entity::{Account, Customer, Deal, Member, Message, Milestone, Organization};
use crate::id::{DealId, MemberId};
use crate::row::Table;
use uuid::Uuid;

/// What a hit can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// A message in a room.
    Message,
    /// A deal with its registration.
    Deal,
    /// An account of one's own list.
    Account,
    /// A company of the program.
    Company,
    /// A person.
    Person,
    /// A milestone of an action plan.
    Milestone,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Message, Self::Deal, Self::Account, Self::Company, Self::Person, Self::Milestone];

    /// Number in an index, below 8.
    pub fn number(self) -> i64 {
        self as i64
    }

    /// Where its rows are.
    pub fn table(self) -> Table {
        match self {
            Self::Message => Table::Messages,
            Self::Deal => Table::Deals,
            Self::Account => Table::Accounts,
            Self::Company => Table::Organizations,
            Self::Person => Table::Members,
            Self::Milestone => Table::Milestones,
        }
    }

    /// What rows of a table are found as; `None` for those that are not looked for.
    pub fn of(table: Table) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.table() == table)
    }

    /// As it is typed after `kind:`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Message => "message",
            Self::Deal => "deal",
            Self::Account => "account",
            Self::Company => "company",
            Self::Person => "person",
            Self::Milestone => "milestone",
        }
    }
}

/// What is indexed of a row. It follows from the row alone, so that it can be taken out of an index again
/// without remembering what was put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it is.
    pub kind: Kind,
    /// Title or name; empty for a message.
    pub title: String,
    /// The rest, one line a field.
    pub text: String,
    /// When it was written, for the order: hub time, or the device's claim.
    pub at: Timestamp,
    /// Who wrote or registered it.
    pub author: Option<MemberId>,
    /// The deal it belongs to.
    pub deal: Option<DealId>,
    /// It is the answer to another message.
    pub is_reply: bool,
    /// It has a due date.
    pub is_due: bool,
}

impl Document {
    fn new(kind: Kind, title: String, at: Timestamp) -> Self {
        let (text, author, deal) = (String::new(), None, None);
        Self { kind, title, text, at, author, deal, is_reply: false, is_due: false }
    }

    /// Whether it names a page of the web.
    pub fn has_link(&self) -> bool {
        ["http://", "https://", "www."].iter().any(|start| self.text.contains(start))
    }

    /// Everything that is looked in: title and text are apart, so that no phrase goes across.
    pub fn parts(&self) -> [&str; 2] {
        [&self.title, &self.text]
    }

    /// The words of each part, as they are compared.
    pub fn words(&self) -> [Vec<text::Word>; 2] {
        self.parts().map(text::words)
    }
}

/// What is indexed of a row; `None` when there is nothing, or a newer version wrote it in a form this one
/// cannot read.
pub fn document(table: Table, id: Uuid, body: &[u8]) -> Option<Document> {
    let lines = |lines: &[&str]| {
        let lines: Vec<&str> = lines.iter().copied().filter(|line| !line.is_empty()).collect();
        lines.join("\n")
    };
    let document = match Kind::of(table)? {
        Kind::Message => {
            let message = Message::from_body(body).ok()?;
            Document {
                text: message.body,
                author: Some(message.author),
                deal: Some(message.deal),
                is_reply: message.reply_to.is_some(),
                ..Document::new(Kind::Message, String::new(), message.at)
            }
        }
        Kind::Deal => {
            let deal = Deal::from_body(body).ok()?;
            let number = deal.number.map(|number| format!("#{number}")).unwrap_or_default();
            let Customer { name, domain, .. } = &deal.customer;
            let evidence = deal.registration.evidence.as_deref().unwrap_or_default();
            let text = lines(&[name, domain, &number, &deal.product, &deal.region, &deal.need, evidence]);
            Document {
                text,
                author: Some(deal.registered_by),
                deal: Some(DealId(id)),
                ..Document::new(Kind::Deal, deal.title, deal.created_at)
            }
        }
        Kind::Account => {
            let account = Account::from_body(body).ok()?;
            let text = lines(&[&account.domain, &account.industry, &account.owner]);
            Document { text, ..Document::new(Kind::Account, account.name, account.created_at) }
        }
        Kind::Company => {
            let company = Organization::from_body(body).ok()?;
            Document::new(Kind::Company, company.name, company.created_at)
        }
        Kind::Person => {
            let person = Member::from_body(body).ok()?;
            Document::new(Kind::Person, person.name, person.joined_at)
        }
        Kind::Milestone => {
            let milestone = Milestone::from_body(body).ok()?;
            Document {
                text: milestone.done_condition,
                deal: Some(milestone.deal),
                is_due: milestone.due.is_some(),
                ..Document::new(Kind::Milestone, milestone.title, made_at(id))
            }
        }
    };
    Some(document)
}

/// When an id was made, by the clock of whoever made it (RFC 9562, version 7); 1970 for any other id.
fn made_at(id: Uuid) -> Timestamp {
    let Some(time) = id.get_timestamp().filter(|_| id.get_version_num() == 7) else {
        return Timestamp::default();
    };
    let (seconds, nanoseconds) = time.to_unix();
    let seconds = i64::try_from(seconds).unwrap_or_default();
    Timestamp(seconds.saturating_mul(1_000).saturating_add(i64::from(nanoseconds / 1_000_000)))
}
