//! A client of the station's socket that looks, and asks.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::house::PATIENCE;

/// An attached screen: holds the picture as the changes leave it.
pub struct Watcher {
    read: BufReader<UnixStream>,
    write: UnixStream,
    line: Vec<u8>,
    view: Value,
    number: u64,
    answer: Option<Value>,
}

impl Watcher {
    pub fn attach(socket: &Path) -> Self {
        Self::try_attach(socket).expect("the socket answers")
    }

    /// The same where the station may be gone.
    pub fn try_attach(socket: &Path) -> Option<Self> {
        let write = UnixStream::connect(socket).ok()?;
        write.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let read = BufReader::new(write.try_clone().expect("a second handle"));
        let mut watcher = Self { read, write, line: Vec::new(), view: Value::Null, number: 0, answer: None };
        watcher.say(&json!({"hello": {"protocol": 1, "watch": true, "pace_ms": 0}})).then_some(watcher)
    }

    /// Looks until the picture is as wanted, or for so long; false when the station hung up, with all that it had sent
    /// shown to `wanted`.
    pub fn look(&mut self, time: Duration, mut wanted: impl FnMut(&Value) -> bool) -> bool {
        let start = Instant::now();
        loop {
            if !self.view.is_null() && wanted(&self.view) {
                return true;
            }
            // A running station sends its clock every second.
            if start.elapsed() >= time {
                return true;
            }
            if !self.hear() {
                return false;
            }
        }
    }

    /// Asks, and waits for the answer. None: the station was gone before it answered.
    pub fn ask(&mut self, ask: &Value, mut seen: impl FnMut(&Value)) -> Option<Value> {
        if !self.say(&json!({ "ask": ask })) {
            return None;
        }
        loop {
            if let Some(answer) = self.answer.take() {
                return Some(answer);
            }
            if !self.hear() {
                return None;
            }
            seen(&self.view);
        }
    }

    /// Everything that was sent before the station hung up.
    pub fn rest(mut self, mut seen: impl FnMut(&Value)) {
        while self.hear() {
            seen(&self.view);
        }
    }

    fn say(&mut self, message: &Value) -> bool {
        writeln!(self.write, "{message}").is_ok()
    }

    /// Takes one line; false when there is none any more.
    fn hear(&mut self) -> bool {
        self.line.clear();
        match self.read.read_until(b'\n', &mut self.line) {
            Ok(1..) if self.line.ends_with(b"\n") => {}
            // A killed station's last line may be cut: it was not shown.
            Ok(_) => return false,
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => return false,
            Err(error) => panic!("nothing was heard for {PATIENCE:?}: {error}"),
        }
        let mut line: Value = serde_json::from_slice(&self.line).expect("one JSON object a line");
        if line.get("picture").is_some() {
            self.view = line["picture"]["view"].take();
            self.number = line["picture"]["n"].as_u64().expect("a number");
        } else if let Some(change) = line.get("change") {
            assert_eq!(change["n"], self.number + 1, "a change is missing");
            self.number += 1;
            for (key, value) in change["set"].as_object().expect("fields") {
                self.view[key] = value.clone();
            }
        } else if line.get("answer").is_some() {
            self.answer = Some(line["answer"].take());
        } else {
            assert!(line.get("hello").is_some(), "{line}");
        }
        true
    }
}
