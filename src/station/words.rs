//! What the station says: verdict, why, what now (`ux.md` section 8). Short, spoken English; never blame.

use std::borrow::Cow;

use armoury_hardware::camera::AimHint;

use crate::domain::{
    Armoury, DeskEvent, DeskKind, Evidence, Paper, PersonId, Purpose, Reason, Road, Roster, WeaponId,
    armoury::Holding,
};
use crate::identity::mark::printable;
use crate::scan::control::Health;

/// Characters of a code that are shown.
const TAIL: usize = 4;

/// What to do where a supervisor is asked.
const SUPERVISOR_DECIDES: &str = "Supervisor decides: badge, then card OK or CANCEL.";

/// Why and what now, with a code for the telephone.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Why, one sentence.
    pub why: String,
    /// What to do, one sentence.
    pub now: String,
    /// The code.
    pub code: String,
}

/// The words for a written presentation. `before`: the weapon as it was before the entry.
pub fn for_desk(desk: &DeskEvent, before: Option<&Holding>, armoury: &Armoury, roster: &Roster) -> Words {
    let Some(reason) = desk.reason else { return Words::default() };
    let weapon = desk.weapon.as_ref().map_or("", WeaponId::as_str);
    let call = |id: Option<&PersonId>| id.map_or_else(|| "Somebody".to_owned(), |id| roster.call(id));
    let bearer = call(desk.brought_by.as_ref().or(desk.person.as_ref()));
    let (why, now) = if desk.kind == DeskKind::Returned {
        (returned(reason, weapon, desk, &call), after_return(reason))
    } else {
        match reason {
            Reason::AlreadyOut => (out_to(weapon, before, roster), "Bring it in first: switch to RETURN."),
            Reason::AuthorisationExpired => (
                ended(desk.person.as_ref(), armoury, &bearer),
                "Put the weapon back. See the training office.",
            ),
            _ => (refusal(reason, weapon, &bearer, &desk.evidence), what_now(reason)),
        }
    };
    let now = if desk.kind == DeskKind::Asked { SUPERVISOR_DECIDES } else { now };
    Words { why, now: now.to_owned(), code: code(reason) }
}

/// The words when the entry could not be written.
pub fn not_saved(cause: &str) -> Words {
    Words {
        why: format!("The record could not be saved: {cause}"),
        now: "Item stays. Paper register. Call signals.".into(),
        code: "E-STORE-01".into(),
    }
}

/// How the weapon was identified, for the recent list.
pub fn road(evidence: &[Evidence]) -> String {
    let mut words: Vec<&str> = Vec::new();
    for road in evidence.iter().map(|evidence| evidence.road) {
        let word = match road {
            Road::Tag => "tag",
            Road::Mark => "mark",
            Road::Typed => "typed",
            Road::BadgeTag | Road::BadgeMark => continue,
        };
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" + ")
}

/// An antenna's health in one figure.
pub fn control_tag(health: &Health) -> String {
    match health.percent {
        Some(percent) => format!("antenna {}: control tag {percent} %", health.antenna),
        None => format!("antenna {}: control tag not judged yet", health.antenna),
    }
}

/// An antenna whose control tag is hardly read, in a sentence.
pub fn ill_antenna(health: &Health) -> String {
    format!("{}, hardly read: look at antenna, cable and control tag", control_tag(health))
}

/// The end of a code: enough to know it again, too little to say what or whose it is. What a terminal would obey or a
/// reader would not see is left out.
pub fn tail(code: &str) -> String {
    let is_shown = |c: &char| !matches!(printable(c.encode_utf8(&mut [0; 4])), Cow::Owned(_));
    let end: Vec<char> = code.chars().filter(is_shown).rev().take(TAIL).collect();
    end.into_iter().rev().collect()
}

/// Why a code in view is not taken, and what to do.
pub fn aim(hint: AimHint) -> (&'static str, &'static str) {
    match hint {
        AimHint::TooDark => ("Code too dark", "More light on the mark."),
        AimHint::TooSmall => ("Code too small", "Hold it nearer."),
        AimHint::TooTilted => ("Code too tilted", "Hold it flat to the camera."),
        AimHint::OutOfFocus => ("Code out of focus", "Hold it still, a little further away."),
        AimHint::Unreadable => ("Code seen but not readable", "Hold it nearer."),
        AimHint::Unconfirmed => ("Code read, not confirmed", "Hold it still."),
        AimHint::Unchecked => ("Bar code without check character", "Show the tag or another mark."),
        AimHint::NoCode => ("No code seen", "Hold the mark before the camera."),
    }
}

/// What a weapon left for and on which paper; nothing for a day's duty on the card, which needs no word.
pub fn terms(purpose: Option<Purpose>, paper: Paper, to_sign: bool) -> String {
    let mut words: Vec<&str> = Vec::new();
    words.extend(purpose.filter(|purpose| *purpose != Purpose::Duty).map(|purpose| match purpose {
        Purpose::StandTo => "stand-to",
        other => other.word(),
    }));
    words.extend((paper == Paper::HandReceipt).then_some(paper.title()));
    words.extend(to_sign.then_some("to be signed"));
    words.join(", ")
}

/// A few words for the recent list and alarms.
pub fn short(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownTag => "tag not in the book",
        Reason::UnknownBadge => "badge not in the book",
        Reason::UnknownMark => "mark not in the book",
        Reason::AlreadyOut => "already out",
        Reason::AlreadyIn => "already in",
        Reason::NotAuthorised => "may not draw this weapon",
        Reason::AuthorisationExpired => "authorisation ended",
        Reason::Suspended => "not allowed today",
        Reason::WrongPerson => "brought by somebody else",
        Reason::MarkMismatch => "tag and mark differ",
        Reason::CloneSuspected => "tag may be a copy",
        Reason::Destroyed => "recorded as destroyed",
        Reason::HotListed => "listed as lost or stolen",
        Reason::TooSoon => "shown again at once",
        Reason::NoBadge => "no badge",
        Reason::NotHere => "belongs elsewhere",
        Reason::Ambiguous => "not clear whose or where",
        Reason::OneReading => "only one reading",
        Reason::NoWitness => "no second person",
        Reason::TooMany => "holds as many as allowed",
        Reason::TagRewritten => "tag was written anew",
        Reason::HeldBack => "held back from issue",
        Reason::Missing => "was not accounted for",
        Reason::Retired => "tag or mark was taken off",
    }
}

/// The code said over the telephone: its number is the reason's place in the list, which only ever grows.
fn code(reason: Reason) -> String {
    let place = Reason::ALL.iter().position(|other| *other == reason).unwrap_or_default();
    format!("E-SCAN-{:02}", place + 1)
}

fn refusal(reason: Reason, weapon: &str, bearer: &str, evidence: &[Evidence]) -> String {
    let tail = || tail(evidence.first().map_or("", |evidence| evidence.value.as_str())).to_uppercase();
    match reason {
        Reason::UnknownTag => format!("Tag ending {} is not in the book.", tail()),
        Reason::UnknownBadge => format!("Badge ending {} is not in the book.", tail()),
        Reason::UnknownMark => format!("Mark ending {} is not in the book.", tail()),
        Reason::AlreadyIn => format!("{weapon} is in already."),
        Reason::NotAuthorised => format!("{bearer} may not draw {weapon}."),
        Reason::Suspended => "Not allowed today.".into(),
        Reason::MarkMismatch => format!("The tag says {weapon}, the mark says another weapon."),
        Reason::CloneSuspected => format!("The tag of {weapon} is not the one enrolled."),
        Reason::Destroyed => format!("{weapon} is recorded as destroyed."),
        Reason::HotListed => format!("{weapon} is listed as lost or stolen."),
        Reason::TooSoon => format!("{weapon} was here a moment ago."),
        Reason::NoBadge => "Item seen, no badge.".into(),
        Reason::NotHere => format!("{weapon} belongs to another place."),
        Reason::Ambiguous => "More than one badge or place answers.".into(),
        Reason::OneReading => format!("Only one of tag and mark of {weapon} was read."),
        Reason::NoWitness => "A second person is needed.".into(),
        Reason::TooMany => format!("{bearer} holds as many weapons as allowed."),
        Reason::TagRewritten => format!("By its chip it is {weapon}, its code says otherwise."),
        Reason::HeldBack => format!("{weapon} is held back from issue."),
        Reason::Missing => format!("{weapon} was not accounted for."),
        Reason::Retired => format!("This was taken off {weapon}."),
        Reason::AlreadyOut | Reason::AuthorisationExpired | Reason::WrongPerson => short(reason).into(),
    }
}

fn what_now(reason: Reason) -> &'static str {
    match reason {
        Reason::UnknownTag | Reason::UnknownMark => "Lay the item on the bench. Call the armourer.",
        Reason::UnknownBadge => "Keep the badge. Call the armourer.",
        Reason::AlreadyIn => "Switch to ISSUE if it is to go out.",
        Reason::NotAuthorised | Reason::TooMany => "Put the weapon back. Ask the duty armourer.",
        Reason::Suspended => "See the duty armourer.",
        Reason::MarkMismatch => "Keep the weapon here. Compare tag, mark and serial.",
        Reason::CloneSuspected | Reason::TagRewritten => "Keep the weapon here. Call the supervisor.",
        Reason::HeldBack => "Put it back apart. Take another.",
        Reason::Missing => "Keep it here. The supervisor records it as recovered.",
        Reason::Retired => "Keep it here. Where does it come from? Supervisor decides.",
        Reason::Destroyed | Reason::HotListed => "Keep the weapon here. Close the door. Call the guard.",
        Reason::TooSoon => "Take it off the pad, wait a moment, show it again.",
        Reason::NoBadge => "Show the badge, then the item again.",
        Reason::NotHere => "Keep it here? Supervisor decides.",
        Reason::Ambiguous => "One badge, one item at a time.",
        Reason::OneReading => "Show tag and mark together.",
        Reason::NoWitness => "Second badge, then the item again.",
        Reason::AlreadyOut | Reason::AuthorisationExpired | Reason::WrongPerson => "Ask the duty armourer.",
    }
}

fn returned(
    reason: Reason,
    weapon: &str,
    desk: &DeskEvent,
    call: &impl Fn(Option<&PersonId>) -> String,
) -> String {
    match reason {
        Reason::WrongPerson => {
            let (brought, holder) = (call(desk.brought_by.as_ref()), call(desk.person.as_ref()));
            format!("Brought by {brought}, drawn by {holder}.")
        }
        Reason::NoBadge => "No badge shown. Taken in all the same.".into(),
        Reason::TooSoon => format!("{weapon} went out only a moment ago."),
        Reason::Ambiguous => "More than one badge or place answers.".into(),
        Reason::MarkMismatch => format!("The tag says {weapon}, the mark says another weapon."),
        Reason::CloneSuspected => format!("The tag of {weapon} is not the one enrolled."),
        Reason::TagRewritten => format!("By its chip it is {weapon}, its code says otherwise."),
        Reason::Destroyed => format!("{weapon} is recorded as destroyed."),
        Reason::HotListed => format!("{weapon} is listed as lost or stolen."),
        other => format!("{weapon}: {}.", short(other)),
    }
}

fn after_return(reason: Reason) -> &'static str {
    match reason {
        Reason::MarkMismatch | Reason::CloneSuspected | Reason::TagRewritten => {
            "Recorded. Lay it aside. Compare tag, mark and serial."
        }
        Reason::Destroyed | Reason::HotListed => "Recorded. Keep it here. Call the guard.",
        Reason::HeldBack => "Recorded. Lay it apart.",
        Reason::Missing => "Recorded. Keep it here. The supervisor records it as recovered.",
        Reason::TooSoon => "Recorded. Still going out? Show badge and item again.",
        _ => "Recorded. Nothing more to do.",
    }
}

fn out_to(weapon: &str, before: Option<&Holding>, roster: &Roster) -> String {
    match before.map(|holding| &holding.custody) {
        Some(crate::domain::Custody::Out { to, .. }) => {
            format!("{weapon} is out to {}.", roster.call(to).trim_end_matches('.'))
        }
        _ => format!("{weapon} is out."),
    }
}

fn ended(person: Option<&PersonId>, armoury: &Armoury, bearer: &str) -> String {
    match person.and_then(|id| armoury.person(id)).and_then(|person| person.valid_until) {
        Some(last) => format!("Authorisation of {bearer} ended {}.", last.strftime("%-d %b %Y")),
        None => format!("Authorisation of {bearer} has ended."),
    }
}
