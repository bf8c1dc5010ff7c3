//! The racks: what their antennas give cause to enter, and slot → card → person for whoever asks.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clerk::Clerk;
use super::view::{CardView, RackSlot};
use crate::domain::book::Fact;
use crate::domain::{Armoury, Custody, Holding, Moment, Roster, Standing, WeaponId};
use crate::scan::presence::{Appeared, News};
use crate::scan::subject::{Book, Subject};
use crate::scan::watch::Look;

impl Clerk {
    /// Looks at the racks, and enters what somebody has to know.
    pub(super) fn look_at_racks(&mut self, at: Moment) {
        let told = self.watch.look(&self.keeper.armoury, &self.presence, at.mono_ms);
        if let Err(why) = self.keeper.enter_by_itself(told.into_iter().map(Fact::Rack).collect(), at) {
            self.watch.not_entered();
            tracing::error!("enter what the racks tell: {why}");
        }
    }

    /// A destroyed or hot-listed weapon that only lies within the desk's hearing is shown by nobody, and yet it is the
    /// loudest alarm.
    pub(super) fn lies_in_hearing(&mut self, news: &News, at: Moment) {
        let (News::Appeared(appeared) | News::Stirred(appeared)) = news else { return };
        let Some((weapon, standing)) = self.forbidden(appeared) else { return };
        let told = self.watch.call(&weapon, &appeared.read_point, standing, at.mono_ms);
        if let Err(why) = self.keeper.enter_by_itself(told.into_iter().map(Fact::Rack).collect(), at) {
            self.watch.not_entered();
            tracing::error!("enter that {weapon} is here: {why}");
        }
        self.raise_alarms(at);
    }

    fn forbidden(&self, appeared: &Appeared) -> Option<(WeaponId, Standing)> {
        if !appeared.at_rest {
            return None;
        }
        let (armoury, roster) = (&self.keeper.armoury, &self.keeper.roster);
        let book = Book { armoury, roster, presence: &self.presence };
        let Subject::Weapon(weapon, _) = book.of_tag(appeared) else { return None };
        let standing = armoury.weapon(&weapon)?.standing;
        matches!(standing, Standing::Destroyed | Standing::HotListed).then_some((weapon, standing))
    }

    /// Every slot, as the station sees it now.
    pub(super) fn racks(&self) -> Result<Value, String> {
        let slots = slots(&self.keeper.armoury, &self.keeper.roster, self.watch.looks());
        serde_json::to_value(slots).map_err(|error| error.to_string())
    }
}

/// Slot → card → person, in the order of racks and slots: every weapon that has a home, and every one that was looked at.
/// Without looks, what the book says.
pub fn slots(armoury: &Armoury, roster: &Roster, looks: &BTreeMap<WeaponId, Look>) -> Vec<RackSlot> {
    let at_home = |holding: &&Holding| {
        let gone =
            matches!(holding.standing, Standing::Destroyed | Standing::LeftService | Standing::NotHere);
        looks.contains_key(&holding.weapon.id) || (holding.weapon.rack.is_some() && !gone)
    };
    let slot = |holding: &Holding| slot(holding, roster, looks.get(&holding.weapon.id));
    let mut slots: Vec<RackSlot> = armoury.weapons().filter(at_home).map(slot).collect();
    slots.sort_by(|a, b| place(a).cmp(&place(b)));
    slots
}

fn slot(holding: &Holding, roster: &Roster, look: Option<&Look>) -> RackSlot {
    let weapon = &holding.weapon;
    let card = match &holding.custody {
        Custody::In => None,
        Custody::Out { to, since, due_wall_ms, seq } => Some(CardView {
            person: to.to_string(),
            name: roster.call(to),
            since_wall_ms: since.wall_ms,
            due_wall_ms: *due_wall_ms,
            seq: *seq,
        }),
    };
    let by_the_book = if card.is_some() { "out" } else { "in" };
    RackSlot {
        rack: weapon.rack.clone().unwrap_or_default(),
        slot: weapon.slot.clone().unwrap_or_default(),
        weapon: weapon.id.to_string(),
        model: weapon.model.clone().unwrap_or_default(),
        standing: holding.standing,
        state: look.map_or(by_the_book, |look| look.state.word()).to_owned(),
        place: look.and_then(|look| look.place.as_ref()).map(ToString::to_string),
        silent_s: look.and_then(|look| look.silent_ms).map(|silent_ms| silent_ms / 1_000),
        doubt: look.and_then(|look| look.doubt).map(|doubt| doubt.words().to_owned()),
        card,
    }
}

/// Rack by rack, and in a rack 2 before 10.
fn place(slot: &RackSlot) -> (&str, u64, &str, &str) {
    let number = slot.slot.parse().unwrap_or(u64::MAX);
    (&slot.rack, number, &slot.slot, &slot.weapon)
}
