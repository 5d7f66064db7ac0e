//! What the rules promise, told by people: alice sells for the partner Northbeam, bob is an account
//! executive of the vendor Halden, carol sells for Coastline, a competitor of Northbeam.

mod access;
mod after_sending;
mod any_bytes;
mod calendar;
mod claim_key;
mod claims;
mod company;
mod court;
mod engagement;
mod isolation;
mod joining;
mod merge;
mod names;
mod newer_versions;
mod numbers;
mod plan;
mod put_away;
mod registration;
mod room;
mod rows;
mod samples;
mod search;
mod stored_form;
mod undo;
mod world;
