//! Feeds a recorded stream (`r2000.bin`, `m100.bin`, `m100-aa.bin` in the folder given) to one public Rust decoder, and
//! prints how many tags came out and how many nanoseconds that took in the fastest pass.
//!
//! `invelion` reads only from a serial port, so it gets a pseudo-terminal: its figure holds the kernel's part as well.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

use r200_uhf::connector::Connector;
use r200_uhf::connector::sync::SyncIO;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use uhf_rfid::{RfidTransport, UhfRfid};

/// How long a decoder is fed, and one pass more.
const FEED: Duration = Duration::from_secs(1);

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let (Some(folder), Some(decoder)) = (args.next(), args.next()) else {
        return Err("give the folder with the streams and a decoder's name".into());
    };
    let (file, run): (&str, fn(&[u8]) -> Outcome<(usize, Duration)>) = match decoder.as_str() {
        "invelion" => ("r2000.bin", invelion),
        "r200_uhf" => ("m100-aa.bin", r200_uhf),
        "uhf-rfid" => ("m100.bin", uhf_rfid),
        other => return Err(format!("no decoder {other}").into()),
    };
    let stream = std::fs::read(Path::new(&folder).join(file))?;
    let (mut fastest, began) = (run(&stream)?, Instant::now());
    while began.elapsed() < FEED {
        let pass = run(&stream)?;
        if pass.1 < fastest.1 {
            fastest = pass;
        }
    }
    println!("{}\t{}", fastest.0, fastest.1.as_nanos());
    Ok(())
}

/// A port whose bytes are all there at once, and then none.
struct Port {
    bytes: VecDeque<u8>,
    first_read: Option<Instant>,
    last_bytes: Option<Instant>,
}

impl Port {
    fn new(stream: &[u8]) -> Self {
        Self { bytes: stream.iter().copied().collect(), first_read: None, last_bytes: None }
    }

    /// From the first read until everything had been dealt with: at the latest now.
    fn time(&self) -> Duration {
        let end = self.last_bytes.unwrap_or_else(Instant::now);
        self.first_read.map_or(Duration::ZERO, |first| end - first)
    }
}

impl Read for Port {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let now = Instant::now();
        self.first_read.get_or_insert(now);
        let count = self.bytes.read(buf)?;
        if count == 0 {
            // Asked again: everything before has been dealt with.
            self.last_bytes.get_or_insert(now);
            return Err(io::ErrorKind::TimedOut.into());
        }
        Ok(count)
    }
}

impl Write for Port {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Its inventory stops after a hundred packets and loses what it has read beyond, so the reading below is measured,
/// without the step from packets to tags. All but the last are tags.
fn r200_uhf(stream: &[u8]) -> Outcome<(usize, Duration)> {
    let mut port = Port::new(stream);
    let packets = Connector::new(&mut port).read_from_serial(None)?;
    Ok((packets.map_or(0, |packets| packets.len().saturating_sub(1)), port.time()))
}

/// The same port behind the other crate's trait.
struct Transport<'p>(&'p mut Port);

impl RfidTransport for Transport<'_> {
    type Error = io::Error;

    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        Ok(data.len())
    }

    fn read(&mut self, buf: &mut [u8], _timeout_ms: u32) -> io::Result<usize> {
        self.0.read(buf)
    }

    fn clear_input(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn uhf_rfid(stream: &[u8]) -> Outcome<(usize, Duration)> {
    let mut port = Port::new(stream);
    let mut tags = 0;
    UhfRfid::new(Transport(&mut port))
        .multiple_poll_with_callback(1, |_| tags += 1)
        .map_err(|error| format!("{error:?}"))?;
    Ok((tags, port.time()))
}

fn invelion(stream: &[u8]) -> Outcome<(usize, Duration)> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let name = ptsname(&master, Vec::new())?.into_string()?;
    let mut settings = tcgetattr(&master)?;
    settings.make_raw();
    tcsetattr(&master, OptionalActions::Now, &settings)?;
    let mut reader = invelion::Reader::new(&name, 1, 4).map_err(|error| error.to_string())?;
    let bytes = stream.to_vec();
    let feeder = std::thread::spawn(move || -> io::Result<()> {
        let mut line = std::fs::File::from(master);
        let mut question = [0; 64];
        // The question, then everything it asked for.
        let _ = line.read(&mut question)?;
        line.write_all(&bytes)?;
        // The port must stay open until the reader has fetched everything.
        std::thread::sleep(Duration::from_secs(1));
        Ok(())
    });
    let began = Instant::now();
    let round = reader.real_time_inventory(255).map_err(|error| error.to_string())?;
    let time = began.elapsed();
    feeder.join().map_err(|_| "the feeder panicked")??;
    Ok((round.items.len(), time))
}
