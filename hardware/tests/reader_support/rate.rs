//! How fast a driver reads.

use armoury_hardware::reader::ReaderEvent;

use super::station::Station;

impl Station {
    /// Reads handed on in the last second.
    pub async fn reads_per_s(&mut self) -> f32 {
        self.until("Figures", |event| match event {
            ReaderEvent::Figures { reads_per_s, .. } => Some(reads_per_s),
            _ => None,
        })
        .await
    }
}
