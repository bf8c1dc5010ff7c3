//! Simulated devices that speak the real protocols over pseudo-terminals and TCP, harder to please than the real ones.
//!
//! | File | Is |
//! |---|---|
//! | `reader.rs` | [`BenchReader`]: a simulated reader one can put tags on, unplug and disturb |
//! | `firmware.rs` | what every simulated reader has and does, whatever it speaks |
//! | `mercury.rs` `mercury_air.rs` | the Mercury protocol from the module's side: settings, and what goes over the air |
//! | `m100.rs` `m100_air.rs` | the M100 protocol from the module's side, and what its Query makes of the tags' states |
//! | `a0/` | the R2000 protocol from the reader's side: what it answers, what it complains about |
//! | `chafon.rs` | the same of the length-prefixed Chafon protocol, in two generations |
//! | `chafon_bytes.rs` | its checksum and the arguments of its memory commands |
//! | `chafon_prime.rs` | the same of the newer CF protocol |
//! | `memory.rs` | a tag's memory with its passwords and locks |
//! | `field.rs` | which tags a round reads, how strongly, and which ghosts and strays come with them |
//! | `wire.rs` | bytes with their due times, and what a bad line does to them |
//! | `scanner/` | [`BenchScanner`], [`BenchKeyboard`]: simulated bar code scanners |
//! | `llrp.rs` | the LLRP protocol from the reader's side: its life and its answers |
//! | `llrp_spec.rs` `llrp_work.rs` | what an LLRP reader is told to do, and how it does it |
//! | `llrp_report.rs` `llrp_wire.rs` | what an LLRP reader says, and its bytes |
//! | `plug.rs` | how a device is reached: |
//! | `pty.rs` | by the pseudo-terminal and the name it is found by |
//! | `tcp.rs` | by a network address, one client at a time |
//! | `script.rs` `play.rs` | [`Script`], [`ScriptBench`]: devices and what happens to them, from a file |
//! | `dice.rs` | chance from one seed |

mod a0;
mod chafon;
mod chafon_bytes;
mod chafon_prime;
mod dice;
mod field;
mod firmware;
mod llrp;
mod llrp_report;
mod llrp_spec;
mod llrp_wire;
mod llrp_work;
mod m100;
mod m100_air;
pub(crate) mod memory;
mod mercury;
mod mercury_air;
mod play;
mod plug;
mod pty;
mod reader;
mod scanner;
mod script;
mod tcp;
mod wire;

use serde::Deserialize;

pub use a0::R2000Manners;
pub use field::BenchTag;
pub use llrp::LlrpTraits;
pub use play::{BenchReport, ScriptBench};
pub use plug::Transport;
pub use reader::{BenchReader, BenchSettings};
pub use scanner::{BenchKeyboard, BenchScanner, BenchScannerKind, KernelKeyboard};
pub use script::{
    Deed, LineEnd, Script, ScriptAct, ScriptReader, ScriptScanner, ScriptScannerKind, ScriptTag,
};

/// How bad a simulated line and a simulated radio field are. All are probabilities from 0 to 1.
///
/// The figures of [`Nuisances::harsh`] follow the stream-cleaning page, section 8, or are worse.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
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
