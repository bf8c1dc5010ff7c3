//! The station as people and machines meet it: the real program, with a reader on a pseudo-terminal, pictures in a
//! folder and in a pipe, a socket, a headquarters; and everything that goes wrong with them.

#![cfg(feature = "station")]

#[path = "station/bench.rs"]
mod bench;
#[path = "station/clients.rs"]
mod clients;
#[path = "station/commissioning.rs"]
mod commissioning;
#[path = "station/counting.rs"]
mod counting;
#[path = "station/damage.rs"]
mod damage;
#[path = "station/desk.rs"]
mod desk;
#[path = "station/dice.rs"]
mod dice;
#[path = "station/exits.rs"]
mod exits;
#[path = "station/eyes.rs"]
mod eyes;
#[path = "station/full.rs"]
mod full;
#[path = "station/headquarters.rs"]
mod headquarters;
#[path = "station/house.rs"]
mod house;
#[path = "station/limits.rs"]
mod limits;
#[path = "station/lines.rs"]
mod lines;
#[path = "station/loans.rs"]
mod loans;
#[path = "station/long_book.rs"]
mod long_book;
#[path = "station/people.rs"]
mod people;
#[path = "station/printing.rs"]
mod printing;
#[path = "station/racks.rs"]
mod racks;
#[path = "station/replaying.rs"]
mod replaying;
#[path = "station/scanning.rs"]
mod scanning;
#[path = "station/scripted.rs"]
mod scripted;
#[path = "station/tagging.rs"]
mod tagging;
#[path = "station/tampering.rs"]
mod tampering;
#[path = "station/typed_pin.rs"]
mod typed_pin;
#[path = "station/watcher.rs"]
mod watcher;
#[path = "station/whole_way.rs"]
mod whole_way;
