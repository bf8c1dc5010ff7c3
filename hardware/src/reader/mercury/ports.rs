//! Which antennas are used, and which are missing.

use std::time::Duration;

use tokio::time::Instant;

use super::driver::MercuryReader;
use super::frame::Mercury;
use super::opcode::*;
use super::{reply, status};
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{ReaderError, ReaderEvent};

/// The greatest port a half byte can name.
const PORTS_MAX: u8 = 16;
/// How long an antenna must have been without a fault before the next is news, and how long a tag it heard speaks for it.
/// A bad cable sends power back in every cycle and may still bring tags in between.
const FADES: Duration = Duration::from_secs(5);

/// The antennas: wanted, used, and what has been told of them.
#[derive(Debug, Default)]
pub(super) struct Ports {
    /// Those in the module's search list.
    pub in_use: Vec<u8>,
    /// Whether the module can tell which are connected.
    pub detects: bool,
    /// Those whose fault has been told and that have not worked since, and when the fault was last seen.
    told: Vec<(u8, Instant)>,
    /// When each antenna last heard a tag.
    heard: Vec<(u8, Instant)>,
}

impl Ports {
    /// An antenna works: its next fault is news again.
    pub fn works(&mut self, antenna: u8, now: Instant) {
        self.told.retain(|&(told, seen)| told != antenna || now.duration_since(seen) < FADES);
    }

    /// An antenna has heard a tag.
    pub fn heard_a_tag(&mut self, antenna: u8, now: Instant) {
        self.works(antenna, now);
        match self.heard.iter_mut().find(|(heard, _)| *heard == antenna) {
            Some((_, at)) => *at = now,
            None => self.heard.push((antenna, now)),
        }
    }

    fn hears_tags(&self, antenna: u8, now: Instant) -> bool {
        self.heard.iter().any(|&(heard, at)| heard == antenna && now.duration_since(at) < FADES)
    }

    /// Whether a fault of that antenna is news.
    pub fn is_news(&mut self, antenna: u8, now: Instant) -> bool {
        if let Some((_, seen)) = self.told.iter_mut().find(|(told, _)| *told == antenna) {
            *seen = now;
            return false;
        }
        self.told.push((antenna, now));
        true
    }
}

/// The antennas of the configuration, sorted by what the module says of them.
#[derive(Debug, Default, PartialEq, Eq)]
struct Plan {
    there: Vec<u8>,
    unconnected: Vec<u8>,
    unknown: Vec<u8>,
}

impl Plan {
    fn of(wanted: &[u8], detected: Option<&[(u8, bool)]>) -> Self {
        let mut plan = Self::default();
        for &antenna in wanted {
            let found = detected.map(|list| list.iter().find(|(port, _)| *port == antenna));
            let list = match found {
                _ if antenna == 0 || antenna > PORTS_MAX => &mut plan.unknown,
                None | Some(Some((_, true))) => &mut plan.there,
                Some(Some((_, false))) => &mut plan.unconnected,
                Some(None) => &mut plan.unknown,
            };
            if !list.contains(&antenna) {
                list.push(antenna);
            }
        }
        plan
    }

    /// What to use. Detection measures direct current, which some good antennas do not let pass: when it sees none of
    /// them, it is not believed.
    fn to_use(&self) -> Vec<u8> {
        if self.there.is_empty() { self.unconnected.clone() } else { self.there.clone() }
    }
}

impl MercuryReader {
    /// Asks which ports are connected and writes the search list; tells each fault once.
    pub(super) async fn write_antennas<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        let answer = self.ask(talk, line, ANTENNA_GET, &[5]).await?;
        let answer = answer.filter(|frame| frame.status == Some(status::OK));
        let detected = answer.and_then(|frame| reply::detected(&frame.data));
        self.ports.detects = detected.is_some();
        let plan = Plan::of(&self.settings.antennas_in_use(), detected.as_deref());
        let ports = detected.as_ref().and_then(|list| list.iter().map(|&(port, _)| u16::from(port)).max());
        let now = Instant::now();
        for &antenna in &plan.unconnected {
            if !self.ports.hears_tags(antenna, now) {
                self.tell_missing_antenna(talk, antenna);
            }
        }
        plan.there.iter().filter(|_| detected.is_some()).for_each(|&antenna| self.ports.works(antenna, now));
        self.ports.in_use = self.accepted(talk, line, plan.to_use()).await?;
        let refused = plan.to_use().into_iter().filter(|antenna| !self.ports.in_use.contains(antenna));
        let missing: Vec<u8> = plan.unknown.iter().copied().chain(refused).collect();
        talk.no_such_antennas(&missing, &self.ports.in_use, ports);
        if self.ports.in_use.is_empty() {
            return Err(ReaderError::Refused {
                port: talk.port.clone(),
                why: format!(
                    "it has none of the antennas {:?}: correct the configuration",
                    self.settings.antennas_in_use()
                ),
            });
        }
        Ok(())
    }

    /// Writes the search list again, as it was.
    pub(super) async fn restore_antennas<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        self.set(talk, line, ANTENNA_SET, &search_list(&self.ports.in_use)).await?;
        Ok(())
    }

    pub(super) fn tell_missing_antenna<F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        antenna: u8,
    ) {
        if self.ports.is_news(antenna, Instant::now()) {
            let fault = format!("antenna {antenna} is missing: is its cable screwed on at both ends?");
            talk.tell(ReaderEvent::Antenna { antenna, fault });
        }
    }

    /// Writes the list and, when the module refuses it, finds out which of its antennas are to blame.
    async fn accepted<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Mercury, F>,
        line: &mut L,
        list: Vec<u8>,
    ) -> Result<Vec<u8>, ReaderError> {
        if list.is_empty() || self.refusal(talk, line, ANTENNA_SET, &search_list(&list)).await?.is_none() {
            return Ok(list);
        }
        let mut accepted = Vec::new();
        for antenna in list {
            if self.refusal(talk, line, ANTENNA_SET, &search_list(&[antenna])).await?.is_none() {
                accepted.push(antenna);
            }
        }
        if !accepted.is_empty() {
            self.set(talk, line, ANTENNA_SET, &search_list(&accepted)).await?;
        }
        Ok(accepted)
    }
}

/// Option 02, then each antenna as transmitting and receiving port.
fn search_list(antennas: &[u8]) -> Vec<u8> {
    std::iter::once(2).chain(antennas.iter().flat_map(|&antenna| [antenna, antenna])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cable_that_fails_again_and_again_is_told_once() {
        let (mut ports, now) = (Ports::default(), Instant::now());
        let told: Vec<u64> = (0..20)
            .filter(|&second| {
                let at = now + Duration::from_secs(second);
                ports.heard_a_tag(1, at);
                second < 10 && ports.is_news(1, at)
            })
            .collect();
        assert_eq!(told, [0], "tags come in between, and the fault stays");
        assert!(ports.is_news(1, now + Duration::from_secs(20)), "it had worked for long");
    }

    #[test]
    fn a_port_is_left_out_only_while_another_is_there() {
        let detected = [(1, true), (2, false), (3, true)];
        let plan = Plan::of(&[2, 1, 1, 9, 200], Some(&detected));
        assert_eq!((plan.to_use(), plan.unconnected.clone(), plan.unknown), (vec![1], vec![2], vec![9, 200]));
        assert_eq!(Plan::of(&[2], Some(&detected)).to_use(), [2], "nothing else is there: try it");
        assert_eq!(Plan::of(&[2, 3], None).to_use(), [2, 3], "the module cannot tell");
        assert!(Plan::of(&[0], None).to_use().is_empty());
    }
}
