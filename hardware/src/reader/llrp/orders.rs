//! Reading, writing and locking one tag: an access that the reader does when it next hears the tag.

use std::time::Duration;

use tokio::time::Instant;

use super::driver::Llrp;
use super::frame::{Frame, Messages};
use super::kind::*;
use super::report::{self, ORDERED, OpResult};
use super::rospec::{ImpinjParts, Operation, Singulation};
use super::{accessspec, code};
use crate::reader::line::Line;
use crate::reader::talk::Talk;
use crate::reader::{Access, Bank, ReaderError, ReaderEvent, TagAccess, TagError, TagResult};

/// Tries, where the tag stood badly.
const TRIES: u32 = 3;
/// How long the reader looks for the tag in one try.
const TRY_FOR: Duration = Duration::from_millis(1200);

/// Does what is ordered, answers, and goes on reading.
pub(super) async fn serve<L, F>(
    reader: &mut Llrp,
    talk: &mut Talk<Messages, F>,
    line: &mut L,
) -> Result<(), ReaderError>
where
    L: Line,
    F: FnMut(ReaderEvent) + Send,
{
    let Some((access, reply)) = talk.orders.take_access() else { return Ok(()) };
    match reader.access(talk, line, &access).await {
        Ok(result) => reply.give(result),
        Err(error) => {
            reply.give(Err(TagError::ReaderDown { why: error.to_string() }));
            return Err(error);
        }
    }
    reader.read_on(talk, line).await
}

impl Llrp {
    async fn access<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        access: &TagAccess,
    ) -> Result<TagResult, ReaderError> {
        if access.epc.is_empty() {
            // No tag answers to nothing, and LLRP would take it for every tag.
            return Ok(Err(TagError::NoTag));
        }
        if self.inventory.chips_asked {
            // The first access that fits is the only one a reader does at a tag.
            self.request(talk, line, DELETE_ACCESSSPEC, &accessspec::CHIPS_ID.to_be_bytes()).await?;
            self.inventory.chips_asked = false;
        }
        if let Some(live) = self.live_operation() {
            self.end(talk, line).await?;
            if let Some(status) = self.start(talk, line, &live).await? {
                tracing::warn!(port = %talk.port, %status, "the reader does not change its session");
            }
        }
        self.tries(talk, line, access).await
    }

    /// Goes back to the inventory as configured.
    async fn read_on<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
    ) -> Result<(), ReaderError> {
        if self.live_operation().is_some() {
            if self.running {
                self.end(talk, line).await?;
            }
            self.begin(talk, line).await?;
        }
        Ok(())
    }

    /// The operation in which accesses are done, where it is another than the one that takes inventory: in session S0 and
    /// without a state, because only then a tag that was just heard answers again.
    fn live_operation(&self) -> Option<Operation> {
        let reading = self.inventory.operation.as_ref()?;
        let impinj = reading
            .impinj
            .map(|parts| ImpinjParts { search_mode: parts.search_mode.filter(|&mode| mode != 1), ..parts });
        let live = Operation { session: 0, singulation: Singulation::Readers, impinj, ..reading.clone() };
        (live != *reading).then_some(live)
    }

    async fn tries<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        access: &TagAccess,
    ) -> Result<TagResult, ReaderError> {
        let mut result = Err(TagError::NoTag);
        for _ in 0..TRIES {
            self.inventory.ordered = self.inventory.ordered.wrapping_add(1) % ORDERED;
            let id = ORDERED | self.inventory.ordered;
            let described = accessspec::order(id, &access.epc, access.password, &access.access);
            let parameter = match described {
                Ok(parameter) => parameter,
                Err(error) => return Ok(Err(error)),
            };
            result = self.one_try(talk, line, &parameter, id, access).await?;
            if !code::transient(&result) {
                break;
            }
        }
        Ok(result)
    }

    async fn one_try<L: Line, F: FnMut(ReaderEvent) + Send>(
        &mut self,
        talk: &mut Talk<Messages, F>,
        line: &mut L,
        parameter: &[u8],
        id: u16,
        access: &TagAccess,
    ) -> Result<TagResult, ReaderError> {
        let number = accessspec::ORDER_ID.to_be_bytes();
        let mut status = self.request(talk, line, ADD_ACCESSSPEC, parameter).await?;
        if !status.is_ok() {
            return Ok(Err(TagError::Refused {
                code: status.code.into(),
                meaning: code::meaning(status.code),
            }));
        }
        // The tag may be heard, and its report come, before the answer.
        let asked = self.put(talk, line, ENABLE_ACCESSSPEC, &number).await?;
        let until = Instant::now() + TRY_FOR;
        let mut result = None;
        while result.is_none()
            && let Some(frame) = self.hear(talk, line, until).await?
        {
            if frame.id == asked && matches!(frame.kind, 52 | ERROR_MESSAGE) {
                status = super::reply::Status::of(&frame).unwrap_or(status);
                if !status.is_ok() {
                    let meaning = code::meaning(status.code);
                    result = Some(Err(TagError::Refused { code: status.code.into(), meaning }));
                }
            }
            if let Some(found) = result_of(&frame, id, access) {
                result = Some(code::outcome(&found, access.password));
            }
        }
        // It is gone by itself once it was done; some readers then say that there is none.
        self.request(talk, line, DELETE_ACCESSSPEC, &number).await?;
        Ok(result.unwrap_or(Err(TagError::NoTag)))
    }
}

/// How the access with that operation ended at the tag it was ordered for, if the message tells. The reader looks for
/// tags whose EPC begins so: another one, with a longer EPC, is none of it.
fn result_of(frame: &Frame, id: u16, access: &TagAccess) -> Option<OpResult> {
    if frame.kind != RO_ACCESS_REPORT {
        return None;
    }
    let mut found = None;
    // Whoever writes an EPC may be told of the tag under its new one.
    let renames = matches!(access.access, Access::Write { bank: Bank::Epc, .. });
    report::each(&frame.body, &[], |record, _| {
        let meant = record.ok().filter(|record| renames || record.read.epc == access.epc);
        let results = meant.map(|record| record.results).unwrap_or_default();
        found = found.take().or_else(|| results.into_iter().find(|result| result.op_spec_id == id));
    });
    found
}
