//! A bench from a script: which simulated devices there are, and what happens to them when.

use serde::{Deserialize, Deserializer};

use super::Nuisances;
use super::field::BenchTag;
use crate::capture::recorded::from_hex;
use crate::reader::Family;
use crate::scanner::KeyMap;

/// Devices and acts, as a file names them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Script {
    /// Where all chance comes from.
    #[serde(default = "Script::first_seed")]
    pub seed: u64,
    /// When it ends by itself, counted from the start; none means: when somebody ends it.
    pub for_ms: Option<u64>,
    /// The readers.
    #[serde(default, rename = "reader")]
    pub readers: Vec<ScriptReader>,
    /// The bar code scanners.
    #[serde(default, rename = "scanner")]
    pub scanners: Vec<ScriptScanner>,
    /// What happens; in any order.
    #[serde(default, rename = "act")]
    pub acts: Vec<ScriptAct>,
}

/// A simulated reader of a script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptReader {
    /// Its name in the acts.
    pub name: String,
    /// What it speaks.
    #[serde(deserialize_with = "family")]
    pub protocol: Family,
    /// Which make of that family ([`BenchSettings::variant`](super::BenchSettings)).
    #[serde(default)]
    pub variant: String,
    /// Under which path it appears, or `tcp` for an address of this machine; none makes a path.
    pub port: Option<String>,
    /// How many antenna ports it has.
    #[serde(default = "ScriptReader::four")]
    pub antennas: u8,
    /// Antennas that are not screwed on, counted from 1.
    #[serde(default)]
    pub missing_antennas: Vec<u8>,
    /// How bad line and field are.
    #[serde(default, deserialize_with = "nuisances")]
    pub nuisances: Nuisances,
    /// Send no faster than 115200 baud.
    #[serde(default = "ScriptReader::yes")]
    pub paced: bool,
}

/// A simulated scanner of a script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptScanner {
    /// Its name in the acts.
    pub name: String,
    /// What it is.
    pub kind: ScriptScannerKind,
    /// What ends a line of a `line` scanner.
    #[serde(default)]
    pub line_end: LineEnd,
    /// The layout on which a `keyboard` types.
    #[serde(default, deserialize_with = "key_map")]
    pub key_map: KeyMap,
    /// Under which path it appears; none makes one.
    pub port: Option<String>,
}

/// Kinds of simulated scanners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScriptScannerKind {
    /// Sends text with a line end.
    Line,
    /// A GM65 module.
    Gm65,
    /// An SSI scanner.
    Ssi,
    /// Types.
    Keyboard,
}

/// What a line scanner sends after a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LineEnd {
    /// Carriage return.
    #[default]
    Cr,
    /// Line feed.
    Lf,
    /// Both.
    CrLf,
    /// Nothing.
    None,
}

/// One act of a script: a moment, a device and one thing that happens to it.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptAct {
    /// When, counted from the start.
    pub at_ms: u64,
    /// To which device.
    pub device: String,
    /// A tag comes into the field, or is moved.
    pub put: Option<ScriptTag>,
    /// The tag with this EPC is taken away.
    #[serde(default, deserialize_with = "bytes")]
    pub take: Option<Vec<u8>>,
    /// All tags are taken away.
    #[serde(default)]
    pub clear: bool,
    /// A code is held before a scanner.
    pub show: Option<String>,
    /// The cable is pulled.
    #[serde(default)]
    pub unplug: bool,
    /// The cable is put back; the device has forgotten its settings.
    #[serde(default)]
    pub plug: bool,
    /// The device is deaf and mute for so long.
    pub stall_ms: Option<u64>,
    /// So many random bytes come over the line.
    pub noise_bytes: Option<u16>,
    /// These bytes come over the line, whatever they mean.
    #[serde(default, deserialize_with = "bytes")]
    pub send: Option<Vec<u8>>,
}

/// A tag of a script.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptTag {
    /// Whole words, up to 62 bytes.
    #[serde(deserialize_with = "some_bytes")]
    pub epc: Vec<u8>,
    /// The chip's number, where it can be read.
    #[serde(default, deserialize_with = "bytes")]
    pub tid: Option<Vec<u8>>,
    /// The antenna it lies at, counted from 1.
    #[serde(default = "ScriptTag::first_antenna")]
    pub antenna: u8,
    /// How strongly it answers.
    #[serde(default = "ScriptTag::near_dbm")]
    pub rssi_dbm: i16,
    /// The probability that a round reads it.
    #[serde(default = "ScriptTag::always")]
    pub read_rate: f32,
}

/// What an act does.
#[derive(Debug, Clone, PartialEq)]
pub enum Deed {
    /// A tag comes, or is moved.
    Put(BenchTag),
    /// The tag with this EPC goes.
    Take(Vec<u8>),
    /// All tags go.
    Clear,
    /// A code is shown.
    Show(String),
    /// The cable is pulled.
    Unplug,
    /// The cable is put back.
    Plug,
    /// Deaf and mute for so many ms.
    Stall(u64),
    /// So many random bytes.
    Noise(u16),
    /// These bytes.
    Send(Vec<u8>),
}

impl Script {
    fn first_seed() -> u64 {
        1
    }

    /// Everything that is wrong with it, for the person who wrote it; nothing when it can be played.
    pub fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        let readers: Vec<&str> = self.readers.iter().map(|reader| reader.name.as_str()).collect();
        let scanners: Vec<&str> = self.scanners.iter().map(|scanner| scanner.name.as_str()).collect();
        let mut names = [&readers[..], &scanners].concat();
        names.sort_unstable();
        for twice in names.windows(2).filter(|pair| pair[0] == pair[1]) {
            problems.push(format!("two devices are called {:?}", twice[0]));
        }
        if names.is_empty() {
            problems.push("there is no device: write [[reader]] or [[scanner]]".into());
        }
        for act in &self.acts {
            let deed = act.deed().and_then(|deed| match &deed {
                Deed::Put(_) | Deed::Take(_) | Deed::Clear => {
                    let missing = || format!("no reader is called {:?}", act.device);
                    readers.contains(&act.device.as_str()).then_some(()).ok_or_else(missing)
                }
                Deed::Show(_) => {
                    let missing = || format!("no scanner is called {:?}", act.device);
                    scanners.contains(&act.device.as_str()).then_some(()).ok_or_else(missing)
                }
                _ if names.contains(&act.device.as_str()) => Ok(()),
                _ => Err(format!("no device is called {:?}", act.device)),
            });
            if let Err(why) = deed {
                problems.push(format!("act at {} ms: {why}", act.at_ms));
            }
        }
        problems
    }
}

impl ScriptReader {
    fn four() -> u8 {
        4
    }

    fn yes() -> bool {
        true
    }
}

impl LineEnd {
    /// Its bytes.
    pub fn bytes(self) -> &'static str {
        match self {
            Self::Cr => "\r",
            Self::Lf => "\n",
            Self::CrLf => "\r\n",
            Self::None => "",
        }
    }
}

impl ScriptTag {
    fn first_antenna() -> u8 {
        1
    }

    fn near_dbm() -> i16 {
        -50
    }

    fn always() -> f32 {
        1.0
    }

    fn tag(&self) -> Result<BenchTag, String> {
        let Self { epc, tid, antenna, rssi_dbm, read_rate } = self.clone();
        if !(2..=62).contains(&epc.len()) || epc.len() % 2 == 1 {
            return Err(format!("an EPC of {} bytes: write 2 to 62, in whole words of two", epc.len()));
        }
        if !(-129..=-2).contains(&rssi_dbm) {
            return Err(format!("rssi_dbm = {rssi_dbm}: write -129 to -2"));
        }
        if !(0.0..=1.0).contains(&read_rate) {
            return Err(format!("read_rate = {read_rate}: write 0 to 1"));
        }
        if antenna == 0 {
            return Err("antenna = 0: they are counted from 1".into());
        }
        Ok(BenchTag { epc, tid, antenna, rssi_dbm, read_rate })
    }
}

impl ScriptAct {
    /// The one thing that it does.
    ///
    /// # Errors
    /// It names none or several, or a tag that cannot be.
    pub fn deed(&self) -> Result<Deed, String> {
        let put = self.put.as_ref().map(ScriptTag::tag).transpose()?;
        let deeds = [
            put.map(Deed::Put),
            self.take.clone().map(Deed::Take),
            self.clear.then_some(Deed::Clear),
            self.show.clone().map(Deed::Show),
            self.unplug.then_some(Deed::Unplug),
            self.plug.then_some(Deed::Plug),
            self.stall_ms.map(Deed::Stall),
            self.noise_bytes.map(Deed::Noise),
            self.send.clone().map(Deed::Send),
        ];
        let mut deeds = deeds.into_iter().flatten();
        match (deeds.next(), deeds.next()) {
            (Some(deed), None) => Ok(deed),
            (None, _) => Err(format!(
                "nothing happens to {:?}: write put, take, clear, show, unplug, plug, stall_ms, \
                 noise_bytes or send",
                self.device
            )),
            (Some(_), Some(_)) => {
                Err(format!("several things happen to {:?}: write an act for each", self.device))
            }
        }
    }
}

fn family<'de, D: Deserializer<'de>>(text: D) -> Result<Family, D::Error> {
    let name = String::deserialize(text)?;
    let known =
        || format!("no protocol is called {name:?}: write {}", Family::ALL.map(Family::word).join(", "));
    Family::named(&name).ok_or_else(|| serde::de::Error::custom(known()))
}

fn key_map<'de, D: Deserializer<'de>>(text: D) -> Result<KeyMap, D::Error> {
    let name = String::deserialize(text)?;
    let known =
        || format!("no layout is called {name:?}: write {}", KeyMap::ALL.map(KeyMap::name).join(", "));
    KeyMap::ALL.into_iter().find(|map| map.name() == name).ok_or_else(|| serde::de::Error::custom(known()))
}

/// `"harsh"`, or a table with the probabilities that are not 0.
fn nuisances<'de, D: Deserializer<'de>>(written: D) -> Result<Nuisances, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged, expecting = "write \"harsh\", or a table of probabilities such as { ghosts = 0.01 }")]
    enum Written {
        Word(Word),
        Each(Nuisances),
    }
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Harsh,
    }
    Ok(match Written::deserialize(written)? {
        Written::Word(Word::Harsh) => Nuisances::harsh(),
        Written::Each(nuisances) => nuisances,
    })
}

fn some_bytes<'de, D: Deserializer<'de>>(text: D) -> Result<Vec<u8>, D::Error> {
    let digits = String::deserialize(text)?;
    from_hex(&digits).ok_or_else(|| serde::de::Error::custom(format!("{digits:?} is not bytes in hex")))
}

fn bytes<'de, D: Deserializer<'de>>(text: D) -> Result<Option<Vec<u8>>, D::Error> {
    some_bytes(text).map(Some)
}
