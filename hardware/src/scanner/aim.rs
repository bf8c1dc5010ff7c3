//! What kind of code it was: AIM identifiers (scanner page, section 2) and SSI bar types (section 4).

/// A kind of code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    /// The name the station uses everywhere, as for pictures.
    pub name: &'static str,
    /// The name people use.
    pub label: &'static str,
    /// The content is made of GS1 elements.
    pub gs1: bool,
}

const fn kind(name: &'static str, label: &'static str) -> Option<Kind> {
    Some(Kind { name, label, gs1: false })
}

const fn gs1(name: &'static str, label: &'static str) -> Option<Kind> {
    Some(Kind { name, label, gs1: true })
}

/// Length of an AIM identifier.
const LENGTH: usize = 3;

/// Splits the identifier off the front: `]`, a letter, a letter or digit.
pub(super) fn split(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let (id, rest) = bytes.split_at_checked(LENGTH)?;
    let fits = id[0] == b']' && id[1].is_ascii_alphabetic() && id[2].is_ascii_alphanumeric();
    fits.then(|| std::str::from_utf8(id).ok()).flatten().map(|id| (id, rest))
}

/// What an AIM identifier says.
pub(super) fn kind_of_id(id: &str) -> Option<Kind> {
    let mut letters = id.chars().skip(1);
    match (letters.next()?, letters.next()?) {
        ('A', _) => kind("code39", "Code 39"),
        ('C', '1') => gs1("code128", "GS1-128"),
        ('C', _) => kind("code128", "Code 128"),
        ('d', '2') => gs1("data_matrix", "GS1 DataMatrix"),
        ('d', _) => kind("data_matrix", "DataMatrix"),
        ('E', '4') => kind("ean8", "EAN-8"),
        ('E', _) => kind("ean13", "EAN-13"),
        ('e', _) => gs1("databar", "GS1 DataBar"),
        ('F', _) => kind("codabar", "Codabar"),
        ('G', _) => kind("code93", "Code 93"),
        ('H', _) => kind("code11", "Code 11"),
        ('I', _) => kind("itf", "ITF"),
        ('L', _) => kind("pdf417", "PDF417"),
        ('M', _) => kind("msi", "MSI"),
        ('Q', '3' | '4') => gs1("qr", "GS1 QR Code"),
        ('Q', _) => kind("qr", "QR Code"),
        ('S', _) => kind("2of5", "2 of 5"),
        ('U', _) => kind("maxicode", "MaxiCode"),
        ('z', _) => kind("aztec", "Aztec"),
        _ => None,
    }
}

/// What an SSI bar type says. Only those on the scanner page, where the one for QR is marked as not verified; a scanner
/// that sends AIM identifiers as well is believed there first.
pub(super) fn kind_of_bar_type(bar_type: u8) -> Option<Kind> {
    match bar_type {
        0x03 => kind("code128", "Code 128"),
        0x0B => kind("ean13", "EAN-13"),
        0x0F => gs1("code128", "GS1-128"),
        0x1B => kind("data_matrix", "DataMatrix"),
        0x1C => kind("qr", "QR Code"),
        _ => None,
    }
}
