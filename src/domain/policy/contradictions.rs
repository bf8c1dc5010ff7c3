//! Rules that cannot hold together. A policy in which two keys contradict each other is refused, naming both.

use super::Policy;

/// Two keys that cannot both hold as they are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Contradiction {
    /// The two.
    pub keys: (&'static str, &'static str),
    /// Why not.
    pub why: &'static str,
}

impl std::fmt::Display for Contradiction {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} and {} contradict each other: {}", self.keys.0, self.keys.1, self.why)
    }
}

/// One rule: two keys, why they cannot both hold as they are set, and when that is so.
type Rule = (&'static str, &'static str, &'static str, fn(&Policy) -> bool);

/// Every rule; add a line for two keys that can be set against each other.
const RULES: &[Rule] = &[
    (
        "pass_days",
        "appointment_days",
        "a pass is an appointment and cannot last longer than one may",
        |policy| {
            policy.appointment_days > 0
                && (policy.pass_days == 0 || policy.pass_days > policy.appointment_days)
        },
    ),
    (
        "pin_misses_slow",
        "pin_misses_alarm",
        "somebody would have to come before the tries are slowed down",
        |policy| policy.pin_misses_alarm > 0 && policy.pin_misses_alarm < policy.pin_misses_slow,
    ),
    ("pin_misses_slow", "pin_wait_seconds", "wrong PINs are to be slowed down, but by no time", |policy| {
        policy.pin_misses_slow > 0 && policy.pin_wait_seconds == 0
    }),
    (
        "overdue_second_hours",
        "overdue_third_hours",
        "the second alarm about an overdue weapon would come after the third",
        |policy| policy.overdue_third_hours > 0 && policy.overdue_second_hours > policy.overdue_third_hours,
    ),
    (
        "stand_to_without_badge",
        "stand_to_hours",
        "what leaves without a badge would never have to be signed for",
        |policy| policy.stand_to_without_badge && policy.stand_to_hours == 0,
    ),
];

impl Policy {
    /// Every pair of keys that contradict each other; none in a policy that can be kept.
    pub fn contradictions(&self) -> Vec<Contradiction> {
        let broken = RULES.iter().filter(|(.., is_broken)| is_broken(self));
        broken.map(|(one, other, why, _)| Contradiction { keys: (one, other), why }).collect()
    }

    /// Refuses a policy that contradicts itself.
    ///
    /// # Errors
    /// Every contradiction, in a sentence.
    pub fn check(&self) -> Result<(), String> {
        let found: Vec<String> = self.contradictions().iter().map(ToString::to_string).collect();
        if found.is_empty() { Ok(()) } else { Err(format!("set the rules: {}", found.join("; "))) }
    }
}
