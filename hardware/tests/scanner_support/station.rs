//! A scanner's driver at work, and what it tells.

use std::path::Path;
use std::time::Duration;

use armoury_hardware::capture::Capture;
use armoury_hardware::scanner::{
    KeyMap, ScannedCode, ScannerError, ScannerEvent, ScannerKind, ScannerSettings, run_scanner,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

pub struct Station {
    events: mpsc::UnboundedReceiver<ScannerEvent>,
    pub stop: watch::Sender<bool>,
    pub task: JoinHandle<()>,
    /// Refusals met while something else was waited for.
    pub refusals: Vec<String>,
}

pub fn settings(kind: ScannerKind, port: &Path) -> ScannerSettings {
    ScannerSettings {
        name: "hatch".to_owned(),
        kind,
        port: port.to_string_lossy().into_owned(),
        baud: None,
        aim: false,
        key_map: KeyMap::Us,
        capture: Capture::default(),
    }
}

impl Station {
    pub fn open(settings: ScannerSettings) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let sink = move |event| {
            // The test may have ended before the driver.
            let _ = sender.send(event);
        };
        let task = tokio::spawn(run_scanner(settings, sink, stopped));
        Self { events, stop, task, refusals: Vec::new() }
    }

    /// The first event that `pick` takes; fails after 40 s, longer than any heartbeat.
    pub async fn until<T>(&mut self, what: &str, mut pick: impl FnMut(ScannerEvent) -> Option<T>) -> T {
        let (refusals, events) = (&mut self.refusals, &mut self.events);
        let found = tokio::time::timeout(Duration::from_secs(40), async {
            loop {
                let event = events.recv().await.expect("the driver runs");
                if let ScannerEvent::Refused { why } = &event {
                    refusals.push(why.clone());
                }
                if let Some(found) = pick(event) {
                    return found;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("no {what} within 40 s"))
    }

    pub async fn next_up(&mut self) -> String {
        self.until("Up", |event| match event {
            ScannerEvent::Up { what } => Some(what),
            _ => None,
        })
        .await
    }

    pub async fn next_down(&mut self) -> (ScannerError, u64) {
        self.until("Down", |event| match event {
            ScannerEvent::Down { why, retry_in_ms } => Some((why, retry_in_ms)),
            _ => None,
        })
        .await
    }

    pub async fn next_code(&mut self) -> ScannedCode {
        self.until("Code", |event| match event {
            ScannerEvent::Code(code) => Some(code),
            _ => None,
        })
        .await
    }

    pub async fn next_refusal(&mut self) -> String {
        self.until("Refused", |event| match event {
            ScannerEvent::Refused { why } => Some(why),
            _ => None,
        })
        .await
    }

    /// Codes and refusals counted so far, not before `codes` codes.
    pub async fn figures(&mut self, at_least: u64) -> (u64, u64) {
        self.until("Figures", |event| match event {
            ScannerEvent::Figures { codes, refused } if codes + refused >= at_least => Some((codes, refused)),
            _ => None,
        })
        .await
    }

    /// Ends the driver; fails when it does not end.
    pub async fn end(self) {
        self.stop.send(true).expect("still running");
        tokio::time::timeout(Duration::from_secs(5), self.task).await.expect("ended").expect("no panic");
    }
}
