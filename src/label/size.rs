//! Millimetres, dots, and what things measure. Lengths are whole micrometres, so that no rounding adds up.

use std::fmt;
use std::str::FromStr;

use super::LabelError;

/// The least dots a module may have: with one, the growth of a single dot doubles it.
pub const MODULE_MIN_DOTS: u32 = 2;

/// The least a module may measure, in micrometres: at five pixels a module (`hardware/README.md`, Picture) a camera
/// of 1280 pixels then still sees a field of 64 mm.
pub const MODULE_MIN_UM: u32 = 250;

/// The least height of a letter, in micrometres: a print of six points.
pub const TEXT_MIN_UM: u32 = 2000;

/// The shortest and the longest side of a label, in micrometres.
const SIDE_UM: std::ops::RangeInclusive<u32> = 5_000..=300_000;

const UM_PER_INCH: u64 = 25_400;

/// A printer's dots per inch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Dpi(u16);

impl Dpi {
    /// What label and laser printers have.
    pub const ALL: [Self; 3] = [Self(203), Self(300), Self(600)];

    /// The one with that number.
    pub fn from_number(number: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|dpi| dpi.0 == number)
    }

    /// Whole dots in a length.
    pub fn dots(self, length_um: u32) -> u32 {
        (u64::from(length_um) * u64::from(self.0) / UM_PER_INCH) as u32
    }

    /// The nearest number of dots to a length.
    pub fn nearest_dots(self, length_um: u32) -> u32 {
        ((u64::from(length_um) * u64::from(self.0) + UM_PER_INCH / 2) / UM_PER_INCH) as u32
    }

    /// What so many dots measure, in micrometres.
    pub fn length_um(self, dots: u32) -> u32 {
        (u64::from(dots) * UM_PER_INCH / u64::from(self.0)) as u32
    }

    /// A length in dots to a thousandth, as text: where a page is no whole number of dots.
    pub(super) fn exact_dots(self, length_um: u32) -> String {
        let thousandths = u64::from(length_um) * u64::from(self.0) * 1000 / UM_PER_INCH;
        decimal(thousandths)
    }

    /// So many dots in millimetres, to a ten-thousandth of one: what a drawing says of its own size.
    pub(super) fn exact_mm(self, dots: u32) -> String {
        let ten_thousandths = u64::from(dots) * UM_PER_INCH * 10 / u64::from(self.0);
        format!("{}.{:04}", ten_thousandths / 10_000, ten_thousandths % 10_000)
    }

    /// The least dots a module may have on this printer.
    pub fn least_module(self) -> u32 {
        let dots = (u64::from(MODULE_MIN_UM) * u64::from(self.0)).div_ceil(UM_PER_INCH) as u32;
        dots.max(MODULE_MIN_DOTS)
    }
}

impl fmt::Display for Dpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Width and height, in micrometres.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width_um: u32,
    /// Height.
    pub height_um: u32,
}

impl Size {
    /// Of whole millimetres.
    pub const fn of_mm(width: u32, height: u32) -> Self {
        Self { width_um: width * 1000, height_um: height * 1000 }
    }
}

impl FromStr for Size {
    type Err = LabelError;

    fn from_str(text: &str) -> Result<Self, LabelError> {
        let wrong = || LabelError::Size(text.chars().take(40).collect());
        let (width, height) = text.split_once(['x', 'X']).ok_or_else(wrong)?;
        let side = |side: &str| micrometres(side).filter(|side| SIDE_UM.contains(side)).ok_or_else(wrong);
        Ok(Self { width_um: side(width)?, height_um: side(height)? })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} mm", millimetres(self.width_um), millimetres(self.height_um))
    }
}

/// A sheet for a laser printer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paper {
    /// 210 x 297 mm (ISO 216).
    A4,
    /// 8.5 x 11 inches.
    Letter,
}

impl Paper {
    /// What it measures.
    pub fn size(self) -> Size {
        match self {
            Self::A4 => Size::of_mm(210, 297),
            Self::Letter => Size { width_um: 215_900, height_um: 279_400 },
        }
    }

    /// Its name, as CSS and people know it.
    pub fn name(self) -> &'static str {
        match self {
            Self::A4 => "A4",
            Self::Letter => "Letter",
        }
    }
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// A length in millimetres as people write it: `21.75`, `50`.
pub fn millimetres(length_um: u32) -> String {
    // A hundredth of a millimetre is finer than any dot here.
    decimal(u64::from(length_um.saturating_add(5) / 10) * 10)
}

/// Reads millimetres of three decimals at most.
///
/// # Errors
/// [`LabelError::Length`].
pub fn length(text: &str) -> Result<u32, LabelError> {
    let found = micrometres(text).filter(|length| (10..=*SIDE_UM.end()).contains(length));
    found.ok_or_else(|| LabelError::Length(text.chars().take(40).collect()))
}

fn micrometres(text: &str) -> Option<u32> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(part) || whole.len() > 3 || part.len() > 3 {
        return None;
    }
    Some(whole.parse::<u32>().ok()? * 1000 + format!("{part:0<3}").parse::<u32>().ok()?)
}

/// Thousandths as a decimal number without trailing zeros.
fn decimal(thousandths: u64) -> String {
    let text = format!("{}.{:03}", thousandths / 1000, thousandths % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
