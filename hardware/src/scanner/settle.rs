//! The settings written at each start, in RAM, because a scanner keeps what anybody set before, also by a printed code.

use std::time::Duration;

use super::ScannerEvent;
use super::error::ScannerError;
use super::gm65::{self, Gm65Frame};
use super::port::Line;
use super::ssi::{self, SsiPacket};
use super::talk::{Answer, Talk};

/// How long a scanner may take to answer. They need 5 to 100 ms, and longer while they decode a picture.
pub(super) const ANSWER_WITHIN: Duration = Duration::from_millis(600);
/// How often a setting is tried.
const TRIES: u32 = 3;
/// After an answer that did not come, it may still be under way.
const LATE_ANSWER: Duration = Duration::from_millis(300);

/// One byte of a GM65's zones, and what the station wants of it (scanner page, section 3). Maps differ between models, so
/// only the bits named are changed, and nothing is written that could not be read before.
struct Zone {
    address: u16,
    wanted: fn(u8) -> u8,
    done: &'static str,
    not_done: &'static str,
}

const SETUP_CODES: &str = "printed set-up codes are off";
const SETUP_CODES_ON: &str =
    "printed set-up codes could NOT be switched off (scan the maker's code that does it)";
const AIM_ADDRESS: u16 = 0x00D0;

const ZONES: [Zone; 3] = [
    // Bits 0 and 1: acting on printed set-up codes and passing them on. Otherwise a hostile code could change the scanner.
    Zone { address: 0x0003, wanted: |byte| byte & !0b11, done: SETUP_CODES, not_done: SETUP_CODES_ON },
    // Bit 7: AIM identifiers.
    Zone {
        address: AIM_ADDRESS,
        wanted: |byte| byte | 0x80,
        done: "it names the kind of code",
        not_done: "it does not name the kind of code",
    },
    // Low bits of the mode: 2 reads on its own. At a hatch nobody has a hand free for a trigger.
    Zone {
        address: 0x0000,
        wanted: |byte| byte & !0b11 | 0b10,
        done: "it reads on its own",
        not_done: "its trigger mode is as it was",
    },
];

/// Parameters of an SSI scanner with the value wanted: decode data in packets (EE), reading of printed set-up codes off
/// (EC), AIM identifiers (2D). Numbers from Zebra's guides, not on the scanner page: a scanner that does not know one
/// denies it, and is left as it is.
const PARAMETERS: [(u8, u8, &str, &str); 3] = [
    (0xEE, 1, "it sends packets", "it may not send packets"),
    (0xEC, 0, SETUP_CODES, SETUP_CODES_ON),
    (0x2D, 1, "it names the kind of code", "it names the kind of code only roughly"),
];
/// Stands for no beep after a parameter was set.
const NO_BEEP: u8 = 0xFF;
const AIM_PARAMETER: u8 = 0x2D;

/// What became of the settings.
#[derive(Default)]
pub(super) struct Settled {
    /// One sentence each, for a person.
    pub said: Vec<&'static str>,
    /// It sends AIM identifiers now.
    pub aim: bool,
    /// GM65: what each zone held when it had been written.
    zones: Vec<(u16, u8)>,
    /// SSI: the packets that were accepted.
    accepted: Vec<Vec<u8>>,
    turn: usize,
}

/// Writes a GM65's settings: read, write what differs, read back.
pub(super) async fn gm65<F: FnMut(ScannerEvent) + Send, L: Line>(
    talk: &mut Talk<F>,
    line: &mut L,
) -> Result<Settled, ScannerError> {
    let mut settled = Settled::default();
    for zone in &ZONES {
        let held = set_zone(talk, line, zone).await?;
        settled.said.push(if held.is_some() { zone.done } else { zone.not_done });
        settled.zones.extend(held.map(|byte| (zone.address, byte)));
        settled.aim |= zone.address == AIM_ADDRESS && held.is_some();
    }
    Ok(settled)
}

async fn set_zone<F: FnMut(ScannerEvent) + Send, L: Line>(
    talk: &mut Talk<F>,
    line: &mut L,
    zone: &Zone,
) -> Result<Option<u8>, ScannerError> {
    for _ in 0..TRIES {
        let Some(before) = read_zone(talk, line, zone.address).await? else { continue };
        let wanted = (zone.wanted)(before);
        if wanted == before {
            return Ok(Some(before));
        }
        let write = gm65::command(gm65::WRITE, zone.address, wanted);
        if talk.ask(line, &write, ANSWER_WITHIN, done).await?.is_none() {
            talk.listen(line, LATE_ANSWER).await?;
        }
        if read_zone(talk, line, zone.address).await? == Some(wanted) {
            return Ok(Some(wanted));
        }
    }
    Ok(None)
}

/// A zone's byte. "Done" and a zone that holds 00 look alike, so nothing else may be under way.
async fn read_zone<F: FnMut(ScannerEvent) + Send, L: Line>(
    talk: &mut Talk<F>,
    line: &mut L,
    address: u16,
) -> Result<Option<u8>, ScannerError> {
    let question = gm65::command(gm65::READ, address, 1);
    let byte = talk
        .ask(line, &question, ANSWER_WITHIN, |answer| match answer {
            Answer::Frame(Gm65Frame::Reply { status: 0, data }) => match data[..] {
                [byte] => Some(byte),
                _ => None,
            },
            _ => None,
        })
        .await?;
    if byte.is_none() {
        talk.listen(line, LATE_ANSWER).await?;
    }
    Ok(byte)
}

fn done(answer: &Answer) -> Option<()> {
    matches!(answer, Answer::Frame(Gm65Frame::Reply { status: 0, data }) if data[..] == [0]).then_some(())
}

/// Writes an SSI scanner's parameters, not to be kept for good (status bit 3 is off).
pub(super) async fn ssi<F: FnMut(ScannerEvent) + Send, L: Line>(
    talk: &mut Talk<F>,
    line: &mut L,
) -> Result<Settled, ScannerError> {
    let mut settled = Settled::default();
    for (parameter, value, done, not_done) in PARAMETERS {
        let packet = SsiPacket::from_host(ssi::PARAMETER, &[NO_BEEP, parameter, value]).bytes();
        let accepted = accepted(talk, line, &packet).await?;
        settled.said.push(if accepted { done } else { not_done });
        if accepted {
            settled.accepted.push(packet);
            settled.aim |= parameter == AIM_PARAMETER;
        }
    }
    Ok(settled)
}

async fn accepted<F: FnMut(ScannerEvent) + Send, L: Line>(
    talk: &mut Talk<F>,
    line: &mut L,
    packet: &[u8],
) -> Result<bool, ScannerError> {
    for _ in 0..TRIES {
        match talk.ask(line, packet, ANSWER_WITHIN, verdict).await? {
            Some(Verdict::Taken) => return Ok(true),
            Some(Verdict::Denied) => return Ok(false),
            Some(Verdict::Again) | None => {}
        }
    }
    Ok(false)
}

enum Verdict {
    Taken,
    Again,
    Denied,
}

fn verdict(answer: &Answer) -> Option<Verdict> {
    match answer {
        Answer::Packet(SsiPacket { opcode: ssi::ACK, .. }) => Some(Verdict::Taken),
        Answer::Packet(SsiPacket { opcode: ssi::NAK, data, .. }) => {
            Some(if data.first() == Some(&ssi::RESEND) { Verdict::Again } else { Verdict::Denied })
        }
        _ => None,
    }
}

impl Settled {
    /// A scanner nothing was written to.
    pub(super) fn nothing() -> Self {
        Self { said: vec!["it sends codes but answers no command", SETUP_CODES_ON], ..Self::default() }
    }

    /// Whether a GM65 still has what was written. One that lost its supply for a moment answers as if nothing had been,
    /// and takes printed set-up codes again.
    pub(super) async fn still_there<F: FnMut(ScannerEvent) + Send, L: Line>(
        &self,
        talk: &mut Talk<F>,
        line: &mut L,
    ) -> Result<bool, ScannerError> {
        for &(address, wanted) in &self.zones {
            if read_zone(talk, line, address).await?.is_some_and(|byte| byte != wanted) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The question for an SSI scanner's sign of life: its settings once more, in turn, so that one that lost its supply
    /// has them again.
    pub(super) fn ssi_question(&mut self) -> Vec<u8> {
        self.turn = self.turn.wrapping_add(1);
        let in_turn = self.turn.checked_rem(self.accepted.len()).map(|index| self.accepted[index].clone());
        in_turn.unwrap_or_else(|| SsiPacket::from_host(ssi::ENABLE, &[]).bytes())
    }
}
