//! The walk through `station.toml`, section by section. A problem does not end it: the next one is found too.

mod devices;
mod reader;
mod reading;
mod scanner;

use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::checks::{self, Places};
use super::error::Problem;
use super::section::{Found, Log, Section};
use super::{Access, Desk, Headquarters, Presence, Principal, SOCKET_NAME, Station, StationConfig};
use crate::domain::ids::{ID_MAX_BYTES, is_id};
use crate::domain::{Mode, Role, StationId};

/// Longest path of a Unix socket, in bytes (Linux, `sockaddr_un`).
const SOCKET_PATH_MAX_BYTES: usize = 107;

/// Longest wait that is a setting and not a mistake, in milliseconds: ten minutes.
const WAIT_MAX_MS: i64 = 600_000;

pub(super) fn station_config(text: &str, base_dir: &Path) -> Result<StationConfig, Vec<Problem>> {
    let mut log = Log::new(text);
    let (root, errors) = DeTable::parse_recoverable(text);
    for error in &errors {
        log.add(error.span().map_or(0, |span| span.start), "", error.message().replace('\n', ": "));
    }
    if !errors.is_empty() {
        return Err(log.into_problems());
    }
    let mut walk = Walk { base_dir, places: Places::default() };
    let mut file = Section::new("", 0, root.get_ref(), &mut log);
    let station = walk.station(&mut file);
    let readers = reader::settled(walk.each(&mut file, "reader", Walk::reader));
    let cameras = walk.each(&mut file, "camera", Walk::camera);
    let scanners = walk.each(&mut file, "scanner", Walk::scanner);
    let desk = walk.table(&mut file, "desk", Walk::desk).unwrap_or_default();
    let presence = walk.table(&mut file, "presence", Walk::presence).unwrap_or_default();
    let headquarters = walk.table(&mut file, "headquarters", Walk::headquarters).flatten();
    let access = walk.table(&mut file, "access", Walk::access).unwrap_or_default();
    let panel = walk.table(&mut file, "panel", Walk::panel).flatten();
    file.finish();
    checks::devices(&walk.places, &mut log);
    let problems = log.into_problems();
    match station {
        Some(station) if problems.is_empty() => Ok(StationConfig {
            station,
            readers,
            cameras,
            scanners,
            desk,
            presence,
            headquarters,
            access,
            panel,
        }),
        _ => Err(problems),
    }
}

/// A path as the file's folder sees it, without the `.` that joining leaves behind.
pub(super) fn resolve(base_dir: &Path, path: &Path) -> PathBuf {
    base_dir.join(path).components().collect()
}

struct Walk<'b> {
    base_dir: &'b Path,
    places: Places,
}

impl Walk<'_> {
    /// Reads `[name]`, if it is there.
    fn table<T>(
        &mut self,
        file: &mut Section<'_, '_>,
        name: &'static str,
        read: impl FnOnce(&mut Self, &mut Section<'_, '_>) -> T,
    ) -> Option<T> {
        let found = file.raw(name)?;
        let Some(table) = found.value.as_table() else {
            return file.wrong_type(name, &found, &format!("a section, [{name}]"));
        };
        let mut section = Section::new(name, found.at, table, file.log);
        let value = read(self, &mut section);
        section.finish();
        Some(value)
    }

    /// Reads every `[[name]]`.
    fn each<T>(
        &mut self,
        file: &mut Section<'_, '_>,
        name: &'static str,
        read: impl Fn(&mut Self, &mut Section<'_, '_>) -> Option<T>,
    ) -> Vec<T> {
        let Some(found) = file.raw(name) else { return Vec::new() };
        let Some(array) = found.value.as_array() else {
            file.wrong_type::<()>(
                name,
                &found,
                &format!("[[{}]] with two brackets, once per {name}", file.path(name)),
            );
            return Vec::new();
        };
        let (mut values, path) = (Vec::new(), file.path(name));
        for item in array.iter() {
            let at = item.span().start;
            let Some(table) = item.get_ref().as_table() else {
                file.refuse(at, name, format!("is a list of values: write [[{path}]] with two brackets"));
                continue;
            };
            let mut section = Section::new(path.as_str(), at, table, file.log);
            values.extend(read(self, &mut section));
            section.finish();
        }
        values
    }

    fn station(&mut self, file: &mut Section<'_, '_>) -> Option<Station> {
        if let Some(found) = self.table(file, "station", Walk::station_section) {
            return found;
        }
        if file.raw("station").is_none() {
            file.missing("station", "write [station] and under it id = \"NAME\"");
        }
        None
    }

    fn station_section(&mut self, section: &mut Section<'_, '_>) -> Option<Station> {
        let id = name(section, "id", "give the station the name it has at headquarters");
        let data = section.file("data").map_or(PathBuf::from("."), |found| found.value);
        let data = resolve(self.base_dir, &data);
        let named = section.file("socket");
        let at = named.as_ref().map(|found| found.at);
        let socket = match named {
            Some(found) => resolve(self.base_dir, &found.value),
            None => data.join(SOCKET_NAME),
        };
        let length = socket.as_os_str().len();
        if length > SOCKET_PATH_MAX_BYTES {
            let why = format!(
                "{} is {length} bytes long and a socket's path has at most {SOCKET_PATH_MAX_BYTES}: \
                 name a shorter one, such as \"/run/armoury/{SOCKET_NAME}\"",
                socket.display()
            );
            match at {
                Some(at) => section.refuse(at, "socket", why),
                None => section.missing("socket", &why),
            }
        }
        Some(Station { id: StationId::new(id?.value), data, socket })
    }

    fn desk(&mut self, section: &mut Section<'_, '_>) -> Desk {
        let default = Desk::default();
        let modes = [("auto", Mode::Auto), ("issue", Mode::Issue), ("return", Mode::Return)];
        Desk {
            mode: section.word("mode", &modes).map_or(default.mode, |found| found.value),
            window_ms: value(section.number("window_ms", 1..=WAIT_MAX_MS, " ms"), default.window_ms),
            dead_time_ms: value(section.number("dead_time_ms", 0..=WAIT_MAX_MS, " ms"), default.dead_time_ms),
            two_readings: section.flag("two_readings").unwrap_or(default.two_readings),
        }
    }

    fn presence(&mut self, section: &mut Section<'_, '_>) -> Presence {
        let default = Presence::default();
        let sightings = section.number::<u32>("sightings", 1..=1_000, "");
        let within_ms = section.number::<u64>("within_ms", 1..=WAIT_MAX_MS, " ms");
        // A reader's scale reaches from -129 to -2 (impinj-r2000-a0.md section 4).
        let min_rssi_dbm = section.number("min_rssi_dbm", -130..=0, " dBm");
        let leave_ms = section.number::<u64>("leave_ms", 1..=WAIT_MAX_MS, " ms");
        let margin_db = section.number("margin_db", 0..=60, " dB");
        let at = [("leave_ms", &leave_ms), ("within_ms", &within_ms)]
            .iter()
            .find_map(|(key, found)| found.as_ref().map(|found| (*key, found.at)))
            .or(sightings.as_ref().map(|found| ("sightings", found.at)));
        let presence = Presence {
            sightings: value(sightings, default.sightings),
            within_ms: value(within_ms, default.within_ms),
            min_rssi_dbm: value(min_rssi_dbm, default.min_rssi_dbm),
            leave_ms: value(leave_ms, default.leave_ms),
            margin_db: value(margin_db, default.margin_db),
        };
        if let Some((key, at)) = at {
            checks::presence(section, key, at, &presence);
        }
        presence
    }

    fn headquarters(&mut self, section: &mut Section<'_, '_>) -> Option<Headquarters> {
        let url = section.text("url");
        let ca_file = section.file("ca_file");
        let public_key = section.text("public_key");
        if let Some(url) = &url
            && let Err(what) = checks::url(&url.value, ca_file.is_some())
        {
            section.refuse(url.at, "url", what);
        }
        if let (Some(ca_file), None) = (&ca_file, &url) {
            section.refuse(
                ca_file.at,
                "ca_file",
                "vouches for a server and no url names one: add url, or take ca_file out",
            );
        }
        let Some(public_key) = public_key else {
            if url.is_some() {
                require(
                    section,
                    "public_key",
                    "without it no receipt can be believed: `armoury-hq init` prints it",
                );
            }
            return None;
        };
        let bytes =
            crate::identity::epc::parse_hex(&public_key.value).ok().and_then(|key| key.try_into().ok());
        if bytes.is_none() {
            let what = format!(
                "{:?} is no key: write the 64 hex digits that `armoury-hq init` prints",
                public_key.value
            );
            section.refuse(public_key.at, "public_key", what);
        }
        Some(Headquarters {
            url: url.map(|found| found.value),
            ca_file: ca_file.map(|found| resolve(self.base_dir, &found.value)),
            public_key: bytes?,
        })
    }

    fn access(&mut self, section: &mut Section<'_, '_>) -> Access {
        let mut access = Access::default();
        for role in Role::ALL {
            let Some(found) = section.raw(role.word()) else { continue };
            let Some(list) = found.value.as_array() else {
                section.wrong_type::<()>(
                    role.word(),
                    &found,
                    "a list such as [\"user:NAME\", \"group:NAME\"]",
                );
                continue;
            };
            for item in list.iter() {
                if let Err(what) = principal(item)
                    .and_then(|who| checks::listed_once(&access, role, who))
                    .map(|who| access.add(role, who))
                {
                    section.refuse(item.span().start, role.word(), what);
                }
            }
        }
        access
    }
}

fn value<T>(found: Option<Found<T>>, default: T) -> T {
    found.map_or(default, |found| found.value)
}

/// Notes that a key is missing, unless it is there and has been refused already.
fn require(section: &mut Section<'_, '_>, key: &'static str, advice: &str) {
    if section.raw(key).is_none() {
        section.missing(key, advice);
    }
}

/// A name that may stand on a screen and in an entry.
fn name(section: &mut Section<'_, '_>, key: &'static str, advice: &str) -> Option<Found<String>> {
    let Some(found) = section.text(key) else {
        require(section, key, advice);
        return None;
    };
    if is_id(&found.value) {
        return Some(found);
    }
    let what = format!(
        "{:?} is no name: at most {ID_MAX_BYTES} bytes, no control characters, no space at either end",
        found.value
    );
    section.refuse(found.at, key, what);
    None
}

fn principal(item: &Spanned<DeValue<'_>>) -> Result<Principal, String> {
    let text =
        item.get_ref().as_str().ok_or("a list of texts is wanted: write \"user:NAME\" or \"group:NAME\"")?;
    text.parse()
}
