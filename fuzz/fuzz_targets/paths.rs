#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    if let Err(broken) = anchorhold_fuzzing::paths::check(data) {
        panic!("{broken}");
    }
});
