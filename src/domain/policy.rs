//! National practice: what differs between countries is a setting with a default, never a constant in code
//! (armoury-practice, head of the page). A change of policy is an entry.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// The rules in force at this armoury.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, Encode, Decode)]
#[serde(default, deny_unknown_fields)]
#[cbor(map)]
pub struct Policy {
    /// A weapon leaves only when its tag and its mark were both read and agree (I-1).
    #[n(0)]
    pub two_readings: bool,
    /// A weapon leaves only before a second person who may witness.
    #[n(1)]
    pub witness_for_issue: bool,
    /// Hours until a drawn weapon is due back; 0 means no due time is set (I-2: a day's draw uses the card).
    #[n(2)]
    pub loan_hours: u32,
    /// An expired authorisation stops the issue; otherwise a supervisor is asked.
    #[n(3)]
    pub expired_stops: bool,
    /// Most weapons one person may hold; 0 means no limit.
    #[n(4)]
    pub weapons_per_person: u32,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            two_readings: false,
            witness_for_issue: false,
            loan_hours: 24,
            expired_stops: true,
            weapons_per_person: 0,
        }
    }
}
