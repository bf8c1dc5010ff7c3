//! A driver at work, and what it tells.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use armoury_hardware::reader::{
    ReaderError, ReaderEvent, ReaderSettings, TagDesk, TagRead, run_reader, tag_desk,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

/// A driver at work, and what it tells.
pub struct Station {
    /// What it tells.
    pub events: mpsc::UnboundedReceiver<ReaderEvent>,
    pub stop: watch::Sender<bool>,
    pub task: JoinHandle<()>,
    /// Gives orders to the driver.
    pub desk: TagDesk,
    pub began: Instant,
    pub antenna_faults: Vec<(u8, String)>,
}

impl Station {
    /// A driver with settings of any kind.
    pub fn with(settings: ReaderSettings) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let (desk, orders) = tag_desk();
        let sink = move |event| {
            // The test may have ended before the driver.
            let _ = sender.send(event);
        };
        Self {
            events,
            stop,
            task: tokio::spawn(run_reader(settings, sink, orders, stopped)),
            desk,
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
        found
            .await
            .unwrap_or_else(|_| panic!("no {what} within 20 s, {:?} after the start", self.began.elapsed()))
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
}
