//! Why a camera gives no pictures, and what to try.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use super::burst;
use crate::symbol::PictureError;

/// Why a camera gives no pictures.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum CameraError {
    /// No kind of source.
    #[error(
        "{given:?} is no camera source: write v4l2:DEVICE, rpicam:NUMBER, pipe:COMMAND, folder:DIR or file:PATH"
    )]
    Source {
        /// What was given.
        given: String,
    },
    /// Not `grey` or `yuv420`.
    #[error("{given:?} is no pixel format: write grey or yuv420")]
    Format {
        /// What was given.
        given: String,
    },
    /// The width and height make no frame.
    #[error(
        "a frame of {width} x {height} pixels cannot be read: set width and height to what the camera delivers"
    )]
    Size {
        /// Pixels a row.
        width: u32,
        /// Rows.
        height: u32,
    },
    /// The folder is not there or cannot be listed.
    #[error("cannot list the picture folder {}: {source}: create it, or check its owner", path.display())]
    Folder {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The picture file is not there.
    #[error("there is no picture {}: {source}: put one there, it is read as soon as it comes", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Arc<io::Error>,
    },
    /// A picture cannot be read or written.
    #[error("{}: {source}", path.display())]
    Picture {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: Arc<PictureError>,
    },
    /// There is nothing to take a picture of.
    #[error("the picture folder {} is empty: put a picture into it", path.display())]
    Empty {
        /// Which folder.
        path: PathBuf,
    },
    /// The capture program cannot be started.
    #[error("cannot start {command:?}: {source}: try it by hand")]
    Start {
        /// The command.
        command: String,
        /// Why.
        source: Arc<io::Error>,
    },
    /// The capture program ended.
    #[error(
        "{command:?} ended ({status}){leftover}{said}: it is started again, try it by hand if it ends again",
        leftover = Leftover(*leftover, *frame_bytes), said = Said(said)
    )]
    Ended {
        /// The command.
        command: String,
        /// Its exit status in words.
        status: String,
        /// Bytes of a last frame that was not whole, and was dropped.
        leftover: u64,
        /// Bytes of a whole frame.
        frame_bytes: u64,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// The capture program runs and writes nothing.
    #[error(
        "{command:?} has written no whole frame of {frame_bytes} bytes for {seconds} s: check the camera's cable, width, \
         height and format{said}", said = Said(said)
    )]
    Silent {
        /// The command.
        command: String,
        /// Bytes of a whole frame.
        frame_bytes: u64,
        /// How long.
        seconds: u64,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// The capture program stopped in the middle of a frame.
    #[error(
        "{command:?} stopped in the middle of a frame: {bytes} of {frame_bytes} bytes came, then nothing for {seconds} s: \
         check the camera's cable, width, height and format{said}", said = Said(said)
    )]
    Half {
        /// The command.
        command: String,
        /// Bytes that came of the frame.
        bytes: u64,
        /// Bytes of a whole frame.
        frame_bytes: u64,
        /// How long nothing followed.
        seconds: u64,
        /// The end of what it wrote to standard error.
        said: String,
    },
    /// The capture program writes frames of another size.
    #[error(
        "{command:?} writes {burst} bytes at a time{guess}, and a frame of {width} x {height} in {format} has \
         {frame_bytes}: set width, height and format to what it writes", guess = burst::guess(*burst)
    )]
    OtherSize {
        /// The command.
        command: String,
        /// What it writes at a time, bytes.
        burst: u64,
        /// Pixels a row, as configured.
        width: u32,
        /// Rows, as configured.
        height: u32,
        /// The format as configured.
        format: &'static str,
        /// Bytes of a frame of that size.
        frame_bytes: u64,
    },
    /// No such device.
    #[error(
        "no camera at {}: plug it in, it is found by itself; `armoury doctor` lists the cameras that are there",
        device.display()
    )]
    NotThere {
        /// Which device.
        device: PathBuf,
    },
    /// The device may not be used by this user.
    #[error("no permission for the camera {}: put the station's user into the group video", device.display())]
    NotAllowed {
        /// Which device.
        device: PathBuf,
    },
    /// Somebody else has the camera.
    #[error("the camera {} is in use: end the other program", device.display())]
    Busy {
        /// Which device.
        device: PathBuf,
    },
    /// The device gives no pictures.
    #[error("{} is no camera that streams: `armoury doctor` lists the cameras that are there", device.display())]
    NotACamera {
        /// Which device.
        device: PathBuf,
    },
    /// The camera offers no format that is read.
    #[error(
        "the camera {} offers {offered}, none of which is read: use one with YUYV, MJPG or GREY, or a program that \
         converts, as a pipe", device.display()
    )]
    NoFormat {
        /// Which device.
        device: PathBuf,
        /// The formats it offers.
        offered: String,
    },
    /// The camera was pulled out.
    #[error("the camera {} was pulled out: check its plug, it is found again by itself", device.display())]
    Gone {
        /// Which device.
        device: PathBuf,
    },
    /// The camera streams and gives no picture.
    #[error(
        "the camera {} has given no picture for {seconds} s: check its cable and its USB power; it is opened again",
        device.display()
    )]
    Stalled {
        /// Which device.
        device: PathBuf,
        /// How long.
        seconds: u64,
    },
    /// Picture after picture is damaged.
    #[error(
        "the last {pictures} pictures of the camera {} were not whole ({why}): check its cable, use a smaller size; it is \
         opened again", device.display()
    )]
    Spoiled {
        /// Which device.
        device: PathBuf,
        /// How many in a row.
        pictures: u32,
        /// What was wrong with the last one.
        why: String,
    },
    /// The system refuses something of the device.
    #[error("the camera {} cannot {doing}: {source}: pull it out and plug it in again", device.display())]
    Device {
        /// Which device.
        device: PathBuf,
        /// What was asked.
        doing: &'static str,
        /// Why.
        source: Arc<io::Error>,
    },
    /// A picture was asked for and none came.
    #[error("no picture came within {seconds} s: check the camera's cable, width, height and format")]
    NoPicture {
        /// How long.
        seconds: u64,
    },
    /// There is no thread for the camera.
    #[error("cannot start a thread for the camera: {source}")]
    Thread {
        /// Why.
        source: Arc<io::Error>,
    },
}

struct Leftover(u64, u64);

impl fmt::Display for Leftover {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            bytes => {
                write!(f, " in the middle of a frame: the last {bytes} of {} bytes were dropped", self.1)
            }
        }
    }
}

struct Said<'a>(&'a str);

impl fmt::Display for Said<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            "" => Ok(()),
            said => write!(f, "; it said: {said}"),
        }
    }
}
