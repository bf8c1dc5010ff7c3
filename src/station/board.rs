//! The board: keeps what the screen shows, from entries that are already written.

use std::collections::{BTreeMap, VecDeque};

use armoury_hardware::camera::AimHint;

use super::input::{DeviceReport, DeviceState};
use super::view::{
    DeskView, Device, InboxView, ItemView, PersonView, Recent, StationView, StoreView, SyncView, View,
};
use super::warnings::Warnings;
use super::words::{self, Words};
use crate::domain::armoury::Holding;
use crate::domain::{
    Armoury, DeskEvent, DeskKind, Moment, PersonId, Practice, Roster, Seq, Verdict, WeaponId,
};
use crate::scan::control::Health;

/// How long an accepted verdict stands, ms (`ux.md` section 3).
pub(super) const ACCEPTED_MS: u64 = 3_000;

/// Verdicts of one act on several weapons come close together, ms: they share the screen.
const TOGETHER_MS: u64 = 1_500;

/// Lines kept.
const RECENT_MAX: usize = 40;
const HELD_MAX: usize = 20;
const ITEMS_MAX: usize = 12;

/// The view under construction.
#[derive(Debug)]
pub struct Board {
    pub(super) view: View,
    started: Moment,
    /// How the antennas with a control tag are, by reader and number.
    antennas: BTreeMap<(String, u8), Health>,
    /// What each device warned of.
    warnings: BTreeMap<String, Warnings>,
    pub(super) next_alarm: u64,
    /// When the desk's word was put up, by the counter: clocks jump.
    pub(super) last_desk_ms: Option<u64>,
    last_person: Option<PersonId>,
    /// At which lane the next answer is.
    pub(super) lane: String,
    /// What would help whoever holds a code before a camera, and since when.
    pub(super) hint: Option<(AimHint, u64)>,
}

impl Board {
    /// A board that says WAIT.
    pub fn new(id: &str, practice: Practice, at: Moment) -> Self {
        let view = View {
            station: StationView {
                id: id.to_owned(),
                practice,
                version: env!("CARGO_PKG_VERSION").into(),
                mode: crate::domain::Mode::Auto,
                wall_ms: at.wall_ms,
                clock: at.quality.word().into(),
                up_ms: 0,
                purpose: String::new(),
                stand_to: None,
            },
            desk: blank(Verdict::Wait),
            held: Vec::new(),
            recent: Vec::new(),
            counts: Default::default(),
            alarms: Vec::new(),
            devices: Vec::new(),
            sync: SyncView {
                state: "off".into(),
                detail: String::new(),
                waiting: 0,
                acknowledged: 0,
                last_receipt_wall_ms: None,
                down_since_wall_ms: None,
            },
            store: StoreView { state: "ok".into(), detail: String::new(), head: 0, head_hash: String::new() },
            inbox: InboxView::default(),
            watchers: 0,
            count: None,
        };
        Self {
            view,
            started: at,
            antennas: BTreeMap::new(),
            warnings: BTreeMap::new(),
            next_alarm: 1,
            last_desk_ms: None,
            last_person: None,
            lane: String::new(),
            hint: None,
        }
    }

    /// The picture.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// The parts that the clerk keeps up itself.
    pub fn view_mut(&mut self) -> &mut View {
        &mut self.view
    }

    /// The clock moved on: accepted verdicts that have stood long enough go.
    pub fn clock(&mut self, now: Moment) {
        self.view.station.wall_ms = now.wall_ms;
        self.view.station.clock = now.quality.word().into();
        self.forget_hint(now.mono_ms);
        self.view.station.up_ms = now.mono_ms.saturating_sub(self.started.mono_ms);
        let stood_ms = self.last_desk_ms.map(|since_ms| now.mono_ms.saturating_sub(since_ms));
        let over = self.view.desk.until_wall_ms.is_some() && stood_ms.is_none_or(|ms| ms >= ACCEPTED_MS);
        if !self.view.desk.stays && self.view.desk.seq.is_some() && over {
            self.view.desk = blank(Verdict::Ready);
        }
    }

    /// A presentation was written. `before`: the weapon as it was before.
    pub fn presented(
        &mut self,
        (seq, at): (Seq, Moment),
        desk: &DeskEvent,
        before: Option<&Holding>,
        armoury: &Armoury,
        roster: &Roster,
    ) {
        let verdict = desk.kind.verdict();
        let words = words::for_desk(desk, before, armoury, roster);
        let item = item(desk, armoury);
        let person = desk.person.as_ref().map(|id| person(id, armoury, roster));
        self.remember(seq, at, desk, &item, armoury, roster);
        let together = self.last_desk_ms.is_some_and(|ms| at.mono_ms.saturating_sub(ms) <= TOGETHER_MS)
            && self.view.desk.seq.is_some_and(|seq| seq > 0)
            && self.view.desk.lane == self.lane
            && self.last_person == desk.person
            && self.view.desk.items.len() < ITEMS_MAX;
        if !together {
            self.push_aside();
        }
        let old = std::mem::replace(&mut self.view.desk, blank(verdict));
        let mut items = if together { old.items } else { Vec::new() };
        items.push(item);
        // The verdict of several is the worst of them, with its own words.
        let older_is_worse = together && old.verdict > verdict;
        let Words { why, now, code } = words;
        let stays = matches!(verdict, Verdict::Stop | Verdict::Ask) || (together && old.stays);
        self.view.desk = DeskView {
            verdict: if older_is_worse { old.verdict } else { verdict },
            reason: if older_is_worse { old.reason } else { desk.reason },
            items,
            person,
            why: if older_is_worse { old.why } else { why },
            now: if older_is_worse { old.now } else { now },
            code: if older_is_worse { old.code } else { code },
            seq: Some(seq),
            until_wall_ms: (!stays).then(|| at.wall_ms.saturating_add_unsigned(ACCEPTED_MS)),
            stays,
            lane: self.lane.clone(),
        };
        self.last_desk_ms = Some(at.mono_ms);
        self.last_person.clone_from(&desk.person);
    }

    /// An entry could not be written: STOP, and nothing is said to be saved.
    pub fn not_saved(&mut self, desk: &DeskEvent, armoury: &Armoury, roster: &Roster, cause: &str) {
        self.push_aside();
        let Words { why, now, code } = words::not_saved(cause);
        let mut item = item(desk, armoury);
        item.verdict = Verdict::Stop;
        item.due_wall_ms = None;
        self.view.desk = DeskView {
            items: vec![item],
            person: desk.person.as_ref().map(|id| person(id, armoury, roster)),
            why,
            now,
            code,
            stays: true,
            lane: self.lane.clone(),
            ..blank(Verdict::Stop)
        };
    }

    /// Whatever waits first was dealt with: the STOP or ASK on the screen, else the newest that was pushed aside.
    pub fn handled(&mut self) {
        if self.view.desk.stays {
            self.view.desk = blank(Verdict::Ready);
        } else if !self.view.held.is_empty() {
            self.view.held.remove(0);
        }
    }

    /// One STOP or ASK was dealt with, wherever it stands now. Without a number: the one that could not be entered.
    pub fn handled_entry(&mut self, seq: Option<Seq>) {
        if self.view.desk.stays && self.view.desk.seq == seq {
            self.view.desk = blank(Verdict::Ready);
        } else {
            self.view.held.retain(|line| Some(line.seq) != seq);
        }
    }

    /// A notice in the place of the verdict, for a moment.
    pub fn notice(&mut self, why: &str, now: Moment) {
        if !self.view.desk.stays {
            let until_wall_ms = Some(now.wall_ms.saturating_add_unsigned(ACCEPTED_MS));
            self.view.desk =
                DeskView { why: why.into(), until_wall_ms, seq: Some(0), ..blank(Verdict::Again) };
            self.last_desk_ms = Some(now.mono_ms);
        }
    }

    /// A device's line.
    pub fn device(&mut self, report: &DeviceReport, now: Moment) {
        let place = self.view.devices.iter().position(|device| device.name == report.name);
        let place = place.unwrap_or_else(|| {
            self.view.devices.push(Device {
                name: report.name.clone(),
                kind: report.kind.word().into(),
                state: String::new(),
                detail: String::new(),
                warnings: Vec::new(),
                last_sign_wall_ms: None,
                figures: None,
                camera: None,
            });
            self.view.devices.len() - 1
        });
        let warnings = self.warnings.entry(report.name.clone()).or_default();
        warnings.take(report, now.mono_ms);
        let works = matches!(
            report.state,
            DeviceState::Up | DeviceState::Figures | DeviceState::Warning | DeviceState::Limit
        );
        let warns = matches!(report.state, DeviceState::Warning | DeviceState::Limit);
        let mut detail = report.detail.clone();
        if works {
            for (_, health) in self.antennas.iter().filter(|((reader, _), _)| *reader == report.name) {
                detail.push_str(" · ");
                detail.push_str(&words::control_tag(health));
            }
        }
        let sentences = self.sentences(&report.name, now.mono_ms);
        let device = &mut self.view.devices[place];
        // A warning stands beside what was known and does not take its place.
        if !warns {
            device.detail = detail;
        }
        device.warnings = sentences;
        // What a device says between two of its figures leaves them as they are.
        if !matches!(report.state, DeviceState::Up | DeviceState::Warning | DeviceState::Limit) {
            device.figures = report.figures;
            device.camera.clone_from(&report.camera);
        }
        device.state = match report.state {
            DeviceState::Starting => "starting",
            DeviceState::Up | DeviceState::Figures | DeviceState::Warning | DeviceState::Limit => "ok",
            DeviceState::Down => "SILENT",
            DeviceState::Off => "off",
        }
        .into();
        if works {
            device.last_sign_wall_ms = Some(now.wall_ms);
        }
    }

    /// An antenna's health, shown with its reader's next figures. Answers whether it was known to be ill.
    pub fn antenna(&mut self, health: &Health) -> bool {
        let key = (health.reader.clone(), health.antenna);
        self.antennas.insert(key, health.clone()).is_some_and(|known| known.ill)
    }

    /// The reader says that an antenna does not work.
    pub fn antenna_fault(&mut self, reader: &str, antenna: u8, fault: String, now: Moment) {
        let fault = if fault.is_empty() { format!("antenna {antenna} is missing") } else { fault };
        self.warnings.entry(reader.to_owned()).or_default().antenna(antenna, fault, now.mono_ms);
        self.look_at_warnings(now.mono_ms, |_, _| true);
    }

    /// Takes away what is over: warnings of a moment, and faults of antennas that `missing` no longer says are there.
    pub fn look_at_warnings(&mut self, now_ms: u64, missing: impl Fn(&str, u8) -> bool) {
        for (name, warnings) in &mut self.warnings {
            warnings.pass(now_ms, |antenna| missing(name, antenna));
        }
        for place in 0..self.view.devices.len() {
            let name = self.view.devices[place].name.clone();
            self.view.devices[place].warnings = self.sentences(&name, now_ms);
        }
    }

    /// All there is to know and mend of a device.
    fn sentences(&self, name: &str, now_ms: u64) -> Vec<String> {
        let mut sentences =
            self.warnings.get(name).map_or_else(Vec::new, |warnings| warnings.sentences(now_ms));
        let ill = self.antennas.values().filter(|health| health.reader == name && health.ill);
        sentences.extend(ill.map(words::ill_antenna));
        sentences
    }

    /// A STOP or ASK shrinks to a line that stays listed.
    fn push_aside(&mut self) {
        if !self.view.desk.stays {
            return;
        }
        if let Some(line) = self.view.recent.iter().find(|line| Some(line.seq) == self.view.desk.seq) {
            self.view.held.insert(0, line.clone());
            self.view.held.truncate(HELD_MAX);
        }
    }

    fn remember(
        &mut self,
        seq: Seq,
        at: Moment,
        desk: &DeskEvent,
        item: &ItemView,
        armoury: &Armoury,
        roster: &Roster,
    ) {
        let place = desk.read_point.as_ref().map_or("", |place| place.as_str());
        let note = match desk.reason {
            Some(reason) => words::short(reason).to_owned(),
            None => [place, &words::road(&desk.evidence)].join(" · "),
        };
        let who =
            desk.brought_by.as_ref().filter(|_| desk.kind == DeskKind::Returned).or(desk.person.as_ref());
        let line = Recent {
            seq,
            wall_ms: at.wall_ms,
            verdict: desk.kind.verdict(),
            item: item.id.clone(),
            person: who.map(|id| roster.call(id)).unwrap_or_default(),
            note,
        };
        let mut recent = VecDeque::from(std::mem::take(&mut self.view.recent));
        recent.push_front(line);
        recent.truncate(RECENT_MAX);
        self.view.recent = recent.into();
        self.view.counts = armoury.counts();
    }
}

/// An empty desk with a verdict.
pub(super) fn blank(verdict: Verdict) -> DeskView {
    DeskView {
        verdict,
        reason: None,
        items: Vec::new(),
        person: None,
        why: String::new(),
        now: if verdict == Verdict::Ready { "Show badge, then item.".into() } else { String::new() },
        code: String::new(),
        seq: None,
        until_wall_ms: None,
        stays: false,
        lane: String::new(),
    }
}

fn item(desk: &DeskEvent, armoury: &Armoury) -> ItemView {
    let verdict = desk.kind.verdict();
    if let Some(holding) = desk.weapon.as_ref().and_then(|id: &WeaponId| armoury.weapon(id)) {
        let terms =
            desk.paper.map(|paper| words::terms(desk.purpose, paper, desk.to_sign)).unwrap_or_default();
        return ItemView { terms, ..weapon_item(holding, verdict, desk.due_wall_ms) };
    }
    let value = desk.evidence.first().map_or("", |evidence| evidence.value.as_str());
    ItemView {
        id: format!("..{}", words::tail(value).to_uppercase()),
        model: String::new(),
        serial: String::new(),
        home: String::new(),
        verdict,
        due_wall_ms: None,
        terms: String::new(),
    }
}

pub(super) fn weapon_item(holding: &Holding, verdict: Verdict, due_wall_ms: Option<i64>) -> ItemView {
    let weapon = &holding.weapon;
    let text = |field: &Option<String>| field.clone().unwrap_or_default();
    let home: Vec<&str> = [&weapon.rack, &weapon.slot].into_iter().flatten().map(String::as_str).collect();
    ItemView {
        id: weapon.id.to_string(),
        model: text(&weapon.model),
        serial: text(&weapon.serial),
        home: home.join("-"),
        verdict,
        due_wall_ms,
        terms: String::new(),
    }
}

pub(super) fn person(id: &PersonId, armoury: &Armoury, roster: &Roster) -> PersonView {
    let personal = roster.personal(id).cloned().unwrap_or_default();
    PersonView {
        rank: personal.rank.unwrap_or_default(),
        name: personal.name.unwrap_or_else(|| id.to_string()),
        unit: personal.unit.unwrap_or_default(),
        holds: armoury.held_by(id),
    }
}
