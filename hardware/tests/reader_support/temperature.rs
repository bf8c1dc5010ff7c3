//! How hot a reader is.

use armoury_hardware::reader::ReaderEvent;

use super::station::Station;

impl Station {
    /// As its figures say next, °C.
    pub async fn temperature_c(&mut self) -> Option<i8> {
        self.until("Figures", |event| match event {
            ReaderEvent::Figures { temperature_c, .. } => Some(temperature_c),
            _ => None,
        })
        .await
    }
}
