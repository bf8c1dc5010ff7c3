//! What an LLRP reader does by itself once it was told to: operations, passes over the field, accesses to tags.

use std::collections::BTreeMap;
use std::time::Duration;

use super::field::Heard;
use super::llrp::{Llrp, clock};
use super::llrp_report::{self as report, powers};
use super::llrp_spec::{AccessTask, Limits, Operation};
use super::llrp_wire::{Reading, Wrong, tlv, wrong};

/// One pass over an empty field.
const SHORTEST_PASS: Duration = Duration::from_millis(12);
/// What one more tag adds: 500 tags a second.
const PER_TAG: Duration = Duration::from_millis(2);
/// So many passes bring an empty report (protocol sheet, section 3: Zebra does that).
const EMPTY_REPORT_EVERY: u64 = 40;
/// Bytes of records it keeps for a report that is not yet due.
const BUFFER: usize = 64 * 1024;
/// Accesses it keeps, as its capabilities say.
const ACCESSES: usize = 8;
/// A tag that answered a state-aware inventory is silent for so long.
const STATE_KEPT: Duration = Duration::from_secs(2);

/// What a reader was told to do; it survives the client.
#[derive(Default)]
pub(super) struct Work {
    pub operation: Option<(Operation, Stage)>,
    accesses: BTreeMap<u32, Running>,
    /// Accesses that ended by themselves: to delete them is no mistake.
    ended: Vec<u32>,
    antenna_turn: usize,
    pub next_pass: Duration,
    pub stops_at: Option<Duration>,
    /// Tags that answered and are silent, and until when.
    silent: BTreeMap<Vec<u8>, Duration>,
    passes: u64,
    /// Records that wait for a report, and how many tags were seen since the operation started.
    unreported: Vec<u8>,
    waiting: u32,
    observed: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    Disabled,
    Enabled,
    Active,
}

struct Running {
    task: AccessTask,
    enabled: bool,
    done: u32,
}

impl Llrp {
    fn limits(&self) -> Limits {
        let traits = self.station.settings.llrp;
        Limits {
            antennas: self.station.settings.ports.into(),
            powers: powers(&self.station.settings),
            state_aware: !traits.impinj,
            impinj: self.connection.as_ref().is_some_and(|connection| connection.extended),
        }
    }

    pub(super) fn add_operation(&mut self, reading: &mut Reading<'_>) -> Result<(), Wrong> {
        let operation = Operation::read(reading.parameter(177)?, self.limits())?;
        let strict = self.station.settings.strict;
        let connection = self.connected()?;
        if strict && !(connection.capabilities_asked && connection.configured) {
            return wrong(112, "an operation before capabilities were asked and settings written");
        }
        if self.work.operation.is_some() {
            return wrong(300, "there is an operation already");
        }
        self.work.operation = Some((operation, Stage::Disabled));
        Ok(())
    }

    pub(super) fn change_operation(&mut self, kind: u16, id: u32, now: Duration) -> Result<(), Wrong> {
        if kind == 21 && id == 0 && !(self.station.settings.llrp.fussy && self.work.operation.is_none()) {
            self.stop(now);
            self.work.operation = None;
            return Ok(());
        }
        let Some((operation, stage)) =
            self.work.operation.as_mut().filter(|(operation, _)| operation.id == id)
        else {
            return wrong(300, format!("there is no operation {id}"));
        };
        let immediate = operation.immediate;
        match (kind, *stage) {
            (21, _) => {
                self.stop(now);
                self.work.operation = None;
            }
            (24, Stage::Disabled) => {
                *stage = Stage::Enabled;
                if immediate {
                    self.start(now);
                }
            }
            (22, Stage::Enabled) => self.start(now),
            (23, Stage::Active) => self.stop(now),
            (25, Stage::Enabled | Stage::Active) => {
                self.stop(now);
                if let Some((_, stage)) = &mut self.work.operation {
                    *stage = Stage::Disabled;
                }
            }
            (_, stage) => return wrong(300, format!("operation {id} is {stage:?}")),
        }
        Ok(())
    }

    /// The operation as it was described, with what has become of it.
    pub(super) fn operations(&self) -> Vec<u8> {
        let Some((operation, stage)) = &self.work.operation else { return Vec::new() };
        let mut described = operation.described.clone();
        if let Some(state) = described.get_mut(5) {
            *state = *stage as u8;
        }
        tlv(177, &described)
    }

    pub(super) fn add_access(&mut self, reading: &mut Reading<'_>) -> Result<(), Wrong> {
        let task = AccessTask::read(reading.parameter(207)?, self.limits())?;
        if self.work.accesses.contains_key(&task.id) {
            return wrong(300, format!("there is an access {} already", task.id));
        }
        if self.work.accesses.len() >= ACCESSES {
            return wrong(105, format!("more than {ACCESSES} accesses"));
        }
        self.work.ended.retain(|&ended| ended != task.id);
        self.work.accesses.insert(task.id, Running { task, enabled: false, done: 0 });
        Ok(())
    }

    pub(super) fn change_access(&mut self, kind: u16, id: u32) -> Result<(), Wrong> {
        if kind == 41 && id == 0 {
            self.work.accesses.clear();
            return Ok(());
        }
        let ended = self.work.ended.contains(&id);
        match (kind, self.work.accesses.get_mut(&id)) {
            (_, None) => {
                // The status tells the two apart for the complaint.
                return wrong(if ended { 300 } else { 301 }, format!("there is no access {id}"));
            }
            (41, Some(_)) => drop(self.work.accesses.remove(&id)),
            (42, Some(running)) if !running.enabled => running.enabled = true,
            (43, Some(running)) if running.enabled => running.enabled = false,
            (_, Some(_)) => return wrong(300, format!("access {id} is so already")),
        }
        Ok(())
    }

    pub(super) fn is_active(&self) -> bool {
        matches!(self.work.operation, Some((_, Stage::Active)))
    }

    fn start(&mut self, now: Duration) {
        let Some((operation, stage)) = &mut self.work.operation else { return };
        *stage = Stage::Active;
        let after_ms = operation.stops_after_ms;
        self.work.stops_at = (after_ms > 0).then(|| now + Duration::from_millis(after_ms.into()));
        self.work.next_pass = now + SHORTEST_PASS;
        self.work.silent.clear();
        self.work.observed = 0;
    }

    /// The operation ends, for whatever reason; what was not yet reported is.
    pub(super) fn stop(&mut self, now: Duration) {
        if self.work.waiting > 0 {
            self.report(now);
        }
        if let Some((_, stage @ Stage::Active)) = &mut self.work.operation {
            *stage = Stage::Enabled;
        }
        self.work.stops_at = None;
    }

    /// The operation has done what it was to do; one that starts by itself does.
    pub(super) fn done(&mut self, now: Duration) {
        self.stop(now);
        if self.work.operation.as_ref().is_some_and(|(operation, _)| operation.immediate) {
            self.start(now);
        }
    }

    /// One pass over the field at the antenna whose turn it is.
    pub(super) fn pass(&mut self, now: Duration) {
        let Some((mut operation, _)) = self.work.operation.clone() else { return };
        operation.fast_tid &= self.station.settings.llrp.fast_tid;
        self.work.antenna_turn = (self.work.antenna_turn + 1) % operation.antennas.len();
        let antenna = operation.antennas[self.work.antenna_turn];
        let missing = self.station.settings.missing_antennas.iter().any(|&gone| u16::from(gone) == antenna);
        let mut heard = Vec::new();
        if !missing {
            heard = self.station.field.listen((antenna - 1) as u8, &mut self.station.dice);
        }
        if operation.state_aware {
            self.work.silent.retain(|_, until| *until > now);
            heard.retain(|tag| !self.work.silent.contains_key(&tag.epc));
            self.work.silent.extend(heard.iter().map(|tag| (tag.epc.clone(), now + STATE_KEPT)));
        }
        let length = SHORTEST_PASS.max(PER_TAG * heard.len() as u32);
        for (order, tag) in heard.iter().enumerate() {
            let due = now + length * (order as u32 + 1) / (heard.len() as u32 + 1);
            let results = self.access(tag, antenna);
            let record = report::record(&operation, tag, clock(due), &results);
            self.work.unreported.extend(record);
            self.work.waiting += 1;
            self.work.observed = self.work.observed.saturating_add(1);
            if operation.report_every > 0 && self.work.waiting >= operation.report_every.into() {
                self.report(due);
            } else if self.work.unreported.len() > BUFFER {
                self.overflow(due);
            }
            if operation.stops_after_tags > 0 && self.work.observed >= operation.stops_after_tags.into() {
                self.done(due);
            }
        }
        self.work.passes += 1;
        self.station.rounds += 1;
        if self.work.passes.is_multiple_of(EMPTY_REPORT_EVERY) && self.work.waiting == 0 {
            self.report(now);
        }
        self.work.next_pass = now + length;
        if self.station.dice.chance(self.station.settings.nuisances.stalls) {
            let stall_ms = self.station.dice.between(500, 2000);
            self.work.next_pass += Duration::from_millis(stall_ms);
        }
    }

    /// Does the first access that fits a tag; gives the results as parameters.
    fn access(&mut self, tag: &Heard, antenna: u16) -> Vec<u8> {
        let fits = |running: &&mut Running| {
            let task = &running.task;
            running.enabled
                && (task.antenna == 0 || task.antenna == antenna)
                && task.target.as_ref().is_none_or(|target| target.fits(&tag.epc))
        };
        let Some(running) = self.work.accesses.values_mut().find(fits) else { return Vec::new() };
        let version = self.connection.as_ref().map_or(1, |connection| connection.version);
        let mut results = Vec::new();
        for (id, password, what) in &running.task.operations {
            results.extend(report::access(&mut self.station, tag, *id, *password, what, version));
        }
        running.done = running.done.saturating_add(1);
        let id = running.task.id;
        if running.task.times > 0 && running.done >= running.task.times.into() {
            self.work.accesses.remove(&id);
            self.work.ended.push(id);
        }
        results
    }

    /// Nobody fetches what it has seen: it is lost, and the reader says so.
    fn overflow(&mut self, at: Duration) {
        self.work.unreported.clear();
        self.work.waiting = 0;
        self.tell(at, &tlv(251, &[]));
    }

    /// Sends what waits for a report, or an empty one.
    fn report(&mut self, at: Duration) {
        let records = std::mem::take(&mut self.work.unreported);
        self.work.waiting = 0;
        self.next_id += 1;
        self.say(at, 61, self.next_id, &records);
    }
}
