//! A driver at work, and what it tells.

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use armoury_hardware::reader::{ReaderError, ReaderEvent, ReaderSettings, TagRead, run_r2000};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// A driver at work, and what it tells.
pub struct Station {
    events: mpsc::UnboundedReceiver<ReaderEvent>,
    pub stop: watch::Sender<bool>,
    pub task: JoinHandle<()>,
    pub began: Instant,
    pub antenna_faults: Vec<(u8, String)>,
}

#[derive(Debug)]
pub struct Figures {
    pub reads_per_s: f32,
    pub refused: u64,
    pub skipped: u64,
    pub temperature_c: Option<i8>,
}

impl Station {
    pub fn open(port: &Path, antennas: &[u8]) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let settings = ReaderSettings {
            name: "hatch".to_owned(),
            port: port.to_string_lossy().into_owned(),
            baud: None,
            power_dbm: 26,
            antennas: antennas.to_vec(),
        };
        let sink = move |event| {
            // The test may have ended before the driver.
            let _ = sender.send(event);
        };
        Self {
            events,
            stop,
            task: tokio::spawn(run_r2000(settings, sink, stopped)),
            began: Instant::now(),
            antenna_faults: Vec::new(),
        }
    }

    /// The first event that `pick` takes; fails after 20 s.
    pub async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(ReaderEvent) -> Option<T>) -> T {
        let faults = &mut self.antenna_faults;
        let events = &mut self.events;
        let found = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                let event = events.recv().await.expect("the driver runs");
                if let ReaderEvent::Antenna { antenna, fault } = &event {
                    faults.push((*antenna, fault.clone()));
                }
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("no {what} within 20 s"))
    }

    pub async fn next_up(&mut self) -> (String, u32, u8) {
        self.until("Up", |event| match event {
            ReaderEvent::Up { firmware, baud, address } => Some((firmware, baud, address)),
            _ => None,
        })
        .await
    }

    pub async fn next_down(&mut self) -> (ReaderError, u64) {
        self.until("Down", |event| match event {
            ReaderEvent::Down { why, retry_in_ms } => Some((why, retry_in_ms)),
            _ => None,
        })
        .await
    }

    pub async fn read_of(&mut self, epc: &[u8]) -> TagRead {
        self.until("read", |event| match event {
            ReaderEvent::Read(read) if read.epc == epc => Some(read),
            _ => None,
        })
        .await
    }

    pub async fn see_all(&mut self, epcs: impl Iterator<Item = Vec<u8>>) {
        let mut missing: HashSet<Vec<u8>> = epcs.collect();
        self.until("read of every tag", |event| {
            if let ReaderEvent::Read(read) = event {
                missing.remove(&read.epc);
            }
            missing.is_empty().then_some(())
        })
        .await;
    }

    pub async fn figures(&mut self) -> Figures {
        self.until("Figures", |event| match event {
            ReaderEvent::Figures { reads_per_s, refused_frames, skipped_bytes, temperature_c, .. } => {
                Some(Figures { reads_per_s, refused: refused_frames, skipped: skipped_bytes, temperature_c })
            }
            _ => None,
        })
        .await
    }

    pub async fn for_a_while(&mut self, time: Duration, mut see: impl FnMut(ReaderEvent)) {
        let until = tokio::time::Instant::now() + time;
        while let Ok(event) = tokio::time::timeout_at(until, self.events.recv()).await {
            see(event.expect("the driver runs"));
        }
    }
}
