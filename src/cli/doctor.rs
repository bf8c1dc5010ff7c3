//! `armoury doctor`: what is there, what is not, and what to do about it.

mod cameras;

use std::path::{Path, PathBuf};
use std::time::Duration;

use armoury_hardware::usb::{System, is_passing_name};
use clap::Args;

use self::cameras::TestPicture;
use super::init::CONFIG_FILE;
use super::ports::{described, held_by};
use super::{Failure, config_of, exit, say};
use crate::config::{self, Port, StationConfig};
use crate::domain::ClockQuality;
use crate::ledger::Reader;
use crate::station::clock::Clock;
use crate::station::life::KEY_FILE;

/// Less free room than this is worth a word, bytes.
const ROOM_BYTES: u64 = 256 * 1024 * 1024;

/// How long somebody may take to take a call.
const CALL_TIMEOUT: Duration = Duration::from_secs(3);

/// Check devices, clock, disk, permissions, link
#[derive(Debug, Args)]
pub struct Doctor {
    /// Configuration; left out, only what is plugged in is looked at
    #[arg(long, env = "ARMOURY_CONFIG", value_name = "FILE")]
    config: Option<PathBuf>,
    /// Data folder, where its own station.toml is the configuration
    #[arg(long, env = "ARMOURY_DATA", value_name = "DIR")]
    data: Option<PathBuf>,

    #[command(flatten)]
    test: TestPicture,
}

/// One thing that was looked at.
struct Finding {
    what: String,
    /// Nothing, or what to do.
    advice: Option<String>,
}

impl Doctor {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        let file = self.config.or_else(|| self.data.as_ref().map(|folder| folder.join(CONFIG_FILE)));
        let mut configuration = file.as_deref().map(config_of).transpose()?;
        if let (Some(configuration), Some(folder)) = (&mut configuration, self.data) {
            configuration.station.data = folder;
        }
        if let Some(file) = &self.test.picture {
            return cameras::test_picture(file, self.test.camera.as_deref(), configuration.as_ref());
        }
        let mut findings = match &configuration {
            Some(configuration) => configured(configuration),
            None => vec![clock()],
        };
        findings.extend(plugged_in());
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

/// What the configuration names.
fn configured(configuration: &StationConfig) -> Vec<Finding> {
    let mut findings = vec![clock(), room(&configuration.station.data), ledger(configuration)];
    findings.push(key(&configuration.station.data.join(KEY_FILE)));
    findings.extend(configuration.readers.iter().map(reader));
    let scanners = configuration.scanners.iter();
    findings.extend(scanners.map(|scanner| port("scanner", &scanner.name, &scanner.port)));
    findings.extend(configuration.cameras.iter().map(cameras::configured));
    findings.push(road(configuration));
    findings
}

/// What is there, whoever uses it: ports and cameras by the names that stay.
fn plugged_in() -> Vec<Finding> {
    let system = System::default();
    let none =
        |error: std::io::Error| vec![finding(format!("devices: {error}"), Some("Is /dev readable here?"))];
    let ports = match system.ports() {
        Ok(ports) => ports,
        Err(error) => return none(error),
    };
    let cameras = match cameras::plugged_in(&system) {
        Ok(cameras) => cameras,
        Err(error) => return none(error),
    };
    let mut findings: Vec<Finding> = ports
        .iter()
        .map(|port| {
            let kind = if port.keys { "keys" } else { "port" };
            let what = format!("plugged in: {kind} {} · {}", port.name.display(), described(port));
            there(what, &port.device)
        })
        .collect();
    findings.extend(cameras);
    if findings.is_empty() {
        findings.push(finding("plugged in: no serial port, no scanner that types, no camera".into(), None));
    }
    findings
}

/// A device that is there: who has it, or what to do so that this user may use it.
fn there(what: String, device: &Path) -> Finding {
    let what = format!("{what}{}", held_by(device));
    let access = rustix::fs::access(device, rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK);
    Finding { what, advice: access.is_err().then(|| permission(device)) }
}

/// The command that lets this user at a device.
fn permission(device: &Path) -> String {
    use std::os::unix::fs::MetadataExt;
    let uid = rustix::process::getuid().as_raw().to_string();
    let user = named("/etc/passwd", &uid).unwrap_or(uid);
    let gid = std::fs::metadata(device).map(|found| found.gid()).unwrap_or_default();
    match named("/etc/group", &gid.to_string()) {
        // Its group is root's: nobody should be in that.
        Some(group) if gid != 0 => format!(
            "{user} may not use it: `sudo usermod -aG {group} {user}`, then log in again (the station: `sudo systemctl restart armoury`)."
        ),
        _ => "Only root may use it: install the udev rules, then `sudo udevadm control --reload && sudo udevadm trigger`."
            .to_owned(),
    }
}

/// The name of a user's or a group's number in the system's file.
fn named(file: &str, number: &str) -> Option<String> {
    let text = std::fs::read_to_string(file).ok()?;
    let line = text.lines().find(|line| line.split(':').nth(2) == Some(number))?;
    line.split(':').next().map(str::to_owned)
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

fn reader(reader: &config::Reader) -> Finding {
    let mut found = match &reader.port {
        Port::Serial(path) => port("reader", &reader.name, path),
        Port::Network(road) => network(&reader.name, road),
    };
    // Left out of the configuration it comes from the order of the readers.
    found.what += &format!(" · session {}", reader.session.word());
    found
}

/// A reader on the network that is called must answer; one that calls needs a free address here.
fn network(name: &str, road: &str) -> Finding {
    let what = format!("reader {name} at {road}");
    let Some(host) = road.strip_prefix("tcp:") else { return finding(what, None) };
    let advice =
        (!answers(host)).then_some("No answer. Is it switched on, its cable in, and its address this one?");
    finding(what, advice)
}

/// Whether somebody takes a call there.
fn answers(address: &str) -> bool {
    use std::net::ToSocketAddrs;
    let Some(address) = address.to_socket_addrs().ok().and_then(|mut found| found.next()) else {
        return false;
    };
    std::net::TcpStream::connect_timeout(&address, CALL_TIMEOUT).is_ok()
}

/// A port that is there, that this user may use, and whose name stays the same.
fn port(kind: &str, name: &str, port: &Path) -> Finding {
    let access = rustix::fs::access(port, rustix::fs::Access::READ_OK | rustix::fs::Access::WRITE_OK);
    match access {
        Ok(()) => {
            let what = format!("{kind} {name} at {}{}", port.display(), held_by(port));
            Finding { what, advice: passing_name(port) }
        }
        Err(rustix::io::Errno::ACCESS) => Finding {
            what: format!("{kind} {name} at {}: no permission", port.display()),
            advice: Some(permission(port)),
        },
        Err(errno) => finding(
            format!("{kind} {name} at {}: {errno}", port.display()),
            Some("Check cable and power; `armoury inspect ports` shows what is plugged in."),
        ),
    }
}

/// What to write instead of a name that belongs to whoever was plugged in first.
fn passing_name(port: &Path) -> Option<String> {
    if !is_passing_name(port) {
        return None;
    }
    Some(match System::default().stable_name(port) {
        Some(stable) => {
            format!(
                "This name belongs to whoever is plugged in first. Write port = \"{}\".",
                stable.display()
            )
        }
        None => "This name belongs to whoever is plugged in first, and the system gives no other: \
                 plug in one adapter only, or write a udev rule."
            .to_owned(),
    })
}

fn road(configuration: &StationConfig) -> Finding {
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
    finding(
        format!("headquarters at {url}"),
        (!answers(&address)).then_some("No answer. Records wait and go later; check the link with signals."),
    )
}
