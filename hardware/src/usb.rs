//! What the system knows of the USB device behind a port, and the names under which ports stay the same.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

/// The longest text taken from the system about a device: USB strings have at most 126 characters (USB 2.0, 9.6.7).
const TEXT_MAX: usize = 126;
/// How far up from a port its USB device is looked for: interface, device, and what adapters put between.
const LEVELS_UP: usize = 6;
/// Ports and names looked at in one folder.
const NAMES_MAX: usize = 256;

/// A USB device as it describes itself. Nothing of it can be believed more than the device itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UsbDevice {
    /// Vendor, four hex digits.
    pub vendor: String,
    /// Product, four hex digits.
    pub product: String,
    /// The maker's name for itself.
    pub maker: Option<String>,
    /// The maker's name for the device.
    pub model: Option<String>,
    /// A number of this very device; cheap adapters have none.
    pub serial: Option<String>,
}

/// A port somebody may have plugged something into.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FoundPort {
    /// The name to use in a configuration: the same after a restart.
    pub name: PathBuf,
    /// The device file it leads to now.
    pub device: PathBuf,
    /// Whether it is a keyboard-type scanner's (or a keyboard) rather than a serial line.
    pub keys: bool,
    /// The USB device behind it.
    pub usb: Option<UsbDevice>,
}

/// Where the system keeps what is asked here. Only a test has another one.
#[derive(Debug, Clone)]
pub struct System {
    dev: PathBuf,
    sys: PathBuf,
}

impl Default for System {
    fn default() -> Self {
        Self::under(Path::new("/"))
    }
}

impl System {
    /// The folders `dev` and `sys` below `root`.
    pub fn under(root: &Path) -> Self {
        Self { dev: root.join("dev"), sys: root.join("sys") }
    }

    /// The USB device behind a port, given by any of its names. `None` where the port is not there or not on USB.
    pub fn usb_device(&self, port: &Path) -> Option<UsbDevice> {
        let real = port.canonicalize().ok()?;
        let name = real.file_name()?;
        let class = if real.parent()?.ends_with("input") { "input" } else { "tty" };
        let mut folder = self.sys.join("class").join(class).join(name).join("device").canonicalize().ok()?;
        for _ in 0..LEVELS_UP {
            if let (Some(vendor), Some(product)) = (text(&folder, "idVendor"), text(&folder, "idProduct")) {
                let (maker, model) = (text(&folder, "manufacturer"), text(&folder, "product"));
                return Some(UsbDevice { vendor, product, maker, model, serial: text(&folder, "serial") });
            }
            if !folder.pop() {
                break;
            }
        }
        None
    }

    /// The stable name of a port: under `serial/by-id` where only one adapter has it, else under `serial/by-path`;
    /// keyboards under `input`. `None` where the system gives none.
    pub fn stable_name(&self, port: &Path) -> Option<PathBuf> {
        let real = port.canonicalize().ok()?;
        ["serial/by-id", "serial/by-path", "input/by-id", "input/by-path"]
            .iter()
            .flat_map(|folder| names(&self.dev.join(folder)).unwrap_or_default())
            .find(|name| name.canonicalize().is_ok_and(|other| other == real))
    }

    /// Every camera's device by its stable name; on a board whose camera is on no bus that names it, by the name it has now.
    ///
    /// # Errors
    /// The system does not let its devices be listed.
    pub fn cameras(&self) -> io::Result<Vec<PathBuf>> {
        let mut found: Vec<(PathBuf, PathBuf)> = Vec::new();
        let mut all = names(&self.dev.join("v4l/by-id"))?;
        all.extend(names(&self.dev.join("v4l/by-path"))?);
        // A camera has several; the others carry what goes with the picture.
        all.retain(|name| name.to_string_lossy().ends_with("-index0"));
        if all.is_empty() {
            let is_video = |name: &PathBuf| {
                name.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with("video"))
            };
            all = names(&self.dev)?.into_iter().filter(is_video).collect();
        }
        for name in all {
            if let Ok(device) = name.canonicalize()
                && found.iter().all(|(_, other)| *other != device)
            {
                found.push((name, device));
            }
        }
        Ok(found.into_iter().map(|(name, _)| name).collect())
    }

    /// Every serial port and every keyboard-type scanner, by its stable name.
    ///
    /// # Errors
    /// The system does not let its devices be listed.
    pub fn ports(&self) -> io::Result<Vec<FoundPort>> {
        let mut found: Vec<FoundPort> = Vec::new();
        let mut add = |name: PathBuf, keys: bool| {
            let Ok(device) = name.canonicalize() else { return };
            if found.iter().all(|port| port.device != device) {
                let usb = self.usb_device(&device);
                found.push(FoundPort { name, device, keys, usb });
            }
        };
        for folder in ["serial/by-id", "serial/by-path"] {
            names(&self.dev.join(folder))?.into_iter().for_each(|name| add(name, false));
        }
        // Ports that no rule has named: on a board, or on a system without udev.
        for name in names(&self.dev)? {
            if is_serial(&name) {
                add(name, false);
            }
        }
        for name in names(&self.dev.join("input/by-id"))? {
            if name.to_string_lossy().ends_with("-event-kbd") {
                add(name, true);
            }
        }
        Ok(found)
    }
}

/// Whether a name in `/dev` is one that says nothing of the device behind it and changes with the order of plugging.
pub fn is_passing_name(port: &Path) -> bool {
    match port.parent().and_then(Path::to_str) {
        // A Pi's own ports are soldered on.
        Some("/dev") => is_serial(port) && !port.to_string_lossy().contains("ttyAMA"),
        Some("/dev/input") => true,
        _ => false,
    }
}

/// Serial ports that something is plugged into: USB adapters, USB devices with a line of their own, a Pi's own port.
fn is_serial(port: &Path) -> bool {
    let name = port.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    ["ttyUSB", "ttyACM", "ttyAMA", "serial"]
        .iter()
        .filter_map(|kind| name.strip_prefix(kind))
        .any(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Everything in a folder, sorted; nothing where there is no such folder.
fn names(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut names = entries.take(NAMES_MAX).map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    names.sort();
    Ok(names)
}

/// A line of text about a device, without anything that could disturb a terminal.
fn text(folder: &Path, file: &str) -> Option<String> {
    let bytes = fs::read(folder.join(file)).ok()?;
    let text: String =
        String::from_utf8_lossy(&bytes).chars().filter(|c| !c.is_control()).take(TEXT_MAX).collect();
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    /// A system with a CH340 without a number, an FTDI with one, and a scanner that types.
    fn system() -> (tempfile::TempDir, System) {
        let folder = tempfile::tempdir().expect("a folder");
        let root = folder.path().canonicalize().expect("there");
        let make = |path: &str| fs::create_dir_all(root.join(path)).expect("a folder");
        let write = |path: &str, text: &str| fs::write(root.join(path), text).expect("a file");
        let link = |to: &str, path: &str| symlink(root.join(to), root.join(path)).expect("a link");
        for folder in ["dev/serial/by-id", "dev/serial/by-path", "dev/input/by-id"] {
            make(folder);
        }
        for (nth, device) in ["dev/ttyUSB0", "dev/ttyUSB1", "dev/input/event3"].into_iter().enumerate() {
            let (class, name) = if nth == 2 { ("input", "event3") } else { ("tty", &device[4..]) };
            write(device, "");
            let interface = format!("sys/devices/usb1/1-{nth}/1-{nth}:1.0/{name}");
            make(&interface);
            make(&format!("sys/class/{class}/{name}"));
            link(&interface, &format!("sys/class/{class}/{name}/device"));
        }
        for (nth, vendor, product, serial) in [
            (0, "1a86", "7523", None),
            (1, "0403", "6001", Some("FT4X\u{1b}21\n")),
            (2, "1eab", "0c06", None),
        ] {
            let device = format!("sys/devices/usb1/1-{nth}");
            write(&format!("{device}/idVendor"), &format!("{vendor}\n"));
            write(&format!("{device}/idProduct"), &format!("{product}\n"));
            if let Some(serial) = serial {
                write(&format!("{device}/serial"), serial);
            }
        }
        link("dev/ttyUSB1", "dev/serial/by-id/usb-FTDI_FT4X21-if00");
        link("dev/ttyUSB0", "dev/serial/by-path/pci-0:1");
        link("dev/ttyUSB1", "dev/serial/by-path/pci-0:2");
        link("dev/input/event3", "dev/input/by-id/usb-Newland-event-kbd");
        make("dev/v4l/by-id");
        for (nth, device) in ["dev/video0", "dev/video1"].into_iter().enumerate() {
            write(device, "");
            link(device, &format!("dev/v4l/by-id/usb-Lens-index{nth}"));
        }
        let system = System::under(&root);
        (folder, system)
    }

    #[test]
    fn a_port_is_listed_once_by_the_name_that_stays() {
        let (_folder, system) = system();
        let ports = system.ports().expect("listed");
        let names: Vec<_> = ports
            .iter()
            .map(|port| (port.name.file_name().expect("a name").to_string_lossy().into_owned(), port.keys))
            .collect();
        let wanted = [("usb-FTDI_FT4X21-if00", false), ("pci-0:1", false), ("usb-Newland-event-kbd", true)];
        assert_eq!(names, wanted.map(|(name, keys)| (name.to_owned(), keys)));
        let vendors: Vec<_> = ports.iter().map(|port| port.usb.clone().expect("on USB").vendor).collect();
        assert_eq!(vendors, ["0403", "1a86", "1eab"]);
    }

    #[test]
    fn a_camera_is_listed_once_though_it_has_two_devices() {
        let (_folder, system) = system();
        let cameras = system.cameras().expect("listed");
        assert_eq!(cameras, [system.dev.join("v4l/by-id/usb-Lens-index0")]);
    }

    #[test]
    fn an_adapter_is_known_by_its_number_under_any_of_its_names() {
        let (folder, system) = system();
        let dev = folder.path().join("dev");
        let by_id = dev.join("serial/by-id/usb-FTDI_FT4X21-if00");
        let usb = system.usb_device(&by_id).expect("on USB");
        assert_eq!(usb.serial.as_deref(), Some("FT4X21"), "what could disturb a terminal is left out");
        assert_eq!(system.usb_device(&dev.join("ttyUSB1")), Some(usb));
        assert_eq!(system.usb_device(&dev.join("ttyUSB0")).expect("on USB").serial, None);
        assert_eq!(system.usb_device(&dev.join("ttyUSB9")), None);
        let named = system.stable_name(&dev.join("ttyUSB1")).expect("named");
        assert_eq!(named, system.dev.join("serial/by-id/usb-FTDI_FT4X21-if00"));
    }

    #[test]
    fn names_that_change_with_the_order_of_plugging_are_known() {
        for passing in ["/dev/ttyUSB0", "/dev/ttyACM12", "/dev/input/event3"] {
            assert!(is_passing_name(Path::new(passing)), "{passing}");
        }
        for lasting in [
            "/dev/serial/by-id/usb-x",
            "/dev/serial/by-path/y",
            "/dev/input/by-id/k",
            "/dev/pts/3",
            "/srv/hatch",
        ] {
            assert!(!is_passing_name(Path::new(lasting)), "{lasting}");
        }
    }
}
