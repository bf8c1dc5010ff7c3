//! A folder of pictures: what is there in name order, then what comes. Or a single file of it.

use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::Metadata;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::eye::hint;
use super::report::Figures;
use super::stop::Stop;
use super::trust::{ReadSettings, Trust};
use super::{CameraError, CameraEvent, Lens};
use crate::symbol::{Effort, PictureError, SymbolReader, Symbology, load_picture};

/// How often the folder is looked into.
const POLL: Duration = Duration::from_millis(200);

/// A file that cannot be read as a picture may still be being written: it is tried again until it has not changed for
/// this long.
const HALF_WRITTEN: Duration = Duration::from_secs(2);

/// A file that keeps changing for this long is no picture.
const EVER_CHANGING: Duration = Duration::from_secs(60);

/// More files than this in one folder are not looked at: listing them would take longer than reading pictures.
const MAX_FILES: usize = 50_000;

/// How long to wait for a folder that is not there.
const RETRY: Duration = Duration::from_secs(1);

/// Watches a folder until asked to stop.
pub(crate) fn run(folder: &Path, reading: &ReadSettings, stop: &Stop, tell: &mut dyn FnMut(CameraEvent)) {
    keep_watch(Watch::new(folder, Of::Folder, reading), stop, tell);
}

/// Watches a single file until asked to stop.
pub(crate) fn run_file(file: &Path, reading: &ReadSettings, stop: &Stop, tell: &mut dyn FnMut(CameraEvent)) {
    let folder = file.parent().unwrap_or(Path::new(""));
    keep_watch(Watch::new(folder, Of::File(file), reading), stop, tell);
}

fn keep_watch(mut watch: Watch<'_>, stop: &Stop, tell: &mut dyn FnMut(CameraEvent)) {
    loop {
        let pause = match watch.look(stop, tell) {
            Ok(()) => POLL,
            Err(why) => {
                watch.down(why, tell);
                RETRY
            }
        };
        watch.figures.tell_when_due(tell);
        // Listing a huge folder over and over must not take a whole processor.
        if !stop.goes_on_after(pause.max(watch.listing_took * 10)) {
            return;
        }
    }
}

/// What tells one version of a file from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Stamp {
    bytes: u64,
    changed: Option<SystemTime>,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        Self { bytes: metadata.len(), changed: metadata.modified().ok() }
    }
}

/// A file that was no whole picture when it was tried.
#[derive(Debug)]
struct Unready {
    stamp: Stamp,
    since: Instant,
    first_seen: Instant,
}

/// What of a folder is watched.
#[derive(Debug, Clone, Copy)]
enum Of<'a> {
    Folder,
    File(&'a Path),
}

struct Watch<'a> {
    folder: &'a Path,
    of: Of<'a>,
    symbologies: Vec<Symbology>,
    lens: Lens,
    trust: Trust,
    reader: SymbolReader,
    figures: Figures,
    done: HashMap<OsString, Stamp>,
    unready: HashMap<OsString, Unready>,
    up: bool,
    too_many_told: bool,
    last_down: Option<String>,
    listing_took: Duration,
}

impl<'a> Watch<'a> {
    fn new(folder: &'a Path, of: Of<'a>, reading: &ReadSettings) -> Self {
        Self {
            folder,
            of,
            symbologies: reading.symbologies.clone(),
            lens: reading.lens.clone(),
            trust: Trust::single(reading),
            reader: SymbolReader::new(),
            figures: Figures::new(),
            done: HashMap::new(),
            unready: HashMap::new(),
            up: false,
            too_many_told: false,
            last_down: None,
            listing_took: Duration::ZERO,
        }
    }

    fn look(&mut self, stop: &Stop, tell: &mut dyn FnMut(CameraEvent)) -> Result<(), CameraError> {
        let files = self.list(tell).map_err(|source| self.unlisted(source))?;
        if !self.up {
            self.up = true;
            self.last_down = None;
            let what = match self.of {
                Of::Folder => format!("folder {}, {} files", self.folder.display(), files.len()),
                Of::File(file) => format!("picture {}", file.display()),
            };
            tell(CameraEvent::Up { what });
        }
        // A file that went away and comes back is a new one; nothing is remembered of files that are gone.
        self.done.retain(|name, _| files.contains_key(name));
        self.unready.retain(|name, _| files.contains_key(name));
        for (name, stamp) in files {
            if !stop.goes_on() {
                break;
            }
            if self.done.get(&name) != Some(&stamp) {
                self.consider(name, stamp, tell);
                self.figures.tell_when_due(tell);
            }
        }
        Ok(())
    }

    /// The picture files in name order. Folders, devices, hidden and half-named files are none.
    fn list(&mut self, tell: &mut dyn FnMut(CameraEvent)) -> io::Result<BTreeMap<OsString, Stamp>> {
        let started = Instant::now();
        let mut files = BTreeMap::new();
        if let Of::File(file) = self.of {
            let stamp = Stamp::of(&std::fs::metadata(file)?);
            files.extend(file.file_name().map(|name| (name.to_owned(), stamp)));
            return Ok(files);
        }
        for entry in std::fs::read_dir(self.folder)? {
            let entry = entry?;
            let name = entry.file_name();
            if is_passing(&name) {
                continue;
            }
            if files.len() == MAX_FILES {
                self.too_many(tell);
                break;
            }
            // Gone since the listing: nothing to read.
            let Ok(metadata) = std::fs::metadata(entry.path()) else {
                continue;
            };
            if metadata.is_file() {
                files.insert(name, Stamp::of(&metadata));
            }
        }
        self.listing_took = started.elapsed();
        Ok(files)
    }

    /// Reads a new or changed file, or waits for the rest of it.
    fn consider(&mut self, name: OsString, stamp: Stamp, tell: &mut dyn FnMut(CameraEvent)) {
        let now = Instant::now();
        let last_chance = match self.unready.get(&name) {
            Some(unready) if unready.stamp == stamp => {
                if now.duration_since(unready.since) < HALF_WRITTEN {
                    return;
                }
                true
            }
            Some(unready) => now.duration_since(unready.first_seen) >= EVER_CHANGING,
            None => false,
        };
        match self.read(&self.folder.join(&name), tell) {
            Err(error) if !last_chance && may_become_a_picture(&error) => {
                let first_seen = self.unready.get(&name).map_or(now, |unready| unready.first_seen);
                self.unready.insert(name, Unready { stamp, since: now, first_seen });
                return;
            }
            Err(error) => {
                let file_or_what = name.to_string_lossy().into_owned();
                tell(CameraEvent::Refused { file_or_what, why: error.to_string() });
            }
            Ok(()) => {}
        }
        self.unready.remove(&name);
        self.done.insert(name, stamp);
    }

    fn read(&mut self, path: &PathBuf, tell: &mut dyn FnMut(CameraEvent)) -> Result<(), PictureError> {
        let picture = load_picture(path)?;
        self.lens.show(&picture, Instant::now());
        let result = self.reader.read(&picture, Effort::Full, &self.symbologies);
        self.figures.read(&result, self.reader.patience().as_secs_f64() * 1000.0);
        let sifted = self.trust.sift(result.codes, Instant::now());
        if let Some(hint) = hint(&sifted) {
            tell(CameraEvent::Aim(hint));
        }
        for code in sifted.trusted {
            tell(CameraEvent::Code(code));
        }
        if let Some(why) = result.abandoned {
            let file_or_what = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            tell(CameraEvent::Refused { file_or_what, why });
        }
        Ok(())
    }

    fn too_many(&mut self, tell: &mut dyn FnMut(CameraEvent)) {
        if !std::mem::replace(&mut self.too_many_told, true) {
            let why =
                format!("there are more than {MAX_FILES} files; the rest is not looked at: clear the folder");
            tell(CameraEvent::Refused { file_or_what: self.folder.display().to_string(), why });
        }
    }

    fn unlisted(&self, source: io::Error) -> CameraError {
        let source = Arc::new(source);
        match self.of {
            Of::Folder => CameraError::Folder { path: self.folder.to_path_buf(), source },
            Of::File(file) => CameraError::File { path: file.to_path_buf(), source },
        }
    }

    /// Told once for each reason, not once a second.
    fn down(&mut self, why: CameraError, tell: &mut dyn FnMut(CameraEvent)) {
        self.up = false;
        if let Of::File(_) = self.of {
            // What is put in its place is a new picture, whatever its date.
            self.done.clear();
        }
        let reason = why.to_string();
        if self.last_down.as_ref() != Some(&reason) {
            self.last_down = Some(reason);
            tell(CameraEvent::Down { why, retry_in_ms: RETRY.as_millis() as u64 });
        }
    }
}

/// Names that programs use for a file until it is finished; it is renamed then.
pub(super) fn is_passing(name: &OsStr) -> bool {
    let name = name.as_bytes();
    let ends = [&b"~"[..], b".part", b".partial", b".tmp", b".filepart", b".crdownload"];
    name.starts_with(b".") || ends.iter().any(|end| name.ends_with(end))
}

fn may_become_a_picture(error: &PictureError) -> bool {
    // A file is created empty, so that what is not yet a picture may be the beginning of one.
    matches!(
        error,
        PictureError::NotAPicture
            | PictureError::Truncated
            | PictureError::Damaged { .. }
            | PictureError::Read { .. }
    )
}
