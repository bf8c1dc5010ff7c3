//! How a count begins: who may, the list frozen, the sample drawn from a hash that nobody knew before.

use super::super::by::hold;
use super::super::{Context, Denied, Fact as AnyFact, Stamp};
use super::fact::Fact;
use super::kind::Kind;
use super::sheet::{Count, Item, digest, number, room};
use crate::domain::armoury::Armoury;
use crate::domain::ids::{PersonId, WeaponId};
use crate::domain::person::Role;
use crate::domain::weapon::Custody;

/// Most counts open at a time.
const OPEN_MAX: usize = 8;

/// Begins a count.
pub(super) fn open(
    context: Context<'_>,
    kind: Kind,
    rack: Option<&str>,
    blind: bool,
    (outgoing, incoming): (Option<&PersonId>, Option<&PersonId>),
) -> Result<Fact, Denied> {
    let no = |why: String| Denied::because(format!("open a {} count: {why}", kind.word()));
    let (armoury, person) = (context.armoury, context.by.named()?);
    let open = &armoury.rooms.count.open;
    if let Some((seq, _)) = open.iter().find(|(_, count)| count.kind == kind && count.rack.as_deref() == rack)
    {
        return no(format!("count {seq} is open; go on with it, close it or hand it up"));
    }
    if open.len() >= OPEN_MAX {
        return no(format!("{OPEN_MAX} counts are open; end one first"));
    }
    if kind.is_independent() {
        independent(context, kind, person)?;
    }
    match (kind, outgoing, incoming) {
        (Kind::Takeover, Some(outgoing), Some(incoming)) => {
            if outgoing == incoming {
                return no(format!("{outgoing} cannot hand over to themselves"));
            }
            for person in [outgoing, incoming] {
                hold(armoury, person, kind.counters(), context.now)?;
            }
            match context.by.witnessed() {
                Ok(witness) if witness != outgoing && witness != incoming => {}
                _ => return no("it takes a third person besides: name the witness with --witness".into()),
            }
        }
        (Kind::Takeover, _, _) => return no("name who hands over and who takes over: --from and --to".into()),
        (Kind::Handover, _, _) | (_, None, None) => {}
        _ => return no("only a handover and a takeover have --from and --to".into()),
    }
    if let Some(rack) = rack
        && !armoury.weapons().any(|holding| holding.weapon.rack.as_deref() == Some(rack))
    {
        return no(format!("no weapon has its home in rack {rack}"));
    }
    let blind = blind || armoury.policy.blind_counts;
    Ok(frozen(armoury, kind, rack, blind, (outgoing, incoming), None))
}

/// The count that a change of key custody begins by itself (S-4); none where policy asks for none, or one is open.
pub fn opened_by_key(
    armoury: &Armoury,
    key: &str,
    (outgoing, incoming): (&PersonId, &PersonId),
) -> Option<AnyFact> {
    let open = armoury.rooms.count.open.values().any(|count| count.kind == Kind::Handover);
    if open || !armoury.policy.handover_count {
        return None;
    }
    let people = (Some(outgoing), Some(incoming));
    let blind = armoury.policy.blind_counts;
    Some(AnyFact::Count(frozen(armoury, Kind::Handover, None, blind, people, Some(key))))
}

/// What follows from an entry once its hash is known: samples that were not drawn yet.
pub fn follow(context: Context<'_>) -> Vec<AnyFact> {
    let policy = &context.armoury.policy;
    let share = (policy.sample_percent, policy.sample_least);
    let undrawn = |(seq, count): (&u64, &Count)| count.sample.is_none().then_some(*seq);
    let counts = context.armoury.rooms.count.open.iter().filter_map(undrawn);
    counts
        .map(|count| {
            let (entry, hash) = (context.armoury.head, context.head);
            AnyFact::Count(Fact::SampleDrawn { count, share, entry, hash })
        })
        .collect()
}

/// Takes the start of a count into memory: its list is what the book says at this entry.
pub(super) fn opened(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let Fact::Opened { kind, rack, number, outgoing, incoming, key, .. } = fact else { return };
    let items: std::collections::BTreeMap<WeaponId, Item> =
        room(armoury, rack.as_deref()).map(|holding| (holding.weapon.id.clone(), Item::default())).collect();
    let out = armoury.weapons().filter(|holding| {
        matches!(holding.custody, Custody::Out { .. })
            && rack.as_ref().is_none_or(|rack| holding.weapon.rack.as_ref() == Some(rack))
    });
    let out = super::sheet::number(out.count());
    let sampled = kind.is_sampled() && !items.is_empty();
    let count = Count {
        kind: *kind,
        rack: rack.clone(),
        blind: number.is_none(),
        opened: stamp.at,
        counter: stamp.by.person.clone(),
        witness: stamp.by.witness.clone(),
        outgoing: outgoing.clone(),
        incoming: incoming.clone(),
        key: key.clone(),
        items,
        out,
        sample: (!sampled).then(std::collections::BTreeSet::new),
        extras: std::collections::BTreeMap::new(),
        tallies: std::collections::BTreeMap::new(),
        slots: None,
        doubt: None,
        notes: Vec::new(),
        signed: std::collections::BTreeMap::new(),
    };
    armoury.rooms.count.open.insert(stamp.seq, count);
}

/// The official inventory is not made by whoever keeps the weapons, nor twice running by the same person.
fn independent(context: Context<'_>, kind: Kind, person: &PersonId) -> Result<(), Denied> {
    let armoury = context.armoury;
    if hold(armoury, person, &[Role::Armourer, Role::Witness], context.now).is_ok() {
        return Denied::because(format!(
            "open a {} count: {person} keeps these weapons; it takes somebody who does not belong to the armoury",
            kind.word()
        ));
    }
    let twice = armoury.rooms.count.last_officer.as_ref() == Some(person);
    if kind == Kind::Serials && twice && armoury.policy.officer_rotates {
        return Denied::because(format!(
            "open a serials count: {person} made the last one; this time it takes another inventory officer"
        ));
    }
    Ok(())
}

fn frozen(
    armoury: &Armoury,
    kind: Kind,
    rack: Option<&str>,
    blind: bool,
    (outgoing, incoming): (Option<&PersonId>, Option<&PersonId>),
    key: Option<&str>,
) -> Fact {
    let list: Vec<&WeaponId> = room(armoury, rack).map(|holding| &holding.weapon.id).collect();
    Fact::Opened {
        kind,
        rack: rack.map(str::to_owned),
        number: (!blind).then(|| number(list.len())),
        digest: digest(list.into_iter()),
        outgoing: outgoing.cloned(),
        incoming: incoming.cloned(),
        key: key.map(str::to_owned),
    }
}
