//! `armoury inspect reader` and `armoury inspect ports`: what is plugged in, and what to write into the configuration.

use std::path::Path;

use armoury_hardware::holder::{Holder, holders};
use armoury_hardware::reader::{FindError, Found, ReaderError, find_reader};
use armoury_hardware::usb::{FoundPort, System};
use serde_json::{Value, json};

use super::{Failure, exit, runtime, say};
use crate::identity::mark::printable;
use crate::station::readers::label;

/// What reader is at a port. A relative path counts from here.
pub(super) fn reader(port: &str, baud: Option<u32>, json: bool) -> Result<u8, Failure> {
    let stable = System::default().stable_name(Path::new(port));
    match runtime()?.block_on(find_reader(port, baud)) {
        Ok(found) => {
            let line = proposed_reader(
                &found,
                &stable.map_or_else(|| port.to_owned(), |path| path.display().to_string()),
            );
            if json {
                say(found_object(port, &found, &line));
            } else {
                found_lines(&found).iter().for_each(say);
                say(format!("in station.toml: {line}"));
            }
            Ok(exit::DONE)
        }
        Err(error) => {
            if json {
                say(error_object(port, &error));
            }
            Err(match error {
                // Somebody else's port is not for us to talk on.
                FindError::Port(busy @ ReaderError::Busy { .. }) => Failure::refused(format!(
                    "look at {port}: {busy}{}; while the station runs, `armoury status` says what is there",
                    held_by(Path::new(port))
                )),
                other => Failure::absent(format!("find a reader: {other}")),
            })
        }
    }
}

/// Who has a port, in brackets, where that may be known.
pub(super) fn held_by(port: &Path) -> String {
    let holders: Vec<String> = holders(port).iter().map(Holder::to_string).collect();
    if holders.is_empty() { String::new() } else { format!(" (it is {})", holders.join(" and ")) }
}

fn found_object(port: &str, found: &Found, line: &str) -> Value {
    let Found { family, identity, baud } = found;
    json!({
        "port": port,
        "family": family.word(),
        "model": identity.model,
        "firmware": identity.firmware,
        "serial": identity.serial,
        "baud": (*baud > 0).then_some(baud),
        "address": identity.address,
        "antennas": identity.antennas,
        "configuration": line,
    })
}

fn found_lines(found: &Found) -> Vec<String> {
    let Found { family, identity, baud } = found;
    let said = |text: &Option<String>| text.as_deref().map(|text| printable(text).into_owned());
    [
        ("family", Some(format!("{} ({})", family.word(), label(*family)))),
        ("model", said(&identity.model)),
        ("firmware", Some(printable(&identity.firmware).into_owned())),
        ("serial", said(&identity.serial)),
        ("rate", (*baud > 0).then(|| format!("{baud} baud"))),
        ("address", identity.address.map(|address| address.to_string())),
        ("antennas", identity.antennas.map(|antennas| antennas.to_string())),
    ]
    .into_iter()
    .filter_map(|(what, value)| Some(format!("{what:<9} {}", value?)))
    .collect()
}

fn proposed_reader(found: &Found, port: &str) -> String {
    let baud = if found.baud > 0 { format!(", baud = {}", found.baud) } else { String::new() };
    format!("protocol = \"{}\", port = {}{baud}", found.family.word(), toml::Value::from(port))
}

fn error_object(port: &str, error: &FindError) -> Value {
    let (found, bytes, first) = match error {
        FindError::Port(_) => ("no_port", None, None),
        FindError::Silence { .. } => ("silence", Some(0), None),
        FindError::Garbage { bytes, first, .. } => ("garbage", Some(*bytes), Some(first)),
    };
    json!({ "port": port, "family": null, "found": found, "bytes": bytes, "first": first, "reason": error.to_string() })
}

/// Every port something may be plugged into.
pub(super) fn ports(json: bool) -> Result<u8, Failure> {
    let ports = System::default()
        .ports()
        .map_err(|error| Failure::absent(format!("list the ports: {error}; is /dev readable here?")))?;
    if ports.is_empty() && !json {
        say("no serial port and no scanner that types is plugged in");
    }
    for port in &ports {
        let line = proposed_port(port);
        if json {
            let mut object = serde_json::to_value(port)?;
            object["configuration"] = json!(line);
            say(object);
        } else {
            say(port.name.display());
            say(format!("    {}", described(port)));
            say(format!("    in station.toml: {line}"));
        }
    }
    Ok(exit::DONE)
}

/// A port's device and what is plugged in there, on one line.
pub(super) fn described(port: &FoundPort) -> String {
    let Some(usb) = &port.usb else { return format!("{}, not on USB", port.device.display()) };
    let mut words = vec![port.device.display().to_string(), format!("USB {}:{}", usb.vendor, usb.product)];
    words.extend([&usb.maker, &usb.model].into_iter().flatten().cloned());
    words.push(
        usb.serial
            .as_ref()
            .map_or_else(|| "no number of its own".to_owned(), |serial| format!("number {serial}")),
    );
    words.join(" · ")
}

fn proposed_port(port: &FoundPort) -> String {
    let name = toml::Value::from(port.name.display().to_string());
    if port.keys {
        return format!("[[scanner]] kind = \"keyboard\", port = {name}");
    }
    format!("port = {name} (`armoury inspect reader` says which protocol)")
}
