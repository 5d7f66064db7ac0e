//! What a person keeps at hand: deals and saved views, in their own order.

use super::{Court, DealSort, Lens, RegistrationStatus, StageName};
use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// What the list of deals was asked, to be asked again later. It is kept as it is written here, so names in it stay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct DealView {
    /// The lens.
    pub lens: Lens,
    /// Words that title, customer or number must contain; empty for all.
    pub text: String,
    /// Only this stage.
    pub stage: Option<StageName>,
    /// Only deals where this side moves next.
    pub court: Option<Court>,
    /// Only this registration status.
    pub status: Option<RegistrationStatus>,
    /// False leaves out won, lost, rejected and withdrawn.
    pub include_closed: bool,
    /// Order.
    pub sort: DealSort,
}

/// Something pinned. What cannot be shown now, because its program or its deal is not here, is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[ts(export)]
pub enum PinnedItem {
    /// A deal and its room.
    Deal {
        /// Id of the pin.
        id: String,
        /// Program.
        program: String,
        /// Deal.
        deal: String,
        /// Its title, as it is now.
        title: String,
        /// Its customer.
        customer: String,
        /// Messages I have not read.
        unread: u32,
        /// Who moves next.
        court: Court,
    },
    /// A saved view of the deals.
    View {
        /// Id of the pin.
        id: String,
        /// What the person called it.
        name: String,
        /// What it shows.
        view: DealView,
    },
}

/// Argument of `view_save`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ViewSave {
    /// What it is to be called.
    pub name: String,
    /// What it shows.
    pub view: DealView,
}

/// Argument of `view_rename`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ViewRename {
    /// Id of the pin.
    pub id: String,
    /// What it is to be called.
    pub name: String,
}

/// Argument of `view_update`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ViewUpdate {
    /// Id of the pin.
    pub id: String,
    /// What it shows from now on.
    pub view: DealView,
}

/// Argument of `pin_remove`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PinOf {
    /// Id of the pin.
    pub id: String,
}

/// Argument of `pin_move`.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct PinMove {
    /// Id of the pin.
    pub id: String,
    /// Before which other it is to stand; at the end when there is none.
    pub before: Option<String>,
}
