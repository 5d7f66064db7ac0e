//! Settings › Sync, "Prepare for a trip", and what is practised in the demo.

use super::{Connection, FirstCatchUp};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// Answer of `trip`: what a person has with them when there is no network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Trip {
    /// Joined programs whose files can be opened.
    pub programs: Vec<TripProgram>,
    /// Names of those that cannot.
    pub shut: Vec<String>,
    /// Whether the person asked to stay off the network.
    pub work_offline: bool,
}

/// What is here of one program, and for how long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct TripProgram {
    /// Program.
    pub program: String,
    /// Its name.
    pub name: String,
    /// The line to its hub.
    pub connection: Connection,
    /// When it was last known to be the same as at its hub; none while not all of it is here.
    pub synced_at: Option<f64>,
    /// When the next attempt to reach the hub is made.
    pub trying_at: Option<f64>,
    /// How far a first catch-up is, while one is under way.
    pub first: Option<FirstCatchUp>,
    /// Why it is not online, a sentence.
    pub message: Option<String>,
    /// Its lease is over: nothing can be read before its hub was met again.
    pub locked: bool,
    /// Until when it can be read without meeting the hub, this device's time; none before the hub has said so.
    pub readable_until: Option<f64>,
    /// Days from one meeting with the hub, as the vendor set them.
    pub lease_days: u32,
    /// Changes that have not reached the hub.
    pub waiting: u32,
    /// Refused changes that wait for the person.
    pub needs_you: u32,
    /// Rooms in which something was said.
    pub rooms: f64,
    /// Deals.
    pub deals: f64,
    /// Customer accounts.
    pub accounts: f64,
    /// Messages.
    pub messages: f64,
    /// Steps of plans.
    pub steps: f64,
    /// Bytes on the disk.
    pub bytes: f64,
}

/// What a person has practised in the demo. Argument of `practice_set`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct Practice {
    /// What was done, in any order.
    pub done: Vec<Practised>,
    /// The person does not want to see the list any more.
    pub dismissed: bool,
}

/// One thing to practise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
#[ts(export)]
pub enum Practised {
    /// Opening the palette.
    Palette,
    /// Replying in a room.
    Reply,
    /// Registering a deal.
    Register,
    /// Ticking a step of a plan.
    Step,
    /// Working offline, and sending later.
    Offline,
    /// Taking something back.
    Undo,
}
