//! The protocol families by name.

use serde::Serialize;

/// A protocol family: what a reader speaks, whatever the brand on its lid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Family {
    /// ThingMagic and JADAK modules, and the Silion ones that speak their frames.
    Mercury,
    /// Impinj R2000 and E710 readers with the "A0" frames.
    R2000,
    /// Chafon, UHFReader18, UHFReader86, UHFReader288 and the newer "CF" frames.
    Uhfreader18,
    /// MagicRF M100, R200 and their many names.
    M100,
    /// Fixed readers on the network.
    Llrp,
}

impl Family {
    /// Every family, in the order in which an unknown port is tried. Mercury comes first: a question of the others holds an
    /// FF, with which it would begin to wait for the rest of a command.
    pub const ALL: [Self; 5] = [Self::Mercury, Self::R2000, Self::M100, Self::Uhfreader18, Self::Llrp];

    /// The name in the configuration and on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Mercury => "mercury",
            Self::R2000 => "r2000",
            Self::Uhfreader18 => "uhfreader18",
            Self::M100 => "m100",
            Self::Llrp => "llrp",
        }
    }

    /// The family of that name, or of one of the names its frames go by elsewhere.
    pub fn named(name: &str) -> Option<Self> {
        Some(match name.to_ascii_lowercase().as_str() {
            "mercury" | "thingmagic" => Self::Mercury,
            "r2000" | "r2000_a0" => Self::R2000,
            "uhfreader18" | "uhfreader288" | "uhf_prime_cf" | "chafon" => Self::Uhfreader18,
            "m100" | "r200" | "m100_r200" => Self::M100,
            "llrp" => Self::Llrp,
            _ => return None,
        })
    }
}
