//! One profile folder through everything that can happen to it, without a system keychain.

mod alice;
#[path = "../common/mod.rs"]
mod common;
#[cfg(target_os = "linux")]
mod durable;
mod folder;
mod passphrase;
mod programs;
mod rekey;
mod states;
