//! `armoury capture`: the bytes of readers and scanners into files, on a running station.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::place::Place;
use super::{Failure, exit, say};
use crate::station::protocol::Ask;

/// What can be done with captures
#[derive(Debug, Subcommand)]
pub enum CaptureCommand {
    /// Begin to write down what goes over a line, without passwords and without the text of codes; it ends by itself
    /// after 15 minutes or 4 MiB
    Start(Start),
    /// End it
    Stop(Stop),
}

/// What to capture
#[derive(Debug, Args)]
pub struct Start {
    /// The reader or scanner, by its name in the configuration; left out, all of them
    device: Option<String>,
    /// The new file; the station makes it. Left out, one in the data folder's `captures`
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
}

/// What to end
#[derive(Debug, Args)]
pub struct Stop {
    /// The reader or scanner, by its name in the configuration; left out, all of them
    device: Option<String>,
    #[command(flatten)]
    place: Place,
}

impl CaptureCommand {
    pub(super) fn carry_out(self) -> Result<u8, Failure> {
        match self {
            Self::Start(Start { device, file, place }) => {
                let whole = |file: PathBuf| {
                    std::path::absolute(&file)
                        .map_err(|error| Failure::usage(format!("find {}: {error}", file.display())))
                };
                let file = file.map(whole).transpose()?;
                let answer = place.ask(Ask::CaptureStart { device, file })?;
                let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
                match answer.get("folder") {
                    Some(_) => say(format!(
                        "what goes over {} lines is written to {}",
                        answer["lines"],
                        text("folder")
                    )),
                    None => say(format!(
                        "what goes over the line of {} is written to {}",
                        text("device"),
                        text("file")
                    )),
                }
            }
            Self::Stop(Stop { device, place }) => {
                let answer = place.ask(Ask::CaptureStop { device: device.clone() })?;
                let lost = match answer["lost"].as_u64() {
                    Some(1..) => ", some of it lost: the disk was too slow",
                    _ => "",
                };
                let of = device.unwrap_or_else(|| format!("{} lines", answer["lines"]));
                say(format!("{} bytes of {of} are captured{lost}", answer["bytes"]));
            }
        }
        Ok(exit::DONE)
    }
}
