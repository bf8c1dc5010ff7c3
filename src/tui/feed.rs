//! The station's lines put together to a picture, without a socket: hello, picture, changes, gaps.

use serde_json::{Map, Value};

use crate::station::protocol::{Answer, FromStation, Hello, PROTOCOL};
use crate::station::view::View;

/// Longest piece of a wrong line that is repeated to a person, in characters.
const QUOTE_MAX: usize = 60;

/// What the lines so far amount to.
#[derive(Debug, Default)]
pub struct Feed {
    greeted: bool,
    picture: Option<(u64, Map<String, Value>)>,
    owed: bool,
}

/// What one line brought.
#[derive(Debug)]
pub enum News {
    /// The station introduced itself.
    Hello(Hello),
    /// A new picture.
    View(Box<View>),
    /// A change is missing: ask for the whole picture. Until it comes, changes bring nothing.
    Gap,
    /// An answer to an ask.
    Answer(Answer),
    /// The station ends the connection; why.
    Goodbye(String),
    /// Nothing to show.
    Nothing,
}

/// Why a line cannot be used. The connection is of no further use after one.
#[derive(Debug, thiserror::Error)]
pub enum FeedError {
    /// Not a line of the protocol.
    #[error(
        "the station sent a line that cannot be read, {line:?}: is the program on the socket the station?"
    )]
    Line {
        /// The beginning of it.
        line: String,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// A line before the hello, or a second hello.
    #[error("the station's lines are out of order: start it again if this stays")]
    Order,
    /// Another protocol.
    #[error(
        "the station speaks protocol {station}, this screen {PROTOCOL}: install the same version of both"
    )]
    Protocol {
        /// The station's.
        station: u32,
    },
}

impl Feed {
    /// Takes one line.
    ///
    /// # Errors
    /// [`FeedError`] when the line is not one that may come now.
    pub fn take(&mut self, line: &[u8]) -> Result<News, FeedError> {
        let parsed: FromStation = serde_json::from_slice(line).map_err(|source| unreadable(line, source))?;
        match parsed {
            FromStation::Hello(hello) if hello.protocol != PROTOCOL => {
                Err(FeedError::Protocol { station: hello.protocol })
            }
            FromStation::Hello(_) if self.greeted => Err(FeedError::Order),
            FromStation::Hello(hello) => {
                self.greeted = true;
                self.owed = true;
                Ok(News::Hello(hello))
            }
            FromStation::Goodbye { why } => Ok(News::Goodbye(why)),
            _ if !self.greeted => Err(FeedError::Order),
            FromStation::Picture { n, view } => self.picture(n, view, line),
            FromStation::Change { n, set } => self.change(n, set, line),
            FromStation::Answer(answer) => Ok(News::Answer(answer)),
        }
    }

    /// Whether a whole picture has been asked for and has not come.
    pub fn owes_picture(&self) -> bool {
        self.owed
    }

    fn picture(&mut self, n: u64, view: Box<View>, line: &[u8]) -> Result<News, FeedError> {
        match serde_json::to_value(&view) {
            Ok(Value::Object(fields)) => self.picture = Some((n, fields)),
            Ok(_) => return Err(FeedError::Order),
            Err(source) => return Err(unreadable(line, source)),
        }
        self.owed = false;
        Ok(News::View(view))
    }

    fn change(&mut self, n: u64, set: Map<String, Value>, line: &[u8]) -> Result<News, FeedError> {
        if self.owed {
            return Ok(News::Nothing);
        }
        let Some((at, fields)) = &mut self.picture else { return Err(FeedError::Order) };
        if at.checked_add(1) != Some(n) {
            self.owed = true;
            return Ok(News::Gap);
        }
        *at = n;
        // A field this version does not know would only pile up.
        for (key, value) in set {
            if let Some(field) = fields.get_mut(&key) {
                *field = value;
            }
        }
        let view = serde_json::from_value(Value::Object(fields.clone()));
        view.map(News::View).map_err(|source| unreadable(line, source))
    }
}

fn unreadable(line: &[u8], source: serde_json::Error) -> FeedError {
    let line = String::from_utf8_lossy(&line[..line.len().min(4 * QUOTE_MAX)]);
    FeedError::Line { line: line.chars().take(QUOTE_MAX).collect(), source }
}
