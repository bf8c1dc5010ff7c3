//! The station. Parses, opens, calls.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(armoury::cli::main())
}
