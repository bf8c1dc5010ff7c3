//! Which line of a State's reports a movement belongs to (`un-categories.md` section 7). The usual mistake is to count
//! moves between a State's own armouries as exports: they belong to none.

use serde::{Deserialize, Serialize};

use super::Fact;

/// A line of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReportLine {
    /// Shipped abroad: Register of Conventional Arms and Arms Trade Treaty, exports.
    Export,
    /// Received from abroad: the same, imports.
    Import,
    /// Destroyed: Programme of Action and International Tracing Instrument.
    Destruction,
}

impl ReportLine {
    /// The line an entry feeds; most feed none.
    pub fn of(fact: &Fact) -> Option<Self> {
        match fact {
            Fact::Transfer(fact) => fact.report_line(),
            Fact::Disposal(fact) => fact.report_line(),
            _ => None,
        }
    }

    /// The word used in exports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Import => "import",
            Self::Destruction => "destruction",
        }
    }
}
