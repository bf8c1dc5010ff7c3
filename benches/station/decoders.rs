//! How fast each family's decoder is: beside the line it listens to, and beside public decoders of the same family.

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use armoury_hardware::reader::{Family, tag_reads};

use super::failure::{Outcome, Told, refuse};
use super::streams::{STREAMS, Stream};
use super::table::{Table, thousands};

/// Bytes on an 8N1 line of 115,200 baud in a second: ten bits each.
const LINE_BYTES_PER_S: f64 = 11_520.0;

/// The aims: times the line, and times the fastest public decoder.
const TIMES_LINE: f64 = 100.0;
const TIMES_PEER: f64 = 2.0;

/// What a read from a serial port brings at once.
const CHUNK_BYTES: usize = 1024;

/// How long each decoder is fed.
const FEED: Duration = Duration::from_millis(500);

/// Sightings in a stream.
const TAGS: u32 = 20_000;

/// A public decoder, and how it is had.
struct Peer {
    family: Family,
    /// Its package.
    name: &'static str,
    /// Its version, and what its figure holds beside the decoding.
    told: &'static str,
    had: Had,
}

enum Had {
    /// With `benches/peers/Cargo.toml`.
    Cargo,
    /// By this much of a `pip install`.
    Pip(&'static [&'static str]),
}

/// The public decoders of these families that were found.
const PEERS: [Peer; 10] = [
    Peer {
        family: Family::Mercury,
        name: "python-mercuryapi",
        told: "0.5.3 (Python over the maker's C)",
        had: Had::Pip(&["python-mercuryapi==0.5.3"]),
    },
    Peer {
        family: Family::R2000,
        name: "invelion",
        told: "0.1.3 (Rust, with a pseudo-terminal)",
        had: Had::Cargo,
    },
    Peer {
        family: Family::R2000,
        name: "pyImpinj",
        told: "1.2 (Python)",
        had: Had::Pip(&["pyserial", "libscrc==1.8.1", "--no-deps", "pyImpinj==1.2"]),
    },
    Peer {
        family: Family::Uhfreader18,
        name: "uhfreader18",
        told: "0.6.0 (Python)",
        had: Had::Pip(&["uhfreader18==0.6.0"]),
    },
    Peer { family: Family::M100, name: "r200_uhf", told: "0.6.0 (Rust)", had: Had::Cargo },
    Peer { family: Family::M100, name: "uhf-rfid", told: "1.0.1 (Rust)", had: Had::Cargo },
    Peer {
        family: Family::M100,
        name: "rfid-r200",
        told: "0.1.1 (Python)",
        had: Had::Pip(&["rfid-r200==0.1.1"]),
    },
    Peer { family: Family::Llrp, name: "sllurp", told: "3.0.5 (Python)", had: Had::Pip(&["sllurp==3.0.5"]) },
    Peer {
        family: Family::Llrp,
        name: "pyllrp",
        told: "3.1.1 (Python)",
        had: Had::Pip(&["bitstring==4.2.3", "pyllrp==3.1.1"]),
    },
    Peer {
        family: Family::Llrp,
        name: "llrpkit",
        told: "0.3.0 (Python)",
        had: Had::Pip(&["llrpkit==0.3.0"]),
    },
];

/// Every family, ours and theirs.
pub fn measure(folder: &Path, table: &mut Table) -> Outcome<()> {
    let streams: Vec<(&Stream, Vec<u8>)> =
        STREAMS.iter().map(|stream| (stream, (stream.make)(TAGS))).collect();
    for (stream, bytes) in &streams {
        std::fs::write(folder.join(stream.file), bytes)?;
    }
    let homes = Homes::prepare();
    for (stream, bytes) in streams.iter().filter(|(stream, _)| stream.ours) {
        let tags_per_s = ours(stream, bytes, table)?;
        let mut fastest: f64 = 0.0;
        for peer in PEERS.iter().filter(|peer| peer.family == stream.family) {
            let name = format!("  {} {}", peer.name, peer.told);
            match homes.run(peer, folder) {
                Ok(Fed { tags, seconds }) => {
                    let lost = if tags == TAGS { String::new() } else { format!(", {tags} of {TAGS} tags") };
                    let peer_tags_per_s = f64::from(tags) / seconds;
                    table.say(format!("{name}{lost}"), thousands(peer_tags_per_s as u64), "tags/s");
                    fastest = fastest.max(peer_tags_per_s);
                }
                Err(why) => table.say(format!("{name}: {}", why.0), "-", ""),
            }
        }
        if fastest > 0.0 {
            let times = tags_per_s / fastest;
            table.at_least("  ours in times of the fastest of them", times, "times", TIMES_PEER);
        }
    }
    Ok(())
}

/// Our decoder, from bytes to sightings; gives sightings a second. The fastest pass counts, as with the others: whatever
/// else runs on this machine slows the rest.
fn ours(stream: &Stream, bytes: &[u8], table: &mut Table) -> Outcome<f64> {
    let pieces: Vec<&[u8]> = bytes.chunks(CHUNK_BYTES).collect();
    let (mut fastest, mut frames, began) = (Duration::MAX, 0, Instant::now());
    while began.elapsed() < FEED {
        let (mut tags, pass) = (0, Instant::now());
        frames = tag_reads(stream.family, &pieces, &mut |read| {
            black_box(read);
            tags += 1;
        })
        .frames;
        fastest = fastest.min(pass.elapsed());
        if tags != TAGS {
            return refuse(format!("decode the {} stream: {tags} of {TAGS} tags", stream.family.word()));
        }
    }
    let per_s = |count: f64| count / fastest.as_secs_f64();
    let bytes_per_s = per_s(bytes.len() as f64);
    let name = format!("{} decoder, {:.1} MB/s", stream.family.word(), bytes_per_s / 1e6);
    table.say(name, thousands(per_s(frames as f64) as u64), "frames/s");
    table.at_least(
        "  in times of a line of 115,200 baud",
        bytes_per_s / LINE_BYTES_PER_S,
        "times",
        TIMES_LINE,
    );
    Ok(per_s(TAGS.into()))
}

/// What a public decoder did.
struct Fed {
    tags: u32,
    seconds: f64,
}

/// Where the public decoders are installed, or why they cannot be.
struct Homes {
    rust: Outcome<PathBuf>,
    python: Outcome<PathBuf>,
}

impl Homes {
    fn prepare() -> Self {
        Self { rust: rust_home(), python: python_home() }
    }

    /// Installs one where that is still to be done, and runs it.
    fn run(&self, peer: &Peer, folder: &Path) -> Outcome<Fed> {
        let usable = |home: &Outcome<PathBuf>| match home {
            Ok(program) => Ok(Command::new(program)),
            Err(why) => refuse(why.0.clone()),
        };
        let mut command = match peer.had {
            Had::Cargo => usable(&self.rust)?,
            Had::Pip(packages) => {
                let mut install = usable(&self.python)?;
                install.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
                output(install.args(packages), "install it")?;
                let mut python = usable(&self.python)?;
                python.arg(sources().join("decoders.py"));
                python
            }
        };
        fed(&output(command.arg(folder).arg(peer.name), "run it")?)
    }
}

/// `tags TAB nanoseconds`.
fn fed(line: &str) -> Outcome<Fed> {
    let numbers = line.trim().split_once('\t').and_then(|(tags, nanoseconds)| {
        let nanoseconds: f64 = nanoseconds.parse().ok()?;
        Some(Fed { tags: tags.parse().ok()?, seconds: nanoseconds.max(1.0) / 1e9 })
    });
    match numbers {
        Some(Fed { tags: 0, .. }) => refuse("understand one tag of the stream"),
        Some(fed) => Ok(fed),
        None => refuse(format!("run it: it said {line:?}")),
    }
}

fn sources() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers")
}

fn installed() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers")
}

/// Builds the Rust peers; gives the program that holds them.
fn rust_home() -> Outcome<PathBuf> {
    let target = installed().join("rust");
    let mut build = Command::new(env!("CARGO"));
    build.args(["build", "--release", "--locked", "--quiet", "--manifest-path"]);
    build.arg(sources().join("Cargo.toml")).arg("--target-dir").arg(&target);
    output(&mut build, "build it")?;
    Ok(target.join("release/armoury-bench-peers"))
}

/// Makes an environment for the Python peers; gives its interpreter.
fn python_home() -> Outcome<PathBuf> {
    let home = installed().join("python");
    let python = home.join("bin/python");
    if !python.exists() {
        output(Command::new("python3").args(["-m", "venv"]).arg(&home), "make a Python environment")?;
    }
    Ok(python)
}

/// What a command prints. Where it fails, the last line of its complaint is the reason.
fn output(command: &mut Command, what: &str) -> Outcome<String> {
    let ended = command.output().told(what)?;
    if !ended.status.success() {
        let complaint = String::from_utf8_lossy(&ended.stderr);
        let reason = complaint.lines().rfind(|line| !line.trim().is_empty());
        return refuse(format!("{what}: {}", reason.unwrap_or("it gave no reason").trim()));
    }
    Ok(String::from_utf8_lossy(&ended.stdout).into_owned())
}
