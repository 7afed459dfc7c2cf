//! libFuzzer on one target, which `SEKISHO_FUZZ_TARGET` names.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use sekisho_fuzz::{Target, target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("SEKISHO_FUZZ_TARGET").expect("SEKISHO_FUZZ_TARGET names a target");
    target(&name).expect("SEKISHO_FUZZ_TARGET is a target")
});

fuzz_target!(|input: &[u8]| {
    (TARGET.run)(input);
});
