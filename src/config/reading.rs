//! How a camera's pictures are read, as the configuration names it.

use serde::Serialize;

/// What of a `[[camera]]` is about reading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The kinds of code that are looked for.
    pub symbologies: Vec<Symbology>,
    /// What has to confirm a code before the desk acts on it.
    pub confirm: Confirm,
    /// The form of every Code 39 (`@` a letter, `#` a digit); none demands the check character instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code39_format: Option<String>,
}

impl Default for Reading {
    fn default() -> Self {
        Self { symbologies: Symbology::ALL.to_vec(), confirm: Confirm::None, code39_format: None }
    }
}

/// A kind of printed code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Symbology {
    /// QR Code.
    Qr,
    /// Data Matrix.
    DataMatrix,
    /// Code 128.
    #[serde(rename = "code128")]
    Code128,
    /// Code 39.
    #[serde(rename = "code39")]
    Code39,
}

impl Symbology {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Qr, Self::DataMatrix, Self::Code128, Self::Code39];

    pub(super) const WORDS: [(&'static str, Self); 4] = [
        ("qr", Self::Qr),
        ("data_matrix", Self::DataMatrix),
        ("code128", Self::Code128),
        ("code39", Self::Code39),
    ];
}

/// What has to confirm a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confirm {
    /// Nothing.
    #[default]
    None,
    /// Another picture with the same code.
    TwoFrames,
    /// The second reader, which reads QR codes only.
    BothReaders,
}

impl Confirm {
    pub(super) const WORDS: [(&'static str, Self); 3] =
        [("none", Self::None), ("two_frames", Self::TwoFrames), ("both_readers", Self::BothReaders)];
}
