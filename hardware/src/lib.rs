//! The hands: what touches the world. Bytes and pictures come in here and leave as plain values; lamps and locks are
//! told what to show. Nothing in this crate knows what a weapon, a person or a ledger is.
//!
//! | Module | Is |
//! |---|---|
//! | [`reader`] | UHF readers: per protocol a pure frame decoder and a thin driver over any async byte stream |
//! | [`scanner`] | bar code scanners: serial lines, GM65 modules, SSI packets, keyboards |
//! | [`camera`] | sources of grey frames: a folder of pictures, a program's pipe |
//! | [`symbol`] | picture → text: zxing-cpp first, rqrr as the second witness, both fenced |
//! | [`panel`] | lamps, buzzer and lock relay behind one verb, on GPIO or as a printed stand-in |
//! | [`capture`] | a port's bytes with their times, as text that can be replayed |
//! | [`holder`] | who has a port open |
//! | [`usb`] | what the system knows of a port, and the names that stay |
//! | [`bench`] | simulated devices that speak the real protocols over pseudo-terminals, harsher than the real ones |

pub mod bench;
pub mod camera;
pub mod capture;
pub mod holder;
pub mod panel;
pub mod reader;
pub mod scanner;
pub mod symbol;
pub mod usb;
