//! What every simulated reader has, and what it must do, whatever it speaks.

use std::time::Duration;

use super::a0::A0;
use super::chafon::Chafon;
use super::chafon_prime::ChafonPrime;
use super::dice::Dice;
use super::field::Field;
use super::llrp::Llrp;
use super::m100::M100;
use super::mercury::Mercury;
use super::reader::BenchSettings;
use super::wire::Wire;
use crate::reader::Family;

/// The most complaints kept.
const MOST_COMPLAINTS: usize = 1000;

/// A simulated reader's inside: bytes in at a time, bytes out at their times. Times count from the reader's start.
pub(super) trait Firmware: Send {
    fn station(&mut self) -> &mut Station;

    /// Forgets everything that lives in RAM; the tags stay where they are.
    fn power_cycle(&mut self);

    /// Takes what the station sent.
    fn receive(&mut self, bytes: &[u8], now: Duration);

    /// A client has connected over the network.
    fn called(&mut self, _now: Duration) {}

    /// The client over the network is gone.
    fn left(&mut self, _now: Duration) {}

    /// What a second client is told before its connection is closed.
    fn turn_away(&mut self, _now: Duration) -> Vec<u8> {
        Vec::new()
    }

    /// Does what the reader does by itself by now; gives the time when it wants to be asked again. A reader that only
    /// answers has nothing to do.
    fn live(&mut self, _now: Duration) -> Option<Duration> {
        None
    }
}

/// What every simulated reader has.
pub(super) struct Station {
    pub settings: BenchSettings,
    pub dice: Dice,
    pub field: Field,
    pub wire: Wire,
    /// What the station did that a reader may not expect.
    pub complaints: Vec<String>,
    pub flash_writes: u32,
    pub rounds: u64,
    /// What the reader transmits with since a station told it to, where its simulation keeps track.
    pub power_dbm: Option<u8>,
    /// The reader wants its network connection closed, once everything said has left.
    pub hang_up: bool,
}

impl Station {
    fn new(settings: BenchSettings) -> Self {
        let mut dice = Dice::new(settings.seed);
        Self {
            field: Field::new(settings.nuisances, &mut dice),
            wire: Wire::new(settings.nuisances, settings.paced),
            dice,
            complaints: Vec::new(),
            flash_writes: 0,
            rounds: 0,
            power_dbm: None,
            hang_up: false,
            settings,
        }
    }

    pub(super) fn power_cycle(&mut self) {
        self.wire = Wire::new(self.settings.nuisances, self.settings.paced);
        self.power_dbm = None;
    }

    pub(super) fn complain(&mut self, complaint: String) {
        if self.complaints.len() < MOST_COMPLAINTS {
            self.complaints.push(complaint);
        }
    }
}

/// A simulated reader of the family in the settings.
pub(super) fn firmware(settings: BenchSettings) -> Box<dyn Firmware> {
    let family = settings.family;
    let station = Station::new(settings);
    match family {
        Family::R2000 => Box::new(A0::new(station)),
        Family::Mercury => Box::new(Mercury::new(station)),
        Family::M100 => Box::new(M100::new(station)),
        Family::Uhfreader18 if station.settings.variant.starts_with("cf") => {
            Box::new(ChafonPrime::new(station))
        }
        Family::Uhfreader18 => Box::new(Chafon::new(station)),
        Family::Llrp => Box::new(Llrp::new(station)),
    }
}
