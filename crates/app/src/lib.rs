//! Use cases of the desktop, for any host: the shell with its window, the browser test host, tests.
//!
//! [`commands`] is the list of everything a window can ask for, [`dto`] the shapes that cross. A
//! command finds its program ([`session`]), asks or changes the store, and answers. What changed is
//! told on [`App::changes`], so that the window asks again for what it shows.

mod access;
mod accounts;
mod app;
mod appearance;
mod background;
pub mod commands;
mod court;
mod deals;
mod diagnostics;
mod dispatch;
mod drafts;
pub mod dto;
mod engagement;
mod feed;
mod history;
pub mod import;
mod import_job;
mod joining;
mod map;
mod notices;
mod palette;
mod people;
mod pinned;
mod plans;
mod practice;
mod refused;
mod registrations;
mod rescue;
mod room;
mod room_windows;
mod search;
mod security;
mod session;
mod shut;
mod start;
mod sync_page;
mod today;
mod trip;
mod undo;
mod unsent;
pub mod words;
mod written;

pub use app::{App, Dial, Keychain, Options, profile_dir};
pub use map::shortened;
pub use notices::{Away, Notice};
pub use room_windows::{OwnWindow, Place};

#[cfg(test)]
mod tests;
