//! A printed paper: a title with its number, a few facts, one table, lines to sign on. As text for a terminal and as
//! one HTML page without a script, a font or a picture from elsewhere.

use std::fmt::Write;

use crate::domain::StationId;
use crate::identity::mark::printable;

/// A paper.
#[derive(Debug)]
pub(super) struct Paper {
    title: String,
    number: String,
    facts: Vec<(String, String)>,
    head: Vec<String>,
    rows: Vec<Row>,
    signers: Vec<String>,
}

/// A line of the table.
#[derive(Debug)]
pub(super) struct Row(Vec<String>);

impl Row {
    /// Out of its cells.
    pub(super) fn of<const N: usize>(cells: [String; N]) -> Self {
        Self(cells.into_iter().map(|cell| printable(&cell).into_owned()).collect())
    }
}

impl Paper {
    /// A paper with nothing on it yet.
    pub(super) fn new(title: impl Into<String>, number: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            number: number.into(),
            facts: Vec::new(),
            head: Vec::new(),
            rows: Vec::new(),
            signers: Vec::new(),
        }
    }

    /// Whose paper it is.
    pub(super) fn station(&mut self, station: Option<&StationId>) {
        if let Some(station) = station {
            self.fact("Armoury", station.to_string());
        }
    }

    /// One thing to know.
    pub(super) fn fact(&mut self, what: impl Into<String>, value: impl AsRef<str>) {
        self.facts.push((what.into(), printable(value.as_ref()).into_owned()));
    }

    /// The columns of the table.
    pub(super) fn head<const N: usize>(&mut self, columns: [&str; N]) {
        self.head = columns.map(str::to_owned).to_vec();
    }

    /// A line of the table.
    pub(super) fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    /// Who signs.
    pub(super) fn sign<const N: usize>(&mut self, signers: [&str; N]) {
        self.signers = signers.map(str::to_owned).to_vec();
    }

    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}  {}\n", self.title, self.number);
        for (what, value) in &self.facts {
            text += &format!("{what}: {value}\n");
        }
        text.push('\n');
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.0.get(column));
            cells.chain(self.head.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..self.head.len()).map(width).collect();
        for cells in std::iter::once(&self.head).chain(self.rows.iter().map(|row| &row.0)) {
            let line: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            text += line.join("  ").trim_end();
            text.push('\n');
        }
        for signer in &self.signers {
            text += &format!("\n{signer}: ______________________________\n");
        }
        text
    }

    /// For a browser and its printer.
    pub(super) fn html(&self) -> String {
        let (title, number) = (escaped(&self.title), escaped(&self.number));
        let mut page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
             <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
             <title>{title} {number}</title>\n<style>\n\
             @page {{ margin: 15mm }}\n\
             body {{ font: 11pt sans-serif; color: #000; background: #fff }}\n\
             h1 {{ font-size: 16pt }}\n\
             table {{ border-collapse: collapse; width: 100% }}\n\
             th, td {{ border: 1px solid #000; padding: 1mm 2mm; text-align: left }}\n\
             tr {{ break-inside: avoid }}\n\
             .sign {{ margin-top: 15mm; width: 80mm; border-top: 1px solid #000 }}\n\
             </style>\n</head>\n<body>\n<h1>{title} <span>{number}</span></h1>\n<p>\n"
        );
        let mut put = |text: std::fmt::Arguments<'_>| {
            page.write_fmt(text).expect("writing to a string cannot fail");
        };
        for (what, value) in &self.facts {
            put(format_args!("{}: <b>{}</b><br>\n", escaped(what), escaped(value)));
        }
        put(format_args!("</p>\n<table>\n<tr>"));
        for column in &self.head {
            put(format_args!("<th>{}</th>", escaped(column)));
        }
        put(format_args!("</tr>\n"));
        for Row(cells) in &self.rows {
            put(format_args!("<tr>"));
            for cell in cells {
                put(format_args!("<td>{}</td>", escaped(cell)));
            }
            put(format_args!("</tr>\n"));
        }
        put(format_args!("</table>\n"));
        for signer in &self.signers {
            put(format_args!("<div class=\"sign\">{}</div>\n", escaped(signer)));
        }
        put(format_args!("</body>\n</html>\n"));
        page
    }
}

/// Text as HTML takes it.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}
