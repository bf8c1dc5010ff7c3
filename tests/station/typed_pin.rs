//! A PIN asked for on the terminal, on a pseudo-terminal: what is typed is not shown.

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};

use crate::house::{ARMOURY, House, until};

/// A command at a terminal.
struct Typed {
    child: Child,
    keys: File,
    shown: Arc<Mutex<Vec<u8>>>,
}

impl Typed {
    fn start(house: &House, arguments: &[&str]) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a pty");
        grantpt(&master).expect("grantpt");
        unlockpt(&master).expect("unlockpt");
        let name = ptsname(&master, Vec::new()).expect("its name").into_string().expect("ASCII");
        let mut options = OpenOptions::new();
        options.read(true).write(true).custom_flags(rustix::fs::OFlags::NOCTTY.bits() as i32);
        let open = || Stdio::from(options.open(&name).expect("the other end"));
        let data = house.data();
        let child = Command::new(ARMOURY)
            .args(arguments)
            .args(["--data", data.to_str().expect("UTF-8")])
            .stdin(open())
            .stdout(open())
            .stderr(open())
            .spawn()
            .expect("the program");
        let keys = File::from(master);
        let mut screen = keys.try_clone().expect("a second handle");
        let shown = Arc::new(Mutex::new(Vec::new()));
        let filling = Arc::clone(&shown);
        thread::spawn(move || {
            let mut bytes = [0; 1024];
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                filling.lock().expect("not poisoned").extend_from_slice(&bytes[..count]);
            }
        });
        Self { child, keys, shown }
    }

    fn shown(&self) -> String {
        String::from_utf8_lossy(&self.shown.lock().expect("not poisoned")).into_owned()
    }

    /// Types a line once it is asked for.
    fn answer(&mut self, question: &str, line: &str) {
        until(question, || self.shown().contains(question));
        writeln!(self.keys, "{line}").expect("it is read");
    }

    /// Its exit status, and everything that was shown.
    fn ends(mut self) -> (Option<i32>, String) {
        let mut status = None;
        until("it ends", || {
            status = self.child.try_wait().expect("our child");
            status.is_some()
        });
        (status.and_then(|status| status.code()), self.shown())
    }
}

/// A new PIN is asked for twice, the old one where it is needed, and neither is shown.
#[test]
fn a_pin_is_asked_for_and_not_shown() {
    let house = House::new("--exercise");
    let mut typed = Typed::start(&house, &["person", "pin", "S1"]);
    typed.answer("New PIN of S1: ", "271828");
    typed.answer("The same again: ", "314159");
    let (status, shown) = typed.ends();
    assert_eq!(status, Some(2), "{shown}");

    let mut typed = Typed::start(&house, &["person", "pin", "S1"]);
    typed.answer("New PIN of S1: ", "271828");
    typed.answer("The same again: ", "271828");
    let (status, shown) = typed.ends();
    assert_eq!(status, Some(0), "{shown}");
    assert!(!shown.contains("271828"), "{shown}");

    let mut typed = Typed::start(&house, &["key", "register", "7", "--lock", "upper", "--by", "S1"]);
    typed.answer("PIN of S1: ", "271828");
    let (status, shown) = typed.ends();
    assert_eq!(status, Some(0), "{shown}");
    assert!(!shown.contains("271828") && shown.contains("entered as number"), "{shown}");

    let mut typed = Typed::start(&house, &["key", "take", "7", "--by", "S1"]);
    typed.answer("PIN of S1: ", "999999");
    let (status, shown) = typed.ends();
    assert_eq!(status, Some(1), "{shown}");
    assert!(shown.contains("that is not their PIN"), "{shown}");
}
