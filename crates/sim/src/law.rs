//! A promise that was broken.

use std::fmt;

/// Which promise was broken, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Its number in docs/simulation.md.
    pub law: &'static str,
    /// What was seen.
    pub what: String,
}

/// What a step of a world comes to.
pub(crate) type Run<T = ()> = Result<T, Violation>;

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.law, self.what)
    }
}

impl std::error::Error for Violation {}

pub(crate) fn broken<T>(law: &'static str, what: impl Into<String>) -> Run<T> {
    Err(Violation { law, what: what.into() })
}

macro_rules! from_errors {
    ($( $error:ty ),*) => {$(
        impl From<$error> for Violation {
            fn from(error: $error) -> Self {
                Self { law: "store", what: format!("{error} ({error:?})") }
            }
        }
    )*};
}

from_errors!(store::StoreError, hub::Error, std::io::Error);
