//! Who may know whom: the table of architecture.md, and what its picture says of the arrows.

use super::source::{from_root, paths};
use super::{Finding, Source};

/// A room and what must not be named in it.
pub struct Room {
    /// Folder or file below `src/`, or `hardware` for the other crate.
    pub name: &'static str,
    /// Rooms of this crate it must not name, as paths from the root.
    rooms: &'static [&'static str],
    /// Crates and parts of the standard library it must not name.
    outside: &'static [&'static str],
    /// Whether it must not ask for the time.
    no_clock: bool,
}

const CLOCKS: [&str; 2] = ["Instant", "SystemTime"];

/// The table. `ledger` and the others that are not forbidden to know a clock get the time as an argument all the same.
pub const ROOMS: [Room; 11] = [
    Room {
        name: "identity",
        rooms: &["domain", "scan", "ledger", "sync", "hq", "station", "tui", "cli", "config"],
        outside: &[
            "std::fs",
            "std::io",
            "std::net",
            "std::env",
            "std::process",
            "std::thread",
            "std::os",
            "tokio",
            "rusqlite",
            "rustix",
            "reqwest",
            "axum",
            "armoury_hardware",
        ],
        no_clock: true,
    },
    Room {
        name: "domain",
        rooms: &["scan", "ledger", "sync", "hq", "station", "tui", "cli", "config"],
        outside: &[
            "std::fs",
            "std::io",
            "std::net",
            "std::env",
            "tokio",
            "rusqlite",
            "rustix",
            "armoury_hardware",
        ],
        no_clock: true,
    },
    Room {
        name: "scan",
        rooms: &["ledger", "sync", "hq", "station", "tui", "cli"],
        outside: &["std::fs", "tokio", "rusqlite"],
        no_clock: true,
    },
    Room {
        name: "label",
        rooms: &["domain", "scan", "ledger", "sync", "hq", "station", "tui", "cli", "config"],
        outside: &["std::fs", "std::io", "std::net", "std::env", "tokio", "rusqlite", "rustix"],
        no_clock: true,
    },
    Room {
        name: "ledger",
        rooms: &["scan", "sync", "hq", "station", "tui", "cli"],
        outside: &["tokio", "armoury_hardware"],
        no_clock: false,
    },
    Room {
        name: "trace",
        rooms: &["scan", "sync", "hq", "station", "tui", "cli", "config"],
        outside: &["std::fs", "std::net", "tokio", "rusqlite", "armoury_hardware"],
        no_clock: true,
    },
    Room {
        name: "sync",
        rooms: &["scan", "hq", "station", "tui", "cli"],
        outside: &["armoury_hardware"],
        no_clock: false,
    },
    Room {
        name: "hq",
        rooms: &["scan", "station", "tui", "cli"],
        outside: &["armoury_hardware"],
        no_clock: false,
    },
    Room {
        name: "tui",
        rooms: &["ledger", "domain::decide", "scan", "sync", "hq", "cli", "config"],
        outside: &["armoury_hardware", "rusqlite"],
        no_clock: false,
    },
    Room {
        name: "config",
        rooms: &["scan", "ledger", "sync", "hq", "station", "tui", "cli"],
        outside: &["armoury_hardware", "tokio", "rusqlite"],
        no_clock: true,
    },
    Room { name: "hardware", rooms: &[], outside: &["armoury", "rusqlite"], no_clock: false },
];

/// Parts of `station` that a screen may know: what goes over the socket.
const SOCKET_TYPES: [&str; 2] = ["view", "protocol"];

/// The room a file is in.
pub fn room_of(file: &str) -> Option<&'static str> {
    let inside = file.strip_prefix("src/").map(|path| path.split(['/', '.']).next().unwrap_or_default());
    let name = if file.starts_with("hardware/src/") { Some("hardware") } else { inside };
    ROOMS.iter().map(|room| room.name).find(|room| Some(*room) == name)
}

/// Every name in a file that its room must not know.
pub fn crossings(source: &Source) -> Vec<Finding> {
    let Some(room) = room_of(&source.file).and_then(|name| ROOMS.iter().find(|room| room.name == name))
    else {
        return Vec::new();
    };
    let module = module_of(&source.file);
    let mut findings = Vec::new();
    for path in paths(&source.code) {
        let names = from_root(&path.names, &module);
        if let Some(stranger) = stranger(room, &names) {
            let what = format!(
                "`{}` must not know {stranger}: move this to the room that may, or hand it in as a value",
                room.name
            );
            findings.push(source.finding(path.line, what));
        }
    }
    findings
}

/// `src/a/b.rs` is the module `a::b`, and so is `src/a/b/mod.rs`.
fn module_of(file: &str) -> Vec<&str> {
    let inside = file.trim_start_matches("hardware/").trim_start_matches("src/").trim_end_matches(".rs");
    inside.split('/').filter(|name| !matches!(*name, "mod" | "lib")).collect()
}

fn stranger(room: &Room, names: &[String]) -> Option<String> {
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    if let Some(inside) = names.strip_prefix(&["crate"]) {
        let forbidden = room.rooms.iter().find(|path| begins(inside, path));
        return forbidden.map(|path| (*path).to_owned()).or_else(|| beyond_the_socket(room, inside));
    }
    if room.no_clock && is_clock(&names) {
        return Some(format!("a clock, {}", names.join("::")));
    }
    let forbidden = room.outside.iter().find(|path| begins(&names, path))?;
    // A single word may be a variable; a crate or a part of the standard library is named in a path.
    (names.len() > 1).then(|| (*forbidden).to_owned())
}

fn begins(names: &[&str], path: &str) -> bool {
    path.split("::").enumerate().all(|(nth, wanted)| names.get(nth) == Some(&wanted))
}

fn beyond_the_socket(room: &Room, names: &[&str]) -> Option<String> {
    let foreign = room.name == "tui" && names.first() == Some(&"station");
    let shared = names.get(1).is_some_and(|part| SOCKET_TYPES.contains(part));
    (foreign && !shared).then(|| format!("station beyond its {}", SOCKET_TYPES.join(" and ")))
}

fn is_clock(names: &[&str]) -> bool {
    let asks = names.last() == Some(&"now") && names.len() > 1;
    asks || names.len() > 1 && names.iter().any(|name| CLOCKS.contains(name)) || begins(names, "std::time::*")
}

#[test]
fn borders_are_seen_in_every_spelling() {
    let seen = |file: &str, text: &str| {
        crossings(&Source::new(file, text)).iter().map(|finding| finding.line).collect::<Vec<_>>()
    };
    assert_eq!(seen("src/identity/epc.rs", "use crate::domain::WeaponId;"), [1]);
    assert_eq!(seen("src/identity/epc.rs", "use super::mark;\nuse super::super::domain;"), [2]);
    assert_eq!(
        seen("src/domain/decide/mod.rs", "use crate::{\n  identity::TagId,\n  ledger::{entry, store},\n};"),
        [3, 3]
    );
    assert_eq!(seen("src/domain/a.rs", "fn a() { let x = std::time::Instant::now(); }"), [1]);
    assert_eq!(seen("src/domain/a.rs", "use std::time::{Duration, SystemTime};"), [1]);
    assert_eq!(seen("src/domain/a.rs", "use std::time::Duration;\nlet x = jiff::Zoned::now();"), [2]);
    assert_eq!(
        seen("src/domain/a.rs", "// std::fs::read\nlet s = \"std::fs::read\";\n/* tokio::spawn */"),
        [0; 0]
    );
    assert_eq!(seen("src/domain/a.rs", "let now = 3;\nlet tokio = now;\ndecide(&armoury, now);"), [0; 0]);
    assert_eq!(seen("src/scan/desk.rs", "tokio::spawn(async {});\nuse armoury_hardware::TagRead;"), [1]);
    assert_eq!(
        seen(
            "src/tui/mod.rs",
            "use crate::station::view::View;\nuse crate::station::clerk;\nuse crate::domain::decide;"
        ),
        [2, 3]
    );
    assert_eq!(
        seen("src/tui/mod.rs", "use crate::station::{protocol::Ask, view};\nuse crate::domain::Mode;"),
        [0; 0]
    );
    assert_eq!(seen("src/hq/mod.rs", "use armoury_hardware as h;\nuse crate::station;"), [1, 2]);
    assert_eq!(seen("src/config.rs", "use crate::ledger::Store;"), [1]);
    assert_eq!(seen("hardware/src/reader/mod.rs", "use armoury::domain;\nuse crate::symbol;"), [1]);
    assert_eq!(seen("src/station/clerk.rs", "use crate::ledger; use std::time::Instant;"), [0; 0]);
}

#[test]
fn strings_comments_and_lifetimes_are_told_apart() {
    let blank = |text: &str| super::code_only(text).split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(blank("a /* b /* c */ d */ e // f\ng"), "a e g");
    assert_eq!(blank(r##"x("a\"b", 'c', '\'', b"d", r#"e"f"#) y"##), "x( , , , , ) y");
    assert_eq!(
        blank("fn f<'a>(x: &'a str) -> &'static str { 'l: loop {} }"),
        "fn f<'a>(x: &'a str) -> &'static str { 'l: loop {} }"
    );
    assert_eq!(blank("let var\u{e9} = \"\u{4e2d}// no\"; // yes"), "let var\u{e9} = ;");
    assert_eq!(super::code_only("a\n\"b\nc\"\nd").lines().count(), 4);
}
