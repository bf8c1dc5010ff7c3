//! A station as far as the road sees it: a book, its outbox, and what the outbox said.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use armoury::sync::wire::Receipt;
use armoury::sync::{Fork, Outbox, Report, Road, run, with_causes};
use ed25519_dalek::VerifyingKey;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::book::{Book, Shared, key};
use crate::house::House;

/// Longest a story waits for something to come true.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the outbox said, in short.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    Sent(u64, u64),
    Receipt(Receipt),
    Up,
    Down(String),
    Rewound(u64),
    Fork(Fork),
    Refused(String),
}

pub struct Station {
    pub shared: Shared,
    pub said: Arc<Mutex<Vec<Said>>>,
    pub nudge: Arc<Notify>,
    head: watch::Sender<u64>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Station {
    /// Starts the outbox of `book` with the key of that number, behind entry `acknowledged`.
    pub fn start(book: Book, number: u8, url: &str, acknowledged: u64) -> Self {
        Self::on(road(url, None, House::key()), book, number, acknowledged)
    }

    pub fn on(road: Road, book: Book, number: u8, acknowledged: u64) -> Self {
        let (head, seen) = watch::channel(book.seq());
        let (stop, stopped) = watch::channel(false);
        let (nudge, said) = (Arc::new(Notify::new()), Arc::new(Mutex::new(Vec::new())));
        let station = book.station.clone();
        let shared = Shared::new(book);
        let outbox = Outbox {
            road,
            station,
            key: key(number),
            tail: shared.clone(),
            acknowledged,
            head: seen,
            nudge: Arc::clone(&nudge),
            stop: stopped,
        };
        let record = Arc::clone(&said);
        let task = tokio::spawn(run(outbox, move |report| record.lock().unwrap().push(short(report))));
        Self { shared, said, nudge, head, stop, task }
    }

    /// Writes entries and says so.
    pub fn write(&self, count: u64) {
        let mut book = self.shared.book();
        book.write(count);
        self.head.send_replace(book.seq());
    }

    /// Waits until what was said fulfils something.
    pub async fn until(&self, what: &str, fulfilled: impl Fn(&[Said]) -> bool) {
        let begin = Instant::now();
        while !fulfilled(&self.said.lock().unwrap()) {
            if begin.elapsed() > PATIENCE {
                let said = self.said();
                let last = &said[said.len().saturating_sub(6)..];
                panic!("not within {PATIENCE:?}: {what}; of {} words the last are {last:#?}", said.len());
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Waits for the receipt of the newest entry.
    pub async fn until_all_held(&self) {
        let newest = self.shared.book().seq();
        self.until("everything is held", |said| {
            said.iter().any(|one| matches!(one, Said::Receipt(receipt) if receipt.head.seq == newest))
        })
        .await;
    }

    /// Nudges until the receipt of the newest entry: a bad road without the waits it would bring.
    pub async fn push_through(&self) {
        tokio::select! {
            () = self.until_all_held() => {}
            () = async { loop {
                self.nudge.notify_one();
                tokio::time::sleep(Duration::from_millis(10)).await;
            } } => {}
        }
    }

    pub fn said(&self) -> Vec<Said> {
        self.said.lock().unwrap().clone()
    }

    pub fn receipts(&self) -> Vec<Receipt> {
        let receipts = self.said().into_iter().filter_map(|said| match said {
            Said::Receipt(receipt) => Some(receipt),
            _ => None,
        });
        receipts.collect()
    }

    /// Stops the outbox; it must end at once, and never have panicked.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        tokio::time::timeout(Duration::from_secs(5), self.task).await.expect("it ends").expect("no panic");
    }
}

pub fn road(url: &str, ca_file: Option<PathBuf>, public_key: VerifyingKey) -> Road {
    Road { url: url.to_owned(), ca_file, public_key }
}

fn short(report: Report) -> Said {
    match report {
        Report::Sent { first_seq, last_seq, bytes } => {
            assert!(bytes > 0);
            Said::Sent(first_seq, last_seq)
        }
        Report::Receipt { receipt, raw } => {
            assert_eq!(Receipt::verify(&raw, &House::key()).unwrap(), *receipt);
            Said::Receipt(*receipt)
        }
        Report::Up => Said::Up,
        Report::Down { why, .. } => Said::Down(with_causes(&why)),
        Report::Rewound { to } => Said::Rewound(to),
        Report::Fork(fork) => Said::Fork(fork),
        Report::Refused { why } => Said::Refused(with_causes(&why)),
    }
}
