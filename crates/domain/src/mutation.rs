//! Mutations: the named changes, one struct each, grouped by what they change.
//!
//! A mutation is made on a device, applied there at once ([`Mode::Optimistic`]) and applied again by
//! the hub, whose result is the truth ([`Mode::Authoritative`]). Both run the code in this module.

mod access;
mod accounts;
mod deals;
mod decision;
mod engagement;
mod history;
mod people;
mod plans;
mod program;
mod put_away;
mod registration;
mod room;

pub use access::*;
pub use accounts::*;
pub use deals::*;
pub use decision::*;
pub use engagement::*;
pub use history::history_id;
pub use people::*;
pub use plans::*;
pub use program::*;
pub use put_away::*;
pub use registration::*;
pub use room::*;

use crate::date::Timestamp;
use crate::entity::{Role, Side};
use crate::id::*;
use crate::refusal::{Refusal, Rule};
use crate::row::{ReadSet, RowChange, Rows};
use crate::scope::ScopeId;

/// Where a mutation runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// On the device that made it: the result is provisional.
    Optimistic,
    /// On the hub: the result is the truth.
    Authoritative,
}

/// The member behind a mutation, as the hub (or, provisionally, the device) knows them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    /// The member.
    pub member: MemberId,
    /// Their organization.
    pub organization: OrganizationId,
    /// Its side.
    pub side: Side,
    /// Their role.
    pub role: Role,
    /// The device that signed.
    pub device: DeviceId,
}

impl Actor {
    /// The scopes a member holds without any grant.
    pub fn own_scopes(&self) -> Vec<ScopeId> {
        let mut scopes =
            vec![ScopeId::Program, ScopeId::Organization(self.organization), ScopeId::Person(self.member)];
        if self.side == Side::Partner {
            scopes.push(ScopeId::Partnership(self.organization));
        }
        scopes
    }

    /// The scope in which this member's organization and people are visible.
    pub fn public_scope(&self) -> ScopeId {
        public_scope(self.side, self.organization)
    }
}

/// The scope in which an organization and its people are visible: to everybody for the vendor, to
/// the vendor for a partner, so that partners never see each other.
pub fn public_scope(side: Side, organization: OrganizationId) -> ScopeId {
    match side {
        Side::Vendor => ScopeId::Program,
        Side::Partner => ScopeId::Partnership(organization),
    }
}

/// What a mutation may know besides the rows it read.
#[derive(Debug, Clone)]
pub struct Context {
    /// Device or hub.
    pub mode: Mode,
    /// The program.
    pub program: ProgramId,
    /// Who acts; `None` only for the two mutations by which a device comes into being.
    pub actor: Option<Actor>,
    /// Now: hub time on the hub, this device's estimate on a device. Never decides an order.
    pub now: Timestamp,
    /// The sequence number this mutation gets at the hub; 0 on a device.
    pub seq: u64,
}

impl Context {
    /// Who acts.
    ///
    /// # Errors
    /// [`Rule::NotAllowed`] when nobody is signed in.
    pub fn actor(&self) -> Result<&Actor, Refusal> {
        self.actor.as_ref().ok_or_else(|| Refusal::new(Rule::NotAllowed, "Sign in first."))
    }

    /// Whether the result is the truth.
    pub fn is_authoritative(&self) -> bool {
        self.mode == Mode::Authoritative
    }

    /// The given value on the hub; `None` on a device, where it is not known yet.
    pub fn decided<T>(&self, value: T) -> Option<T> {
        self.is_authoritative().then_some(value)
    }
}

/// How a change is taken back.
#[derive(Debug, Clone, PartialEq)]
pub enum Undo {
    /// By this mutation.
    By(Box<Mutation>),
    /// Not at all: why, or what to do instead, as a sentence for the person.
    No(&'static str),
}

/// A named change. See the module documentation.
pub trait Mutate {
    /// The scope that orders and authorises it: uploads keep their order within a lane, and the
    /// member must hold the lane's scope unless the mutation [opens](Mutate::opens_lane) it.
    fn lane(&self) -> ScopeId;

    /// Whether this mutation creates the scope of its lane.
    fn opens_lane(&self) -> bool {
        false
    }

    /// Rows it needs to see, given those read so far; asked again until nothing new is named, three
    /// times at most.
    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet;

    /// Decides.
    ///
    /// # Errors
    /// A [`Refusal`], which changes nothing.
    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal>;

    /// How to take it back, given the rows as they were before it. What leaves people with anything
    /// but what they saw before is no inverse.
    fn inverse(&self, rows: &Rows) -> Undo;
}

macro_rules! mutations {
    ($( $name:ident: $variant:ident ),* $(,)?) => {
        /// Every named mutation.
        #[derive(Debug, Clone, PartialEq)]
        #[expect(missing_docs, reason = "each variant is documented at its struct")]
        pub enum Mutation {
            $( $variant($variant), )*
        }

        impl Mutation {
            /// The names of all mutations.
            pub const NAMES: &[&str] = &[$( stringify!($name) ),*];

            /// The name under which it travels and is logged.
            pub fn name(&self) -> &'static str {
                match self {
                    $( Self::$variant(_) => stringify!($name), )*
                }
            }

            /// The payload as it travels.
            pub fn to_payload(&self) -> Vec<u8> {
                match self {
                    // Writing to a vector cannot fail.
                    $( Self::$variant(mutation) => minicbor::to_vec(mutation).unwrap_or_default(), )*
                }
            }

            /// Reads a payload.
            ///
            /// # Errors
            /// [`Rule::Unreadable`] for an unknown name or bytes that are no such mutation.
            pub fn from_payload(name: &str, payload: &[u8]) -> Result<Self, Refusal> {
                let unreadable = || {
                    Refusal::new(Rule::Unreadable, "This change was made by another version and cannot be read.")
                        .because("name", name.chars().take(40).collect::<String>())
                };
                match name {
                    $( stringify!($name) => {
                        minicbor::decode(payload).map(Self::$variant).map_err(|_| unreadable())
                    } )*
                    _ => Err(unreadable()),
                }
            }

            fn as_mutate(&self) -> &dyn Mutate {
                match self {
                    $( Self::$variant(mutation) => mutation, )*
                }
            }
        }

        $( impl From<$variant> for Mutation {
            fn from(mutation: $variant) -> Self {
                Self::$variant(mutation)
            }
        } )*
    };
}

mutations! {
    program_create: ProgramCreate,
    organization_add: OrganizationAdd,
    invitation_create: InvitationCreate,
    invitation_accept: InvitationAccept,
    invitation_revoke: InvitationRevoke,
    device_revoke: DeviceRevoke,
    member_leave: MemberLeave,
    accounts_put: AccountsPut,
    deal_register: DealRegister,
    deal_edit: DealEdit,
    registration_submit: RegistrationSubmit,
    registration_review: RegistrationReview,
    registration_decide: RegistrationDecide,
    registration_withdraw: RegistrationWithdraw,
    message_send: MessageSend,
    room_read: RoomRead,
    plan_schedule: PlanSchedule,
    milestone_add: MilestoneAdd,
    milestone_edit: MilestoneEdit,
    milestone_complete: MilestoneComplete,
    milestone_reopen: MilestoneReopen,
    milestone_restore: MilestoneRestore,
    milestone_remove: MilestoneRemove,
    deal_share: DealShare,
    deal_unshare: DealUnshare,
    member_remove: MemberRemove,
    partnership_end: PartnershipEnd,
    lease_set: LeaseSet,
    row_put: RowPut,
    registration_ask: RegistrationAsk,
    registration_answer: RegistrationAnswer,
    registration_convert: RegistrationConvert,
    registration_appeal: RegistrationAppeal,
    extension_request: ExtensionRequest,
    extension_decide: ExtensionDecide,
    rules_publish: RulesPublish,
}

impl Mutate for Mutation {
    fn lane(&self) -> ScopeId {
        self.as_mutate().lane()
    }
    fn opens_lane(&self) -> bool {
        self.as_mutate().opens_lane()
    }
    fn reads(&self, ctx: &Context, so_far: &Rows) -> ReadSet {
        self.as_mutate().reads(ctx, so_far)
    }
    fn apply(&self, ctx: &Context, rows: &Rows) -> Result<Vec<RowChange>, Refusal> {
        self.as_mutate().apply(ctx, rows)
    }
    fn inverse(&self, rows: &Rows) -> Undo {
        self.as_mutate().inverse(rows)
    }
}

/// Refuses text that is empty or longer than `max` characters, or holds control characters other
/// than line breaks and tabs.
pub(crate) fn check_text(label: &str, text: &str, max: usize) -> Result<(), Refusal> {
    if text.trim().is_empty() {
        return Err(Refusal::new(Rule::InvalidField, format!("{label} is missing.")).because("field", label));
    }
    check_optional_text(label, text, max)
}

/// As [`check_text`], but empty text is fine.
pub(crate) fn check_optional_text(label: &str, text: &str, max: usize) -> Result<(), Refusal> {
    if text.chars().nth(max).is_some() {
        return Err(Refusal::new(Rule::InvalidField, format!("{label} is longer than {max} characters."))
            .because("field", label));
    }
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Err(Refusal::new(Rule::InvalidField, format!("{label} holds control characters."))
            .because("field", label));
    }
    Ok(())
}
