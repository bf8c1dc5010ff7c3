//! What the board says while no verdict stands: what the desk waits for, and what would help whoever holds a code
//! before a camera that does not take it.

use armoury_hardware::camera::AimHint;

use super::board::{Board, blank, person, weapon_item};
use super::view::DeskView;
use super::words;
use crate::domain::{Armoury, Moment, Roster, Verdict};
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
                desk.now = format!("Show the item. {seconds} s left.");
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
            ..blank(Verdict::Again)
        };
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
