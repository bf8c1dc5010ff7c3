//! The stand-in: one line for each signal.

use std::io::Write;

use super::{Panel, PanelError, Signal};

/// Prints what a panel would show, for a station without one and for tests.
#[derive(Debug)]
pub struct PrintedPanel<W> {
    writer: W,
}

impl<W: Write + Send> PrintedPanel<W> {
    /// Prints to this writer.
    pub fn new(writer: W) -> Self {
        Self { writer }
    }
}

impl<W: Write + Send> Panel for PrintedPanel<W> {
    fn show(&mut self, signal: Signal) -> Result<(), PanelError> {
        let line = format!("panel: {}, {}\n", signal.word(), looks(signal));
        self.writer
            .write_all(line.as_bytes())
            .and_then(|()| self.writer.flush())
            .map_err(|source| PanelError::Print { signal, source })
    }
}

/// The rhythm in words.
const fn looks(signal: Signal) -> &'static str {
    match signal {
        Signal::Dark => "all off, lock shut",
        Signal::Ready => "green blip every 5 s, lock shut",
        Signal::Out => "green 3 s, two short, lock open 3 s",
        Signal::In => "green 3 s, one short, lock shut",
        Signal::Again | Signal::Wait => "amber once a second, two ticks, lock shut",
        Signal::Ask => "amber, three slow pulses, lock shut",
        Signal::Stop => "red, one long, lock shut",
        Signal::Alarm => "red twice a second, five fast every minute, lock shut",
    }
}
