//! The clock set by hand (armoury-practice A-2): what it said before and after is an entry. Nothing is reordered by it,
//! since order comes from the numbers of the entries.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

use super::super::armoury::Armoury;
use super::super::ids::{PersonId, Seq, WeaponId};
use super::super::moment::{ClockQuality, Moment, rfc3339};
use super::super::person::Role;
use super::{Alarm, Context, Denied, Fact as AnyFact, Stamp};

/// 2020-01-01T00:00:00Z and 2100-01-01T00:00:00Z in milliseconds: a time outside was mistyped.
const PLAUSIBLE_MS: std::ops::Range<i64> = 1_577_836_800_000..4_102_444_800_000;

/// What can be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Set the clock.
    Set {
        /// To, wall milliseconds.
        wall_ms: i64,
        /// Whether the system's clock follows; the station says so, whatever was asked.
        #[serde(default)]
        system: bool,
    },
}

/// What is entered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    /// The clock was set by hand.
    #[n(0)]
    Set {
        /// What it said, wall milliseconds.
        #[n(0)]
        before_ms: i64,
        /// How far that could be believed.
        #[n(1)]
        before_quality: ClockQuality,
        /// What it says now, wall milliseconds.
        #[n(2)]
        after_ms: i64,
        /// Whether the system's clock was set; else the station alone goes by it, until the system starts anew.
        #[n(3)]
        system: bool,
    },
}

/// The last time the clock was set.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    /// None if it never was.
    pub last: Option<Setting>,
}

/// A clock set by hand.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Setting {
    /// The entry.
    pub seq: Seq,
    /// The boot in which it was set.
    pub boot_id: [u8; 16],
    /// How far the station's time is ahead of the system's since, ms; 0 where the system's clock was set.
    pub ahead_ms: i64,
    /// How far it could be believed before.
    pub before_quality: ClockQuality,
    /// What it said before, wall milliseconds.
    pub before_ms: i64,
    /// And after.
    pub after_ms: i64,
}

impl Act {
    /// Who may ask this.
    pub fn allowed(&self) -> &'static [Role] {
        &[Role::Supervisor, Role::Commander, Role::Technician]
    }
}

impl Fact {
    /// The word for its kind.
    pub fn word(&self) -> &'static str {
        "clock_set"
    }

    /// The weapons it is about: none.
    pub fn weapons(&self) -> Vec<&WeaponId> {
        Vec::new()
    }

    /// The people it is about: nobody.
    pub fn persons(&self) -> Vec<&PersonId> {
        Vec::new()
    }

    /// What it says.
    pub fn line(&self) -> String {
        let Self::Set { before_ms, before_quality, after_ms, system } = self;
        let (before, after) = (rfc3339(*before_ms), rfc3339(*after_ms));
        let whose = if *system { "" } else { ", the system's clock stays as it was" };
        format!("by hand from {before} ({}) to {after}{whose}", before_quality.word())
    }

    /// Nobody has to come.
    pub fn alarm(&self) -> Option<Alarm> {
        None
    }
}

/// Decides on an act.
///
/// # Errors
/// Why not.
pub fn plan(context: Context<'_>, act: &Act) -> Result<Vec<AnyFact>, Denied> {
    let Act::Set { wall_ms, system } = act;
    context.by.named()?;
    if !PLAUSIBLE_MS.contains(wall_ms) {
        return Denied::because(format!(
            "set the clock to {}: that is no day of this century",
            rfc3339(*wall_ms)
        ));
    }
    let (before_ms, before_quality) = (context.now.wall_ms, context.now.quality);
    Ok(vec![AnyFact::Clock(Fact::Set { before_ms, before_quality, after_ms: *wall_ms, system: *system })])
}

/// What has fallen due: nothing here.
pub fn due(_: &Armoury, _: Moment) -> Vec<AnyFact> {
    Vec::new()
}

/// Takes a durable fact into memory.
pub fn apply(armoury: &mut Armoury, stamp: Stamp<'_>, fact: &Fact) {
    let Fact::Set { before_ms, before_quality, after_ms, system } = fact;
    let boot_id = stamp.at.boot_id;
    let ahead_before = armoury
        .rooms
        .clock
        .last
        .as_ref()
        .filter(|last| last.boot_id == boot_id)
        .map_or(0, |last| last.ahead_ms);
    let step_ms = after_ms.saturating_sub(*before_ms);
    let ahead_ms = if *system { 0 } else { ahead_before.saturating_add(step_ms) };
    armoury.rooms.clock.last = Some(Setting {
        seq: stamp.seq,
        boot_id,
        ahead_ms,
        before_quality: *before_quality,
        before_ms: *before_ms,
        after_ms: *after_ms,
    });
}
