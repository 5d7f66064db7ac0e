//! Between the shapes of the rules and the shapes of the window.

use crate::dto::{
    self, CheckName, Code, CommandError, Court, EffectName, InvitationKind, LostReasonName, MatchKeyName,
    Money, OwnerSideName, ProgramTrouble, RegistrationAction, RegistrationStatus, RejectionRule,
    RelationName, RoleName, StageName, SyncMark,
};
use crate::{say, words};
use domain::company::MatchKey;
use domain::entity::{self, Check, Effect, LostReason, OwnerSide, Relation, Role, Side, Stage};
use domain::registration::{Action, State};
use domain::{Date, Refusal, Rule, Timestamp};
use store::StoreError;
use sync::DialError;
use sync::entry::EntryError;
use uuid::Uuid;

/// A new id: UUIDv7, so that ids sort by the time they were made.
pub(crate) fn new_id() -> Uuid {
    Uuid::now_v7()
}

/// Reads an id that the window handed back.
pub(crate) fn id<I: From<Uuid>>(text: &str) -> Result<I, CommandError> {
    Uuid::parse_str(text)
        .map(I::from)
        .map_err(|_| CommandError::new(Code::BadInput, say!("This is not an id of Lockstep.")))
}

/// Milliseconds since 1970; exact, since they stay far below 2^53.
pub(crate) fn at(time: Timestamp) -> f64 {
    time.0 as f64
}

/// A date as people type it into a date field.
pub(crate) fn date(text: &str) -> Result<Date, CommandError> {
    text.trim().parse().map_err(|_| {
        CommandError::new(Code::BadInput, say!("“{text}” is not a date like 2026-12-31.", text = text))
    })
}

/// An optional date; empty text is none.
pub(crate) fn optional_date(text: Option<&str>) -> Result<Option<Date>, CommandError> {
    text.map(str::trim).filter(|text| !text.is_empty()).map(date).transpose()
}

pub(crate) fn money(amount: &domain::Money) -> Money {
    Money { minor: amount.minor, currency: amount.currency.clone() }
}

pub(crate) fn amount(money: &Money) -> domain::Money {
    domain::Money { minor: money.minor, currency: money.currency.trim().to_uppercase() }
}

/// Twins of closed lists, both ways.
macro_rules! twins {
    ($( $into:ident / $from:ident: $inner:ty = $outer:ty { $( $name:ident ),* $(,)? } )*) => {$(
        pub(crate) fn $into(value: $inner) -> $outer {
            match value { $( <$inner>::$name => <$outer>::$name, )* }
        }
        pub(crate) fn $from(value: $outer) -> $inner {
            match value { $( <$outer>::$name => <$inner>::$name, )* }
        }
    )*};
}

twins! {
    stage / stage_of: Stage = StageName {
        Prospect, Qualified, TechnicalValidation, BusinessValidation, Committed, Launched, ClosedLost
    }
    state / state_of: State = RegistrationStatus {
        Draft, Submitted, InReview, ActionRequired, ConflictHold, Approved, Shared, ExtensionRequested,
        Expired, Converted, Won, Lost, Rejected, Appealed, Duplicate, Withdrawn
    }
    role / role_of: Role = RoleName { Admin, Seller, ChannelManager, Member }
    owner_side / owner_side_of: OwnerSide = OwnerSideName { Vendor, Partner, Customer }
    check / check_of: Check = CheckName {
        ExistingCustomer, OpenOpportunity, NamedAccount, PublicTender, OtherRegistration
    }
    lost_reason / lost_reason_of: LostReason = LostReasonName {
        CustomerDeficiency, ProjectCancelled, Legal, CompetitorGoogle, CompetitorMicrosoft, CompetitorSoftLayer, CompetitorVmware, CompetitorOther, NoOpportunity, OnPremises, PartnerGap, Price, Security, TechnicalLimitations, CustomerExperience, Other, Relationship, Product, Commercial
    }
    effect / effect_of: Effect = EffectName { Off, Note, Hold, Reject }
    relation / relation_of: Relation = RelationName { Prospect, OpenOpportunity, Customer }
}

pub(crate) fn action(action: Action) -> RegistrationAction {
    match action {
        Action::Submit => RegistrationAction::Submit,
        Action::Review => RegistrationAction::Review,
        Action::Ask => RegistrationAction::Ask,
        Action::Answer => RegistrationAction::Answer,
        Action::Approve => RegistrationAction::Approve,
        Action::Reject => RegistrationAction::Reject,
        Action::Hold => RegistrationAction::Hold,
        Action::Share => RegistrationAction::Share,
        Action::Withdraw => RegistrationAction::Withdraw,
        Action::Convert => RegistrationAction::Convert,
        Action::RequestExtension => RegistrationAction::RequestExtension,
        Action::GrantExtension => RegistrationAction::GrantExtension,
        Action::RefuseExtension => RegistrationAction::RefuseExtension,
        Action::Appeal => RegistrationAction::Appeal,
    }
}

pub(crate) fn match_key(key: MatchKey) -> MatchKeyName {
    match key {
        MatchKey::Domain => MatchKeyName::Domain,
        MatchKey::Duns => MatchKeyName::Duns,
        MatchKey::Email => MatchKeyName::Email,
        MatchKey::Name => MatchKeyName::Name,
    }
}

pub(crate) fn side(side: Side) -> dto::Side {
    match side {
        Side::Vendor => dto::Side::Vendor,
        Side::Partner => dto::Side::Partner,
    }
}

pub(crate) fn invitation_kind(kind: entity::InvitationKind) -> InvitationKind {
    match kind {
        entity::InvitationKind::Member => InvitationKind::Member,
        entity::InvitationKind::Device => InvitationKind::Device,
    }
}

/// An owning side as seen by a member of `mine`.
pub(crate) fn court(owner: Option<OwnerSide>, mine: Side) -> Court {
    match (owner, mine) {
        (None, _) => Court::Nobody,
        (Some(OwnerSide::Customer), _) => Court::Customer,
        (Some(OwnerSide::Vendor), Side::Vendor) | (Some(OwnerSide::Partner), Side::Partner) => Court::Us,
        (Some(_), _) => Court::Them,
    }
}

/// The owning side that a member of `mine` means.
pub(crate) fn court_of(court: Court, mine: Side) -> Option<OwnerSide> {
    let (us, them) = match mine {
        Side::Vendor => (OwnerSide::Vendor, OwnerSide::Partner),
        Side::Partner => (OwnerSide::Partner, OwnerSide::Vendor),
    };
    match court {
        Court::Us => Some(us),
        Court::Them => Some(them),
        Court::Customer => Some(OwnerSide::Customer),
        Court::Nobody => None,
    }
}

pub(crate) fn rejection_of(rule: RejectionRule) -> entity::RejectionRule {
    match rule {
        RejectionRule::ExistingCustomer => entity::RejectionRule::ExistingCustomer,
        RejectionRule::OpenOpportunity => entity::RejectionRule::OpenOpportunity,
        RejectionRule::NamedAccount => entity::RejectionRule::NamedAccount,
        RejectionRule::PublicTender => entity::RejectionRule::PublicTender,
        RejectionRule::NotQualified => entity::RejectionRule::NotQualified,
        RejectionRule::OtherRegistration => entity::RejectionRule::OtherRegistration,
    }
}

/// The words for a rule that a rejection cites.
pub(crate) fn rejection_words(rule: entity::RejectionRule) -> String {
    match rule {
        entity::RejectionRule::ExistingCustomer => say!("Already a customer for this product"),
        entity::RejectionRule::OpenOpportunity => say!("Already worked by the vendor"),
        entity::RejectionRule::NamedAccount => say!("On the named-account list"),
        entity::RejectionRule::PublicTender => say!("A public tender"),
        entity::RejectionRule::NotQualified => say!("Not enough to go on"),
        entity::RejectionRule::OtherRegistration => say!("Registered by another partner"),
    }
}

/// What a person is told when a rule refuses.
pub(crate) fn refusal(refusal: &Refusal) -> CommandError {
    let code = match refusal.rule {
        Rule::InvalidField => Code::BadInput,
        Rule::NotFound => Code::NotFound,
        Rule::InvitationUsed => Code::InvitationUsed,
        Rule::InvitationExpired => Code::InvitationExpired,
        _ => Code::Refused,
    };
    CommandError::new(code, words::sentence(&refusal.message))
}

/// What a person is told when the store fails.
pub(crate) fn store_error(error: &StoreError) -> CommandError {
    use store::Code as Store;
    match error.code() {
        Store::DiskFull => CommandError::new(
            Code::DiskFull,
            say!("The disk is full. Nothing was changed; free some space and try again."),
        ),
        Store::ReadOnlyDisk => CommandError::new(
            Code::DiskFull,
            say!(
                "The disk cannot be written. Nothing was changed; check the permissions of the profile folder."
            ),
        ),
        Store::Io => CommandError::new(
            Code::DiskFull,
            say!(
                "The disk failed. Nothing was changed; try again, and check the disk if this happens again."
            ),
        ),
        Store::NewerSchema => CommandError::new(
            Code::ReadOnly,
            say!("A newer version of Lockstep wrote this program. Update to open it."),
        ),
        Store::Damaged | Store::WrongKey => CommandError::new(
            Code::Damaged,
            say!("The data of this program is damaged. It is set apart, and the other programs go on."),
        ),
        Store::NotCaughtUp => CommandError::new(
            Code::HubUnreachable,
            say!("This program has not arrived on this device yet. It will as soon as its hub answers."),
        ),
        Store::LeaseOver => CommandError::new(
            Code::LeaseEnded,
            say!("This program has not met its hub for longer than its vendor allows. Connect to continue."),
        ),
        Store::NotFound => CommandError::not_found("entry"),
        Store::Closed => CommandError::new(Code::NotFound, say!("This program is being closed.")),
        _ => CommandError::internal("using the store", error),
    }
}

/// What keeps a program's file shut.
pub(crate) fn store_trouble(error: &StoreError) -> ProgramTrouble {
    use store::Code as Store;
    match error.code() {
        Store::Missing => ProgramTrouble::Missing,
        Store::NewerSchema => ProgramTrouble::TooNew,
        Store::WrongKey | Store::Foreign | Store::Damaged => ProgramTrouble::Damaged,
        _ => ProgramTrouble::Disk,
    }
}

/// What a person is told when the vault fails.
pub(crate) fn vault_error(error: &vault::Error) -> CommandError {
    let (code, message) = match error.code() {
        vault::Code::WrongPassphrase => (Code::WrongPassphrase, say!("The passphrase is wrong.")),
        vault::Code::BadPassphrase => (
            Code::BadInput,
            say!(
                "A passphrase has at least {least} characters and at most {most} bytes.",
                least = vault::MIN_PASSPHRASE_CHARS,
                most = vault::MAX_PASSPHRASE_BYTES,
            ),
        ),
        vault::Code::DiskFull => {
            tracing::warn!(%error, "the vault could not be written");
            (Code::DiskFull, say!("The disk is full or cannot be written. Nothing was changed."))
        }
        vault::Code::ProgramExists => {
            (Code::AlreadyJoined, say!("This device already holds a key of that program."))
        }
        vault::Code::NoSuchProgram => (Code::NotFound, say!("This device holds no key of that program.")),
        vault::Code::KeychainLocked => {
            return CommandError::new(
                Code::Refused,
                say!(
                    "The keychain is locked or does not answer. Unlock it and try again; nothing was changed."
                ),
            );
        }
        vault::Code::KeychainMissing => {
            return CommandError::new(
                Code::Refused,
                say!(
                    "No keychain keeps the key in this session. Start GNOME Keyring or KWallet and try again; \
                 nothing was changed."
                ),
            );
        }
        vault::Code::NoPassphrase | vault::Code::KeyExists => {
            return CommandError::new(
                Code::Refused,
                say!("The key has been moved already. Open Security again."),
            );
        }
        _ => return CommandError::internal("using the vault", error),
    };
    CommandError::new(code, message)
}

/// What a person is told when an invitation cannot be looked at or taken.
pub(crate) fn entry_error(error: &EntryError) -> CommandError {
    let unreachable = |why: String| {
        CommandError::new(Code::HubUnreachable, say!("{why} Nothing was changed; try again.", why = why))
    };
    match error {
        EntryError::Refused(refused) => refusal(refused),
        EntryError::Foreign => CommandError::new(
            Code::InvitationForeign,
            say!(
                "This hub does not know the program of this invitation. Ask for a new link where you got it."
            ),
        ),
        EntryError::Incompatible => CommandError::new(
            Code::HubIncompatible,
            say!("This hub and this version of Lockstep do not understand each other. Update the older one."),
        ),
        EntryError::Dial(DialError::Address(why)) => {
            CommandError::new(Code::InvitationMalformed, words::sentence(why))
        }
        EntryError::Dial(DialError::NotAHub(_)) => CommandError::new(
            Code::HubIncompatible,
            say!("There is no Lockstep hub at the address of this link."),
        ),
        EntryError::Dial(DialError::Unreachable(why)) => {
            unreachable(say!("The hub cannot be reached ({why}).", why = words::sentence(why)))
        }
        EntryError::Lost(why) => unreachable(words::sentence(why)),
    }
}

/// How far something has travelled, from what the outbox says about it and what the line has sent.
pub(crate) fn mark(mark: store::query::Mark, sent: u64, awaiting: bool) -> SyncMark {
    match mark.waiting {
        _ if mark.needs_you => SyncMark::NeedsYou,
        Some(n) if n <= sent => SyncMark::Sending,
        Some(_) => SyncMark::Queued,
        None if awaiting => SyncMark::AwaitingDecision,
        None => SyncMark::Synced,
    }
}

/// The first `longest` characters, the last of them an ellipsis when there is more.
pub fn shortened(text: &str, longest: usize) -> String {
    if text.chars().count() <= longest {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(longest.saturating_sub(1)).collect();
    short.truncate(short.trim_end().len());
    short.push('…');
    short
}
