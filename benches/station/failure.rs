//! Why the bench cannot go on, in one sentence.

use std::fmt::Display;

use armoury::sync::with_causes;

/// What a step of the bench comes to.
pub type Outcome<T> = Result<T, Failure>;

/// The sentence, to be read after "failed to".
#[derive(Debug)]
pub struct Failure(pub String);

impl<E: std::error::Error> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(with_causes(&error))
    }
}

/// Says what was being done when it went wrong.
pub trait Told<T> {
    /// The value, or a failure that begins with `what`.
    fn told(self, what: &str) -> Outcome<T>;
}

impl<T, E: Into<Failure>> Told<T> for Result<T, E> {
    fn told(self, what: &str) -> Outcome<T> {
        self.map_err(|error| Failure(format!("{what}: {}", error.into().0)))
    }
}

impl<T> Told<T> for Option<T> {
    fn told(self, what: &str) -> Outcome<T> {
        self.ok_or_else(|| Failure(what.to_owned()))
    }
}

/// A failure without a cause.
pub fn refuse<T>(what: impl Display) -> Outcome<T> {
    Err(Failure(what.to_string()))
}
