//! Custody as it moves: whatever the road (desk, import, a supervisor's word, a signature), it moves here, so that a
//! weapon has at most one open custody and the figures follow.

use super::super::book::loan;
use super::super::event::{DeskEvent, DeskKind};
use super::super::ids::{PersonId, Seq, WeaponId};
use super::super::moment::Moment;
use super::super::purpose::Purpose;
use super::super::weapon::Custody;
use super::Armoury;

impl Armoury {
    /// A presentation at the desk moves custody, or leaves a question open.
    pub(super) fn apply_desk(&mut self, seq: Seq, at: Moment, desk: &DeskEvent) {
        let Some(id) = desk.weapon.as_ref().filter(|id| self.weapons.contains_key(id)) else { return };
        loan::before_desk(self, seq, at, desk);
        match (desk.kind, &desk.person) {
            (DeskKind::Issued, Some(person)) => {
                let custody =
                    Custody::Out { to: person.clone(), since: at, due_wall_ms: desk.due_wall_ms, seq };
                self.hand_out(id, custody, seq);
                let purpose = desk.purpose.unwrap_or(Purpose::Duty);
                loan::opened(self, id, loan::Loan::new(seq, purpose, desk.paper, desk.to_sign));
            }
            (DeskKind::Returned, _) => self.take_back(id, seq),
            _ => {}
        }
    }

    /// Opens `custody` of a weapon by entry `seq`. One that was open ends by it.
    pub(in crate::domain) fn hand_out(&mut self, weapon: &WeaponId, custody: Custody, seq: Seq) {
        if let Custody::Out { to, .. } = &custody {
            self.move_custody(weapon, custody.clone(), seq);
            if let Some(holding) = self.weapons.get_mut(weapon) {
                holding.last_holder = Some(to.clone());
            }
        }
    }

    /// Ends the custody of a weapon by entry `seq`.
    pub(in crate::domain) fn take_back(&mut self, weapon: &WeaponId, seq: Seq) {
        self.move_custody(weapon, Custody::In, seq);
        loan::closed(self, weapon);
    }

    /// A drawn weapon is due at another time.
    pub(in crate::domain) fn set_due(&mut self, weapon: &WeaponId, due: Option<i64>) {
        if let Some(Custody::Out { due_wall_ms, .. }) =
            self.weapons.get_mut(weapon).map(|holding| &mut holding.custody)
        {
            *due_wall_ms = due;
        }
    }

    fn move_custody(&mut self, weapon: &WeaponId, custody: Custody, seq: Seq) {
        let Some(holding) = self.weapons.get_mut(weapon) else { return };
        *self.counts.place(holding) -= 1;
        let before = std::mem::replace(&mut holding.custody, custody);
        *self.counts.place(holding) += 1;
        holding.last_custody = Some(seq);
        if let Custody::Out { to, .. } = &holding.custody {
            *self.held.entry(to.clone()).or_default() += 1;
        }
        if let Custody::Out { to, .. } = before {
            self.gave_back(&to);
        }
    }

    /// Who holds nothing has no line: the fold and a snapshot of it stay equal.
    fn gave_back(&mut self, person: &PersonId) {
        match self.held.get_mut(person) {
            Some(held) if *held > 1 => *held -= 1,
            Some(_) => drop(self.held.remove(person)),
            None => {}
        }
    }
}
