//! The sender's half, once it is entered.

use super::Fact;
use super::papers::{Item, Outcome, Purpose};
use super::state::{Departure, FollowUp, Outbound, Stage, Told};
use crate::domain::book::Stamp;
use crate::domain::{Armoury, Standing, WeaponId};

/// The list of a transfer with its records as they are now.
pub(super) fn items(armoury: &Armoury, outbound: &Outbound) -> Vec<Item> {
    let held = outbound.weapons.iter().filter_map(|weapon| armoury.weapon(weapon));
    held.map(|holding| Item { weapon: holding.weapon.clone(), standing: holding.standing }).collect()
}

pub(super) fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    match fact {
        Fact::Opened { transfer, to, purpose, border } => {
            let opened = Outbound::new(to, *purpose, border.as_ref(), stamp.seq);
            armoury.rooms.transfer.sent.insert(transfer.clone(), opened);
        }
        Fact::Packed { transfer, weapons } => each(armoury, transfer, weapons, |armoury, weapon| {
            armoury.rooms.transfer.aboard.insert(weapon.clone(), transfer.clone());
            outbound(armoury, transfer, |outbound| {
                outbound.weapons.insert(weapon.clone());
            });
        }),
        Fact::Unpacked { transfer, weapons } => each(armoury, transfer, weapons, |armoury, weapon| {
            armoury.rooms.transfer.aboard.remove(weapon);
            outbound(armoury, transfer, |outbound| {
                outbound.weapons.remove(weapon);
            });
        }),
        Fact::Sent { transfer, weapons } => each(armoury, transfer, weapons, |armoury, weapon| {
            armoury.set_standing(weapon, Standing::InTransit);
        }),
        Fact::Delivered { transfer, weapons } => each(armoury, transfer, weapons, |armoury, weapon| {
            let purpose = armoury.rooms.transfer.sent.get(transfer).map(|outbound| outbound.purpose);
            let standing = purpose.map_or(Standing::NotHere, Purpose::standing_when_received);
            armoury.rooms.transfer.aboard.remove(weapon);
            armoury.set_standing(weapon, standing);
        }),
        // In transit they stay: that they are missing is for a recount to say (D-1).
        Fact::NotReceived { transfer, weapons } => each(armoury, transfer, weapons, |armoury, weapon| {
            armoury.rooms.transfer.aboard.remove(weapon);
            outbound(armoury, transfer, |outbound| {
                outbound.short.insert(weapon.clone());
            });
        }),
        Fact::Restored { transfer, weapons } => each(armoury, transfer, weapons, |armoury, weapon| {
            let sent = armoury.rooms.transfer.sent.get(transfer);
            let standing = sent.map(|outbound| outbound.standing_before(weapon)).unwrap_or_default();
            outbound(armoury, transfer, |outbound| {
                outbound.short.remove(weapon);
            });
            armoury.rooms.transfer.aboard.remove(weapon);
            armoury.set_standing(weapon, standing);
        }),
        Fact::Dispatched { transfer, consignment, digest, .. } => {
            let Some(list) = armoury.rooms.transfer.sent.get(transfer) else { return };
            let departure = Departure {
                entry: stamp.seq,
                sender: stamp.by.person.clone(),
                consignment: consignment.clone(),
                digest: digest.clone(),
                items: items(armoury, list),
            };
            outbound(armoury, transfer, |outbound| {
                outbound.stage = Stage::InTransit;
                outbound.carriers.push((stamp.seq, consignment.carrier.clone()));
                outbound.departure = Some(departure);
            });
        }
        other => course(armoury, stamp, other),
    }
}

/// What happens to a transfer as a whole while it travels.
fn course(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let entry = stamp.seq;
    match fact {
        Fact::CarrierChanged { transfer, carrier, .. } => {
            outbound(armoury, transfer, |outbound| outbound.carriers.push((entry, carrier.clone())));
        }
        Fact::FollowUpDue { transfer, .. } => outbound(armoury, transfer, |outbound| {
            outbound.follow_up = Some(FollowUp { entry, day: stamp.at.day(), asked: None, unanswered: None });
        }),
        Fact::FollowedUp { transfer, .. } => outbound(armoury, transfer, |outbound| {
            let day = stamp.at.day();
            let asked = FollowUp { entry, day, asked: None, unanswered: None };
            outbound.follow_up.get_or_insert(asked).asked = Some(entry);
        }),
        Fact::Unanswered { transfer, .. } => outbound(armoury, transfer, |outbound| {
            if let Some(follow_up) = &mut outbound.follow_up {
                follow_up.unanswered = Some(entry);
            }
        }),
        Fact::Confirmed { transfer, outcome, counted, sent, receipt } => {
            outbound(armoury, transfer, |outbound| {
                outbound.stage = match outcome {
                    Outcome::Rejected => Stage::Rejected,
                    Outcome::Received if counted < sent => Stage::Short,
                    Outcome::Received => Stage::Delivered,
                };
                outbound.short.clear();
                outbound.receipt =
                    Some(Told { entry, outcome: *outcome, counted: *counted, receipt: *receipt });
            });
            if *outcome == Outcome::Rejected {
                // On their way back, even those of which nobody had heard for too long.
                let rooms = &mut armoury.rooms.transfer;
                let weapons = rooms.sent.get(transfer).into_iter().flat_map(|outbound| &outbound.weapons);
                rooms.aboard.extend(weapons.map(|weapon| (weapon.clone(), transfer.clone())));
            }
        }
        Fact::Reversed { transfer, .. } => outbound(armoury, transfer, |outbound| {
            outbound.stage = Stage::Reversed;
            outbound.reversed = Some(entry);
        }),
        _ => {}
    }
}

fn each(
    armoury: &mut Armoury,
    transfer: &str,
    weapons: &[WeaponId],
    mut change: impl FnMut(&mut Armoury, &WeaponId),
) {
    if armoury.rooms.transfer.sent.contains_key(transfer) {
        weapons.iter().for_each(|weapon| change(armoury, weapon));
    }
}

fn outbound(armoury: &mut Armoury, transfer: &str, change: impl FnOnce(&mut Outbound)) {
    if let Some(outbound) = armoury.rooms.transfer.sent.get_mut(transfer) {
        change(outbound);
    }
}
