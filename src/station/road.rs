//! The road to headquarters: the outbox loop with the ledger behind it, its reports brought into the inbox.

use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::inbox::Inbox;
use super::input::{Input, RoadReport};
use crate::config::Headquarters;
use crate::domain::{Seq, StationId};
use crate::identity::epc::hex;
use crate::ledger::{self, Hash, Reader, Record};
use crate::sync::with_causes;
use crate::sync::{Outbox, Report, Road, Stored, Tail, TailError};

/// What the loop needs of the station.
pub struct Sender {
    /// The name at headquarters.
    pub station: StationId,
    /// The station's key.
    pub key: SigningKey,
    /// The ledger, to read from.
    pub reader: Reader,
    /// The last entry with a receipt.
    pub acknowledged: Seq,
    /// The newest entry.
    pub head: watch::Receiver<Seq>,
    /// Send now.
    pub nudge: Arc<Notify>,
    /// The end.
    pub stop: watch::Receiver<bool>,
}

/// Starts sending, where the configuration names a road. Without one entries wait for the stick.
pub fn start(headquarters: &Headquarters, sender: Sender, inbox: &Inbox) -> Option<JoinHandle<()>> {
    let url = headquarters.url.clone()?;
    let public_key = match VerifyingKey::from_bytes(&headquarters.public_key) {
        Ok(key) => key,
        Err(error) => {
            let why = format!("use headquarters' public key: {error}; copy it again from `armoury-hq init`");
            inbox.put_soon(Input::Road(RoadReport::Refused { why }));
            return None;
        }
    };
    let outbox = Outbox {
        road: Road { url, ca_file: headquarters.ca_file.clone(), public_key },
        station: sender.station,
        key: sender.key,
        tail: LedgerTail(sender.reader),
        acknowledged: sender.acknowledged,
        head: sender.head,
        nudge: sender.nudge,
        stop: sender.stop,
    };
    let inbox = inbox.clone();
    Some(tokio::spawn(crate::sync::run(outbox, move |report| {
        if let Some(report) = told(report) {
            inbox.put_soon(Input::Road(report));
        }
    })))
}

/// A report in the words of the inbox.
fn told(report: Report) -> Option<RoadReport> {
    Some(match report {
        Report::Sent { .. } => return None,
        Report::Receipt { receipt, raw } => {
            RoadReport::Receipt { seq: receipt.head.seq, hash: receipt.head.hash.to_string(), raw: hex(&raw) }
        }
        Report::Up | Report::Rewound { .. } => RoadReport::Up,
        Report::Down { why, .. } => RoadReport::Down { why: with_causes(&why) },
        Report::Fork(fork) => RoadReport::Fork { what: fork.to_string() },
        Report::Refused { why } => RoadReport::Refused { why: with_causes(&why) },
    })
}

/// The ledger as the outbox reads it.
struct LedgerTail(Reader);

impl Tail for LedgerTail {
    fn after(&mut self, seq: u64, most: usize, bytes: usize) -> Result<Vec<Stored>, TailError> {
        let stored = self.0.after(seq, most, bytes).map_err(TailError::read)?;
        stored
            .into_iter()
            .map(|entry| {
                let epoch = Record::decode(&entry.payload).map_err(TailError::read)?.epoch;
                let ledger::Stored { seq, payload, prev, hash } = entry;
                Ok(Stored { seq, epoch, prev, hash, payload })
            })
            .collect()
    }

    fn hash_at(&mut self, seq: u64) -> Result<Option<Hash>, TailError> {
        self.0.hash_at(seq).map_err(TailError::read)
    }
}
