//! One profile folder through everything that can happen to it, without a system keychain.

mod alice;
#[path = "../common/mod.rs"]
mod common;
mod folder;
mod passphrase;
mod programs;
mod rekey;
mod states;
