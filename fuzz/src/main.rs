//! The program that libFuzzer drives: see `cargo xtask fuzz`.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(init: bursar_fuzz::start(), |bytes: &[u8]| bursar_fuzz::run(bytes));
