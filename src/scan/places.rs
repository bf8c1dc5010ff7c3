//! Where a tag is: what each read point heard of it, and which one has it to itself (`rfid-stream-cleaning.md`
//! section 4).

use std::cmp::Ordering;

use super::zone::Ears;
use crate::domain::ReadPoint;

/// A read point that hears a tag so many times as often as the next owns it, whatever the strengths.
const COUNT_LEAD: u32 = 3;

/// Two answers with a chip number so far apart are two answers, not one frame sent twice, ms.
const TWO_ANSWERS_MS: u64 = 50;

/// One sighting.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heard {
    pub(super) at_ms: u64,
    /// Its place among the antennas.
    pub(super) ear: usize,
    pub(super) rssi_dbm: Option<i16>,
    pub(super) rssi_raw: Option<u8>,
    /// A chip number with a serial came with it.
    pub(super) chip: bool,
    /// It is as strong as tags in place are.
    pub(super) in_place: bool,
}

/// What one read point heard.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) read_point: ReadPoint,
    /// The antenna that heard it last there.
    pub(super) ear: usize,
    pub(super) reads: u32,
    /// Median strength.
    pub(super) rssi_dbm: Option<i16>,
    /// Median of what the strengths exceed their antennas' thresholds by.
    pub(super) over_db: Option<i16>,
    /// Two answers with a chip number.
    pub(super) chip_twice: bool,
    strength: Strength,
}

/// The strengths heard at one place, to be compared with those at another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    /// The reader gives none.
    Unknown,
    /// A figure of one reader's own; its unit is not published, so it is compared with that reader's figures only.
    Raw { reader_of: usize, sum: u64, count: u32 },
    /// Powers.
    Dbm { sum: u64, count: u32 },
}

/// What each read point heard, the best first: by reads times mean power, then by reads, then by name.
pub(super) fn places<'a>(heard: impl Iterator<Item = &'a Heard> + Clone, ears: &Ears) -> Vec<Place> {
    let mut places: Vec<Place> = Vec::new();
    for sighting in heard.clone() {
        let read_point = &ears.get(sighting.ear).read_point;
        if places.iter().all(|place| place.read_point != *read_point) {
            let there = heard.clone().filter(|other| ears.get(other.ear).read_point == *read_point);
            places.push(Place::of(read_point.clone(), there, ears));
        }
    }
    places
        .sort_by(|a, b| b.score(a).then(b.reads.cmp(&a.reads)).then_with(|| a.read_point.cmp(&b.read_point)));
    places
}

impl Place {
    fn of<'a>(read_point: ReadPoint, there: impl Iterator<Item = &'a Heard>, ears: &Ears) -> Self {
        let (mut dbm, mut over_db) = (Vec::new(), Vec::new());
        let (mut power, mut raw, mut raws) = (0, 0, 0);
        let (mut reads, mut ear) = (0, 0);
        let (mut first_chip_ms, mut last_chip_ms) = (u64::MAX, 0);
        for heard in there {
            reads += 1;
            ear = heard.ear;
            if let Some(strength) = heard.rssi_dbm {
                dbm.push(strength);
                over_db.push(strength.saturating_sub(ears.get(ear).min_rssi_dbm));
                power += power_of(strength);
            } else if let Some(figure) = heard.rssi_raw {
                raw += u64::from(figure);
                raws += 1;
            }
            if heard.chip {
                first_chip_ms = first_chip_ms.min(heard.at_ms);
                last_chip_ms = last_chip_ms.max(heard.at_ms);
            }
        }
        let count = u32::try_from(dbm.len()).unwrap_or(u32::MAX);
        let strength = match (count, raws) {
            (0, 0) => Strength::Unknown,
            (0, count) => Strength::Raw { reader_of: ear, sum: raw, count },
            (count, _) => Strength::Dbm { sum: power, count },
        };
        let chip_twice = last_chip_ms.saturating_sub(first_chip_ms) >= TWO_ANSWERS_MS;
        let (rssi_dbm, over_db) = (median(&mut dbm), median(&mut over_db));
        Self { read_point, ear, reads, rssi_dbm, over_db, chip_twice, strength }
    }

    /// Which of two places heard more of the tag: reads times mean strength. A place that knows strengths comes before
    /// one that does not.
    fn score(&self, other: &Self) -> Ordering {
        let (class, sum, count) = self.strength.parts();
        let (other_class, other_sum, other_count) = other.strength.parts();
        let score = u128::from(sum) * u128::from(self.reads) * u128::from(other_count);
        let other_score = u128::from(other_sum) * u128::from(other.reads) * u128::from(count);
        class.cmp(&other_class).then(score.cmp(&other_score))
    }

    /// Whether no other of `places` hears the tag nearly as well.
    pub(super) fn has_to_itself(&self, places: &[Self], margin_db: i16, ears: &Ears) -> bool {
        let mut others = places.iter().filter(|place| place.read_point != self.read_point);
        others.all(|next| self.leads(next, margin_db, ears))
    }

    /// Whether this place has the tag to itself as against `next`: clearly stronger, or heard far more often.
    pub(super) fn leads(&self, next: &Self, margin_db: i16, ears: &Ears) -> bool {
        self.reads >= next.reads.saturating_mul(COUNT_LEAD)
            || self.strength.exceeds(&next.strength, margin_db, ears)
    }
}

impl Strength {
    fn parts(self) -> (u8, u64, u32) {
        match self {
            Self::Unknown => (0, 1, 1),
            Self::Raw { sum, count, .. } => (1, sum, count),
            Self::Dbm { sum, count } => (2, sum, count),
        }
    }

    /// Whether this is stronger than `other` by the margin. A raw figure's step is taken for a decibel; where that is
    /// wrong, counts still tell.
    fn exceeds(&self, other: &Self, margin_db: i16, ears: &Ears) -> bool {
        let margin_db = margin_db.clamp(0, -WEAKEST_DBM);
        match (*self, *other) {
            (Self::Dbm { sum, count }, Self::Dbm { sum: other_sum, count: other_count }) => {
                let here = u128::from(sum) * u128::from(other_count) * u128::from(power_of(WEAKEST_DBM));
                let there = u128::from(other_sum) * u128::from(count);
                // A thousandth is what the table of powers is rounded by.
                here * 1_001 >= there * u128::from(power_of(WEAKEST_DBM + margin_db)) * 1_000
            }
            (
                Self::Raw { reader_of, sum, count },
                Self::Raw { reader_of: other_of, sum: other_sum, count: other_count },
            ) if ears.get(reader_of).reader == ears.get(other_of).reader => {
                let margin = u64::from(margin_db.unsigned_abs()) * u64::from(count) * u64::from(other_count);
                sum * u64::from(other_count) >= other_sum * u64::from(count) + margin
            }
            _ => false,
        }
    }
}

/// The weakest strength told apart, dBm: far below what any reader hears.
const WEAKEST_DBM: i16 = -130;

/// A strength as power, in whole numbers, so that every machine comes to the same result: a thousand times ten to the
/// tenth of the decibels above [`WEAKEST_DBM`].
fn power_of(dbm: i16) -> u64 {
    const TENTHS: [u64; 10] = [1_000, 1_259, 1_585, 1_995, 2_512, 3_162, 3_981, 5_012, 6_310, 7_943];
    let steps = (dbm.clamp(WEAKEST_DBM, 0) - WEAKEST_DBM).unsigned_abs();
    let tenths = TENTHS.get(usize::from(steps % 10)).copied().unwrap_or(1_000);
    tenths * 10_u64.pow(u32::from(steps / 10))
}

fn median(values: &mut [i16]) -> Option<i16> {
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scan::TagReading;

    fn reading(reader: &str, read_point: &str, antenna: u8) -> TagReading {
        TagReading {
            reader: reader.into(),
            read_point: ReadPoint::from(read_point),
            epc: Vec::new(),
            tid: None,
            antenna,
            rssi_dbm: None,
            rssi_raw: None,
            pc: None,
        }
    }

    /// Sightings of one tag at several read points: name, reads, dBm, raw figure.
    fn heard(told: &[(&str, u32, Option<i16>, Option<u8>)]) -> (Vec<Heard>, Ears) {
        let mut ears = Ears::default();
        let mut sightings = Vec::new();
        for (antenna, (name, reads, rssi_dbm, rssi_raw)) in (1..).zip(told) {
            let ear = ears.of(&reading("hatch", name, antenna), -75).expect("few antennas");
            let one = Heard {
                at_ms: 0,
                ear,
                rssi_dbm: *rssi_dbm,
                rssi_raw: *rssi_raw,
                chip: false,
                in_place: true,
            };
            sightings.extend((0..*reads).map(|_| one));
        }
        (sightings, ears)
    }

    /// The best place, and whether it has the tag to itself.
    fn best(told: &[(&str, u32, Option<i16>, Option<u8>)]) -> (String, bool) {
        let (sightings, ears) = heard(told);
        let places = places(sightings.iter(), &ears);
        let clear = places[1..].iter().all(|next| places[0].leads(next, 6, &ears));
        (places[0].read_point.to_string(), clear)
    }

    #[test]
    fn six_decibels_or_three_times_as_often() {
        for weak in -110..-66 {
            let told = [("b", 4, Some(weak), None), ("a", 4, Some(weak + 6), None)];
            assert_eq!(best(&told), ("a".into(), true), "at {weak} dBm");
            let told = [("b", 4, Some(weak), None), ("a", 4, Some(weak + 5), None)];
            assert_eq!(best(&told), ("a".into(), false), "at {weak} dBm");
        }
        assert_eq!(best(&[("a", 9, Some(-60), None), ("b", 3, Some(-60), None)]), ("a".into(), true));
        assert_eq!(best(&[("a", 8, Some(-60), None), ("b", 3, Some(-60), None)]), ("a".into(), false));
    }

    #[test]
    fn many_readings_weigh_more_than_a_little_strength() {
        assert_eq!(best(&[("a", 30, Some(-62), None), ("b", 3, Some(-60), None)]), ("a".into(), true));
        assert_eq!(best(&[("a", 30, Some(-80), None), ("b", 3, Some(-60), None)]), ("b".into(), true));
    }

    #[test]
    fn raw_figures_are_compared_within_one_reader() {
        assert_eq!(best(&[("a", 4, None, Some(76)), ("b", 4, None, Some(82))]), ("b".into(), true));
        assert_eq!(best(&[("a", 4, None, Some(76)), ("b", 4, None, Some(80))]), ("b".into(), false));
        assert_eq!(best(&[("a", 4, None, None), ("b", 4, None, None)]), ("a".into(), false));
        let (mut sightings, mut ears) = heard(&[("a", 4, None, Some(76))]);
        let ear = ears.of(&reading("bench", "b", 1), -75).expect("few antennas");
        let other = Heard { ear, rssi_raw: Some(200), ..sightings[0] };
        sightings.extend([other; 4]);
        let places = places(sightings.iter(), &ears);
        assert!(!places[0].leads(&places[1], 6, &ears), "two readers' figures say nothing of each other");
    }
}
