//! Headquarters as a program; see `armoury::hq::cli`.

fn main() -> std::process::ExitCode {
    armoury::hq::cli::main()
}
