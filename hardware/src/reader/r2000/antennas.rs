//! The antennas: whose turn it is, which of them rest, and whose fault has been told.

use std::time::Duration;

use tokio::time::Instant;

use super::code;

/// The last antenna of the largest readers (protocol sheet, section 4).
const LAST_ANTENNA: u8 = 16;
/// Antennas in a group: what one command can name.
const GROUP: u8 = 8;
/// How long a missing antenna is left out.
const REST: Duration = Duration::from_secs(10);

/// The antennas in use; never empty.
pub(super) struct Antennas {
    list: Vec<Antenna>,
    /// Whose turn it was last, alone or in a sequence.
    last: usize,
    last_group: u8,
    /// The one that the reader's commands for a single antenna go to, where it is known.
    pub in_use: Option<usize>,
    /// The group the reader is set to. Readers with up to eight antennas have only the first and know no groups.
    pub group: Option<u8>,
}

struct Antenna {
    /// Counted from 1.
    number: u8,
    /// Left out until then.
    rests_until: Option<Instant>,
    /// Its fault has been told.
    told: bool,
    /// The reader says that it has none of that number.
    absent: bool,
}

impl Antennas {
    /// Those of `numbers` that this protocol can name, antenna 1 if there is none.
    pub(super) fn new(numbers: &[u8]) -> Self {
        let mut list: Vec<Antenna> = Vec::new();
        for &number in numbers {
            let known = list.iter().any(|antenna| antenna.number == number);
            if (1..=LAST_ANTENNA).contains(&number) && !known {
                list.push(Antenna { number, rests_until: None, told: false, absent: false });
            }
        }
        if list.is_empty() {
            list.push(Antenna { number: 1, rests_until: None, told: false, absent: false });
        }
        let last = list.len() - 1;
        let mut antennas = Self { list, last, last_group: LAST_ANTENNA, in_use: None, group: None };
        antennas.forget_choice();
        antennas
    }

    /// The reader may have forgotten which antenna was chosen.
    pub(super) fn forget_choice(&mut self) {
        let groups = self.list.iter().any(|antenna| antenna.number > GROUP);
        (self.in_use, self.group) = (None, (!groups).then_some(0));
    }

    pub(super) fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether some are beyond the four of a small reader.
    pub(super) fn beyond_four(&self) -> bool {
        self.list.iter().any(|antenna| antenna.number > 4)
    }

    /// Counted from 1.
    pub(super) fn number(&self, at: usize) -> u8 {
        self.list[at].number
    }

    /// Which group of eight it is in, and its index there.
    pub(super) fn place(&self, at: usize) -> (u8, u8) {
        let index = self.list[at].number - 1;
        (index / GROUP, index % GROUP)
    }

    /// The antenna with that number.
    pub(super) fn with_number(&self, number: u8) -> Option<usize> {
        self.list.iter().position(|antenna| antenna.number == number)
    }

    /// The antenna with that index in the group in use.
    pub(super) fn with_index(&self, index: u8) -> Option<usize> {
        self.with_number(self.group?.checked_mul(GROUP)?.checked_add(index)?.checked_add(1)?)
    }

    /// The next antenna that is not resting.
    pub(super) fn turn(&mut self, now: Instant) -> Option<usize> {
        let count = self.list.len();
        let turn =
            (1..=count).map(|step| (self.last + step) % count).find(|&at| !self.list[at].rests(now))?;
        self.last = turn;
        Some(turn)
    }

    /// All antennas that are not resting, of the group whose turn it is; empty when all rest.
    pub(super) fn sequence(&mut self, now: Instant) -> Vec<usize> {
        let awake = || (0..self.list.len()).filter(|&at| !self.list[at].rests(now));
        let other = awake().find(|&at| self.place(at).0 != self.last_group);
        let Some(group) = other.or_else(|| awake().next()).map(|at| self.place(at).0) else {
            return Vec::new();
        };
        let sequence = awake().filter(|&at| self.place(at).0 == group).collect();
        self.last_group = group;
        sequence
    }

    pub(super) fn works(&mut self, at: usize) {
        self.list[at].rests_until = None;
        self.list[at].told = false;
        self.list[at].absent = false;
    }

    /// Leaves an antenna out for a while; gives what to tell when the fault is new.
    pub(super) fn rest(&mut self, at: usize, code: u8, now: Instant) -> Option<(u8, String)> {
        let antenna = &mut self.list[at];
        antenna.rests_until = Some(now + REST);
        antenna.absent = code == code::WRONG_ANTENNA;
        let number = antenna.number;
        let new = !std::mem::replace(&mut antenna.told, true);
        new.then(|| (number, fault(number, code)))
    }

    /// The numbers the reader has said it does not have, and the others.
    pub(super) fn sorted(&self) -> (Vec<u8>, Vec<u8>) {
        let numbers = |absent| self.list.iter().filter(move |one| one.absent == absent).map(|one| one.number);
        (numbers(true).collect(), numbers(false).collect())
    }

    /// Whether its fault has been told and it has not worked since.
    pub(super) fn is_told(&self, at: usize) -> bool {
        self.list[at].told
    }
}

impl Antenna {
    fn rests(&self, now: Instant) -> bool {
        self.rests_until.is_some_and(|until| until > now)
    }
}

/// What is wrong with an antenna and what to try.
fn fault(number: u8, code: u8) -> String {
    match code {
        code::ANTENNA_MISSING => {
            format!("antenna {number} is missing: is its cable screwed on at both ends?")
        }
        code => {
            let meaning = code::meaning(code).unwrap_or("an unknown fault");
            format!(
                "antenna {number} does not work ({code:#04x}, {meaning}): check its cable and its connector"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sixteen_antennas_go_in_two_sequences_and_a_resting_one_is_left_out() {
        let numbers: Vec<u8> = (1..=16).collect();
        let (mut antennas, now) = (Antennas::new(&numbers), Instant::now());
        assert_eq!(antennas.sequence(now), (0..8).collect::<Vec<_>>());
        assert_eq!(antennas.sequence(now), (8..16).collect::<Vec<_>>());
        assert!(antennas.rest(2, code::ANTENNA_MISSING, now).is_some());
        assert!(antennas.rest(2, code::ANTENNA_MISSING, now).is_none(), "told once");
        assert_eq!(antennas.sequence(now), [0, 1, 3, 4, 5, 6, 7]);
        assert_eq!(antennas.sequence(now), (8..16).collect::<Vec<_>>());
        assert_eq!(antennas.sequence(now + REST), (0..8).collect::<Vec<_>>());
        assert_eq!(antennas.place(11), (1, 3));
        antennas.group = Some(1);
        assert_eq!(antennas.with_index(3), Some(11));
    }

    #[tokio::test]
    async fn numbers_no_reader_has_are_left_out() {
        let mut antennas = Antennas::new(&[0, 3, 3, 17, 255]);
        assert_eq!((antennas.len(), antennas.number(0)), (1, 3));
        assert_eq!(antennas.turn(Instant::now()), Some(0));
        assert_eq!(Antennas::new(&[]).number(0), 1);
    }
}
