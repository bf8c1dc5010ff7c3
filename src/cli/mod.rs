//! The command line: one file per subcommand; no rules in here.

pub mod act;
pub mod cell;
pub mod client;
pub mod import;
pub mod inspect;
pub mod place;

mod access;
mod bench;
mod book;
mod capture;
mod clock;
mod count;
mod day;
mod demo;
mod desk;
mod discrepancy;
mod dispose;
mod doctor;
mod init;
mod intake;
mod key;
mod label;
mod ledger;
mod lines;
mod loan;
mod look;
mod paper;
mod person;
mod policy;
mod ports;
mod rack;
mod register;
mod replay;
mod report;
mod road;
mod run;
mod secret;
mod standto;
mod tag;
pub mod trace;
mod transfer;
mod voucher;
mod weapon;

use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};

use crate::config::{self, ConfigError, StationConfig};
use crate::ledger::LedgerError;

/// Exit statuses (`architecture.md`, command line).
pub mod exit {
    /// Done.
    pub const DONE: u8 = 0;
    /// Refused or not found.
    pub const REFUSED: u8 = 1;
    /// Wrong usage or configuration.
    pub const USAGE: u8 = 2;
    /// A device or a server is not there.
    pub const ABSENT: u8 = 3;
    /// The ledger does not check.
    pub const BROKEN: u8 = 4;
}

/// The station in an armoury's issue hatch.
#[derive(Debug, Parser)]
#[command(name = "armoury", version, about, arg_required_else_help = true)]
pub struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A whole practice station: simulated readers and camera, headquarters, screen
    Demo(demo::Demo),
    /// The station, headless
    Run(run::Run),
    /// The screen, attached to a running station
    Watch(run::Watch),
    /// One picture of a running station
    Status(look::Status),
    /// Make a data folder: keys, ledger, sample configuration
    Init(init::Init),
    /// Register, show and change weapons
    #[command(subcommand)]
    Weapon(weapon::WeaponCommand),
    /// Weapons that come in: seized, found, surrendered, bought, received
    #[command(subcommand)]
    Intake(intake::IntakeCommand),
    /// Register, show and change people
    #[command(subcommand)]
    Person(person::PersonCommand),
    /// Write, lock and check tags at a reader
    #[command(subcommand)]
    Tag(tag::TagCommand),
    /// Print marks, badges, slot labels and command cards
    #[command(subcommand)]
    Label(label::LabelCommand),
    /// Show and change the rules
    #[command(subcommand)]
    Policy(book::PolicyCommand),
    /// The register of keys and seals
    #[command(subcommand)]
    Key(key::KeyCommand),
    /// Counts: handover, muster, serial numbers, sample, audit, takeover
    #[command(subcommand)]
    Count(count::CountCommand),
    /// What register and room disagree on
    #[command(subcommand)]
    Discrepancy(discrepancy::DiscrepancyCommand),
    /// Opening and closing of the day
    #[command(subcommand)]
    Day(day::DayCommand),
    /// Weapons between armouries
    #[command(subcommand)]
    Transfer(transfer::TransferCommand),
    /// Surplus, destruction, and other ways out of service
    #[command(subcommand)]
    Dispose(dispose::DisposeCommand),
    /// The racks: what hangs in each slot, else who has it
    #[command(subcommand)]
    Rack(rack::RackCommand),
    /// What is drawn: until when, by whom, extended, undone, signed for, decided on
    #[command(subcommand)]
    Loan(loan::LoanCommand),
    /// The hatch by hand: type what no device reads, choose what the next draws are for
    #[command(subcommand)]
    Desk(desk::DeskCommand),
    /// Emergency issue: list first, sign later
    #[command(subcommand)]
    Standto(standto::StandToCommand),
    /// Who goes in and out
    #[command(subcommand)]
    Access(access::AccessCommand),
    /// The clock, and setting it by hand
    #[command(subcommand)]
    Clock(clock::ClockCommand),
    /// Where a weapon is or was, who held it, what a person held
    Trace(Box<trace::Trace>),
    /// What happened in a period, who typed serials, every list as a file
    #[command(subcommand)]
    Report(report::ReportCommand),
    /// Evidence: check and export, also on a copy and without a station
    #[command(subcommand)]
    Ledger(ledger::LedgerCommand),
    /// The road to headquarters
    #[command(subcommand)]
    Sync(road::SyncCommand),
    /// Write down what goes over the lines of readers and scanners, for replay
    #[command(subcommand)]
    Capture(capture::CaptureCommand),
    /// What the station makes of a tag, a mark, frames, pictures, and what is plugged in
    #[command(subcommand)]
    Inspect(look::Inspect),
    /// Feed a recording to an exercise ledger
    Replay(replay::Replay),
    /// Simulated readers and scanners from a script, to try a station on
    Bench(bench::Bench),
    /// Check devices, clock, disk, permissions, link
    Doctor(doctor::Doctor),
}

impl Command {
    /// What it asks of the book beside the desk, if it asks for something.
    fn asking(self) -> Result<Option<act::Asking>, Failure> {
        match self {
            Self::Key(command) => Ok(command.asking().ok()),
            Self::Count(command) => Ok(command.asking().ok()),
            Self::Discrepancy(command) => Ok(command.asking().ok()),
            Self::Day(command) => Ok(command.asking().ok()),
            Self::Weapon(command) => Ok(command.asking().ok()),
            Self::Intake(command) => Ok(command.asking()?.ok()),
            Self::Transfer(command) => Ok(command.asking()?.ok()),
            Self::Dispose(command) => Ok(command.asking()?.ok()),
            Self::Rack(command) => Ok(command.asking()?.ok()),
            Self::Loan(command) => Ok(command.asking()?.ok()),
            Self::Standto(command) => Ok(command.asking().ok()),
            Self::Person(command) => command.asking().map(Result::ok),
            Self::Access(command) => Ok(command.asking().ok()),
            Self::Clock(command) => command.asking().map(Result::ok),
            _ => Ok(None),
        }
    }
}

/// Why a command ended without doing what it should.
#[derive(Debug)]
pub struct Failure {
    /// The sentence after "failed to".
    pub text: String,
    /// The exit status.
    pub exit: u8,
}

impl Failure {
    fn usage(text: impl Into<String>) -> Self {
        Self { text: text.into(), exit: exit::USAGE }
    }

    fn refused(text: impl Into<String>) -> Self {
        Self { text: text.into(), exit: exit::REFUSED }
    }

    fn absent(text: impl Into<String>) -> Self {
        Self { text: text.into(), exit: exit::ABSENT }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        let exit = match &error {
            error if error.is_broken() => exit::BROKEN,
            LedgerError::Lock(_) | LedgerError::Present(_) => exit::REFUSED,
            LedgerError::Absent(_) => exit::USAGE,
            _ => exit::ABSENT,
        };
        Self { text: error.to_string(), exit }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<serde_json::Error> for Failure {
    fn from(error: serde_json::Error) -> Self {
        Self::refused(error.to_string())
    }
}

/// Parses, carries out, answers with the exit status.
pub fn main() -> u8 {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let help = !error.use_stderr();
            // A closed pipe at the other end is no reason to complain.
            drop(error.print());
            return if help { exit::DONE } else { exit::USAGE };
        }
    };
    let outcome = match arguments.command {
        Command::Demo(demo) => demo.carry_out(),
        Command::Run(run) => run.carry_out(),
        Command::Watch(watch) => watch.carry_out(),
        Command::Status(status) => status.carry_out(),
        Command::Init(init) => init.carry_out(),
        Command::Weapon(command) => command.carry_out(),
        Command::Intake(command) => command.carry_out(),
        Command::Person(command) => command.carry_out(),
        Command::Tag(command) => command.carry_out(),
        Command::Label(command) => command.carry_out(),
        Command::Policy(command) => command.carry_out(),
        Command::Key(command) => command.carry_out(),
        Command::Count(command) => command.carry_out(),
        Command::Discrepancy(command) => command.carry_out(),
        Command::Day(command) => command.carry_out(),
        Command::Transfer(command) => command.carry_out(),
        Command::Dispose(command) => command.carry_out(),
        Command::Rack(command) => command.carry_out(),
        Command::Loan(command) => command.carry_out(),
        Command::Desk(command) => command.carry_out(),
        Command::Standto(command) => command.carry_out(),
        Command::Access(command) => command.carry_out(),
        Command::Clock(command) => command.carry_out(),
        Command::Trace(trace) => trace.carry_out(),
        Command::Report(command) => command.carry_out(),
        Command::Ledger(command) => command.carry_out(),
        Command::Sync(command) => command.carry_out(),
        Command::Capture(command) => command.carry_out(),
        Command::Inspect(inspect) => inspect.carry_out(),
        Command::Replay(replay) => replay.carry_out(),
        Command::Bench(bench) => bench.carry_out(),
        Command::Doctor(doctor) => doctor.carry_out(),
    };
    match outcome {
        Ok(status) => status,
        Err(failure) => {
            eprintln!("armoury: failed to {}", failure.text);
            failure.exit
        }
    }
}

/// Loads a configuration.
fn config_of(path: &Path) -> Result<StationConfig, Failure> {
    Ok(config::load(path)?)
}

/// The runtime for everything asynchronous.
fn runtime() -> Result<tokio::runtime::Runtime, Failure> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::absent(format!("start the runtime: {error}")))
}

/// Writes a line to standard output. Whoever has closed it wants no more: the command ends as done.
fn say(line: impl std::fmt::Display) {
    use std::io::Write;
    if writeln!(std::io::stdout(), "{line}").is_err() {
        std::process::exit(i32::from(exit::DONE));
    }
}

/// Reads a whole file of bounded size.
fn read_file(path: &PathBuf, most_bytes: u64) -> Result<Vec<u8>, Failure> {
    use std::io::Read;
    let fail = |error: std::io::Error| Failure::usage(format!("read {}: {error}", path.display()));
    let file = std::fs::File::open(path).map_err(fail)?;
    let mut bytes = Vec::new();
    file.take(most_bytes + 1).read_to_end(&mut bytes).map_err(fail)?;
    if bytes.len() as u64 > most_bytes {
        return Err(Failure::usage(format!("read {}: it is larger than {most_bytes} bytes", path.display())));
    }
    Ok(bytes)
}
