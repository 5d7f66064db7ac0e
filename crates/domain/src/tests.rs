//! Tests of this crate live beside the behaviour they describe.

mod rules;
mod stored_form;
