//! What a reader cannot do of what `station.toml` wants, in sentences for whoever mends that file: the wanted figure, the
//! real one, and what to write.

use super::{Region, Session, Target};

/// The power that is used in place of the wanted one, both as the reader counts: hundredths of a dBm.
pub(super) fn power(wanted_dbm: u8, real_cdbm: i16) -> String {
    let real = match real_cdbm % 100 {
        0 => format!("{}", real_cdbm / 100),
        _ => format!("{:.2}", f32::from(real_cdbm) / 100.0),
    };
    let write = write_power(wanted_dbm, real_cdbm);
    let than = if real_cdbm < i16::from(wanted_dbm) * 100 { "more" } else { "less" };
    format!(
        "power_dbm = {wanted_dbm} is {than} than the reader can: it transmits with {real} dBm; write power_dbm = {write} \
         into station.toml"
    )
}

/// The whole figure that stays within what the reader can.
fn write_power(wanted_dbm: u8, real_cdbm: i16) -> i16 {
    let down = real_cdbm.div_euclid(100);
    let exact = real_cdbm.rem_euclid(100) == 0;
    // A reader that cannot go so low: the next whole figure above its least.
    if real_cdbm > i16::from(wanted_dbm) * 100 && !exact { down + 1 } else { down }
}

/// A region the reader does not have or does not keep to. `has` are those it has, where it tells; `why` is what it says
/// or does instead.
pub(super) fn region(wanted: Region, has: &[Region], why: &str) -> String {
    let word = wanted.word();
    let advice = match has {
        [] => "have it set with the maker's tool, or use a reader made for this place".to_owned(),
        has => {
            let words: Vec<String> = has.iter().map(|region| format!("\"{}\"", region.word())).collect();
            format!(
                "it has {}; where one of them is the law of the place, write it into station.toml",
                words.join(" ")
            )
        }
    };
    format!("region = \"{word}\" cannot be had from this reader ({why}): {advice}")
}

/// Antennas that the reader does not have and that are therefore not used. `ports`: how many it has, where that is known.
pub(super) fn antennas(missing: &[u8], used: &[u8], ports: Option<u16>) -> String {
    let has = match ports {
        Some(1) => "the reader has one antenna, number 1,".to_owned(),
        Some(ports) => format!("the reader has antennas 1 to {ports}"),
        None => "the reader takes other antennas".to_owned(),
    };
    let missing: Vec<String> = missing.iter().map(u8::to_string).collect();
    let write = if used.is_empty() {
        String::new()
    } else {
        format!("; write antennas = {used:?} into station.toml")
    };
    format!("{has} and has no antenna {}: not used{write}", missing.join(", "))
}

/// Settings of the air that are not the reader's default and that its protocol cannot set: the keys, to be taken out.
pub(super) fn not_settable(keys: &[&str]) -> String {
    let keys = keys.join(", ");
    format!("the reader chooses {keys} itself: take {keys} out of this reader's part of station.toml")
}

/// Which of session, target and Q go beyond a reader that knows none of them: it asks every tag in every round.
pub(super) fn beyond_plain(session: Session, target: Target, q: Option<u8>) -> Vec<&'static str> {
    let mut keys = Vec::new();
    if session != Session::S0 {
        keys.push("session");
    }
    if target == Target::B {
        keys.push("target");
    }
    if q.is_some() {
        keys.push("q");
    }
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figure_to_write_is_one_that_the_reader_can() {
        assert!(power(33, 3_000).ends_with("transmits with 30 dBm; write power_dbm = 30 into station.toml"));
        assert!(power(30, 2_675).contains("26.75 dBm; write power_dbm = 26 "));
        assert!(power(0, 525).contains("5.25 dBm; write power_dbm = 6 "));
        assert!(power(3, 500).contains("5 dBm; write power_dbm = 5 "));
    }

    #[test]
    fn the_regions_and_antennas_it_has_are_named() {
        let said = region(Region::Japan, &[Region::Eu, Region::India], "it refuses");
        assert!(said.contains("\"japan\"") && said.contains("it has \"eu\" \"india\";"), "{said}");
        let said = antennas(&[3, 9], &[1, 2], Some(2));
        assert_eq!(
            said,
            "the reader has antennas 1 to 2 and has no antenna 3, 9: not used; write antennas = [1, 2] into station.toml"
        );
    }
}
