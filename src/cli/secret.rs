//! What is typed without being shown: PINs, and reasons that only supervisors may read. Never from the command line
//! itself, where every user of the machine could see it.

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};

use super::Failure;
use crate::domain::book::person::Pin;

/// Longest line taken, bytes.
const LINE_MAX_BYTES: u64 = 4096;

/// A PIN from the first line of a file, or the next one of standard input where the file is called `-`.
pub(super) fn pin_from(path: &Path) -> Result<Pin, Failure> {
    line_from(path).map(|line| Pin::new(&line))
}

/// A line from there.
pub(super) fn line_from(path: &Path) -> Result<String, Failure> {
    let fail = |error: std::io::Error| Failure::usage(format!("read {}: {error}", path.display()));
    if path.as_os_str() == "-" {
        return line_of(std::io::stdin().lock()).map_err(fail);
    }
    let file = std::fs::File::open(path).map_err(fail)?;
    line_of(std::io::BufReader::new(file)).map_err(fail)
}

/// Whether somebody sits there who can be asked.
pub(super) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// Asks for a PIN on the terminal; what is typed is not shown.
pub(super) fn ask(question: &str) -> Result<Pin, Failure> {
    let fail = |error: std::io::Error| Failure::usage(format!("ask for a PIN: {error}"));
    let stdin = std::io::stdin();
    let shown = tcgetattr(&stdin).map_err(|error| fail(error.into()))?;
    let mut hidden = shown.clone();
    hidden.local_modes.remove(LocalModes::ECHO);
    // Hidden before it is asked for: whoever types at once is not shown either.
    tcsetattr(&stdin, OptionalActions::Flush, &hidden).map_err(|error| fail(error.into()))?;
    eprint!("{question}");
    let line = std::io::stderr().flush().and_then(|()| line_of(stdin.lock()));
    // Whatever came, the terminal shows again what is typed.
    let restored = tcsetattr(&stdin, OptionalActions::Now, &shown);
    eprintln!();
    restored.map_err(|error| fail(error.into()))?;
    line.map(|line| Pin::new(&line)).map_err(fail)
}

/// Asks for a new PIN, twice.
pub(super) fn ask_new(person: &str) -> Result<Pin, Failure> {
    if !can_ask() {
        return Err(Failure::usage(format!(
            "set the PIN of {person}: nobody can be asked here; give it with --pin-from FILE, or - for standard input"
        )));
    }
    let first = ask(&format!("New PIN of {person}: "))?;
    if first != ask("The same again: ")? {
        return Err(Failure::usage(format!(
            "set the PIN of {person}: the two are not the same; begin again"
        )));
    }
    Ok(first)
}

fn line_of(input: impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    input.take(LINE_MAX_BYTES).read_line(&mut line)?;
    while line.ends_with(['\n', '\r']) {
        line.pop();
    }
    Ok(line)
}
