//! Hello, version, capabilities, settings, good-bye.

use std::collections::{BTreeSet, HashSet};
use std::convert::Infallible;
use std::time::Duration;

use tokio::time::Instant;

use super::capabilities::Capabilities;
use super::frame::{Messages, V1_0_1, V1_1};
use super::kind::*;
use super::reply::{antennas, serial, versions};
use super::session::{KEEPALIVE_EVERY, lost};
use super::{IMPINJ, build, impinj, inventory, rospec, tlv};
use crate::reader::drive::Dialect;
use crate::reader::family::Family;
use crate::reader::line::{Backoff, Line};
use crate::reader::talk::Talk;
use crate::reader::{Identity, ReaderError, ReaderEvent, ReaderSettings, limits};

/// How long a reader may take to say whether it accepts the connection (protocol sheet, section 1).
const HELLO_WITHIN: Duration = Duration::from_secs(10);
/// Where readers listen (protocol sheet, section 1).
const PORT: u16 = 5084;
/// What is asked of a reader's configuration.
pub(super) const IDENTIFICATION: u8 = 1;
const ANTENNA_PROPERTIES: u8 = 2;
/// Events a reader can tell, and which of them are wanted: operations begun and ended, buffer filling up, exceptions,
/// antennas.
const EVENTS: [(u16, bool); 9] =
    [(0, false), (1, false), (2, true), (3, true), (4, true), (5, false), (6, false), (7, false), (8, true)];

/// An LLRP reader.
pub(crate) struct Llrp {
    pub(super) settings: ReaderSettings,
    /// The version to speak.
    pub(super) version: u8,
    pub(super) last_id: u32,
    /// The id of a question whose answer has not come.
    pub(super) unanswered: Option<u32>,
    /// The version of the message in which the reader accepted the connection.
    pub(super) hello: Option<u8>,
    pub(super) capabilities: Capabilities,
    /// Impinj's own messages and parameters may be used.
    pub(super) extended: bool,
    /// It answers questions for its configuration, so that silence can be told from quiet.
    pub(super) answers: bool,
    /// Bytes that were no messages before this connection began.
    pub(super) skipped_before: u64,
    /// The operation is under way.
    pub(super) running: bool,
    pub(super) inventory: inventory::State,
    /// Antennas told to be missing.
    pub(super) faulty: BTreeSet<u8>,
    /// Sentences said.
    pub(super) warned: HashSet<String>,
    /// When it was last said that reads were lost in the reader.
    pub(super) overflowed_at: Option<Instant>,
}

impl Dialect for Llrp {
    type Speech = Messages;
    const FAMILY: Family = Family::Llrp;
    /// A network has no rates; over a serial line nobody has met it.
    const RATES: &'static [u32] = &[115_200];

    fn new(settings: &ReaderSettings) -> Self {
        Self {
            settings: settings.clone(),
            version: V1_0_1,
            last_id: 0,
            unanswered: None,
            hello: None,
            capabilities: Capabilities::default(),
            extended: false,
            answers: false,
            skipped_before: 0,
            running: false,
            inventory: inventory::State::default(),
            faulty: BTreeSet::new(),
            warned: HashSet::new(),
            overflowed_at: None,
        }
    }

    /// Waits for the reader's word that it accepts the connection, then asks who it is. Fails rather than giving up: what
    /// went wrong once on a connection is put right by a fresh one.
    async fn probe<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        _last: bool,
    ) -> Result<bool, ReaderError> {
        self.version = V1_0_1;
        self.hello = None;
        self.extended = false;
        self.answers = false;
        self.running = false;
        self.unanswered = None;
        self.skipped_before = talk.decoder.skipped_bytes();
        talk.decoder.grammar.in_step = true;
        self.be_accepted(talk, line).await?;
        self.agree_on_version(talk, line).await?;
        let answer = self.ask(talk, line, GET_READER_CAPABILITIES, &[0]).await?;
        self.capabilities = Capabilities::of(&answer);
        talk.decoder.grammar.channels_khz.clone_from(&self.capabilities.channels_khz);
        self.enable_extensions(talk, line).await?;
        let config = self.ask(talk, line, GET_READER_CONFIG, &question(IDENTIFICATION)).await?;
        self.answers = config.kind == GET_READER_CONFIG_RESPONSE;
        let known = answer.kind == GET_READER_CAPABILITIES_RESPONSE && !self.capabilities.firmware.is_empty();
        talk.say_up(Identity {
            model: known.then(|| self.capabilities.model_name()),
            firmware: if known { self.capabilities.firmware.clone() } else { "unknown".to_owned() },
            serial: serial(&config),
            address: None,
            antennas: u8::try_from(self.capabilities.antennas_max).ok().filter(|&ports| ports > 0),
        });
        Ok(true)
    }

    async fn serve<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ReaderError> {
        self.write_settings(talk, line).await?;
        inventory::run(self, talk, line, backoff).await
    }

    /// Stops the inventory, takes away what was left in the reader, and says good-bye: a reader keeps its operations when
    /// its client is gone.
    async fn hush<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.hello.is_none() {
            return Ok(());
        }
        if self.running {
            self.request(talk, line, STOP_ROSPEC, &rospec::ROSPEC_ID.to_be_bytes()).await?;
        }
        self.clear(talk, line).await?;
        self.ask(talk, line, CLOSE_CONNECTION, &[]).await?;
        Ok(())
    }
}

impl Llrp {
    /// Deletes every access and every operation, whoever left them there. That this fails where there are none is a fault
    /// of some readers and no reason to worry.
    pub(super) async fn clear<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let all = 0_u32.to_be_bytes();
        self.request(talk, line, DELETE_ACCESSSPEC, &all).await?;
        if !self.request(talk, line, DELETE_ROSPEC, &all).await?.is_ok() {
            self.request(talk, line, DELETE_ROSPEC, &rospec::ROSPEC_ID.to_be_bytes()).await?;
        }
        self.running = false;
        self.inventory.chips_asked = false;
        Ok(())
    }

    async fn be_accepted<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let until = Instant::now() + HELLO_WITHIN;
        let frames = talk.frames;
        while self.hello.is_none() {
            if self.hear(talk, line, until).await?.is_none() {
                break;
            }
        }
        // A reader that says other things is a reader, though one of bad manners.
        if self.hello.is_none() && talk.frames == frames {
            let why = format!(
                "it says nothing within {} s: is it an LLRP reader, and {PORT} its port?",
                HELLO_WITHIN.as_secs()
            );
            return Err(ReaderError::Refused { port: talk.port.clone(), why });
        }
        Ok(())
    }

    /// LLRP 1.1 is spoken only with a reader that spoke it first: an older one may hang up on the question.
    async fn agree_on_version<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.hello != Some(V1_1) {
            return Ok(());
        }
        self.version = V1_1;
        let answer = self.ask(talk, line, GET_SUPPORTED_VERSION, &[]).await?;
        let agreed = match versions(&answer) {
            Some((V1_1, _)) => true,
            Some((_, supported)) if supported >= V1_1 => {
                self.request(talk, line, SET_PROTOCOL_VERSION, &[V1_1]).await?.is_ok()
            }
            _ => false,
        };
        if !agreed {
            self.version = V1_0_1;
        }
        Ok(())
    }

    /// Impinj's parameters are known to its readers only after this, on every connection anew (protocol sheet, section 6).
    async fn enable_extensions<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.capabilities.is_impinj() {
            let body = [&IMPINJ.to_be_bytes()[..], &[impinj::ENABLE_EXTENSIONS], &[0; 4]].concat();
            self.extended = self.request(talk, line, CUSTOM, &body).await?.is_ok();
        }
        Ok(())
    }

    /// Keep-alives and events; compares region and antennas with what the reader has.
    async fn write_settings<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let states: Vec<u8> = EVENTS
            .iter()
            .flat_map(|&(event, wanted)| {
                build::tlv(tlv::EVENT_STATE, &[&event.to_be_bytes(), &[u8::from(wanted) << 7]])
            })
            .collect();
        let events = build::tlv(tlv::EVENT_SPEC, &[&states]);
        let every_ms = (KEEPALIVE_EVERY.as_millis() as u32).to_be_bytes();
        let keepalive = build::tlv(tlv::KEEPALIVE_SPEC, &[&[1], &every_ms]);
        // The first byte: no factory settings.
        let all = [&[0][..], &events, &keepalive].concat();
        let status = self.request(talk, line, SET_READER_CONFIG, &all).await?;
        if !status.is_ok() {
            // A reader that does not know one of the events keeps none of the settings.
            self.request(talk, line, SET_READER_CONFIG, &[&[0][..], &keepalive].concat()).await?;
            self.warn_once(talk, format!("the reader does not tell all its events: {status}"));
        }
        if let Some(region) = self.settings.region
            && let Some(khz) = self.capabilities.outside(region)
        {
            let why = format!("it sends at {:.1} MHz", f64::from(khz) / 1000.0);
            talk.warn_of_setting(limits::region(region, &self.capabilities.regions(), &why));
        }
        let properties = self.ask(talk, line, GET_READER_CONFIG, &question(ANTENNA_PROPERTIES)).await?;
        for (antenna, connected) in antennas(&properties) {
            self.antenna(talk, antenna, connected);
        }
        Ok(())
    }

    /// The configured antennas that the reader has.
    pub(super) fn usable_antennas<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
    ) -> Result<Vec<u8>, ReaderError> {
        let ports = self.capabilities.antennas_max;
        let configured = self.settings.antennas_in_use();
        let (there, missing): (Vec<u8>, Vec<u8>) =
            configured.into_iter().partition(|&antenna| ports == 0 || u16::from(antenna) <= ports);
        talk.no_such_antennas(&missing, &there, Some(ports));
        if there.is_empty() {
            let why = format!("it has only {ports} antennas, and none of them is configured");
            return Err(lost(talk, why));
        }
        Ok(there)
    }
}

/// A question for one part of the configuration, at all antennas.
pub(super) fn question(part: u8) -> Vec<u8> {
    vec![0, 0, part, 0, 0, 0, 0]
}

/// Settings whose network address names a port.
pub(crate) fn with_default_port(mut settings: ReaderSettings) -> ReaderSettings {
    for scheme in ["tcp:", "listen:"] {
        if let Some(host) = settings.port.strip_prefix(scheme) {
            settings.port = match (host.rsplit_once(']'), host.matches(':').count()) {
                // [address]:port, or a name with its port.
                (Some((_, behind)), _) if behind.starts_with(':') => break,
                (None, 1) => break,
                // An address with many colons and no brackets.
                (None, 2..) => format!("{scheme}[{host}]:{PORT}"),
                _ => format!("{scheme}{host}:{PORT}"),
            };
            break;
        }
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_without_a_port_gets_the_one_of_the_protocol() {
        for (written, meant) in [
            ("tcp:reader.local", "tcp:reader.local:5084"),
            ("tcp:10.0.0.7:5085", "tcp:10.0.0.7:5085"),
            ("tcp:[fe80::1]", "tcp:[fe80::1]:5084"),
            ("tcp:[fe80::1]:7", "tcp:[fe80::1]:7"),
            ("tcp:fe80::1", "tcp:[fe80::1]:5084"),
            ("listen:0.0.0.0", "listen:0.0.0.0:5084"),
            ("/dev/ttyUSB0", "/dev/ttyUSB0"),
        ] {
            let settings = ReaderSettings::new("gate", Family::Llrp, written);
            assert_eq!(with_default_port(settings).port, meant);
        }
    }
}
