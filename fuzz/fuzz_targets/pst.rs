#![no_main]
libfuzzer_sys::fuzz_target!(|bytes: &[u8]| emma_parse::fuzzing::run("pst", bytes));
