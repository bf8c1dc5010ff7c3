//! The line to a serial scanner, opened as a reader's is.

pub(super) use crate::reader::line::{Backoff, Line, Opener, short_name};
