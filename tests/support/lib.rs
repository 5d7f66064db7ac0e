//! What the journeys share.

pub mod desktop;
