//! What the journeys share.

pub mod desktop;
pub mod hub;
pub mod notifications;
pub mod person;
pub mod world;
