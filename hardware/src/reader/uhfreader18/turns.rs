//! The antennas and whose turn it is.

use std::time::Duration;

use tokio::time::Instant;

/// How long a missing antenna is left out.
const REST: Duration = Duration::from_secs(10);

pub(super) struct Turns {
    list: Vec<Antenna>,
    last: usize,
}

struct Antenna {
    /// Counted from 1.
    number: u8,
    /// Left out until then.
    rests_until: Option<Instant>,
    /// Its fault has been told.
    told: bool,
}

impl Turns {
    pub(super) fn new(numbers: &[u8]) -> Self {
        let list: Vec<Antenna> =
            numbers.iter().map(|&number| Antenna { number, rests_until: None, told: false }).collect();
        let last = list.len().saturating_sub(1);
        Self { list, last }
    }

    /// The next antenna that is not resting.
    pub(super) fn next(&mut self, now: Instant) -> Option<usize> {
        let count = self.list.len();
        let turn = (1..=count)
            .map(|step| (self.last + step) % count)
            .find(|&at| self.list[at].rests_until.is_none_or(|until| until <= now))?;
        self.last = turn;
        Some(turn)
    }

    /// Its number, from 1.
    pub(super) fn number(&self, turn: usize) -> u8 {
        self.list[turn].number
    }

    /// The numbers of the antennas whose fault has not been told, without that one.
    pub(super) fn others(&self, turn: usize) -> Vec<u8> {
        let others = self.list.iter().enumerate().filter(|&(at, antenna)| at != turn && !antenna.told);
        others.map(|(_, antenna)| antenna.number).collect()
    }

    pub(super) fn works(&mut self, turn: usize) {
        self.list[turn].rests_until = None;
        self.list[turn].told = false;
    }

    /// Leaves an antenna out for a while; whether its fault is new.
    pub(super) fn rest(&mut self, turn: usize, now: Instant) -> bool {
        let antenna = &mut self.list[turn];
        antenna.rests_until = Some(now + REST);
        !std::mem::replace(&mut antenna.told, true)
    }
}
