//! Papers that are signed by hand: a head, fields, a list of weapons by serial, lines for signatures. Paper and screen
//! carry the same number (armoury-practice section 11).

use std::io::Write;
use std::path::Path;

use super::Failure;
use crate::domain::{Seq, Weapon};
use crate::identity::mark::printable;

/// A paper.
pub(super) struct Sheet {
    title: String,
    entry: Seq,
    fields: Vec<(String, String)>,
    rows: Vec<[String; 6]>,
    signatures: Vec<String>,
}

/// Above the columns of the list.
const COLUMNS: [&str; 6] = ["No.", "Weapon", "Maker", "Model", "Calibre", "Serial"];

impl Sheet {
    /// A paper about the entry of that number.
    pub(super) fn new(title: String, entry: Seq) -> Self {
        Self { title, entry, fields: Vec::new(), rows: Vec::new(), signatures: Vec::new() }
    }

    /// A line of the head; an empty one is left out.
    pub(super) fn field(&mut self, name: &str, value: &str) {
        if !value.is_empty() {
            self.fields.push((name.to_owned(), value.to_owned()));
        }
    }

    /// The list.
    pub(super) fn weapons<'a>(&mut self, weapons: impl Iterator<Item = &'a Weapon>) {
        for weapon in weapons {
            let text = |field: &Option<String>| field.clone().unwrap_or_else(|| "-".into());
            self.rows.push([
                (self.rows.len() + 1).to_string(),
                weapon.id.to_string(),
                text(&weapon.maker),
                text(&weapon.model),
                text(&weapon.calibre),
                text(&weapon.serial),
            ]);
        }
    }

    /// Lines for signatures.
    pub(super) fn sign(&mut self, who: &[&str]) {
        self.signatures.extend(who.iter().map(|who| (*who).to_owned()));
    }

    /// As plain text.
    pub(super) fn text(&self) -> String {
        let mut out = format!("{}\nEntry {}\n\n", self.title, self.entry);
        for (name, value) in &self.fields {
            out.push_str(&format!("{name:<22} {value}\n"));
        }
        out.push('\n');
        let widths: Vec<usize> = (0..COLUMNS.len())
            .map(|column| {
                let longest = self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
                longest.max(COLUMNS[column].len())
            })
            .collect();
        let mut line = |cells: &[&str]| {
            let padded: Vec<String> =
                cells.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
            out.push_str(padded.join("  ").trim_end());
            out.push('\n');
        };
        line(&COLUMNS);
        for row in &self.rows {
            line(&row.each_ref().map(String::as_str));
        }
        out.push_str(&format!("\n{} weapons\n", self.rows.len()));
        for who in &self.signatures {
            out.push_str(&format!("\n{who:<16} ______________________________  date ____________\n"));
        }
        out
    }

    /// As a page.
    pub(super) fn html(&self) -> String {
        let mut out = format!(
            "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>{title}</title>\n<style>\
             body{{font:11pt sans-serif;margin:2cm}}table{{border-collapse:collapse;width:100%}}\
             td,th{{border:1px solid #000;padding:2px 6px;text-align:left}}dt{{font-weight:bold}}\
             .sign{{margin-top:1.5cm;border-top:1px solid #000;width:8cm}}</style></head><body>\n\
             <h1>{title}</h1>\n<p>Entry {entry}</p>\n<dl>\n",
            title = escaped(&self.title),
            entry = self.entry
        );
        for (name, value) in &self.fields {
            out.push_str(&format!("<dt>{}</dt><dd>{}</dd>\n", escaped(name), escaped(value)));
        }
        out.push_str("</dl>\n<table>\n<tr>");
        COLUMNS.iter().for_each(|column| out.push_str(&format!("<th>{column}</th>")));
        out.push_str("</tr>\n");
        for row in &self.rows {
            let cells: String = row.iter().map(|cell| format!("<td>{}</td>", escaped(cell))).collect();
            out.push_str(&format!("<tr>{cells}</tr>\n"));
        }
        out.push_str(&format!("</table>\n<p>{} weapons</p>\n", self.rows.len()));
        for who in &self.signatures {
            out.push_str(&format!("<p class=\"sign\">{}</p>\n", escaped(who)));
        }
        out.push_str("</body></html>\n");
        out
    }
}

/// Text inside HTML: what is registered is never markup.
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

/// Puts a text into a new file, or on standard output.
pub(super) fn put(out: Option<&Path>, text: &str) -> Result<(), Failure> {
    let Some(path) = out else {
        for line in text.trim_end().lines() {
            super::say(printable(line));
        }
        return Ok(());
    };
    free(path)?;
    let fail = |error: std::io::Error| {
        let what = format!("write {}: {error}; what was entered stays, write it once more", path.display());
        Failure::absent(what)
    };
    let mut file = std::fs::File::create_new(path).map_err(fail)?;
    file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(fail)
}

/// Refuses a path at which something is already: it may be the only copy. Asked before anything is entered.
pub(super) fn free(path: &Path) -> Result<(), Failure> {
    match path.symlink_metadata() {
        Ok(_) => Err(Failure::refused(format!(
            "write {}: there is a file already and it is not overwritten; name another",
            path.display()
        ))),
        Err(_) => Ok(()),
    }
}
