//! What somebody asks of a running driver: look which tags are there, read, write and lock the memory of one.
//!
//! A driver takes an order at a point where its reader is not in the middle of a round, and answers every order it took.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;

use crate::capture::{Capture, Hidden};

/// Orders that may wait for one driver.
const ORDERS_MAX: usize = 8;
/// Tags one look may count; a field with more is no place to write a tag in.
const SEEN_MAX: usize = 256;
/// The longest look.
const LOOK_MAX: Duration = Duration::from_secs(30);

/// A tag's memory bank (EPC Gen2 air interface, 6.3.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bank {
    /// 00: kill password in words 0 and 1, access password in words 2 and 3.
    Reserved,
    /// 01: checksum, PC, EPC.
    Epc,
    /// 10: the chip's own number.
    Tid,
    /// 11: what the owner likes.
    User,
}

impl Bank {
    /// The bank's number on the air, 0 to 3.
    pub fn number(self) -> u8 {
        match self {
            Self::Reserved => 0,
            Self::Epc => 1,
            Self::Tid => 2,
            Self::User => 3,
        }
    }
}

/// A tag's access or kill password. Printed nowhere: `Debug` hides it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Password(pub u32);

impl Password {
    /// No password: what a tag has from the factory.
    pub const NONE: Self = Self(0);
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(hidden)")
    }
}

/// The 20 bits of a Gen2 Lock command: ten that say which bits of `action` count, ten that say what to do; from the
/// highest pair down: kill password, access password, EPC, TID, user (EPC Gen2 air interface, table 6.50).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LockBits {
    /// Which bits of `action` count; ten bits.
    pub mask: u16,
    /// What to set them to; ten bits.
    pub action: u16,
}

/// What to do with a tag's memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Access {
    /// Read whole 16-bit words.
    Read {
        /// Where.
        bank: Bank,
        /// First word, from 0.
        word: u16,
        /// How many, 1 to 32.
        words: u8,
    },
    /// Write whole 16-bit words.
    Write {
        /// Where.
        bank: Bank,
        /// First word, from 0.
        word: u16,
        /// An even number of bytes, 2 to 64.
        data: Vec<u8>,
    },
    /// Lock or open parts of the memory.
    Lock(LockBits),
}

/// One access to one tag, chosen by its EPC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagAccess {
    /// Which tag.
    pub epc: Vec<u8>,
    /// Its access password.
    pub password: Password,
    /// What to do.
    pub access: Access,
}

impl TagAccess {
    /// Whether a password goes over the line with it, or comes back.
    fn is_secret(&self) -> bool {
        let bank = match &self.access {
            Access::Read { bank, .. } | Access::Write { bank, .. } => Some(*bank),
            Access::Lock(_) => None,
        };
        self.password != Password::NONE || bank == Some(Bank::Reserved)
    }
}

/// What is ordered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagCommand {
    /// Say which tags answer within a time.
    Look {
        /// For how long, ms; bounded.
        for_ms: u64,
    },
    /// Read, write or lock one tag.
    Access(TagAccess),
}

/// How an order ended well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagOutcome {
    /// The tags that answered, in the order of their EPCs.
    Seen(Vec<SeenTag>),
    /// The words read.
    Words(Vec<u8>),
    /// Written or locked, by the tag's word.
    Done,
}

/// A tag that answered a look.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeenTag {
    /// Its EPC.
    pub epc: Vec<u8>,
    /// Its protocol control word, where the reader gives it.
    pub pc: Option<u16>,
    /// Its chip's number, where it was read.
    pub tid: Option<Vec<u8>>,
    /// How often it answered.
    pub reads: u32,
    /// The strongest answer, dBm, where the reader gives one.
    pub rssi_dbm: Option<i16>,
    /// The antenna that heard it last, from 1.
    pub antenna: u8,
}

/// Why an order failed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TagError {
    /// The tag did not answer.
    #[error("the tag did not answer: lay it flat on the antenna and hold it still")]
    NoTag,
    /// The password is not the tag's.
    #[error("the tag refuses the access password: was it written by another station?")]
    WrongPassword,
    /// That part of the memory is locked.
    #[error("that part of the tag's memory is locked")]
    Locked,
    /// The tag has less memory than that.
    #[error("the tag has no such word: its memory ends before")]
    Overrun,
    /// The tag heard, and had not enough power to write.
    #[error("the tag has not enough power to write: lay it closer to the antenna or raise power_dbm")]
    LowPower,
    /// The reader's protocol has no such command.
    #[error("this reader cannot do that: {0}")]
    NotOffered(&'static str),
    /// The reader refused for another reason.
    #[error("the reader reports {code:#06x}, {meaning}")]
    Refused {
        /// The protocol's code.
        code: u32,
        /// What it means.
        meaning: &'static str,
    },
    /// The reader did not answer the command at all.
    #[error("the reader did not answer the command")]
    NoAnswer,
    /// The reader is down.
    #[error("the reader is down: {why}")]
    ReaderDown {
        /// Why.
        why: String,
    },
}

/// What an order ends in.
pub type TagResult = Result<TagOutcome, TagError>;

/// Gives orders to one driver. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TagDesk(mpsc::Sender<TagOrder>);

/// One order on its way.
#[derive(Debug)]
pub(crate) struct TagOrder {
    pub command: TagCommand,
    reply: oneshot::Sender<TagResult>,
}

/// The two ends of the way orders take.
pub fn tag_desk() -> (TagDesk, TagOrders) {
    let (give, take) = mpsc::channel(ORDERS_MAX);
    (TagDesk(give), TagOrders { take, next: None, look: None, capture: Capture::default() })
}

impl TagDesk {
    /// Gives an order and waits for its end.
    ///
    /// # Errors
    /// [`TagError`]: what the tag or the reader said, or that no reader is there.
    pub async fn order(&self, command: TagCommand) -> TagResult {
        let (reply, answer) = oneshot::channel();
        let gone = || TagError::ReaderDown { why: "its driver has ended".to_owned() };
        self.0.send(TagOrder { command, reply }).await.map_err(|_| gone())?;
        answer.await.map_err(|_| gone())?
    }
}

/// The driver's end: what is asked of it.
#[derive(Debug)]
pub struct TagOrders {
    take: mpsc::Receiver<TagOrder>,
    next: Option<TagOrder>,
    look: Option<Look>,
    /// Where nothing of an order with a password may go.
    pub(crate) capture: Capture,
}

/// A look that is going on.
#[derive(Debug)]
struct Look {
    until: Instant,
    seen: BTreeMap<Vec<u8>, SeenTag>,
    reply: oneshot::Sender<TagResult>,
}

impl TagOrders {
    /// Whether somebody waits for an access. To be asked often; also begins and ends looks.
    pub(crate) fn access_waits(&mut self, now: Instant) -> bool {
        if self.look.as_ref().is_some_and(|look| look.until <= now)
            && let Some(look) = self.look.take()
        {
            give(look.reply, Ok(TagOutcome::Seen(look.seen.into_values().collect())));
        }
        while self.next.is_none() && self.look.is_none() {
            let Ok(order) = self.take.try_recv() else { return false };
            match order.command {
                TagCommand::Access(_) => self.next = Some(order),
                TagCommand::Look { for_ms } => {
                    let until = now + Duration::from_millis(for_ms).min(LOOK_MAX);
                    self.look = Some(Look { until, seen: BTreeMap::new(), reply: order.reply });
                }
            }
        }
        self.next.is_some()
    }

    /// The access that waits; whoever takes it answers it.
    pub(crate) fn take_access(&mut self) -> Option<(TagAccess, AccessReply)> {
        let order = self.next.take()?;
        match order.command {
            TagCommand::Access(access) => {
                let hidden = access.is_secret().then(|| self.capture.hide());
                Some((access, AccessReply(order.reply, hidden)))
            }
            TagCommand::Look { .. } => None,
        }
    }

    /// A tag was heard: a look that is going on counts it.
    pub(crate) fn heard(&mut self, read: &super::TagRead) {
        let Some(look) = &mut self.look else { return };
        if look.seen.len() >= SEEN_MAX && !look.seen.contains_key(&read.epc) {
            return;
        }
        let seen = look.seen.entry(read.epc.clone()).or_insert_with(|| SeenTag {
            epc: read.epc.clone(),
            pc: None,
            tid: None,
            reads: 0,
            rssi_dbm: None,
            antenna: read.antenna,
        });
        seen.reads += 1;
        seen.antenna = read.antenna;
        seen.pc = read.pc.or(seen.pc);
        seen.rssi_dbm = seen.rssi_dbm.max(read.rssi_dbm);
        if read.tid.is_some() {
            seen.tid.clone_from(&read.tid);
        }
    }

    /// The reader is down: everything that waits is told so.
    pub(crate) fn refuse_all(&mut self, why: &str) {
        let down = || Err(TagError::ReaderDown { why: why.to_owned() });
        if let Some(look) = self.look.take() {
            give(look.reply, down());
        }
        if let Some(order) = self.next.take() {
            give(order.reply, down());
        }
        while let Ok(order) = self.take.try_recv() {
            give(order.reply, down());
        }
    }
}

/// Answers one access.
pub(crate) struct AccessReply(oneshot::Sender<TagResult>, Option<Hidden>);

impl AccessReply {
    pub(crate) fn give(self, result: TagResult) {
        let Self(reply, hidden) = self;
        give(reply, result);
        drop(hidden);
    }
}

fn give(reply: oneshot::Sender<TagResult>, result: TagResult) {
    if reply.send(result).is_err() {
        tracing::debug!("whoever gave the order does not wait for its end any more");
    }
}
