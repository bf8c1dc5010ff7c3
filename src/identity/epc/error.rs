//! Why an EPC cannot be decoded and why a tag URI cannot be encoded, in sentences for the person at the desk.

use super::Scheme;

/// The reason a tag is shown raw. One variant per cause; none of them is a fault of the station.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EpcError {
    /// No bytes at all.
    #[error("nothing was read: an EPC has at least one word of 16 bits; read the tag again")]
    Empty,
    /// Header 00.
    #[error(
        "blank tag: header 00 means nobody has written an EPC into it yet; write one, or bind the tag as it is"
    )]
    Blank,
    /// Header E2, the class identifier of Gen2 chips.
    #[error("this is a TID, not an EPC: the reader is in the wrong bank; set it to read bank 01")]
    WrongBank,
    /// Header CF.
    #[error("header CF is the first-generation DoD-96 scheme, obsolete: shown raw; bind the tag as it is")]
    FirstGeneration,
    /// Header 3A.
    #[error("header 3A is GDTI-113, withdrawn from the standard: shown raw; bind the tag as it is")]
    Withdrawn,
    /// Header FF.
    #[error("header FF is reserved for longer headers: shown raw; bind the tag as it is")]
    Reserved,
    /// A scheme of TDS 2.3 that carries a host name beside the key.
    #[error(
        "header {header:02X} is {name}, a scheme with a host name inside: shown raw; bind the tag as it is"
    )]
    WithHostName {
        /// The first byte.
        header: u8,
        /// The standard's name for it.
        name: &'static str,
    },
    /// A header that the standard assigns to nothing.
    #[error(
        "header {header:02X} names no known scheme, perhaps a factory or house number: bind the tag as it is"
    )]
    UnknownHeader {
        /// The first byte.
        header: u8,
    },
    /// Fewer bits than the scheme has.
    #[error(
        "{got} bits are too few for {scheme}, which needs {needed}: the read was cut off; read the tag again"
    )]
    TooShort {
        /// What the header says.
        scheme: Scheme,
        /// How many bits it takes, or at least takes.
        needed: usize,
        /// How many there are.
        got: usize,
    },
    /// Partition 7.
    #[error("partition {partition} of {scheme} is not in the table (0 to 6): the tag was written wrongly")]
    Partition {
        /// What the header says.
        scheme: Scheme,
        /// The three bits.
        partition: u8,
    },
    /// The company prefix does not fit its digits.
    #[error(
        "company prefix {value} does not fit the {digits} digits its partition gives: the tag was written wrongly"
    )]
    CompanyPrefix {
        /// The number found.
        value: u128,
        /// How many digits it may have.
        digits: usize,
    },
    /// The reference does not fit its digits.
    #[error(
        "reference {value} does not fit the {digits} digits its partition gives: the tag was written wrongly"
    )]
    Reference {
        /// The number found.
        value: u128,
        /// How many digits it may have.
        digits: usize,
    },
    /// Reserved bits are set.
    #[error("reserved bits of {scheme} are not zero: the tag was written wrongly or misread")]
    ReservedBits {
        /// What the header says.
        scheme: Scheme,
    },
    /// A number beyond what its field may mean.
    #[error("{field} {value} of {scheme} is out of range: the tag was written wrongly")]
    Range {
        /// What the header says.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// The number found.
        value: u128,
    },
    /// A text without characters.
    #[error("the {field} of {scheme} is empty: the tag was written wrongly")]
    EmptyText {
        /// What the header says.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
    },
    /// Bits after the end of a text.
    #[error("bits follow the end of the {field} of {scheme}: the tag was written wrongly or misread")]
    AfterEnd {
        /// What the header says.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
    },
    /// A character that may not stand there.
    #[error("{found:?} may not stand in the {field} of {scheme}: the tag was written wrongly or misread")]
    Character {
        /// What the header says.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// The character.
        found: char,
    },
    /// A text that runs out of bits before its end mark.
    #[error("the {field} of {scheme} has no end: the read was cut off; read the tag again")]
    Unterminated {
        /// What the header says.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
    },
    /// A text longer than the scheme allows.
    #[error("the {field} of {scheme} has more than {max} characters: the tag was written wrongly")]
    TooManyCharacters {
        /// What the header says.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// The most there may be.
        max: usize,
    },
    /// An encoding indicator that the standard keeps for later (TDS 2.3 table E).
    #[error(
        "encoding {indicator} in the {field} of {scheme} is reserved for later versions of the standard: shown raw"
    )]
    Indicator {
        /// What the header says.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// The three bits.
        indicator: u8,
    },
}

/// Why a tag URI cannot be written into a tag.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// Something else than a tag URI.
    #[error(
        "{0:?} is not a tag URI: it begins with urn:epc:tag: and a scheme, as in urn:epc:tag:giai-96:0.9520066.1005"
    )]
    NotATagUri(String),
    /// A scheme without an encoding from a tag URI.
    #[error(
        "no encoding for scheme {0:?}: take one of TDS 1.13, such as giai-96, giai-202, sgtin-96 or adi-var"
    )]
    Scheme(String),
    /// Too few or too many parts.
    #[error("{scheme} has {expected} parts after its name, {got} were given")]
    Parts {
        /// Which scheme.
        scheme: Scheme,
        /// How many belong there.
        expected: usize,
        /// How many are there.
        got: usize,
    },
    /// A field that must be a plain number.
    #[error("{field} {value:?} of {scheme} is not a number: {hint}")]
    NotANumber {
        /// Which scheme.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// What stands there.
        value: String,
        /// What to try.
        hint: &'static str,
    },
    /// A leading zero that the field would lose.
    #[error("{field} {value:?} of {scheme} begins with a zero, which a number cannot keep: {hint}")]
    LeadingZero {
        /// Which scheme.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// What stands there.
        value: String,
        /// What to try.
        hint: &'static str,
    },
    /// A number too large for its bits.
    #[error("{field} {value:?} of {scheme} is too large, the most is {max}: {hint}")]
    TooLarge {
        /// Which scheme.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// What stands there.
        value: String,
        /// The largest that fits.
        max: u128,
        /// What to try.
        hint: &'static str,
    },
    /// A text of the wrong length.
    #[error("{field} {value:?} of {scheme} has {got} characters, it must have {expected}")]
    Length {
        /// Which scheme.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// What stands there.
        value: String,
        /// How many are there.
        got: usize,
        /// How many may be there.
        expected: String,
    },
    /// A character that may not stand there.
    #[error("{found:?} may not stand in the {field} of {scheme}")]
    Character {
        /// Which scheme.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// The character.
        found: char,
    },
    /// A character that must be escaped, or an escape that is none.
    #[error(
        "{field} {value:?} of {scheme} is not written as in a URN: \" # % & / < > ? stand as % and two hex digits"
    )]
    Escape {
        /// Which scheme.
        scheme: Scheme,
        /// Which field.
        field: &'static str,
        /// What stands there.
        value: String,
    },
}
