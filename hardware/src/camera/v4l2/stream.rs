//! The newest whole frame of a streaming device, and what to make of a device that gives none.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustix::io::Errno;

use super::device::{Device, Filled, Shape};
use super::{agree, problem, unpack};
use crate::camera::feed::{Arrival, Feed};
use crate::camera::{CameraError, CameraSettings};

/// Buffers asked for: one being filled, one waiting, one looked at, one to spare.
const BUFFERS: u32 = 4;

/// More buffers than this no driver gives.
const BUFFERS_MAX: u32 = 32;

/// Without a frame for this long the device is opened again. A camera that has to find its exposure in the dark gives a
/// frame a second at worst.
pub(super) const STALLED: Duration = Duration::from_secs(8);

/// After so many damaged frames in a row the device is opened again; single ones come with every long USB cable.
pub(super) const SPOILED_MAX: u32 = 15;

/// A streaming device.
pub(super) struct Stream<D> {
    device: D,
    path: PathBuf,
    name: String,
    shape: Shape,
    buffers: u32,
    remarks: Vec<(String, String)>,
    frame_at: Instant,
    spoiled: u32,
}

impl<D: Device> Stream<D> {
    /// Agrees on a format, starts the stream, holds the controls.
    pub(super) fn start(mut device: D, path: &Path, settings: &CameraSettings) -> Result<Self, CameraError> {
        let card = device.card().map_err(|errno| match errno {
            // A terminal, a pipe, a device of another kind.
            Errno::INVAL => CameraError::NotACamera { device: path.to_path_buf() },
            other => problem(path, "say what it is", other),
        })?;
        if !card.streams {
            return Err(CameraError::NotACamera { device: path.to_path_buf() });
        }
        let shape = agree::shape(&mut device, path, settings)?;
        let buffers = device.start(BUFFERS).map_err(|errno| problem(path, "start its stream", errno))?;
        let mut remarks = agree::hold(&mut device, settings.controls);
        let Shape { width, height, .. } = shape;
        if (width, height) != (settings.width, settings.height) {
            let why = format!(
                "the camera gives {width} x {height} instead of {} x {}: set width and height to a size that `armoury \
                 doctor` lists",
                settings.width, settings.height
            );
            remarks.push(("size".to_owned(), why));
        }
        let frame_at = Instant::now();
        let buffers = buffers.clamp(1, BUFFERS_MAX);
        let (path, name) = (path.to_path_buf(), card.name);
        Ok(Self { device, path, name, shape, buffers, remarks, frame_at, spoiled: 0 })
    }

    /// The newest buffer, and how many were passed over for it.
    fn newest(&mut self, patience: Duration) -> Result<Option<(Filled, u64)>, Errno> {
        if !self.device.wait(patience)? {
            return Ok(None);
        }
        let mut newest: Option<Filled> = None;
        let mut passed_over = 0;
        for taken in 1..=self.buffers {
            let Some(filled) = self.device.dequeue()? else { break };
            if let Some(older) = newest.replace(filled) {
                self.device.requeue(older.index)?;
                passed_over += 1;
            }
            // Every buffer was full: the driver had nowhere to put what came since, and even the newest is old.
            if taken == self.buffers
                && taken > 1
                && let Some(old) = newest.take()
            {
                self.device.requeue(old.index)?;
                passed_over += 1;
                if self.device.wait(patience)? {
                    newest = self.device.dequeue()?;
                }
            }
        }
        Ok(newest.map(|newest| (newest, passed_over)))
    }

    fn look_into(&mut self, filled: Filled, passed_over: u64) -> Arrival {
        let picture = if filled.damaged {
            Err("the driver says it is damaged".to_owned())
        } else {
            let buffer = self.device.bytes(filled.index);
            // The driver's word on the length counts as far as there is a buffer.
            unpack::grey(&self.shape, &buffer[..buffer.len().min(filled.bytes as usize)])
        };
        if let Err(errno) = self.device.requeue(filled.index) {
            return self.over("take a buffer back", errno);
        }
        match picture {
            Ok(frame) => {
                self.spoiled = 0;
                self.frame_at = Instant::now();
                Arrival::Frame(frame, passed_over)
            }
            Err(why) => {
                self.spoiled += 1;
                tracing::debug!(camera = %self.path.display(), %why, "a frame was dropped");
                if self.spoiled < SPOILED_MAX {
                    return Arrival::Nothing;
                }
                let device = self.path.clone();
                Arrival::Over(CameraError::Spoiled { device, pictures: self.spoiled, why }.into())
            }
        }
    }

    fn over(&self, doing: &'static str, errno: Errno) -> Arrival {
        Arrival::Over(problem(&self.path, doing, errno).into())
    }
}

impl<D: Device> Feed for Stream<D> {
    fn what(&self) -> String {
        let Shape { format, width, height, .. } = self.shape;
        format!("{width} x {height} {format} from {} at {}", self.name, self.path.display())
    }

    fn next(&mut self, patience: Duration) -> Arrival {
        match self.newest(patience) {
            Ok(Some((filled, passed_over))) => self.look_into(filled, passed_over),
            Ok(None) if self.frame_at.elapsed() >= STALLED => {
                let (device, seconds) = (self.path.clone(), self.frame_at.elapsed().as_secs());
                Arrival::Over(CameraError::Stalled { device, seconds }.into())
            }
            Ok(None) => Arrival::Nothing,
            Err(errno) => self.over("give a picture", errno),
        }
    }

    fn remarks(&mut self) -> Vec<(String, String)> {
        std::mem::take(&mut self.remarks)
    }
}
