//! What a driver tells of itself over a while, for the tests that look at it.

use std::time::Duration;

use armoury_hardware::reader::ReaderEvent;

use super::station::Station;

#[derive(Debug)]
pub struct Figures {
    pub refused: u64,
    pub skipped: u64,
}

impl Station {
    pub async fn next_up(&mut self) -> (String, u32, u8) {
        self.until("Up", |event| match event {
            ReaderEvent::Up { identity, baud } => {
                Some((identity.firmware, baud, identity.address.unwrap_or_default()))
            }
            _ => None,
        })
        .await
    }

    pub async fn figures(&mut self) -> Figures {
        self.until("Figures", |event| match event {
            ReaderEvent::Figures { refused_frames, skipped_bytes, .. } => {
                Some(Figures { refused: refused_frames, skipped: skipped_bytes })
            }
            _ => None,
        })
        .await
    }

    pub async fn for_a_while(&mut self, time: Duration, mut see: impl FnMut(ReaderEvent)) {
        let until = tokio::time::Instant::now() + time;
        while let Ok(event) = tokio::time::timeout_at(until, self.events.recv()).await {
            see(event.expect("the driver runs"));
        }
    }
}
