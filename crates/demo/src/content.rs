//! The hand-written content, see `content/README.md` for every field.

use anyhow::{Context as _, anyhow};
use serde::Deserialize;

/// A moment: whole days from now and the minute of that day.
#[derive(Debug, Clone, Copy, Deserialize)]
pub struct Moment {
    /// Days from now; negative is past.
    pub day: i64,
    /// Minute of the day, 0 to 1439.
    pub minute: i64,
}

/// A moment at which somebody did something.
#[derive(Debug, Clone, Deserialize)]
pub struct Act {
    /// Days from now.
    pub day: i64,
    /// Minute of the day.
    pub minute: i64,
    /// Key of the person.
    pub by: String,
}

impl Act {
    /// When.
    pub fn moment(&self) -> Moment {
        Moment { day: self.day, minute: self.minute }
    }
}

/// The program itself.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Program {
    pub name: String,
    pub vendor: String,
    pub products: Vec<String>,
    pub regions: Vec<String>,
    pub currency: String,
    pub main_partner_person: String,
    pub main_vendor_person: String,
}

/// A company.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Organization {
    pub key: String,
    pub name: String,
    pub side: String,
}

/// A person.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Person {
    pub key: String,
    pub name: String,
    pub organization: String,
    pub role: String,
}

/// `people.json`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct People {
    pub program: Program,
    pub organizations: Vec<Organization>,
    pub people: Vec<Person>,
}

/// An amount.
#[derive(Debug, Clone, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Amount {
    pub minor: i64,
    pub currency: String,
}

/// Why a registration was rejected.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Rejection {
    pub rule: String,
    pub evidence: String,
}

/// A change of stage.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct StageChange {
    pub stage: String,
    #[serde(flatten)]
    pub act: Act,
}

/// Something done to a registration between its first look and its end.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct RegistrationAct {
    pub what: String,
    #[serde(flatten)]
    pub act: Act,
    pub text: Option<String>,
    pub rule: Option<String>,
    pub until_day: Option<i64>,
    pub basis_points: Option<u32>,
}

/// A deal.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Deal {
    pub key: String,
    pub title: String,
    pub customer: String,
    pub customer_domain: String,
    pub customer_country: String,
    pub product: String,
    pub region: String,
    pub need: String,
    pub amount: Amount,
    pub status: String,
    pub partner: String,
    pub registered_by: String,
    pub created: Moment,
    pub submitted: Option<Moment>,
    pub review: Option<Act>,
    pub decision: Option<Act>,
    pub rejection: Option<Rejection>,
    pub withdrawal: Option<Act>,
    pub acts: Vec<RegistrationAct>,
    pub stages: Vec<StageChange>,
    pub lost_because: Option<String>,
    #[serde(default)]
    pub tender: bool,
    pub close_day: i64,
}

/// A message.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Message {
    pub author: String,
    #[serde(flatten)]
    pub moment: Moment,
    pub body: String,
    pub reply_to: Option<usize>,
}

/// `rooms/*.json`.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Room {
    pub deal: String,
    pub messages: Vec<Message>,
}

/// A step of an action plan.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Milestone {
    pub title: String,
    pub owner_side: String,
    pub owner: Option<String>,
    pub due_day: i64,
    pub done_condition: String,
    pub done: Option<Act>,
}

/// An action plan.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Plan {
    pub deal: String,
    pub go_live_day: Option<i64>,
    pub milestones: Vec<Milestone>,
}

/// An account on the list of a partner or, with what it is to it, on the vendor's.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct Account {
    #[serde(alias = "partner")]
    pub organization: String,
    pub name: String,
    pub domain: String,
    pub country: String,
    pub industry: String,
    pub owner: String,
    pub relation: Option<String>,
    #[serde(default)]
    pub named: bool,
    pub active_day: Option<i64>,
}

/// A version of the rules of engagement.
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct RulesVersion {
    #[serde(flatten)]
    pub act: Act,
    pub note: String,
    pub change: RulesChange,
}

/// What a version of the rules changes.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(missing_docs, reason = "content/README.md documents every field")]
pub struct RulesChange {
    pub second_share: Option<u32>,
    pub activity_days: Option<u32>,
    pub public_tender: Option<String>,
}

/// All of it.
#[derive(Debug)]
#[expect(missing_docs, reason = "one field a file")]
pub struct Content {
    pub people: People,
    pub deals: Vec<Deal>,
    pub rooms: Vec<Room>,
    pub plans: Vec<Plan>,
    pub accounts: Vec<Account>,
    pub rules: Vec<RulesVersion>,
}

const ROOMS: &[&str] = &[
    include_str!("../content/rooms/brightwater-renewal.json"),
    include_str!("../content/rooms/havenzicht-customs.json"),
    include_str!("../content/rooms/kaltenbrunn-schadenakten.json"),
    include_str!("../content/rooms/lindehof-gateway.json"),
    include_str!("../content/rooms/marafi-berths.json"),
    include_str!("../content/rooms/norrsund-telemetry.json"),
    include_str!("../content/rooms/oosterwold-records.json"),
    include_str!("../content/rooms/penhallow-claims.json"),
    include_str!("../content/rooms/polder-rollout.json"),
    include_str!("../content/rooms/valdemora-imaging.json"),
    include_str!("../content/rooms/vlasbeek-plants.json"),
    include_str!("../content/rooms/zuiderpark-archive.json"),
];

impl Content {
    /// The content built into this program.
    ///
    /// # Errors
    /// When a file is not as its README says.
    pub fn load() -> anyhow::Result<Self> {
        let mut accounts: Vec<Account> =
            serde_json::from_str(include_str!("../content/accounts.json")).context("accounts.json")?;
        let of_vendor = include_str!("../content/vendor_accounts.json");
        accounts.extend(serde_json::from_str::<Vec<Account>>(of_vendor).context("vendor_accounts.json")?);
        Ok(Self {
            people: serde_json::from_str(include_str!("../content/people.json")).context("people.json")?,
            deals: serde_json::from_str(include_str!("../content/deals.json")).context("deals.json")?,
            rooms: ROOMS
                .iter()
                .map(|room| serde_json::from_str(room).context("rooms"))
                .collect::<anyhow::Result<_>>()?,
            plans: serde_json::from_str(include_str!("../content/plans.json")).context("plans.json")?,
            accounts,
            rules: serde_json::from_str(include_str!("../content/rules.json")).context("rules.json")?,
        })
    }

    /// The deal with this key.
    ///
    /// # Errors
    /// When there is none.
    pub fn deal(&self, key: &str) -> anyhow::Result<&Deal> {
        self.deals.iter().find(|deal| deal.key == key).ok_or_else(|| anyhow!("no deal {key}"))
    }
}
