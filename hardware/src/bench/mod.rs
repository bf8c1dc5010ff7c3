//! Simulated devices that speak the real protocols over pseudo-terminals, harder to please than the real ones.
//!
//! | File | Is |
//! |---|---|
//! | `reader.rs` | [`BenchReader`]: a simulated R2000 reader one can put tags on, unplug and disturb |
//! | `a0.rs` | the protocol from the reader's side: what it answers, what it complains about |
//! | `field.rs` | which tags a round reads, how strongly, and which ghosts and strays come with them |
//! | `wire.rs` | bytes with their due times, and what a bad line does to them |
//! | `pty.rs` | the pseudo-terminal and the name it is found by |
//! | `dice.rs` | chance from one seed |

mod a0;
mod dice;
mod field;
mod pty;
mod reader;
mod wire;

pub use field::BenchTag;
pub use reader::{BenchReader, BenchSettings};

/// How bad a simulated line and a simulated radio field are. All are probabilities from 0 to 1.
///
/// The figures of [`Nuisances::harsh`] follow the stream-cleaning page, section 8, or are worse.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Nuisances {
    /// A frame is written in pieces with pauses of up to 20 ms between them.
    pub cut_writes: f32,
    /// One to twelve random bytes stand before a frame.
    pub noise_bytes: f32,
    /// A frame loses its tail.
    pub lost_tails: f32,
    /// A frame is sent twice.
    pub duplicate_frames: f32,
    /// A frame has one byte changed.
    pub wrong_checksums: f32,
    /// A round brings a tag that does not exist: no EPC at all, or a random one, with a correct checksum.
    pub ghosts: f32,
    /// A placed tag is missed in a round, beyond its own read rate.
    pub missed_reads: f32,
    /// A round brings a weak sighting of a tag from somewhere behind.
    pub strays: f32,
    /// A round is followed by half a second to two seconds of silence.
    pub stalls: f32,
}

impl Nuisances {
    /// A line and a field worse than any that should be put to use.
    pub fn harsh() -> Self {
        Self {
            cut_writes: 0.3,
            noise_bytes: 0.1,
            lost_tails: 0.05,
            duplicate_frames: 0.05,
            wrong_checksums: 0.05,
            ghosts: 0.01,
            missed_reads: 0.3,
            strays: 0.03,
            stalls: 0.005,
        }
    }
}
