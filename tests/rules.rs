//! What holds for any request and any stream of readings: the function that decides, and the presence of tags. The seed
//! is printed; set `ARMOURY_SEED` to repeat a run or to try another.

#[path = "rules/counting.rs"]
mod counting;
#[path = "rules/custody.rs"]
mod custody;
#[path = "rules/decision.rs"]
mod decision;
#[path = "rules/life.rs"]
mod life;
#[path = "rules/people.rs"]
mod people;
#[path = "rules/presence.rs"]
mod presence;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestError, TestRng, TestRunner};

/// Runs `test` on many values from one printed seed.
fn holds<S: Strategy>(what: &str, strategy: S, test: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let seed: u64 =
        std::env::var("ARMOURY_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(20_260_514);
    println!("{what}: seed {seed}");
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        failure_persistence: None,
        // More through PROPTEST_CASES.
        cases: Config::default().cases.max(1_500),
        ..Config::default()
    };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    match runner.run(&strategy, test) {
        Ok(()) => {}
        Err(TestError::Fail(reason, value)) => panic!("{what}, seed {seed}: {reason}\nwith {value:?}"),
        Err(error) => panic!("{what}, seed {seed}: {error}"),
    }
}
