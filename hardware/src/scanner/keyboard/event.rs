//! Bytes → input events.

/// How large an event is: the time before it has the size of the system's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventSize {
    /// 16 bytes, from a 32-bit system.
    Bits32,
    /// 24 bytes, from a 64-bit system.
    Bits64,
}

impl EventSize {
    /// The size on the system this program was built for.
    pub const NATIVE: Self = if cfg!(target_pointer_width = "64") { Self::Bits64 } else { Self::Bits32 };

    /// Bytes of one event.
    #[must_use]
    pub const fn bytes(self) -> usize {
        match self {
            Self::Bits32 => 16,
            Self::Bits64 => 24,
        }
    }

    /// The size in which these recorded bytes make sense further.
    pub(crate) fn of_recording(bytes: &[u8]) -> Self {
        let fits = |size: Self| {
            bytes.chunks_exact(size.bytes()).take_while(|chunk| parsed(chunk, size).is_some()).count()
                * size.bytes()
        };
        if fits(Self::Bits32) > fits(Self::Bits64) { Self::Bits32 } else { Self::Bits64 }
    }
}

/// Synchronisation events.
pub(super) const SYN: u16 = 0;
/// SYN: everything that belongs together has come.
pub(super) const SYN_REPORT: u16 = 0;
/// SYN: the queue overflowed.
pub(super) const SYN_DROPPED: u16 = 3;
/// Keys: value 1 pressed, 0 released, 2 repeated.
pub(super) const KEY: u16 = 1;

/// Highest number of a kind of event (the kernel's EV_MAX).
const LAST_KIND: u16 = 0x1F;
/// Highest number of a key (the kernel's KEY_MAX).
const LAST_KEY: u16 = 0x2FF;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Event {
    /// When it happened, in µs from some moment.
    pub at_us: i64,
    pub kind: u16,
    pub code: u16,
    pub value: i32,
}

/// Reads one event of exactly `size` bytes; `None` where no kernel would have written it.
pub(super) fn parsed(bytes: &[u8], size: EventSize) -> Option<Event> {
    let (seconds, micros, rest) = match size {
        EventSize::Bits64 => {
            let (seconds, rest) = bytes.split_first_chunk()?;
            let (micros, rest) = rest.split_first_chunk()?;
            (i64::from_le_bytes(*seconds), i64::from_le_bytes(*micros), rest)
        }
        EventSize::Bits32 => {
            let (seconds, rest) = bytes.split_first_chunk()?;
            let (micros, rest) = rest.split_first_chunk()?;
            (u32::from_le_bytes(*seconds).into(), u32::from_le_bytes(*micros).into(), rest)
        }
    };
    let [a, b, c, d, value @ ..] = rest else { return None };
    let (kind, code) = (u16::from_le_bytes([*a, *b]), u16::from_le_bytes([*c, *d]));
    let value = i32::from_le_bytes(value.try_into().ok()?);
    let time_fits = (0..1 << 40).contains(&seconds) && (0..1_000_000).contains(&micros);
    let content_fits = match kind {
        SYN => code <= SYN_DROPPED && (0..=1).contains(&value),
        KEY => code <= LAST_KEY && (0..=2).contains(&value),
        other => other <= LAST_KIND && code <= LAST_KEY,
    };
    (time_fits && content_fits).then(|| Event { at_us: seconds * 1_000_000 + micros, kind, code, value })
}

/// An event's bytes as this system's kernel writes them.
pub(crate) fn encode(at_us: i64, kind: u16, code: u16, value: i32) -> Vec<u8> {
    let (seconds, micros) = (at_us.div_euclid(1_000_000), at_us.rem_euclid(1_000_000));
    let mut bytes = match EventSize::NATIVE {
        EventSize::Bits64 => [seconds.to_le_bytes(), micros.to_le_bytes()].concat(),
        EventSize::Bits32 => [(seconds as u32).to_le_bytes(), (micros as u32).to_le_bytes()].concat(),
    };
    bytes.extend(kind.to_le_bytes());
    bytes.extend(code.to_le_bytes());
    bytes.extend(value.to_le_bytes());
    bytes
}

/// What a piece of the stream is.
pub(super) enum Cut {
    Event(Event),
    /// Bytes that are no event. A kernel sends whole events only; a pipe may not.
    Noise(Vec<u8>),
}

/// Cuts a stream into events; moves on by one byte where none begins.
#[derive(Debug)]
pub(super) struct Cutter {
    pub size: EventSize,
    /// Less than one event between calls.
    held: Vec<u8>,
}

impl Cutter {
    pub(super) fn new(size: EventSize) -> Self {
        Self { size, held: Vec::new() }
    }

    pub(super) fn cut(&mut self, bytes: &[u8]) -> Vec<Cut> {
        self.held.extend_from_slice(bytes);
        let mut found = Vec::new();
        let mut noise = Vec::new();
        let mut start = 0;
        while let Some(chunk) = self.held.get(start..start + self.size.bytes()) {
            if let Some(event) = parsed(chunk, self.size) {
                if !noise.is_empty() {
                    found.push(Cut::Noise(std::mem::take(&mut noise)));
                }
                found.push(Cut::Event(event));
                start += self.size.bytes();
            } else {
                noise.push(self.held[start]);
                start += 1;
            }
        }
        if !noise.is_empty() {
            found.push(Cut::Noise(noise));
        }
        self.held.drain(..start);
        found
    }

    /// What is left of an event that did not come whole.
    pub(super) fn rest(&mut self) -> Option<Vec<u8>> {
        (!self.held.is_empty()).then(|| std::mem::take(&mut self.held))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.held.is_empty()
    }
}
