//! The road to headquarters: what is sent, how it is signed, and the loop that sends it.
//!
//! The ledger is the outbox: everything above the last receipt is what is left to send, and there is no second queue.
//! [`wire`] knows formats and signatures and does no I/O; [`courier`] carries one request; [`course`] decides what an
//! answer means for what is sent next; [`outbox`] is the loop that does the doing.

pub mod backoff;
pub mod courier;
pub mod course;
pub mod keys;
pub mod outbox;
pub mod report;
pub mod tail;
pub mod trust;
pub mod wire;

pub use courier::{Road, SyncError};
pub use course::Fork;
pub use outbox::{Outbox, run};
pub use report::Report;
pub use tail::{Stored, Tail, TailError};

/// An error with all its causes on one line, for a person to read.
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(next) = cause {
        let words = next.to_string();
        // Some errors already print their cause; saying it twice helps nobody.
        if !text.ends_with(&words) {
            text.push_str(": ");
            text.push_str(&words);
        }
        cause = next.source();
    }
    text
}
