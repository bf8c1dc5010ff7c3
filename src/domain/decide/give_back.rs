//! Back over the counter. A return is a fact: it is recorded whoever brings the weapon and whatever else is wrong;
//! what is wrong becomes the reason, and an alarm where it matters (`architecture.md`, rulings).

use super::super::armoury::Holding;
use super::super::event::{DeskKind, Reason};
use super::super::ids::PersonId;
use super::{Bearer, Decision, Item, Request, about, alarm_for, fault_of};

/// Takes `holding` back from `holder`.
pub(super) fn give_back(request: &Request, holding: &Holding, holder: &PersonId) -> Decision {
    let reason = remark(request, holding, holder);
    let mut decision = about(request, holding, DeskKind::Returned, Reason::NoBadge);
    decision.event.reason = reason;
    decision.alarm = reason.and_then(alarm_for);
    decision.event.brought_by = another(request, holder).cloned();
    decision.event.person = Some(holder.clone());
    // Who gives back their own is no second person to it.
    decision.event.witness = request.witness.clone().filter(|witness| witness != holder);
    decision
}

/// Who brings it, if that is not the holder. An armourer who brings their own may stand there as the second person.
fn another<'a>(request: &'a Request, holder: &PersonId) -> Option<&'a PersonId> {
    let bearer = request.bearer.person().filter(|bearer| *bearer != holder)?;
    (request.witness.as_ref() != Some(holder)).then_some(bearer)
}

/// The gravest thing to say about this return.
fn remark(request: &Request, holding: &Holding, holder: &PersonId) -> Option<Reason> {
    if let Some(reason) = fault_of(request, holding) {
        return Some(reason);
    }
    match (&request.item, &request.bearer) {
        _ if another(request, holder).is_some() => Some(Reason::WrongPerson),
        (Item::Unsure { .. }, _) | (_, Bearer::Several) => Some(Reason::Ambiguous),
        _ if request.too_soon => Some(Reason::TooSoon),
        (_, Bearer::None) if request.witness.as_ref() != Some(holder) => Some(Reason::NoBadge),
        _ => None,
    }
}
