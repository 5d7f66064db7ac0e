//! How each table of `domain` is laid out: its name, and the columns taken from the entity.

use domain::codec::Entity;
use domain::company::{email_domain, name_key};
use domain::court::{Turn, turn};
use domain::entity::{
    Account, ActionPlan, Deal, Device, FieldHistory, Grant, Invitation, Member, Message, Milestone,
    Organization, Program, Put, PutAway, ReadMark, Rules, Status,
};
use domain::{RowKey, Table};
use std::sync::LazyLock;

/// The position of a message that waits: after all that the hub has placed.
pub(crate) const UNPLACED: i64 = 1 << 62;

/// The turn of whoever owns the next step of a deal; other turns have the number of their side.
const NEXT_STEP: i64 = 3;

/// A value of a column.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Null,
    Int(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}
impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}
impl From<&[u8; 16]> for Value {
    fn from(value: &[u8; 16]) -> Self {
        Self::Blob(value.to_vec())
    }
}
impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// An entity with columns of its own.
trait Projected: Entity {
    /// Names and, for an entity that a newer version wrote and this one cannot read, neutral values.
    fn columns() -> Vec<(&'static str, Value)>;
    /// Values in the same order.
    fn values(self) -> Vec<Value>;
}

/// A table as the store knows it.
pub(crate) struct Layout {
    pub(crate) table: Table,
    pub(crate) name: &'static str,
    /// Names of the columns besides id, scope, seq and body.
    pub(crate) columns: Vec<&'static str>,
    neutral: Vec<Value>,
    read: fn(&[u8]) -> Option<Vec<Value>>,
    /// Whether rows have lookup keys.
    pub(crate) has_lookups: bool,
}

impl Layout {
    fn of<E: Projected>(name: &'static str) -> Self {
        let (columns, neutral) = E::columns().into_iter().unzip();
        let table = E::TABLE;
        let has_lookups =
            matches!(table, Table::Devices | Table::Invitations | Table::Grants | Table::Members);
        let read = |body: &[u8]| E::from_body(body).ok().map(Projected::values);
        Self { table, name, columns, neutral, read, has_lookups }
    }

    /// The values of the columns of a row.
    pub(crate) fn values(&self, body: &[u8]) -> Vec<Value> {
        (self.read)(body).unwrap_or_else(|| self.neutral.clone())
    }
}

static LAYOUTS: LazyLock<Vec<Layout>> = LazyLock::new(|| {
    vec![
        Layout::of::<Program>("programs"),
        Layout::of::<Organization>("organizations"),
        Layout::of::<Member>("members"),
        Layout::of::<Device>("devices"),
        Layout::of::<Invitation>("invitations"),
        Layout::of::<Grant>("grants"),
        Layout::of::<Account>("accounts"),
        Layout::of::<Deal>("deals"),
        Layout::of::<Message>("messages"),
        Layout::of::<ReadMark>("read_marks"),
        Layout::of::<ActionPlan>("action_plans"),
        Layout::of::<Milestone>("milestones"),
        Layout::of::<FieldHistory>("field_history"),
        Layout::of::<PutAway>("put_aways"),
        Layout::of::<Rules>("rules"),
    ]
});

/// Every table there is on a desktop.
pub(crate) fn layouts() -> &'static [Layout] {
    &LAYOUTS
}

/// The layout of a table; `None` for what never leaves the hub.
pub(crate) fn layout(table: Table) -> Option<&'static Layout> {
    LAYOUTS.iter().find(|layout| layout.table == table)
}

/// Text as it is compared: lower case.
pub(crate) fn folded(text: &str) -> String {
    text.to_lowercase()
}

/// The number of an enumeration, as `domain` encodes it.
macro_rules! number {
    ($value:expr) => {
        i64::from($value as u8)
    };
}

fn text(name: &'static str) -> (&'static str, Value) {
    (name, Value::Text(String::new()))
}
fn int(name: &'static str, neutral: i64) -> (&'static str, Value) {
    (name, Value::Int(neutral))
}
fn blob(name: &'static str) -> (&'static str, Value) {
    (name, Value::Blob(Vec::new()))
}
fn none(name: &'static str) -> (&'static str, Value) {
    (name, Value::Null)
}

impl Projected for Program {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![text("name")]
    }
    fn values(self) -> Vec<Value> {
        vec![self.name.into()]
    }
}

impl Projected for Organization {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![int("side", -1), text("name"), text("search")]
    }
    fn values(self) -> Vec<Value> {
        let search = folded(&self.name);
        vec![number!(self.side).into(), self.name.into(), search.into()]
    }
}

impl Projected for Member {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("organization"), text("name"), text("search")]
    }
    fn values(self) -> Vec<Value> {
        let search = folded(&self.name);
        vec![self.organization.as_bytes().into(), self.name.into(), search.into()]
    }
}

impl Projected for Device {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("member"), int("joined_at", 0)]
    }
    fn values(self) -> Vec<Value> {
        vec![self.member.as_bytes().into(), self.joined_at.0.into()]
    }
}

impl Projected for Invitation {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("organization"), int("created_at", 0)]
    }
    fn values(self) -> Vec<Value> {
        vec![self.organization.as_bytes().into(), self.created_at.0.into()]
    }
}

impl Projected for Grant {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("granted"), blob("organization")]
    }
    fn values(self) -> Vec<Value> {
        vec![Value::Blob(self.scope.to_bytes()), self.organization.as_bytes().into()]
    }
}

impl Projected for Account {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![
            text("name"),
            text("domain"),
            text("country"),
            text("industry"),
            text("owner"),
            text("search"),
            text("name_key"),
            text("duns"),
        ]
    }
    fn values(self) -> Vec<Value> {
        let search = format!("{}\n{}", folded(&self.name), folded(&self.domain));
        let name_key = name_key(&self.name);
        vec![
            self.name.into(),
            self.domain.into(),
            self.country.into(),
            self.industry.into(),
            self.owner.into(),
            search.into(),
            name_key.into(),
            self.duns.unwrap_or_default().into(),
        ]
    }
}

impl Projected for Deal {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![
            none("number"),
            text("title"),
            blob("partner"),
            text("customer"),
            text("domain"),
            text("product"),
            text("region"),
            int("amount_minor", 0),
            text("currency"),
            int("stage", -1),
            int("status", -1),
            none("turn"),
            int("open", 0),
            none("protected_day"),
            int("close_day", 0),
            int("created_at", 0),
            int("activity_at", 0),
            text("search"),
            text("name_key"),
            text("duns"),
            text("email"),
        ]
    }
    fn values(self) -> Vec<Value> {
        let number = self.number.map(|number| number.to_string()).unwrap_or_default();
        let search = format!("{}\n{}\n{number}", folded(&self.title), folded(&self.customer.name));
        let turn = match turn(&self) {
            Turn::Of(side, _) => side.map(|side| number!(side)),
            Turn::NextStep => Some(NEXT_STEP),
        };
        let open = !self.registration.status.is_closed() && !self.stage.is_closed();
        // Converted, it does not end.
        let ends =
            self.registration.protected_until.filter(|_| self.registration.status != Status::Converted);
        let name_key = name_key(&self.customer.name);
        let email = self.contact.as_deref().and_then(email_domain);
        vec![
            self.number.map(i64::from).into(),
            self.title.into(),
            self.partner.as_bytes().into(),
            self.customer.name.into(),
            self.customer.domain.into(),
            self.product.into(),
            self.region.into(),
            self.amount.minor.into(),
            self.amount.currency.into(),
            number!(self.stage).into(),
            number!(self.registration.status).into(),
            turn.into(),
            i64::from(open).into(),
            ends.map(|day| i64::from(day.days())).into(),
            i64::from(self.close_date.days()).into(),
            self.created_at.0.into(),
            self.created_at.0.into(),
            search.into(),
            name_key.into(),
            self.duns.unwrap_or_default().into(),
            email.unwrap_or_default().into(),
        ]
    }
}

impl Projected for Message {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("deal"), blob("author"), int("position", 0), int("at", 0)]
    }
    fn values(self) -> Vec<Value> {
        let position =
            self.position.map_or(UNPLACED, |position| crate::meta::signed(position).min(UNPLACED - 1));
        vec![self.deal.as_bytes().into(), self.author.as_bytes().into(), position.into(), self.at.0.into()]
    }
}

impl Projected for ReadMark {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("deal"), int("position", 0)]
    }
    fn values(self) -> Vec<Value> {
        vec![self.deal.as_bytes().into(), crate::meta::signed(self.position).into()]
    }
}

impl Projected for ActionPlan {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![none("go_live")]
    }
    fn values(self) -> Vec<Value> {
        vec![self.go_live.map(|day| i64::from(day.days())).into()]
    }
}

impl Projected for Milestone {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("deal"), int("owner_side", -1), none("due"), none("done_at"), text("title")]
    }
    fn values(self) -> Vec<Value> {
        vec![
            self.deal.as_bytes().into(),
            number!(self.owner_side).into(),
            self.due.map(|day| i64::from(day.days())).into(),
            self.done.map(|done| done.at.0).into(),
            self.title.into(),
        ]
    }
}

impl Projected for FieldHistory {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![blob("deal"), int("field", -1), int("at", 0), int("unseen", 0)]
    }
    fn values(self) -> Vec<Value> {
        vec![
            self.deal.as_bytes().into(),
            i64::from(self.field).into(),
            self.at.0.into(),
            i64::from(self.unseen == Some(true)).into(),
        ]
    }
}

impl Projected for PutAway {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![int("put", 0), int("at", 0)]
    }
    fn values(self) -> Vec<Value> {
        let put = match self.put {
            Put::Here => 0,
            Put::Done => 1,
            Put::Until(_) | Put::UntilNews => 2,
        };
        vec![Value::Int(put), self.at.0.into()]
    }
}

impl Projected for Rules {
    fn columns() -> Vec<(&'static str, Value)> {
        vec![int("version", 0)]
    }
    fn values(self) -> Vec<Value> {
        vec![i64::from(self.version).into()]
    }
}

/// The key of a stored row.
pub(crate) fn row_key(table: i64, id: &[u8]) -> crate::error::Result<RowKey> {
    let table = u8::try_from(table).ok().and_then(Table::from_number);
    let table =
        table.ok_or_else(|| crate::error::StoreError::new(crate::Code::Damaged, "reading the store"))?;
    let id = uuid::Uuid::from_slice(id).map_err(crate::meta::damaged)?;
    Ok(RowKey { table, id })
}
