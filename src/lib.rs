//! One program keeps an armoury's book: it hears UHF tags and sees marks, decides what may leave and what came back,
//! writes that down so that nobody can unwrite it, shows it, and tells headquarters when a road is open.
//!
//! # The idea
//!
//! 1. Everything that happens becomes one [`station::input::Input`], stamped with its time, in one inbox. Order is made
//!    there once; a recording of the inbox replays the whole station.
//! 2. A pure function decides: [`domain::decide()`]. No clock, no I/O, nothing to mock. National practice is a
//!    [`domain::Policy`] inside the state, never a constant in code.
//! 3. Write, believe, act. An entry is durable in the ledger, then folded into memory, then shown on screen, lamp,
//!    buzzer and lock. What cannot be written is not granted.
//! 4. The ledger is the outbox: sync is "send what lies after the last receipt".
//! 5. The screen is a guest: the station runs headless, screens attach over a Unix socket and can only look and ask.
//!
//! # The way of one scan
//!
//! ```text
//! antenna, lens   bytes, pictures
//!   │ armoury_hardware::reader, symbol   TagRead, CodeRead
//! inbox           Stamped<Input>      one bounded queue, one order, recordable
//!   │ scan::presence   Appeared, Left    k of n above the threshold; silence
//!   │ scan::desk       Request           bearer, witness, weapon, mark, read point, evidence
//!   │ domain::decide   Decision          one event + verdict (OUT IN STOP ASK AGAIN)
//! ledger          Entry               committed and synced to the medium
//!   │ Armoury::apply                      memory follows the ledger, never leads it
//!   ├─► panel          Signal            lamp, buzzer, lock
//!   ├─► socket         View              every attached screen
//!   └─► sync           Batch → Receipt → back into the inbox
//! ```
//!
//! # Rooms, and what each must not name
//!
//! | Room | Is | Must not name |
//! |---|---|---|
//! | [`identity`] | EPC, marks, serials: formats and nothing else | anything of ours, any clock, any I/O |
//! | [`domain`] | weapon, person, policy, event, state, decision | clock, files, tokio, rusqlite, hardware |
//! | [`scan`] | noisy readings → one request | clock, tokio, rusqlite |
//! | [`label`] | a text → SVG, ZPL or a sheet that the station reads again | domain, clock, files, tokio |
//! | [`ledger`] | the append-only chain in SQLite | tokio, hardware, tui |
//! | [`trace`] | questions to the ledger: where, who, when, on whose authority | tokio, hardware, station, tui |
//! | [`sync`], [`hq`] | the road, and who is at its end | hardware, tui, station |
//! | [`tui`] | the screen, a client of the socket | ledger, domain::decide, hardware, rusqlite |
//! | `hardware` | readers, cameras, panel, bench (a crate of its own) | anything in here |
//!
//! [`station`] brings them together, [`cli`] is how people start it, [`config`] is what they may set. `tests/tidy.rs`
//! reads the sources and holds these borders.
//!
//! # What is always true
//!
//! - An entry is shown only after it is on the medium; nothing is ever updated or deleted; numbers have no gap; each
//!   entry's hash is over its stored bytes and the hash before ([`ledger`]).
//! - Every presentation at the desk leaves exactly one entry, also when the answer is no ([`scan::desk`]).
//! - A weapon has at most one holder; memory is the fold of the ledger ([`domain::Armoury`]).
//! - A return is always accepted; what is wrong with it becomes its reason ([`domain::decide()`]).
//! - Names never enter the chain: entries carry a person's key, the rest lies beside it and can be erased
//!   ([`domain::roster`]).
//! - Order comes from the ledger's numbers; a clock is only a claim ([`domain::moment`]).
//! - One process owns a data folder ([`ledger::lock`]).

#[cfg(feature = "station")]
pub mod cli;
pub mod config;
pub mod domain;
pub mod hq;
pub mod identity;
#[cfg(feature = "station")]
pub mod label;
pub mod ledger;
pub mod scan;
#[cfg(feature = "station")]
pub mod station;
pub mod sync;
pub mod trace;
#[cfg(feature = "station")]
pub mod tui;
