//! Start, vault, joining: what the window shows before and around a program.

use super::{EndedAccess, Language, LockedProgram, NoticeChoice, Practice};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Everything the window needs to draw its first frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct AppState {
    /// Whether the encrypted files can be opened.
    pub vault: VaultState,
    /// Joined programs in the order in which they were joined; empty while the vault is not open.
    pub programs: Vec<ProgramSummary>,
    /// Joined programs whose files cannot be opened or read; the others go on without them.
    pub shut: Vec<ShutProgram>,
    /// Joined programs whose lease is over: nothing of them is shown before their hubs were met again.
    pub locked: Vec<LockedProgram>,
    /// Access that has ended and was not told of yet.
    pub ended: Vec<EndedAccess>,
    /// How the window looks and listens to keys; the defaults while the vault is not open.
    pub appearance: Appearance,
    /// What goes on without the window.
    pub background: Background,
    /// What a person who looks elsewhere is told of.
    pub notices: NoticeChoice,
    /// What was practised, in the demo.
    pub practice: Practice,
    /// True when this is the built-in demo world.
    pub demo: bool,
    /// Version of this application, for the diagnostics page.
    pub version: String,
    /// Whether the person asked to stay off the network.
    pub work_offline: bool,
}

/// How the window looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Theme {
    /// Light or dark as the system is.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
    /// High contrast, light or dark as the system is.
    Contrast,
}

/// How much room a row of a list has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Density {
    /// Rows of 32 pixels.
    #[default]
    Compact,
    /// Rows of 40 pixels.
    Comfortable,
}

/// What a person chose about the window on this device; the argument of `appearance_set`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Appearance {
    /// Light, dark or high contrast.
    pub theme: Theme,
    /// The height of rows.
    pub density: Density,
    /// Whether keys without Ctrl or Alt do something. Whoever speaks to a computer, or hits keys by
    /// accident, turns them off; everything stays in the palette.
    pub single_keys: bool,
    /// The language of every word; none for that of the system.
    pub language: Option<Language>,
}

impl Default for Appearance {
    fn default() -> Self {
        Self { theme: Theme::default(), density: Density::default(), single_keys: true, language: None }
    }
}

/// What Lockstep does while it has no window. Argument of `background_set`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Background {
    /// Goes on in the tray when the window is closed, where the desktop has one, so that notifications come.
    pub keep_in_tray: bool,
    /// Starts, in the tray, when the person signs in to the computer.
    pub start_with_system: bool,
}

/// A joined program that stays shut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ShutProgram {
    /// Id of the program.
    pub id: String,
    /// Its name, or the host of its hub when it was never opened here.
    pub name: String,
    /// Host of its hub.
    pub hub: String,
    /// What is in the way.
    pub trouble: ProgramTrouble,
}

/// Why a program's file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum ProgramTrouble {
    /// The key of this program is missing or was changed: nobody can read its file any more.
    KeyLost,
    /// The file is damaged; parts of it may still be readable.
    Damaged,
    /// The file is gone.
    Missing,
    /// The disk does not give it: full, read-only, failing, or held by another process.
    Disk,
    /// A newer version of Lockstep wrote it.
    TooNew,
}

/// Where the key of everything on this device is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum KeyHome {
    /// In the keychain of the operating system.
    Keychain,
    /// Under a passphrase.
    Passphrase,
}

/// Answer of the commands of Settings › Security.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Security {
    /// Where the key is.
    pub home: KeyHome,
    /// True when the old entry could not be removed from the keychain.
    pub left_in_keychain: bool,
}

/// Argument of `passphrase_change`.
#[derive(Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PassphraseChange {
    /// The one in force.
    pub old: String,
    /// The one to be.
    pub new: String,
}

/// Where the key of the encrypted files is, and what the person can do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum VaultState {
    /// Open: data can be read.
    Open,
    /// The system keychain is there but locked: unlock it and try again.
    KeychainLocked,
    /// First start and no system keychain: choose a passphrase.
    NeedsPassphrase,
    /// The vault is protected by a passphrase: enter it.
    PassphraseLocked,
    /// A system keychain was used before and is now missing (no service on this session).
    KeychainMissing,
    /// The keychain answers but no longer holds our key while encrypted files exist: recovery.
    KeyLost,
    /// Another window of this application uses this profile.
    InUse,
    /// The vault's own files are damaged: recovery, which keeps them aside.
    Damaged,
    /// A newer version of Lockstep wrote this profile: update.
    TooNew,
}

/// One joined program.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProgramSummary {
    /// Id of the program.
    pub id: String,
    /// Display name, for example "Halden Partner Program".
    pub name: String,
    /// Name of the vendor that runs it.
    pub vendor_name: String,
    /// The member this device acts as.
    pub me: Person,
    /// Which side that member is on.
    pub side: Side,
    /// What that member may do.
    pub role: RoleName,
    /// Organizations this side deals with: the vendor for a partner, the partners for a vendor.
    pub counterparts: Vec<Counterpart>,
    /// Connection to this program's hub.
    pub connection: Connection,
}

/// An organization one can look through (the lens).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Counterpart {
    /// Organization id.
    pub id: String,
    /// Organization name.
    pub name: String,
}

/// A person as shown beside what they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Person {
    /// Member id.
    pub id: String,
    /// Full name.
    pub name: String,
    /// Organization id.
    pub organization: String,
    /// Organization name.
    pub organization_name: String,
    /// Seen from here: ours, theirs or the customer's.
    pub side: Court,
}

/// Vendor or partner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Side {
    /// The company that runs the program.
    Vendor,
    /// A company that sells in it.
    Partner,
}

/// A side as seen from this device: drives avatars (circle, squircle, hexagon) and court chips.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Court {
    /// My company.
    Us,
    /// The counterpart.
    Them,
    /// The customer.
    Customer,
    /// Nobody: the work is finished.
    Nobody,
}

/// What a member may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum RoleName {
    /// Runs the organization in this program: invites, revokes, settings.
    Admin,
    /// Works deals: partner seller or vendor account executive.
    Seller,
    /// Decides registrations for the vendor.
    ChannelManager,
    /// Reads and takes part in rooms, decides nothing.
    Member,
}

/// The line to one hub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Connection {
    /// Connected and caught up.
    Online,
    /// Connected, still receiving.
    CatchingUp,
    /// Trying.
    Connecting,
    /// No network or no hub.
    Offline,
    /// This device or member was revoked: local data of the program is being removed.
    Revoked,
    /// This application is too old for the hub: reading only, the queue is kept.
    ReadOnly,
}

/// What an invitation link leads to, before anything is accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InvitationPreview {
    /// What accepting does.
    pub kind: InvitationKind,
    /// Host of the hub, shown so that a person can recognise it.
    pub hub: String,
    /// Program, when there is one already.
    pub program_name: Option<String>,
    /// Organization one would join, or for a device link one's own.
    pub organization_name: Option<String>,
    /// For a device link: whose device this becomes.
    pub member_name: Option<String>,
    /// Role one would have.
    pub role: Option<RoleName>,
    /// When the link stops working.
    pub expires_at: f64,
}

/// The three kinds of invitation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum InvitationKind {
    /// The hub's own: whoever takes it creates a program.
    Found,
    /// A new member of an organization.
    Member,
    /// One more device of an existing member.
    Device,
}

/// Argument of `invitation_inspect`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InvitationInspect {
    /// The pasted link.
    pub link: String,
}

/// Argument of `program_join`; the fields a kind does not need are ignored.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ProgramJoin {
    /// The pasted link.
    pub link: String,
    /// Full name of the person (kinds found and member).
    pub your_name: String,
    /// Name of this device, for the device list.
    pub device_name: String,
    /// Program name (kind found).
    pub program_name: String,
    /// Vendor company name (kind found).
    pub company_name: String,
}

/// Argument of commands that concern one program.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct InProgram {
    /// Program id.
    pub program: String,
}

/// Argument of `vault_passphrase`.
#[derive(Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Passphrase {
    /// What the person typed.
    pub passphrase: String,
}

/// Through whom one looks: nothing set means everything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Lens {
    /// Only this program.
    pub program: Option<String>,
    /// Only what is shared with this organization.
    pub counterpart: Option<String>,
}

/// Argument of commands that only take a lens.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Through {
    /// The lens.
    pub lens: Lens,
}

/// Answer of a command that only acts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Done {
    /// Id of what was made or changed, when there is one.
    pub id: Option<String>,
    /// Hand this to `undo` to take the change back.
    pub undo: Option<String>,
    /// Why a change is not taken back, or what to do instead.
    pub stays: Option<String>,
}

/// Argument of `undo`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Undo {
    /// The token from [`Done`].
    pub token: String,
}

/// Argument of `work_offline`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct WorkOffline {
    /// True to stay off the network.
    pub on: bool,
}

/// Argument of `palette`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PaletteQuery {
    /// What was typed.
    pub text: String,
    /// The lens.
    pub lens: Lens,
}

/// One object found for the palette.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PaletteHit {
    /// What it is.
    pub kind: PaletteKind,
    /// Program it belongs to.
    pub program: String,
    /// Id of the object.
    pub id: String,
    /// First line.
    pub title: String,
    /// Second line.
    pub detail: String,
}

/// Kinds of object the palette finds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum PaletteKind {
    /// A deal and its room.
    Deal,
    /// A customer account.
    Account,
    /// A person.
    Person,
    /// An organization.
    Organization,
}

/// What changed, so that the window asks again for what it shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ChangeNote {
    /// Tags of the queries to run again, see [`Tag`].
    pub tags: Vec<Tag>,
    /// Ids of the objects that changed, at most 64; empty means "many".
    pub ids: Vec<String>,
}

/// What a query depends on and a change touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Tag {
    /// Start, vault, joined programs, work offline.
    App,
    /// Organizations, members, devices, invitations.
    People,
    /// Customer accounts.
    Accounts,
    /// Deals and registrations.
    Deals,
    /// Messages and read marks.
    Messages,
    /// Action plans and milestones.
    Plans,
    /// Outbox, refusals and the connection.
    Sync,
    /// Running imports.
    Imports,
    /// How far the index of words is.
    Search,
    /// What is pinned, and its order.
    Pinned,
}

impl Tag {
    /// Every tag.
    pub const ALL: [Self; 10] = [
        Self::App,
        Self::People,
        Self::Accounts,
        Self::Deals,
        Self::Messages,
        Self::Plans,
        Self::Sync,
        Self::Imports,
        Self::Search,
        Self::Pinned,
    ];
}

/// A refusal of a command, with a closed code that the window may branch on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct CommandError {
    /// What the window may branch on.
    pub code: Code,
    /// A sentence for the person: what happened and what to do next.
    pub message: String,
}

/// The closed list of error codes. A code is added only when a consumer branches on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Code {
    /// The arguments do not make sense; the message says which.
    BadInput,
    /// A rule refused it; the message cites the rule.
    Refused,
    /// There is no such thing (any more).
    NotFound,
    /// The vault is not open.
    VaultClosed,
    /// The passphrase is wrong.
    WrongPassphrase,
    /// The link is no invitation of a hub.
    InvitationMalformed,
    /// The invitation has expired.
    InvitationExpired,
    /// The invitation was used or revoked.
    InvitationUsed,
    /// The invitation belongs to another hub or program.
    InvitationForeign,
    /// The hub cannot be reached; nothing was changed.
    HubUnreachable,
    /// The hub answered something we do not understand, or is too new or too old.
    HubIncompatible,
    /// The disk is full, read-only or failing; nothing was changed.
    DiskFull,
    /// The program is read-only on this device.
    ReadOnly,
    /// The program's file is damaged; it was set apart from the others, see [`ShutProgram`].
    Damaged,
    /// The lease of this program is over: connect to its hub to continue.
    LeaseEnded,
    /// Access to this has ended, and it was removed from this device.
    AccessEnded,
    /// Already joined on this device.
    AlreadyJoined,
    /// Something broke inside; the message names a reference in the log.
    Internal,
}
