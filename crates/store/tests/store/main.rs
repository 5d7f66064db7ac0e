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
mod disk;
mod hub;
mod interleavings;
mod newer;
mod people;
mod rebase;
mod refusals;
mod restored;
mod schema;
mod scopes;
mod secrecy;
mod windows;
