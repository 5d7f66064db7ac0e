#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| lockstep_fuzz::wire::device_frames_in_turn(bytes));
