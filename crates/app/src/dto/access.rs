//! Who may work where, and how access ends.

use super::Connection;
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Argument of `deal_share` and `deal_unshare`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealAccess {
    /// Program.
    pub program: String,
    /// Deal.
    pub deal: String,
    /// The partner organization that gets or loses access.
    pub organization: String,
}

/// Argument of `lease_set`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LeaseSet {
    /// Program.
    pub program: String,
    /// Days for which a device may show the program's data without meeting the hub, 1 to 90.
    pub days: u32,
}

/// Access that has ended and was not told of yet. What it concerned was erased, so it has no name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct EndedAccess {
    /// The program; none when it was removed as a whole.
    pub program: Option<String>,
    /// Its name.
    pub program_name: String,
    /// Deals that were taken away; 0 for the whole program.
    pub deals: u32,
}

/// A joined program whose lease is over: nothing of it is shown before its hub was met again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct LockedProgram {
    /// Id of the program.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Host of its hub.
    pub hub: String,
    /// Days of the lease.
    pub days: u32,
    /// The line.
    pub connection: Connection,
    /// Changes made here that the hub has not taken: they are kept, and sent when it is met.
    pub unsent: u32,
}

/// Argument of `unsent_export`.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct UnsentOf {
    /// Only of this program.
    pub program: Option<String>,
}
