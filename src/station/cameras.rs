//! What cameras say, turned into inputs; and the way back to them: what they see now, and the wish to read now.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use armoury_hardware::camera::{self, AimHint, CameraEvent, Code39Format, Lens, ReadSettings};
use armoury_hardware::symbol::{self, CodeRead, Sighting};
use serde_json::{Value, json};

use super::devices::{report, with_gs1_prefix};
use super::inbox::{Ending, Inbox};
use super::input::{AimReport, CameraFigures, DeviceKind, DeviceReport, DeviceState, Input};
use super::protocol::Ask;
use super::words;
use crate::config::{self, StationConfig};
use crate::domain::ReadPoint;
use crate::identity::mark::printable;
use crate::scan::CodeReading;

/// The lenses of the cameras, by name.
#[derive(Debug, Clone, Default)]
pub struct Lenses(BTreeMap<String, (Lens, bool)>);

impl Lenses {
    /// One for each camera of the configuration.
    pub fn of(configuration: &StationConfig) -> Self {
        let moves = |camera: &config::Camera| !matches!(camera.source, config::CameraSource::Folder(_));
        let one = |camera: &config::Camera| (camera.name.clone(), (Lens::default(), moves(camera)));
        Self(configuration.cameras.iter().map(one).collect())
    }

    /// How a camera's pictures are read.
    pub fn settings_of(&self, camera: &config::Camera) -> ReadSettings {
        let config::Reading { symbologies, confirm, code39_format } = &camera.reading;
        ReadSettings {
            symbologies: symbologies.iter().copied().map(symbology).collect(),
            confirm: match confirm {
                config::Confirm::None => camera::Confirm::None,
                config::Confirm::TwoFrames => camera::Confirm::TwoFrames,
                config::Confirm::BothReaders => camera::Confirm::BothReaders,
            },
            code39: code39_format.as_deref().and_then(|form| code39(form, &camera.name)),
            lens: self.0.get(&camera.name).map(|(lens, _)| lens.clone()).unwrap_or_default(),
        }
    }

    /// What an ask about a camera comes to. `None`: it is about something else.
    pub fn carry_out(&self, what: &Ask) -> Option<Result<Value, String>> {
        match what {
            Ask::ReadNow { camera } => Some(self.read_now(camera.as_deref())),
            Ask::CameraPicture { camera, columns, rows } => {
                Some(self.picture(camera.as_deref(), *columns, *rows))
            }
            _ => None,
        }
    }

    fn read_now(&self, camera: Option<&str>) -> Result<Value, String> {
        let chosen: Vec<(&String, &Lens)> = match camera {
            Some(name) => match self.0.get_key_value(name) {
                Some((_, (_, false))) => {
                    return Err(format!(
                        "read now with {name}: it is a folder, each picture is read once it is there"
                    ));
                }
                Some((name, (lens, true))) => vec![(name, lens)],
                None => return Err(self.unknown("read now with", name)),
            },
            None => {
                self.0.iter().filter(|(_, (_, moves))| *moves).map(|(name, (lens, _))| (name, lens)).collect()
            }
        };
        if chosen.is_empty() {
            return Err("read now: no camera is configured".to_owned());
        }
        chosen.iter().for_each(|(_, lens)| lens.read_now());
        let names: Vec<&String> = chosen.into_iter().map(|(name, _)| name).collect();
        Ok(json!({ "cameras": names, "said": "Reading with all there is. Hold the mark still." }))
    }

    fn picture(&self, camera: Option<&str>, columns: u16, rows: u16) -> Result<Value, String> {
        let (name, (lens, _)) = match camera {
            Some(name) => {
                self.0.get_key_value(name).ok_or_else(|| self.unknown("show what is seen by", name))?
            }
            None => self.0.iter().next().ok_or("show what a camera sees: no camera is configured")?,
        };
        let picture = lens.picture(usize::from(columns), usize::from(rows));
        let picture = picture.ok_or_else(|| format!("show what {name} sees: no picture has come yet"))?;
        let age_ms = u64::try_from(picture.age.as_millis()).unwrap_or(u64::MAX);
        Ok(json!({ "camera": name, "age_ms": age_ms, "rows": picture.rows }))
    }

    fn unknown(&self, what: &str, name: &str) -> String {
        let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
        format!("{what} {name:?}: there is no camera of that name; there is {}", known.join(", "))
    }
}

fn symbology(symbology: config::Symbology) -> symbol::Symbology {
    match symbology {
        config::Symbology::Qr => symbol::Symbology::Qr,
        config::Symbology::DataMatrix => symbol::Symbology::DataMatrix,
        config::Symbology::Code128 => symbol::Symbology::Code128,
        config::Symbology::Code39 => symbol::Symbology::Code39,
    }
}

/// A form that is none would let nothing through; then the check character is demanded.
fn code39(form: &str, camera: &str) -> Option<Code39Format> {
    match form.parse() {
        Ok(form) => Some(form),
        Err(error) => {
            tracing::error!("camera {camera}: {error}; its check character is demanded instead");
            None
        }
    }
}

/// One camera's way into the inbox.
pub(super) struct Voice {
    name: String,
    read_point: ReadPoint,
    inbox: Inbox,
    /// The end of the last code, and when it was read.
    last_code: Option<(String, Instant)>,
    hint: Option<(AimHint, Instant)>,
}

/// A hint that is older than this no longer says how things are.
const HINT_LASTS: Duration = Duration::from_secs(2);

impl Voice {
    pub(super) fn new(camera: &config::Camera, inbox: &Inbox) -> Self {
        let (name, read_point, inbox) = (camera.name.clone(), camera.read_point.clone(), inbox.clone());
        Self { name, read_point, inbox, last_code: None, hint: None }
    }

    pub(super) fn heard(&mut self, event: CameraEvent) {
        let told = match event {
            CameraEvent::Code(code) => self.code(code),
            CameraEvent::Aim(hint) => {
                self.hint = Some((hint, Instant::now()));
                let (camera, read_point) = (self.name.clone(), self.read_point.clone());
                self.inbox.offer(Input::Aim(AimReport { camera, read_point, hint }));
                Ok(())
            }
            CameraEvent::Figures {
                frames_per_s,
                ms_per_frame,
                budget_ms,
                read,
                skipped,
                abandoned,
                sighting,
            } => self.figures(CameraFigures {
                frames_per_s: tenths(frames_per_s),
                read,
                skipped,
                abandoned,
                ms_per_frame: tenths(ms_per_frame),
                budget_ms: budget_ms.round(),
                last_code: None,
                last_code_ago_s: None,
                aim: None,
                sharpness: sighting.as_ref().map(|sighting| sighting.sharpness),
                module_px: sighting.map(|Sighting { module_px, .. }| module_px),
            }),
            CameraEvent::Up { what } => self.say(DeviceState::Up, &what),
            CameraEvent::GivenUp { why } => {
                tracing::warn!("camera {}: {why}", self.name);
                self.say(DeviceState::Warning, &format!("a picture was given up: {why}"))
            }
            CameraEvent::Refused { file_or_what, why } => {
                // The device's line shows it for a while; the log keeps it.
                let what = format!("{file_or_what}: {why}");
                tracing::warn!("camera {}: {}", self.name, printable(&what));
                self.say(DeviceState::Warning, &what)
            }
            CameraEvent::Down { why, retry_in_ms } => {
                self.say(DeviceState::Down, &format!("{why} · again in {} s", retry_in_ms.div_ceil(1000)))
            }
        };
        if told.is_err() {
            tracing::debug!("camera {}: the station is ending", self.name);
        }
    }

    fn code(&mut self, code: CodeRead) -> Result<(), Ending> {
        let CodeRead { text, bytes, aim, symbology, .. } = code;
        self.last_code = Some((format!("{symbology} ..{}", words::tail(&text)), Instant::now()));
        self.hint = None;
        let bytes = with_gs1_prefix(aim.as_deref(), bytes);
        self.inbox.put_blocking(Input::Code(CodeReading { read_point: self.read_point.clone(), bytes, text }))
    }

    fn figures(&self, mut figures: CameraFigures) -> Result<(), Ending> {
        if let Some((code, at)) = &self.last_code {
            figures.last_code = Some(code.clone());
            figures.last_code_ago_s = Some(at.elapsed().as_secs());
        }
        figures.aim = self.hint.filter(|(_, at)| at.elapsed() < HINT_LASTS).map(|(hint, _)| hint);
        // Others come in a second: they do not wait where too much waits already.
        self.inbox.offer(Input::Device(DeviceReport {
            name: self.name.clone(),
            kind: DeviceKind::Camera,
            state: DeviceState::Figures,
            detail: detail(&figures),
            identity: None,
            figures: None,
            camera: Some(figures),
        }));
        Ok(())
    }

    /// What programs and files say of themselves may hold anything.
    fn say(&self, state: DeviceState, detail: &str) -> Result<(), Ending> {
        let detail = printable(detail).into_owned();
        self.inbox.put_blocking(report(&self.name, DeviceKind::Camera, state, detail))
    }
}

/// The figures on one line, what matters most first.
fn detail(figures: &CameraFigures) -> String {
    let CameraFigures { frames_per_s, ms_per_frame, budget_ms, .. } = figures;
    let mut detail = format!("{frames_per_s:.0} frames/s · {ms_per_frame:.0} ms/frame");
    if *budget_ms > 0.0 {
        detail += &format!(" of {budget_ms:.0}");
    }
    if let Some(hint) = figures.aim {
        detail += &format!(" · {}", words::aim(hint).0);
    }
    if let (Some(code), Some(ago_s)) = (&figures.last_code, figures.last_code_ago_s) {
        detail += &format!(" · last code {code} {} ago", ago(ago_s));
    }
    detail += &format!(" · {} read · {} skipped", figures.read, figures.skipped);
    if figures.abandoned > 0 {
        detail += &format!(" · {} given up", figures.abandoned);
    }
    if let Some(sharpness) = figures.sharpness {
        detail += &format!(" · sharpness {sharpness:.1}");
    }
    detail
}

fn ago(seconds: u64) -> String {
    match (seconds / 60, seconds / 3600) {
        (0, _) => format!("{seconds} s"),
        (minutes, 0) => format!("{minutes} min"),
        (_, hours) => format!("{hours} h"),
    }
}

fn tenths(value: f32) -> f32 {
    (value * 10.0).round() / 10.0
}
