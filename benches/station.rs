//! `./dev bench`: how long the station takes from a reader's last byte to the verdict, how fast it starts, what it
//! holds in memory and what it burns while nothing happens, measured on this machine.
//!
//! Times on a disk mean little by themselves, so the scan is given as a ratio to the least that any durable record
//! costs here: one append and one sync, taken turn by turn with the scans on the same disk. A missed aim is printed,
//! never a failure: machines differ, and a bench that fails on a busy one is soon left out.

#[path = "station/book.rs"]
mod book;
#[path = "station/camera.rs"]
mod camera;
#[path = "station/decoders.rs"]
mod decoders;
#[path = "station/failure.rs"]
mod failure;
#[path = "station/flood.rs"]
mod flood;
#[path = "station/floor.rs"]
mod floor;
#[path = "station/headquarters.rs"]
mod headquarters;
#[path = "station/hearing.rs"]
mod hearing;
#[path = "station/history.rs"]
mod history;
#[path = "station/load.rs"]
mod load;
#[path = "station/peer.rs"]
mod peer;
#[path = "station/process.rs"]
mod process;
#[path = "station/scan.rs"]
mod scan;
#[path = "station/streams.rs"]
mod streams;
#[path = "station/table.rs"]
mod table;
#[path = "station/terminal.rs"]
mod terminal;
#[path = "station/throughput.rs"]
mod throughput;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use book::Book;
use failure::{Failure, Outcome, Told};
use table::Table;

/// Times and memory of the station on this machine
#[derive(Debug, Parser)]
struct Options {
    /// Folder on the disk to measure; several hundred MB are needed there and removed at the end
    #[arg(long, value_name = "DIR", default_value = env!("CARGO_TARGET_TMPDIR"))]
    dir: PathBuf,
    /// Entries of the large ledger; thirty years of a busy armoury are 5000000 and want some minutes and 4 GB of disk
    #[arg(long, value_name = "N", default_value_t = 1_000_000)]
    entries: u64,
    /// Weapons of the large register
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    weapons: u32,
    /// Scans measured in each setting
    #[arg(long, value_name = "N", default_value_t = 300)]
    samples: u32,
    /// The readers' part alone
    #[arg(long)]
    only_readers: bool,
    /// The busy readers' part alone
    #[arg(long)]
    only_load: bool,
    /// The camera's part alone
    #[arg(long)]
    only_camera: bool,
    /// The book's part alone: questions to a long ledger, the fold, decisions
    #[arg(long)]
    only_book: bool,
    /// How long four readers are busy, and marks are held before a camera
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u64).range(10..=3600))]
    seconds: u64,
    /// Given by cargo
    #[arg(long, hide = true)]
    bench: bool,
}

/// The small register, and the one whose memory has an aim.
const FEW_WEAPONS: u32 = 1_000;
const ARMOURY_WEAPONS: u32 = 5_000;

fn main() -> ExitCode {
    let options = Options::parse();
    match measure(&options) {
        Ok(table) => {
            print!("{table}");
            ExitCode::SUCCESS
        }
        Err(Failure(what)) => {
            eprintln!("bench: failed to {what}");
            ExitCode::FAILURE
        }
    }
}

fn measure(options: &Options) -> Outcome<Table> {
    std::fs::create_dir_all(&options.dir)?;
    let folder = tempfile::Builder::new()
        .prefix("armoury-bench-")
        .tempdir_in(&options.dir)
        .told(&format!("make a folder in {} (--dir names another)", options.dir.display()))?;
    remove_when_interrupted(folder.path().to_owned())?;
    let mut table = Table::new(floor::disk_of(folder.path())?);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;

    if options.only_load {
        say("busy readers");
        load::measure(folder.path(), options.seconds, &mut table)?;
        return Ok(table);
    }
    if options.only_camera {
        say("marks before a camera");
        camera::measure(folder.path(), options.seconds, &mut table)?;
        return Ok(table);
    }
    if options.only_book {
        let book = Book::make(&folder.path().join("book"), options.weapons)?;
        measure_book(&book, options, &mut table)?;
        return Ok(table);
    }
    say("the decoders, and public ones of the same families");
    decoders::measure(folder.path(), &mut table)?;
    if options.only_readers {
        return Ok(table);
    }
    say("what a record costs on this disk");
    let few = Book::make(&folder.path().join("few"), FEW_WEAPONS)?;
    floor::of_the_store(&few, &mut table)?;

    say("scans with few weapons");
    scan::measure(&runtime, &few, options.samples, None, "1,000 weapons", &mut table)?;
    drop(few);

    say("scans with many weapons");
    let many = Book::make(&folder.path().join("many"), options.weapons)?;
    let weapons = table::thousands(u64::from(options.weapons));
    scan::measure(&runtime, &many, options.samples, None, &format!("{weapons} weapons"), &mut table)?;

    measure_book(&many, options, &mut table)?;
    let entries = table::thousands(options.entries);
    let name = format!("{weapons} weapons, {entries} entries");
    process::long_ledger(&many, &name, &mut table)?;
    scan::measure(&runtime, &many, options.samples, None, &name, &mut table)?;

    say("scans while a batch is being sent");
    let away = headquarters::Headquarters::open(folder.path(), &many)?;
    scan::measure(&runtime, &many, options.samples, Some(&away), "while batches are sent", &mut table)?;
    away.close()?;

    say("checking the ledger");
    throughput::verify(&many, &mut table)?;
    drop(many);

    say("busy readers");
    load::measure(folder.path(), options.seconds, &mut table)?;

    say("marks before a camera");
    camera::measure(folder.path(), options.seconds, &mut table)?;

    say("memory and rest");
    let armoury = Book::make(&folder.path().join("armoury"), ARMOURY_WEAPONS)?;
    armoury.fill(u64::from(ARMOURY_WEAPONS) * 10)?;
    process::memory_and_rest(&armoury, &mut table)?;
    folder.close().told("remove the bench's folder")?;
    Ok(table)
}

/// A long ledger, and everything that is asked of it without a reader.
fn measure_book(book: &Book, options: &Options, table: &mut Table) -> Outcome<()> {
    say("a long ledger");
    let built = book.fill(options.entries)?;
    table.say(
        format!("ledger of {} entries built through Ledger::append", table::thousands(options.entries)),
        format!("{:.1}", built.as_secs_f64()),
        "s",
    );
    say("questions to it");
    history::questions(book, table)?;
    history::fold(book, table)?;
    history::decisions(book, table)
}

/// What the bench is at, for whoever waits for it.
fn say(what: &str) {
    eprintln!("bench: {what}");
}

/// Leaves nothing behind when the bench is broken off; children hear the same signal from the terminal.
fn remove_when_interrupted(folder: PathBuf) -> Outcome<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    std::thread::Builder::new().name("interrupt".into()).spawn(move || {
        if runtime.block_on(tokio::signal::ctrl_c()).is_ok() {
            if let Err(error) = std::fs::remove_dir_all(&folder) {
                eprintln!("bench: failed to remove {}: {error}", folder.display());
            }
            // What a shell expects of a program ended by SIGINT.
            std::process::exit(130);
        }
    })?;
    Ok(())
}
