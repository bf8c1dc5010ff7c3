//! Asking a running station through its socket.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;
use uuid::Uuid;

use crate::station::protocol::{Ask, FromClient, FromStation, LINE_MAX_BYTES, Outcome, PROTOCOL};

/// How long an answer may take; a little longer than the station gives its clerk.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(65);

/// A line to a running station.
#[derive(Debug)]
pub struct Client {
    read: BufReader<UnixStream>,
    write: UnixStream,
    path: PathBuf,
}

/// Why asking did not work.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// Nobody answers there.
    #[error("reach the station at {}: {source}; is it running?", .path.display())]
    Absent {
        /// The socket.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The line broke.
    #[error("talk to the station at {}: {what}", .path.display())]
    Broken {
        /// The socket.
        path: PathBuf,
        /// What happened.
        what: String,
    },
    /// The station says no.
    #[error("{0}")]
    Refused(String),
}

impl Client {
    /// Attaches to the station at `path`.
    ///
    /// # Errors
    /// Nobody answers, or what answers is no station of this version.
    pub fn attach(path: &Path) -> Result<Self, ClientError> {
        let absent = |source| ClientError::Absent { path: path.to_owned(), source };
        let write = UnixStream::connect(path).map_err(absent)?;
        write.set_read_timeout(Some(ANSWER_TIMEOUT)).map_err(absent)?;
        write.set_write_timeout(Some(ANSWER_TIMEOUT)).map_err(absent)?;
        let read = BufReader::new(write.try_clone().map_err(absent)?);
        let mut client = Self { read, write, path: path.to_owned() };
        client.say(&FromClient::Hello { protocol: PROTOCOL, watch: false, pace_ms: 0 })?;
        match client.hear()? {
            FromStation::Hello(_) => Ok(client),
            FromStation::Goodbye { why } => Err(ClientError::Refused(why)),
            _ => Err(client.broken("the first line is not a hello")),
        }
    }

    /// Asks one thing and waits for the answer.
    ///
    /// # Errors
    /// The station refuses, or the line breaks. With a `command` id it is safe to ask again.
    pub fn ask(&mut self, command: Option<Uuid>, what: Ask) -> Result<Value, ClientError> {
        self.say(&FromClient::Ask { id: 1, command, what: Box::new(what) })?;
        loop {
            match self.hear()? {
                FromStation::Answer(answer) => {
                    return match answer.outcome {
                        Outcome::Done(value) => Ok(value),
                        Outcome::Refused { why } => Err(ClientError::Refused(why)),
                    };
                }
                FromStation::Goodbye { why } => return Err(self.broken(&why)),
                FromStation::Hello(_) | FromStation::Picture { .. } | FromStation::Change { .. } => {}
            }
        }
    }

    fn say(&mut self, message: &FromClient) -> Result<(), ClientError> {
        let line = serde_json::to_string(message).map_err(|error| self.broken(&error.to_string()))?;
        writeln!(self.write, "{line}").map_err(|error| self.broken(&error.to_string()))
    }

    fn hear(&mut self) -> Result<FromStation, ClientError> {
        let mut line = Vec::new();
        let read = (&mut self.read).take(LINE_MAX_BYTES as u64).read_until(b'\n', &mut line);
        match read {
            Ok(0) => Err(self.broken("it has hung up")),
            Ok(_) => serde_json::from_slice(&line).map_err(|error| self.broken(&error.to_string())),
            Err(error) => Err(self.broken(&error.to_string())),
        }
    }

    fn broken(&self, what: &str) -> ClientError {
        ClientError::Broken { path: self.path.clone(), what: what.to_owned() }
    }
}
