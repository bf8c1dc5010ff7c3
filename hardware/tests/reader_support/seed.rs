//! One printed seed for all chance of a suite.

use proptest::prelude::ProptestConfig;
use proptest::test_runner::RngSeed;

/// The seed is the usual one or that of `ARMOURY_SEED`; more cases through `PROPTEST_CASES`.
pub fn seeded() -> ProptestConfig {
    let seed = std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_240_607);
    println!("ARMOURY_SEED={seed}");
    ProptestConfig { rng_seed: RngSeed::Fixed(seed), failure_persistence: None, ..ProptestConfig::default() }
}
