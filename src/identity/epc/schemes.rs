//! Which schemes there are and how their bits are laid out: the tables of GS1 TDS 1.13 section 14.6 as data.

use std::fmt;

/// A way of writing an identity into a tag, named by the first byte of the EPC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// Document, numeric serial.
    Gdti96,
    /// Person being served.
    Gsrn96,
    /// Person serving.
    Gsrnp96,
    /// US defence stock.
    Usdod96,
    /// Trade item, numeric serial.
    Sgtin96,
    /// Trade item, any serial.
    Sgtin198,
    /// Shipping crate.
    Sscc96,
    /// Place, numeric extension.
    Sgln96,
    /// Place, any extension.
    Sgln195,
    /// Returnable asset, numeric serial.
    Grai96,
    /// Returnable asset, any serial.
    Grai170,
    /// Owned asset, numeric reference.
    Giai96,
    /// Owned asset, any reference.
    Giai202,
    /// General identifier.
    Gid96,
    /// Aerospace and defence, the facts of a UII.
    AdiVar,
    /// Component, numeric reference.
    Cpi96,
    /// Component, any reference.
    CpiVar,
    /// Document, any serial.
    Gdti174,
    /// Coupon.
    Sgcn96,
    /// Piece of a trade item, numeric serial.
    Itip110,
    /// Piece of a trade item, any serial.
    Itip212,
    /// Component, TDS 2.x.
    CpiPlus,
    /// Returnable asset, TDS 2.x.
    GraiPlus,
    /// Place, TDS 2.x.
    SglnPlus,
    /// Piece of a trade item, TDS 2.x.
    ItipPlus,
    /// Person being served, TDS 2.x.
    GsrnPlus,
    /// Person serving, TDS 2.x.
    GsrnpPlus,
    /// Document, TDS 2.x.
    GdtiPlus,
    /// Trade item, TDS 2.x.
    SgtinPlus,
    /// Coupon, TDS 2.x.
    SgcnPlus,
    /// Shipping crate, TDS 2.x.
    SsccPlus,
    /// Owned asset, TDS 2.x.
    GiaiPlus,
    /// Trade item with a date in front, TDS 2.x.
    DsgtinPlus,
}

impl Scheme {
    /// The name as it stands in a tag URI: `giai-96`, `adi-var`; `giai+` where there is no tag URI.
    pub fn name(self) -> &'static str {
        self.row().0
    }

    /// The first byte of the EPC (TDS table 14-1).
    pub fn header(self) -> u8 {
        self.row().1
    }

    /// Whether the scheme is one of TDS 2.x, which have neither tag URI nor `urn:epc:id` form.
    pub fn is_plus(self) -> bool {
        self.header() >= 0xF0
    }

    /// The scheme a header byte names, if it is one this station decodes.
    pub(super) fn from_header(header: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.header() == header)
    }

    /// The scheme of a tag URI. The "+" schemes have no tag URI and are not found here.
    pub(super) fn from_tag_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| !scheme.is_plus() && scheme.name() == name)
    }

    /// The name in the pure identity URI: tag size and encoding are not identity.
    pub(super) fn urn(self) -> &'static str {
        let name = self.name();
        match name.split_once('-') {
            Some((urn, _size)) => urn,
            None => name.trim_end_matches('+'),
        }
    }

    /// Every scheme that can be decoded.
    pub const ALL: [Self; 33] = [
        Self::Gdti96,
        Self::Gsrn96,
        Self::Gsrnp96,
        Self::Usdod96,
        Self::Sgtin96,
        Self::Sgtin198,
        Self::Sscc96,
        Self::Sgln96,
        Self::Sgln195,
        Self::Grai96,
        Self::Grai170,
        Self::Giai96,
        Self::Giai202,
        Self::Gid96,
        Self::AdiVar,
        Self::Cpi96,
        Self::CpiVar,
        Self::Gdti174,
        Self::Sgcn96,
        Self::Itip110,
        Self::Itip212,
        Self::CpiPlus,
        Self::GraiPlus,
        Self::SglnPlus,
        Self::ItipPlus,
        Self::GsrnPlus,
        Self::GsrnpPlus,
        Self::GdtiPlus,
        Self::SgtinPlus,
        Self::SgcnPlus,
        Self::SsccPlus,
        Self::GiaiPlus,
        Self::DsgtinPlus,
    ];

    fn row(self) -> (&'static str, u8) {
        match self {
            Self::Gdti96 => ("gdti-96", 0x2C),
            Self::Gsrn96 => ("gsrn-96", 0x2D),
            Self::Gsrnp96 => ("gsrnp-96", 0x2E),
            Self::Usdod96 => ("usdod-96", 0x2F),
            Self::Sgtin96 => ("sgtin-96", 0x30),
            Self::Sgtin198 => ("sgtin-198", 0x36),
            Self::Sscc96 => ("sscc-96", 0x31),
            Self::Sgln96 => ("sgln-96", 0x32),
            Self::Sgln195 => ("sgln-195", 0x39),
            Self::Grai96 => ("grai-96", 0x33),
            Self::Grai170 => ("grai-170", 0x37),
            Self::Giai96 => ("giai-96", 0x34),
            Self::Giai202 => ("giai-202", 0x38),
            Self::Gid96 => ("gid-96", 0x35),
            Self::AdiVar => ("adi-var", 0x3B),
            Self::Cpi96 => ("cpi-96", 0x3C),
            Self::CpiVar => ("cpi-var", 0x3D),
            Self::Gdti174 => ("gdti-174", 0x3E),
            Self::Sgcn96 => ("sgcn-96", 0x3F),
            Self::Itip110 => ("itip-110", 0x40),
            Self::Itip212 => ("itip-212", 0x41),
            Self::CpiPlus => ("cpi+", 0xF0),
            Self::GraiPlus => ("grai+", 0xF1),
            Self::SglnPlus => ("sgln+", 0xF2),
            Self::ItipPlus => ("itip+", 0xF3),
            Self::GsrnPlus => ("gsrn+", 0xF4),
            Self::GsrnpPlus => ("gsrnp+", 0xF5),
            Self::GdtiPlus => ("gdti+", 0xF6),
            Self::SgtinPlus => ("sgtin+", 0xF7),
            Self::SgcnPlus => ("sgcn+", 0xF8),
            Self::SsccPlus => ("sscc+", 0xF9),
            Self::GiaiPlus => ("giai+", 0xFA),
            Self::DsgtinPlus => ("dsgtin+", 0xFB),
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Digits of the company prefix by partition value (TDS 1.13 tables 14-2 onwards, all alike).
pub(super) const COMPANY_DIGITS: [usize; 7] = [12, 11, 10, 9, 8, 7, 6];
/// Bits of the company prefix by partition value.
pub(super) const COMPANY_BITS: [u32; 7] = [40, 37, 34, 30, 27, 24, 20];

/// How the field after the company prefix is written, by partition value.
pub(super) enum Reference {
    /// A number of fixed digits, zero-padded in text.
    Digits { bits: [u32; 7], digits: [usize; 7] },
    /// A number without leading zeros of at most so many digits.
    Integer { bits: [u32; 7], max_digits: [usize; 7] },
    /// Seven-bit characters to the end of the field.
    Text { bits: [u32; 7], max_chars: [usize; 7] },
    /// Six-bit characters up to a 000000.
    SixBit { max_chars: [usize; 7] },
}

/// How a partitioned scheme ends.
pub(super) enum Tail {
    /// With the reference itself.
    None,
    /// Reserved zero bits.
    Zeros(u32),
    /// A number without leading zeros, below `limit`.
    Integer { bits: u32, limit: u128 },
    /// So many seven-bit characters.
    Text(usize),
    /// Digits whose leading zeros count, held as a number with a 1 in front.
    NumericString { bits: u32, max_digits: usize },
}

/// The layout of a scheme that has a partition field.
pub(super) struct Layout {
    /// Fewest bits a tag of this scheme can have; the exact number for all but CPI-var.
    pub(super) min_bits: usize,
    pub(super) reference: Reference,
    /// Two 7-bit numbers of two digits between reference and serial (ITIP).
    pub(super) pieces: bool,
    pub(super) tail: Tail,
}

impl Layout {
    /// How many parts stand after the filter in the scheme's URI.
    pub(super) fn components(&self) -> usize {
        let serial = !matches!(self.tail, Tail::None | Tail::Zeros(_));
        2 + usize::from(serial) + 2 * usize::from(self.pieces)
    }
}

/// The partitioned layout of a scheme, or `None` for GID, USDOD, ADI and the "+" schemes.
pub(super) fn layout(scheme: Scheme) -> Option<Layout> {
    let item = || Reference::Digits { bits: [4, 7, 10, 14, 17, 20, 24], digits: [1, 2, 3, 4, 5, 6, 7] };
    let asset_type = || Reference::Digits { bits: [4, 7, 10, 14, 17, 20, 24], digits: [0, 1, 2, 3, 4, 5, 6] };
    let place = || Reference::Digits { bits: [1, 4, 7, 11, 14, 17, 21], digits: [0, 1, 2, 3, 4, 5, 6] };
    let service =
        || Reference::Digits { bits: [18, 21, 24, 28, 31, 34, 38], digits: [5, 6, 7, 8, 9, 10, 11] };
    let integer = |bits: u32| Tail::Integer { bits, limit: 1 << bits };
    let (min_bits, reference, tail) = match scheme {
        Scheme::Sgtin96 => (96, item(), integer(38)),
        Scheme::Sgtin198 => (198, item(), Tail::Text(20)),
        Scheme::Itip110 => (110, item(), integer(38)),
        Scheme::Itip212 => (212, item(), Tail::Text(20)),
        Scheme::Sscc96 | Scheme::Gsrn96 | Scheme::Gsrnp96 => (96, service(), Tail::Zeros(24)),
        Scheme::Sgln96 => (96, place(), integer(41)),
        Scheme::Sgln195 => (195, place(), Tail::Text(20)),
        Scheme::Gdti96 => (96, place(), integer(41)),
        Scheme::Gdti174 => (174, place(), Tail::Text(17)),
        Scheme::Sgcn96 => (96, place(), Tail::NumericString { bits: 41, max_digits: 12 }),
        Scheme::Grai96 => (96, asset_type(), integer(38)),
        Scheme::Grai170 => (170, asset_type(), Tail::Text(16)),
        Scheme::Giai96 => (
            96,
            Reference::Integer {
                bits: [42, 45, 48, 52, 55, 58, 62],
                max_digits: [13, 14, 15, 16, 17, 18, 19],
            },
            Tail::None,
        ),
        Scheme::Giai202 => (
            202,
            Reference::Text {
                bits: [148, 151, 154, 158, 161, 164, 168],
                max_chars: [18, 19, 20, 21, 22, 23, 24],
            },
            Tail::None,
        ),
        Scheme::Cpi96 => (
            96,
            Reference::Integer { bits: [11, 14, 17, 21, 24, 27, 31], max_digits: [3, 4, 5, 6, 7, 8, 9] },
            integer(31),
        ),
        // The serial has 40 bits but at most twelve digits (TDS table 14-26).
        Scheme::CpiVar => (
            86,
            Reference::SixBit { max_chars: [18, 19, 20, 21, 22, 23, 24] },
            Tail::Integer { bits: 40, limit: 1_000_000_000_000 },
        ),
        _ => return None,
    };
    let pieces = matches!(scheme, Scheme::Itip110 | Scheme::Itip212);
    Some(Layout { min_bits, reference, pieces, tail })
}
