#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lockstep_fuzz::wire::hub_frames_in_turn(bytes));
