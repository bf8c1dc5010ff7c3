//! What a silence means: nothing by itself, and with a control tag that was read throughout that nothing lies there.

use armoury::domain::ReadPoint;
use armoury::identity::TagId;
use armoury::scan::TagReading;
use armoury::scan::gaps::Doubt;
use armoury::scan::presence::{Absence, News, Presence, Whereabouts};

use crate::room::{READER, Room, TRAYS, control_tag};
use crate::sessions::{SETTINGS, SURVEYED_DBM};

const WEAPON: [u8; 12] = [0x30, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// A desk with two trays whose time runs in steps of a quarter of a second.
struct Desk {
    presence: Presence,
    now_ms: u64,
    /// How often the weapon came into view so that it acts.
    shown: u32,
}

impl Desk {
    /// Both control tags have been heard for half a minute.
    fn new() -> Self {
        let mut presence = Presence::new(SETTINGS, Room::plans(SURVEYED_DBM));
        presence.reader_up(READER, 0);
        let mut desk = Self { presence, now_ms: 0, shown: 0 };
        desk.pass(30_000, &[1, 2], None);
        desk
    }

    /// For so long these antennas hear their control tags, and the weapon is heard at an antenna.
    fn pass(&mut self, for_ms: u64, controls: &[u8], weapon: Option<(u8, i16)>) {
        for _ in 0..for_ms / 250 {
            self.now_ms += 250;
            for antenna in controls {
                self.hear(control_tag(*antenna), *antenna, -55);
            }
            if let Some((antenna, dbm)) = weapon {
                self.hear(WEAPON.to_vec(), antenna, dbm);
            }
            drop(self.presence.tick(self.now_ms));
        }
    }

    fn hear(&mut self, epc: Vec<u8>, antenna: u8, dbm: i16) {
        let reading = TagReading {
            reader: READER.into(),
            read_point: ReadPoint::from(TRAYS[usize::from(antenna) - 1]),
            epc,
            tid: None,
            antenna,
            rssi_dbm: Some(dbm),
            rssi_raw: None,
            pc: None,
        };
        if let Some(News::Appeared(appeared)) = self.presence.read(&reading, self.now_ms) {
            self.shown += u32::from(!appeared.at_rest);
        }
    }

    fn weapon(&self) -> Whereabouts {
        self.presence.whereabouts(&TagId::from_epc(&WEAPON), self.now_ms)
    }
}

fn doubted(why: Doubt) -> Whereabouts {
    Whereabouts::Unheard(Absence::Doubted(why))
}

const ABSENT: Whereabouts = Whereabouts::Unheard(Absence::Believed);

#[test]
fn a_weapon_laid_down_and_taken_away() {
    let mut desk = Desk::new();
    assert_eq!(desk.weapon(), ABSENT);
    desk.pass(2_000, &[1, 2], Some((1, -55)));
    assert_eq!(desk.weapon(), Whereabouts::At(ReadPoint::from(TRAYS[0])));
    desk.pass(3_000, &[1, 2], None);
    assert_eq!(desk.weapon(), Whereabouts::Unclear, "metal may screen it");
    desk.pass(4_000, &[1, 2], None);
    assert_eq!(desk.weapon(), ABSENT);
}

#[test]
fn what_was_screened_is_there_again_and_a_stray_answer_puts_nothing_back() {
    let mut desk = Desk::new();
    desk.pass(20_000, &[1, 2], Some((2, -55)));
    desk.pass(2_000, &[1, 2], None);
    desk.pass(750, &[1, 2], Some((2, -56)));
    assert_eq!(desk.weapon(), Whereabouts::At(ReadPoint::from(TRAYS[1])));
    desk.pass(9_000, &[1, 2], None);
    desk.pass(250, &[1, 2], Some((2, -62)));
    assert_eq!(desk.weapon(), Whereabouts::Unclear);
    desk.pass(6_000, &[1, 2], None);
    assert_eq!(desk.weapon(), ABSENT);
}

#[test]
fn a_silence_in_which_nobody_could_hear_means_nothing() {
    let mut desk = Desk::new();
    desk.pass(5_000, &[1, 2], Some((1, -55)));
    desk.pass(20_000, &[2], None);
    assert_ne!(desk.weapon(), ABSENT, "the control tag of its tray is silent too");

    let mut desk = Desk::new();
    desk.pass(20_000, &[2], None);
    assert_eq!(desk.weapon(), doubted(Doubt::ControlSilent), "it may have been laid there");

    let mut desk = Desk::new();
    desk.pass(5_000, &[1, 2], Some((1, -55)));
    desk.presence.reader_down(READER, desk.now_ms);
    desk.pass(30_000, &[], None);
    assert_eq!(desk.weapon(), Whereabouts::Unclear, "the cable is pulled");
    desk.presence.reader_up(READER, desk.now_ms);
    desk.pass(7_000, &[1, 2], None);
    assert_eq!(desk.weapon(), doubted(Doubt::ReaderGap));
    desk.pass(6_000, &[1, 2], None);
    assert_eq!(desk.weapon(), ABSENT, "and now it has been listened long enough");

    let mut desk = Desk::new();
    desk.presence.antenna_down(READER, 2, desk.now_ms);
    desk.pass(1_000, &[1], None);
    assert_eq!(desk.weapon(), doubted(Doubt::AntennaMissing));
}

/// A pulled cable is noticed seconds after it was pulled. Nobody brings by that what lay there all the time.
#[test]
fn a_cable_pulled_and_noticed_late() {
    for noticed_ms in [0, 1_000, 4_000] {
        let mut desk = Desk { presence: Presence::new(SETTINGS, Vec::new()), now_ms: 10_000, shown: 0 };
        desk.presence.reader_up(READER, 0);
        desk.pass(5_000, &[], Some((1, -55)));
        desk.pass(noticed_ms, &[], None);
        desk.presence.reader_down(READER, desk.now_ms);
        desk.pass(30_000, &[], None);
        desk.presence.reader_up(READER, desk.now_ms);
        desk.pass(3_000, &[], Some((1, -55)));
        assert_eq!(desk.shown, 1, "noticed after {noticed_ms} ms");
        desk.pass(10_000, &[], None);
        desk.pass(1_000, &[], Some((1, -55)));
        assert_eq!(desk.shown, 2, "lifted and laid down again it acts");
    }
}

#[test]
fn without_a_control_tag_no_silence_is_believed() {
    let mut desk = Desk { presence: Presence::new(SETTINGS, Vec::new()), now_ms: 0, shown: 0 };
    desk.pass(60_000, &[], None);
    assert_eq!(desk.weapon(), doubted(Doubt::NoControlTag));
}

#[test]
fn a_weak_tag_is_left_to_a_person_and_one_between_two_trays_too() {
    let mut desk = Desk::new();
    desk.pass(10_000, &[1, 2], Some((1, -65)));
    assert_eq!(desk.weapon(), Whereabouts::Unclear, "badly placed, or the rack");
    let mut desk = Desk::new();
    for _ in 0..20 {
        desk.pass(250, &[1, 2], Some((1, -55)));
        desk.pass(250, &[1, 2], Some((2, -55)));
    }
    assert_eq!(desk.weapon(), Whereabouts::Unclear);
}
