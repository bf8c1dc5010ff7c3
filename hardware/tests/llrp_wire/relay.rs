//! A network between reader and station that is not as it should be.

use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use armoury_hardware::bench::BenchReader;

/// How it passes on what the reader says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    /// As it comes.
    Plain,
    /// One byte in a packet, with so many microseconds between.
    Bytewise(u64),
    /// Nothing passes in either direction any more, and nobody hears of it.
    HalfOpen,
    /// The next thing said breaks off in its middle, and the connection with it; then plain.
    Breaks,
}

/// A relay in front of a simulated reader. It lives as long as the test.
pub struct Relay {
    /// What a driver is told to open.
    pub port: String,
    manner: Arc<Mutex<Manner>>,
    reader: Arc<Mutex<Option<TcpStream>>>,
}

impl Relay {
    /// A relay that is called, and calls the reader for whoever calls it.
    pub fn before(bench: &BenchReader, manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = format!("tcp:{}", listener.local_addr().expect("its number"));
        let relay = Self { port, manner: Arc::new(Mutex::new(manner)), reader: Arc::default() };
        let (reader, manner, latest) = (address(bench), relay.manner.clone(), relay.reader.clone());
        thread::spawn(move || {
            for station in listener.incoming().flatten() {
                let Ok(reader) = TcpStream::connect(&reader) else { continue };
                *latest.lock().unwrap_or_else(PoisonError::into_inner) = reader.try_clone().ok();
                join(station, reader, &manner);
            }
        });
        relay
    }

    /// A relay that calls the station at that address, as a reader does that begins by itself, and calls it again when
    /// the connection has ended.
    pub fn calling(bench: &BenchReader, station: std::net::SocketAddr) -> Self {
        let relay = Self {
            port: format!("listen:{station}"),
            manner: Arc::new(Mutex::new(Manner::Plain)),
            reader: Arc::default(),
        };
        let (reader, manner) = (address(bench), relay.manner.clone());
        thread::spawn(move || {
            loop {
                if let (Ok(station), Ok(reader)) = (TcpStream::connect(station), TcpStream::connect(&reader))
                {
                    for end in join(station, reader, &manner) {
                        // Both end with the connection.
                        let _ = end.join();
                    }
                }
                thread::sleep(Duration::from_millis(20));
            }
        });
        relay
    }

    /// Says something to the reader in the station's place.
    pub fn say_to_reader(&self, bytes: &[u8]) {
        let mut reader = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        reader.as_mut().expect("somebody has called").write_all(bytes).expect("it listens");
    }

    /// From now on.
    pub fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap_or_else(PoisonError::into_inner) = manner;
    }
}

fn address(bench: &BenchReader) -> String {
    bench.path().to_str().and_then(|path| path.strip_prefix("tcp:")).expect("an address").to_owned()
}

/// Joins two connections; the two threads end with them.
fn join(
    station: TcpStream,
    reader: TcpStream,
    manner: &Arc<Mutex<Manner>>,
) -> [thread::JoinHandle<io::Result<()>>; 2] {
    let one_way = |from: &TcpStream, to: &TcpStream, from_reader: bool| {
        let (from, to) = (from.try_clone().expect("a copy"), to.try_clone().expect("a copy"));
        let manner = manner.clone();
        thread::spawn(move || {
            let passed = pass(&from, &to, from_reader, &manner);
            for end in [&from, &to] {
                // It may have ended already.
                let _ = end.shutdown(Shutdown::Both);
            }
            passed
        })
    };
    [one_way(&station, &reader, false), one_way(&reader, &station, true)]
}

fn pass(
    mut from: &TcpStream,
    mut to: &TcpStream,
    from_reader: bool,
    manner: &Mutex<Manner>,
) -> io::Result<()> {
    to.set_nodelay(true)?;
    let mut bytes = [0; 4096];
    loop {
        let count = from.read(&mut bytes)?;
        if count == 0 {
            return Ok(());
        }
        let mut said = &bytes[..count];
        while !said.is_empty() {
            let now = *manner.lock().unwrap_or_else(PoisonError::into_inner);
            match now {
                Manner::HalfOpen => said = &[],
                Manner::Breaks if from_reader => {
                    to.write_all(&said[..said.len() / 2])?;
                    *manner.lock().unwrap_or_else(PoisonError::into_inner) = Manner::Plain;
                    return Ok(());
                }
                Manner::Bytewise(pause_us) if from_reader => {
                    to.write_all(&said[..1])?;
                    said = &said[1..];
                    thread::sleep(Duration::from_micros(pause_us));
                }
                Manner::Plain | Manner::Breaks | Manner::Bytewise(_) => {
                    to.write_all(said)?;
                    said = &[];
                }
            }
        }
    }
}
