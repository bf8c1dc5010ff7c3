//! `armoury doctor`: what is there, what is not, and what to do about it.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{Failure, config_of, exit, say};
use crate::config::{CameraSource, StationConfig};
use crate::domain::ClockQuality;
use crate::ledger::Reader;
use crate::station::clock::Clock;
use crate::station::life::KEY_FILE;

/// Less free room than this is worth a word, bytes.
const ROOM_BYTES: u64 = 256 * 1024 * 1024;

/// Check devices, clock, disk, permissions, link
#[derive(Debug, Args)]
pub struct Doctor {
    /// Configuration
    #[arg(long, env = "ARMOURY_CONFIG", value_name = "FILE")]
    config: PathBuf,
}

/// One thing that was looked at.
struct Finding {
    what: String,
    /// Nothing, or what to do.
    advice: Option<String>,
}

impl Doctor {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let configuration = config_of(&self.config)?;
        let mut findings = vec![clock(), room(&configuration.station.data), ledger(&configuration)];
        findings.push(key(&configuration.station.data.join(KEY_FILE)));
        findings.extend(configuration.readers.iter().map(|reader| port(&reader.name, &reader.port)));
        findings.extend(configuration.cameras.iter().map(|camera| source(&camera.name, &camera.source)));
        findings.push(road(&configuration));
        let mut status = exit::DONE;
        for Finding { what, advice } in findings {
            match advice {
                None => say(format!("ok      {what}")),
                Some(advice) => {
                    status = exit::ABSENT;
                    say(format!("LOOK    {what}\n        {advice}"));
                }
            }
        }
        Ok(status)
    }
}

fn finding(what: String, advice: Option<&str>) -> Finding {
    Finding { what, advice: advice.map(str::to_owned) }
}

fn clock() -> Finding {
    let now = Clock::new().now();
    let advice = (now.quality == ClockQuality::None)
        .then_some("Nothing vouches for the clock. Fit a clock chip, or set the time by hand.");
    finding(format!("clock {} ({})", now.rfc3339(), now.quality.word()), advice)
}

fn room(folder: &Path) -> Finding {
    match rustix::fs::statvfs(folder) {
        Ok(found) => {
            let free = found.f_bavail.saturating_mul(found.f_frsize);
            let advice = (free < ROOM_BYTES).then_some("Export and call signals: the disk is nearly full.");
            finding(format!("disk {} MiB free at {}", free >> 20, folder.display()), advice)
        }
        Err(errno) => finding(
            format!("disk at {}: {errno}", folder.display()),
            Some("Make the folder with `armoury init`."),
        ),
    }
}

fn ledger(configuration: &StationConfig) -> Finding {
    match Reader::open(&configuration.station.data).and_then(|reader| reader.verify()) {
        Ok(checked) => finding(format!("ledger {} entries, all as they were written", checked.entries), None),
        Err(error) => {
            finding(format!("ledger: {error}"), Some("Leave the folder as it is. Call headquarters."))
        }
    }
}

fn key(path: &PathBuf) -> Finding {
    use std::os::unix::fs::MetadataExt;
    match std::fs::metadata(path) {
        Ok(found) if found.mode() & 0o077 == 0 => finding("key readable by the station only".into(), None),
        Ok(_) => finding(format!("key {}", path.display()), Some("Others can read it: chmod 600.")),
        Err(error) => finding(
            format!("key {}: {error}", path.display()),
            Some("Run as the station's user, or `armoury init`."),
        ),
    }
}

fn port(name: &str, port: &Path) -> Finding {
    let access = rustix::fs::access(port, rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK);
    match access {
        Ok(()) => finding(format!("reader {name} at {}", port.display()), None),
        Err(rustix::io::Errno::ACCESS) => finding(
            format!("reader {name} at {}: no permission", port.display()),
            Some("Add the station's user to the group dialout and log in again."),
        ),
        Err(errno) => finding(
            format!("reader {name} at {}: {errno}", port.display()),
            Some("Check cable and power; `ls /dev/serial/by-id` shows what is plugged in."),
        ),
    }
}

fn source(name: &str, source: &CameraSource) -> Finding {
    match source {
        CameraSource::Folder(folder) if folder.is_dir() => {
            finding(format!("camera {name} reads {}", folder.display()), None)
        }
        CameraSource::Folder(folder) => finding(
            format!("camera {name} reads {}", folder.display()),
            Some("The folder is not there. Make it, or name another."),
        ),
        CameraSource::Pipe(command) => {
            let program = command.split_whitespace().next().unwrap_or("");
            let there = std::env::var_os("PATH").is_some_and(|path| {
                std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
            }) || Path::new(program).is_file();
            finding(
                format!("camera {name} runs {command}"),
                (!there).then_some("The program is not there, or is a word of the shell. Try it by hand."),
            )
        }
    }
}

fn road(configuration: &StationConfig) -> Finding {
    use std::net::ToSocketAddrs;
    let Some(url) = configuration.headquarters.as_ref().and_then(|headquarters| headquarters.url.as_deref())
    else {
        return finding("headquarters: none configured; entries wait for the stick".into(), None);
    };
    let default_port = if url.starts_with("https") { 443 } else { 80 };
    let host = url.split("://").nth(1).unwrap_or(url).split('/').next().unwrap_or("");
    let address = if host.rsplit(':').next().is_some_and(|port| port.parse::<u16>().is_ok()) {
        host.to_owned()
    } else {
        format!("{host}:{default_port}")
    };
    let reached = address.to_socket_addrs().ok().and_then(|mut found| {
        let address = found.next()?;
        std::net::TcpStream::connect_timeout(&address, std::time::Duration::from_secs(3)).ok()
    });
    finding(
        format!("headquarters at {url}"),
        reached.is_none().then_some("No answer. Records wait and go later; check the link with signals."),
    )
}
