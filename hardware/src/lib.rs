//! The hands: what touches the world. Bytes and pictures come in here and leave as plain values; lamps and locks are
//! told what to show. Nothing in this crate knows what a weapon, a person or a ledger is.
//!
//! | Module | Is |
//! |---|---|
//! | [`reader`] | UHF readers: per protocol a pure frame decoder and a thin driver over any async byte stream |
//! | [`camera`] | sources of grey frames: a folder of pictures, a program's pipe |
//! | [`symbol`] | picture → text: zxing-cpp first, rqrr as the second witness, both fenced |
//! | [`panel`] | lamps, buzzer and lock relay behind one verb, on GPIO or as a printed stand-in |
//! | [`bench`] | simulated devices that speak the real protocols over pseudo-terminals, harsher than the real ones |

pub mod bench;
pub mod camera;
pub mod panel;
pub mod reader;
pub mod symbol;
