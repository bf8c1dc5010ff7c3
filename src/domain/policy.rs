//! National practice: what differs between countries is a setting with a default, never a constant in code
//! (armoury-practice, head of the page). A change of policy is an entry.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::person::Role;
use super::purpose::Length;

mod contradictions;

pub use contradictions::Contradiction;

/// The rules in force at this armoury.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(default, deny_unknown_fields)]
#[cbor(map)]
pub struct Policy {
    /// A weapon leaves only when its tag and its mark were both read and agree (I-1).
    #[n(0)]
    pub two_readings: bool,
    /// A weapon leaves only before a second person who may witness.
    #[n(1)]
    pub witness_for_issue: bool,
    /// Hours until a weapon drawn for duty is due back; 0 means no due time is set (I-2: a day's draw uses the card).
    #[n(2)]
    pub loan_hours: u32,
    /// An expired authorisation stops the issue; otherwise a supervisor is asked.
    #[n(3)]
    pub expired_stops: bool,
    /// Most weapons one person may hold; 0 means no limit.
    #[n(4)]
    pub weapons_per_person: u32,
    /// Minutes from the discovery of a discrepancy until it must be counted again; 0 means no clock (D-2: at once).
    #[n(20)]
    #[cbor(default)]
    pub recount_minutes: u32,
    /// Minutes until the commander must have been told of a confirmed one; 0 means no clock (D-2: at once).
    #[n(21)]
    #[cbor(default)]
    pub report_commander_minutes: u32,
    /// Minutes until the police must have been told; 0 means no clock (D-2: at once).
    #[n(22)]
    #[cbor(default)]
    pub report_police_minutes: u32,
    /// Minutes until headquarters must have been told; 0 means no clock (D-2: the same day).
    #[n(23)]
    #[cbor(default)]
    pub report_headquarters_minutes: u32,
    /// Minutes until the registry and the lists of lost and stolen weapons must have been told; 0 means no clock (D-2:
    /// when policy says).
    #[n(24)]
    #[cbor(default)]
    pub report_registry_minutes: u32,
    /// A change of key custody opens a handover count by itself (S-4: MP1003C on AR 190-11).
    #[n(25)]
    #[cbor(default)]
    pub handover_count: bool,
    /// Days between two serial-number counts; 0 means none is asked for (C-2: monthly, MCO 5530.14A).
    #[n(26)]
    #[cbor(default)]
    pub count_serials_days: u32,
    /// Days between two random samples; 0 means none is asked for (C-2: weekly, ISACS 05.20).
    #[n(27)]
    #[cbor(default)]
    pub count_sample_days: u32,
    /// Days between two independent audits; 0 means none is asked for (C-2: yearly, UK inspectorate practice).
    #[n(28)]
    #[cbor(default)]
    pub count_audit_days: u32,
    /// Share of a count that is touched or seen by a camera, per cent (C-6).
    #[n(29)]
    #[cbor(default)]
    pub sample_percent: u32,
    /// Fewest weapons of that sample (C-6).
    #[n(30)]
    #[cbor(default)]
    pub sample_least: u32,
    /// Every count is blind: whoever counts is told neither number nor list (C-4).
    #[n(31)]
    #[cbor(default)]
    pub blind_counts: bool,
    /// Nobody makes the official inventory twice running (R-2: AR 710-2, MCO 5530.14A).
    #[n(32)]
    #[cbor(default)]
    pub officer_rotates: bool,
    /// Keys are counted before a handover count can be closed (S-3).
    #[n(33)]
    #[cbor(default)]
    pub keys_at_handover: bool,
    /// Nobody holds keys of two groups (weapons, ammunition, bolts) without an exception that is entered (S-1).
    #[n(34)]
    #[cbor(default)]
    pub separate_key_groups: bool,
    /// Two locks of one room have two holders (S-3: DA Form 5513 in AR 190-11).
    #[n(35)]
    #[cbor(default)]
    pub two_locks_two_holders: bool,
    /// Hours after which a day that was opened and not closed is an alarm; 0 means never (C-9: daily).
    #[n(36)]
    #[cbor(default)]
    pub day_hours: u32,
    /// Where something was heard by radio only, the slots that are filled are counted too (C-6).
    #[n(37)]
    #[cbor(default)]
    pub slots_against_tags: bool,
    /// An armourer corrects a weapon's record without a supervisor beside them (armoury-practice section 1: may not
    /// approve own corrections).
    #[n(90)]
    #[cbor(default)]
    pub corrects_alone: bool,
    /// A tag or a mark is bound to a weapon, or taken off, without a second person.
    #[n(91)]
    #[cbor(default)]
    pub binds_alone: bool,
    /// A weapon is taken into the room without a second person (R-1, D-4).
    #[n(92)]
    #[cbor(default)]
    pub receives_alone: bool,
    /// No tags in weapons: marks only, tags on the rack or on a loop (S-5).
    #[n(93)]
    #[cbor(default)]
    pub no_weapon_tags: bool,
    /// A seized, found or surrendered weapon leaves the room for good without a court's order on record
    /// (`un-categories.md` section 6).
    #[n(94)]
    #[cbor(default)]
    pub disposes_without_order: bool,
    /// A transfer leaves, and is signed for, before two people (T-1, R-1).
    #[n(40)]
    #[cbor(default)]
    pub transfer_two_people: bool,
    /// On arrival a weapon counts as checked by its serial, mark or tag, not by a number on a list (T-3).
    #[n(41)]
    #[cbor(default)]
    pub transfer_serials: bool,
    /// Days after the expected arrival until the receiver is asked for the receipt (T-4, which leaves the number open:
    /// estimate); 0 means never.
    #[n(42)]
    #[cbor(default)]
    pub transfer_follow_up_days: u32,
    /// Days the receiver has to answer until the weapons are not accounted for (T-4: estimate); 0 means for ever.
    #[n(43)]
    #[cbor(default)]
    pub transfer_answer_days: u32,
    /// Witnesses of a destruction, besides whoever enters it (X-2: at least two).
    #[n(44)]
    #[cbor(default)]
    pub destruction_witnesses: u32,
    /// Different photographs of a destruction (X-2 asks for photographs; how many is left open: estimate).
    #[n(45)]
    #[cbor(default)]
    pub destruction_photographs: u32,
    /// Only what was declared surplus is destroyed, and exhibits.
    #[n(46)]
    #[cbor(default)]
    pub surplus_before_destruction: bool,
    /// Seconds of believed silence after which a weapon that hung in a watched rack has left it (S-2: estimate, time to
    /// carry it to the hatch); 0 means that nobody is called.
    #[n(80)]
    #[cbor(default)]
    pub rack_left_after_s: u32,
    /// Seconds a weapon hangs in another rack than its own until that is entered (S-2: estimate).
    #[n(81)]
    #[cbor(default)]
    pub rack_wrong_after_s: u32,
    /// Minutes a weapon in stock is not heard in its watched rack until somebody is asked (S-2: estimate, time to clean
    /// it); 0 means never.
    #[n(82)]
    #[cbor(default)]
    pub rack_unhung_minutes: u32,
    /// Until when a weapon drawn for duty is due back, where that is a time of day; open: `loan_hours` counts (I-8).
    #[n(5)]
    #[cbor(default)]
    pub duty_until: Length,
    /// For how long a weapon drawn for the range leaves: until the end of the day (I-2, I-8).
    #[n(6)]
    #[cbor(default)]
    pub range_due: Length,
    /// The same for a repair (I-8).
    #[n(7)]
    #[cbor(default)]
    pub repair_due: Length,
    /// The same for a court exhibit (I-8).
    #[n(8)]
    #[cbor(default)]
    pub court_due: Length,
    /// The same for a loan to another unit (I-8).
    #[n(9)]
    #[cbor(default)]
    pub loan_due: Length,
    /// Up to so many hours the weapon card does; a longer draw takes a hand receipt (I-2: DA 3749 under 24 h, DA 2062
    /// beyond).
    #[n(10)]
    #[cbor(default)]
    pub card_hours: u32,
    /// Minutes after its time before a weapon is overdue (I-5).
    #[n(11)]
    #[cbor(default)]
    pub overdue_grace_min: u32,
    /// Hours overdue after which the supervisor owns it (I-5); 0 means never.
    #[n(12)]
    #[cbor(default)]
    pub overdue_second_hours: u32,
    /// Hours overdue after which the commander owns it (I-5); 0 means never.
    #[n(13)]
    #[cbor(default)]
    pub overdue_third_hours: u32,
    /// Seconds in which the last issue or return can be undone (ux.md section 5); 0 means not at all.
    #[n(14)]
    #[cbor(default)]
    pub undo_s: u32,
    /// Most hours from now to which a draw can be extended; 0 means no limit (I-5).
    #[n(15)]
    #[cbor(default)]
    pub extend_max_hours: u32,
    /// Hours in which everything that left in a stand-to is signed for or back (I-7).
    #[n(16)]
    #[cbor(default)]
    pub stand_to_hours: u32,
    /// In a stand-to weapons leave without a badge too, to be signed for later (I-7: list first, sign later).
    #[n(17)]
    #[cbor(default)]
    pub stand_to_without_badge: bool,
    /// Seconds between the two badges of a two-person act, and between a badge and its card (ux.md section 5).
    #[n(18)]
    #[cbor(default)]
    pub two_person_s: u32,
    /// In a stand-to one reading, no second person, an ended authorisation and a full hand stop nobody (I-7).
    #[n(19)]
    #[cbor(default)]
    pub stand_to_relaxed: bool,
    /// Roles whose acts of the book need a PIN; whoever has one signs with it in any role (R-1, the ruling of the
    /// house on signing).
    #[n(60)]
    #[cbor(default)]
    pub pin_for: Vec<Role>,
    /// Roles that may be inside the armoury alone; others only in the company of one of these (R-1: the
    /// unaccompanied-access roster of AR 190-11).
    #[n(61)]
    #[cbor(default)]
    pub access_alone: Vec<Role>,
    /// Longest pass of an inspector, days, the first and the last included; 0 means no limit (R-1: with dates).
    #[n(62)]
    #[cbor(default)]
    pub pass_days: u32,
    /// Longest appointment, days, the first and the last included; 0 means that one may be without end (R-1: with
    /// dates).
    #[n(63)]
    #[cbor(default)]
    pub appointment_days: u32,
    /// Wrong PINs in a row after which the next one has to wait; 0 means never (the house's own figure).
    #[n(64)]
    #[cbor(default)]
    pub pin_misses_slow: u32,
    /// Wrong PINs in a row after which somebody has to come; 0 means never (the house's own figure).
    #[n(65)]
    #[cbor(default)]
    pub pin_misses_alarm: u32,
    /// The first wait, seconds; it doubles with every further wrong PIN, up to a quarter of an hour.
    #[n(66)]
    #[cbor(default)]
    pub pin_wait_seconds: u32,
    /// Share of typed serials in percent from which the report on them points at a person; 0 means that it points at
    /// nobody (A-1; the page names no figure, this one is the house's).
    #[n(100)]
    #[cbor(default)]
    pub typed_share_percent: u32,
    /// No list that is given out holds names of people, whoever asks (`architecture.md`, rulings; not forbidden unless
    /// the State says so).
    #[n(101)]
    #[cbor(default)]
    pub lists_without_names: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            two_readings: false,
            witness_for_issue: false,
            loan_hours: 24,
            expired_stops: true,
            weapons_per_person: 0,
            recount_minutes: 60,
            report_commander_minutes: 120,
            report_police_minutes: 120,
            report_headquarters_minutes: 1_440,
            report_registry_minutes: 0,
            handover_count: true,
            count_serials_days: 31,
            count_sample_days: 7,
            count_audit_days: 366,
            sample_percent: 10,
            sample_least: 5,
            blind_counts: false,
            officer_rotates: true,
            keys_at_handover: true,
            separate_key_groups: true,
            two_locks_two_holders: true,
            day_hours: 24,
            slots_against_tags: true,
            corrects_alone: false,
            binds_alone: false,
            receives_alone: false,
            no_weapon_tags: false,
            disposes_without_order: false,
            transfer_two_people: true,
            transfer_serials: true,
            transfer_follow_up_days: 7,
            transfer_answer_days: 7,
            destruction_witnesses: 2,
            destruction_photographs: 1,
            surplus_before_destruction: true,
            rack_left_after_s: 120,
            rack_wrong_after_s: 60,
            rack_unhung_minutes: 60,
            duty_until: Length::Open,
            range_due: Length::Until(18 * 60),
            repair_due: Length::Hours(30 * 24),
            court_due: Length::Hours(30 * 24),
            loan_due: Length::Hours(7 * 24),
            card_hours: 24,
            overdue_grace_min: 30,
            overdue_second_hours: 4,
            overdue_third_hours: 24,
            undo_s: 120,
            extend_max_hours: 30 * 24,
            stand_to_hours: 24,
            stand_to_without_badge: true,
            two_person_s: 30,
            stand_to_relaxed: true,
            pin_for: Vec::new(),
            access_alone: vec![
                Role::Armourer,
                Role::Supervisor,
                Role::InventoryOfficer,
                Role::Commander,
                Role::Inspector,
            ],
            pass_days: 14,
            appointment_days: 0,
            pin_misses_slow: 3,
            pin_misses_alarm: 5,
            pin_wait_seconds: 30,
            typed_share_percent: 10,
            lists_without_names: false,
        }
    }
}
