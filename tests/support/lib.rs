//! What the journeys share.

pub mod desktop;
pub mod film;
pub mod hub;
pub mod notifications;
pub mod pages;
pub mod person;
pub mod processes;
pub mod reader;
pub mod tray;
pub mod world;
