//! What the board says while no verdict stands: what the desk waits for, and what would help whoever holds a code
//! before a camera that does not take it.

use armoury_hardware::camera::AimHint;

use super::board::{ACCEPTED_MS, Board, blank, person, weapon_item};
use super::view::DeskView;
use super::words;
use crate::domain::book::loan::overdue_words;
use crate::domain::{Armoury, Custody, Holding, MayDraw, Moment, PersonId, Roster, Verdict};
use crate::scan::desk::Waiting;

/// How long a hint stands after the camera gave it, ms: it gives it again twice a second.
const HINT_MS: u64 = 1_200;

impl Board {
    /// What the desk waits for, where no verdict stands.
    pub fn prompt(&mut self, waiting: Option<(Waiting, u64)>, armoury: &Armoury, roster: &Roster) {
        if self.view.desk.seq.is_some() || self.view.desk.stays {
            return;
        }
        self.wait_for(waiting, armoury, roster);
        self.show_hint();
    }

    fn wait_for(&mut self, waiting: Option<(Waiting, u64)>, armoury: &Armoury, roster: &Roster) {
        let Some((waiting, left_ms)) = waiting else {
            if self.view.desk.verdict != Verdict::Ready || self.view.desk.person.is_some() {
                self.view.desk = blank(Verdict::Ready);
            }
            return;
        };
        let seconds = left_ms.div_ceil(1000);
        let (id, why, now) = match waiting {
            Waiting::Weapon(id) => {
                let mut desk = blank(Verdict::Ready);
                desk.person = Some(person(&id, armoury, roster));
                desk.now = format!("{}Show the item. {seconds} s left.", may_draw(&id, armoury));
                self.view.desk = desk;
                return;
            }
            Waiting::Badge(id) => (id, "Item seen, no badge.", "Show your badge."),
            Waiting::OneBadge(id) => (id, "More than one badge in view.", "Leave one badge."),
            Waiting::Mark(id) => (id, "Tag read, mark not yet.", "Show the mark to the camera."),
            Waiting::Tag(id) => (id, "Mark read, tag not yet.", "Hold the tag towards the reader."),
            Waiting::Witness(id) => (id, "A second person is needed.", "Second badge."),
        };
        let items = armoury.weapon(&id).map(|holding| weapon_item(holding, Verdict::Again, None));
        self.view.desk = DeskView {
            items: items.into_iter().collect(),
            why: why.into(),
            now: format!("{now} {seconds} s left."),
            lane: self.lane.clone(),
            ..blank(Verdict::Again)
        };
    }

    /// Something was done that has no verdict: said for a moment where nothing waits.
    pub fn told(&mut self, what: &str, now: Moment) {
        if !self.view.desk.stays {
            let until_wall_ms = Some(now.wall_ms.saturating_add_unsigned(ACCEPTED_MS));
            self.view.desk =
                DeskView { now: what.into(), until_wall_ms, seq: Some(0), ..blank(Verdict::Ready) };
            self.last_desk_ms = Some(now.mono_ms);
        }
    }

    /// At which lane the next answer is.
    pub fn at_lane(&mut self, name: &str) {
        if self.lane != name {
            name.clone_into(&mut self.lane);
        }
    }

    /// A weapon came back: that it was overdue is no alarm any more.
    pub fn clear_overdue(&mut self, before: &Holding) {
        let Custody::Out { to, due_wall_ms: Some(due_wall_ms), .. } = &before.custody else { return };
        for level in 1..=3 {
            self.clear_alarm(&overdue_words(&before.weapon.id, to, *due_wall_ms, level));
        }
    }

    /// A code is held before a camera and not taken.
    pub fn aim(&mut self, hint: AimHint, now: Moment) {
        self.hint = Some((hint, now.mono_ms));
    }

    /// A code was taken: nobody needs help any more.
    pub fn aimed(&mut self) {
        self.hint = None;
    }

    /// Time passed.
    pub(super) fn forget_hint(&mut self, now_ms: u64) {
        self.hint = self.hint.filter(|(_, at_ms)| now_ms.saturating_sub(*at_ms) < HINT_MS);
    }

    /// What would help, in the place of what the desk waits for; how long it waits stays.
    fn show_hint(&mut self) {
        let Some((hint, _)) = self.hint else { return };
        let (why, now) = words::aim(hint);
        let desk = &mut self.view.desk;
        let left = desk.now.rsplit_once(". ").map(|(_, left)| left).filter(|left| left.ends_with(" s left."));
        desk.now = left.map_or_else(|| now.to_owned(), |left| format!("{now} {left}"));
        desk.why = format!("{why}.");
        desk.verdict = Verdict::Again;
    }
}

/// What somebody may draw, where that is not everything (I-1).
fn may_draw(person: &PersonId, armoury: &Armoury) -> String {
    match armoury.person(person).map(|person| &person.may_draw) {
        Some(MayDraw::Listed(names)) => format!("May draw {}. ", names.join(", ")),
        Some(MayDraw::Nothing) => "May draw nothing. ".to_owned(),
        Some(MayDraw::All) | None => String::new(),
    }
}
