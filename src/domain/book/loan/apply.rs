//! What facts of draws and answers of the desk make of them.

use super::super::super::armoury::Armoury;
use super::super::super::event::{DeskEvent, DeskKind};
use super::super::super::ids::{PersonId, Seq, WeaponId};
use super::super::super::moment::Moment;
use super::super::super::purpose::Purpose;
use super::super::super::weapon::{Custody, Standing};
use super::super::{Stamp, standto};
use super::{ASKED_MAX, Asked, Fact, Loan, MOVES_MAX, Move};

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Extended { weapon, due_wall_ms, paper, .. } => {
            armoury.set_due(weapon, Some(*due_wall_ms));
            if let Some(loan) = armoury.rooms.loan.open.get_mut(weapon) {
                (loan.paper, loan.level) = (*paper, 0);
            }
        }
        Fact::Undone { weapon, undoes, .. } => undone(armoury, stamp.seq, weapon, *undoes),
        Fact::Overdue { weapon, level, .. } => {
            if let Some(loan) = armoury.rooms.loan.open.get_mut(weapon) {
                loan.level = *level;
            }
        }
        Fact::Signed { weapon, person, .. } => {
            let due_wall_ms = match armoury.weapon(weapon).map(|holding| &holding.custody) {
                Some(Custody::Out { due_wall_ms, .. }) => *due_wall_ms,
                _ => return,
            };
            let Some(loan) = armoury.rooms.loan.open.get(weapon).cloned() else { return };
            let custody = Custody::Out { to: person.clone(), since: stamp.at, due_wall_ms, seq: stamp.seq };
            armoury.hand_out(weapon, custody, stamp.seq);
            opened(armoury, weapon, Loan { to_sign: false, ..loan });
        }
        Fact::Granted { weapon, person, purpose, paper, due_wall_ms, .. } => {
            let (due_wall_ms, seq) = (*due_wall_ms, stamp.seq);
            let custody = Custody::Out { to: person.clone(), since: stamp.at, due_wall_ms, seq };
            remember(armoury, stamp, weapon, person);
            armoury.hand_out(weapon, custody, seq);
            opened(armoury, weapon, Loan::new(seq, *purpose, Some(*paper), false));
        }
        Fact::Kept { asked, .. } | Fact::Declined { asked, .. } => {
            armoury.rooms.loan.asked.remove(asked);
        }
        Fact::Noted { weapon, note, .. } => {
            let fit = armoury.weapon(weapon).is_some_and(|holding| holding.standing == Standing::InService);
            if note.unfit.is_some() && fit {
                armoury.set_standing(weapon, Standing::Quarantined);
            }
        }
        Fact::DrawnBefore { weapon, person, since_wall_ms, due_wall_ms, purpose } => {
            let since = Moment { wall_ms: since_wall_ms.unwrap_or(stamp.at.wall_ms), ..stamp.at };
            let (due_wall_ms, seq) = (*due_wall_ms, stamp.seq);
            armoury.hand_out(weapon, Custody::Out { to: person.clone(), since, due_wall_ms, seq }, seq);
            let paper = purpose.paper(purpose.length(&armoury.policy), &armoury.policy);
            opened(armoury, weapon, Loan::new(seq, *purpose, Some(paper), false));
        }
    }
}

/// What the desk answered, before custody follows: a question stays open, a movement can be undone.
pub(in crate::domain) fn before_desk(armoury: &mut Armoury, seq: Seq, at: Moment, desk: &DeskEvent) {
    let Some(weapon) = &desk.weapon else { return };
    if desk.kind == DeskKind::Asked {
        let asked = Asked {
            weapon: weapon.clone(),
            person: desk.person.clone(),
            reason: desk.reason,
            purpose: desk.purpose.unwrap_or(Purpose::Duty),
            predecessor: desk.predecessor,
        };
        let open = &mut armoury.rooms.loan.asked;
        open.insert(seq, asked);
        while open.len() > ASKED_MAX {
            open.pop_first();
        }
    }
    let (true, Some(person), Some(holding)) =
        (desk.kind.moves_custody(), &desk.person, armoury.weapon(weapon))
    else {
        return;
    };
    let one = Move {
        seq,
        at,
        weapon: weapon.clone(),
        person: person.clone(),
        witness: desk.witness.clone(),
        before: holding.custody.clone(),
        loan: armoury.rooms.loan.open.get(weapon).cloned(),
    };
    push(armoury, one);
}

/// A draw is open from now on; what was asked about the weapon is answered by that.
pub(in crate::domain) fn opened(armoury: &mut Armoury, weapon: &WeaponId, loan: Loan) {
    armoury.rooms.loan.asked.retain(|_, asked| asked.weapon != *weapon);
    if loan.purpose == Purpose::StandTo {
        let left = standto::Left { seq: loan.seq, to_sign: loan.to_sign, back: false };
        standto::moved(armoury, weapon, Some(left));
    }
    armoury.rooms.loan.open.insert(weapon.clone(), loan);
}

/// A draw has ended.
pub(in crate::domain) fn closed(armoury: &mut Armoury, weapon: &WeaponId) {
    armoury.rooms.loan.asked.retain(|_, asked| asked.weapon != *weapon);
    armoury.rooms.loan.open.remove(weapon);
    standto::moved(armoury, weapon, None);
}

/// A movement is taken back: custody and draw are as they were before it.
fn undone(armoury: &mut Armoury, seq: Seq, weapon: &WeaponId, undoes: Seq) {
    let moves = &mut armoury.rooms.loan.moves;
    let Some(place) = moves.iter().position(|one| one.seq == undoes && one.weapon == *weapon) else { return };
    let Some(Move { before, loan, .. }) = moves.remove(place) else { return };
    match before {
        Custody::In => armoury.take_back(weapon, seq),
        out @ Custody::Out { .. } => {
            armoury.hand_out(weapon, out, seq);
            opened(armoury, weapon, loan.unwrap_or_else(|| Loan::new(undoes, Purpose::Duty, None, false)));
        }
    }
}

/// What a supervisor let go can be undone like any other issue; who let it go stands as its second person.
fn remember(armoury: &mut Armoury, stamp: Stamp<'_>, weapon: &WeaponId, person: &PersonId) {
    let Some(holding) = armoury.weapon(weapon) else { return };
    let one = Move {
        seq: stamp.seq,
        at: stamp.at,
        weapon: weapon.clone(),
        person: person.clone(),
        witness: stamp.by.person.clone(),
        before: holding.custody.clone(),
        loan: None,
    };
    push(armoury, one);
}

fn push(armoury: &mut Armoury, one: Move) {
    let moves = &mut armoury.rooms.loan.moves;
    moves.push_back(one);
    while moves.len() > MOVES_MAX {
        moves.pop_front();
    }
}
