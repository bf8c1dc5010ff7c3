//! Cells of tables that people open in spreadsheets. A text that begins like a formula is one to them, and runs there;
//! an apostrophe before it keeps it a text. What was guarded on the way out is taken off on the way in.

use std::borrow::Cow;

/// Whether a spreadsheet would take the text for a formula, also behind apostrophes that guard it.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The text as a cell may hold it.
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// The text behind the guard.
pub fn unguarded(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(inner) if is_formula(inner) => inner,
        _ => text,
    }
}

/// One row of a CSV file (RFC 4180), every cell guarded, with the end of its line.
pub fn row<'a>(cells: impl IntoIterator<Item = Cow<'a, str>>) -> String {
    let mut line = String::new();
    for (nth, cell) in cells.into_iter().enumerate() {
        if nth > 0 {
            line.push(',');
        }
        let cell = guarded(&cell);
        if cell.contains([',', '"', '\r', '\n', ';', '\t']) || cell.trim() != cell {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line + "\r\n"
}
