//! Real SQLCipher files in temporary folders, a hub that runs the same domain code authoritatively,
//! and people who work through it.

mod commit;
mod disk;
mod hub;
mod interleavings;
mod measure;
mod people;
mod rebase;
mod refusals;
mod schema;
mod scopes;
mod secrecy;
mod windows;
