//! Amounts of money: whole minor units and a currency, never floats.

use minicbor::{Decode, Encode};

/// An amount in minor units (cents) of an ISO 4217 currency.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Money {
    /// Minor units; at most [`Money::MAX_MINOR`] either way.
    #[n(0)]
    pub minor: i64,
    /// Three capital letters, ISO 4217.
    #[n(1)]
    pub currency: String,
}

impl Money {
    /// The largest amount: what a double-precision number still holds exactly, so that no consumer
    /// of the JSON twin can round it.
    pub const MAX_MINOR: i64 = (1 << 53) - 1;

    /// Whether the amount is in range and the code has the form of a currency code.
    pub fn is_valid(&self) -> bool {
        (-Self::MAX_MINOR..=Self::MAX_MINOR).contains(&self.minor)
            && self.currency.len() == 3
            && self.currency.bytes().all(|b| b.is_ascii_uppercase())
    }
}
