//! Real SQLCipher files in temporary folders, a hub that runs the same domain code authoritatively,
//! and people who work through it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a test that cannot go on has failed"
)]

mod commit;
mod damage;
mod disk;
mod faults;
mod find;
mod history;
mod hub;
mod integrity;
mod interleavings;
#[cfg(target_os = "linux")]
mod kill;
mod lease;
mod life;
mod newer;
mod people;
mod power;
mod rebase;
mod refusals;
mod restored;
mod salvage;
mod schema;
mod scopes;
mod secrecy;
mod segments;
mod windows;
