//! Readers that panic or never come back.

use std::thread;
use std::time::{Duration, Instant};

use armoury_hardware::symbol::{
    CodeRead, Decoder, Effort, Engine, Finding, GreyFrame, SymbolReader, Symbology, on_fenced_thread,
};

/// Does what the first pixel says: 1 panics, 2 sleeps for ever, 3 reads and then sleeps, anything else reads.
struct Moody;

impl Engine for Moody {
    fn decode(
        &mut self,
        frame: &GreyFrame,
        _: Effort,
        wanted: &[Symbology],
        _: Instant,
        found: &mut dyn FnMut(Finding),
    ) {
        let code = CodeRead {
            text: "A1".into(),
            bytes: b"A1".to_vec(),
            aim: None,
            symbology: wanted[0],
            decoder: Decoder::Rqrr,
            witnessed: false,
            corners: None,
        };
        assert!(on_fenced_thread());
        match frame.pixels[0] {
            1 => panic!("perspective out of range"),
            2 => thread::sleep(Duration::from_secs(3600)),
            3 => {
                found(Finding::Code(code));
                thread::sleep(Duration::from_secs(3600));
            }
            _ => {
                found(Finding::Code(code.clone()));
                found(Finding::Code(CodeRead { witnessed: true, ..code }));
            }
        }
    }
}

fn mood(mood: u8) -> GreyFrame {
    GreyFrame::new(2, 2, vec![mood; 4]).expect("four pixels")
}

#[test]
fn a_reader_that_panics_is_caught_told_and_used_again() {
    let mut reader = SymbolReader::with_engine(|| Box::new(Moody));
    let result = reader.read(&mood(1), Effort::Full, &Symbology::ALL);
    let reason = result.abandoned.expect("it did not read");
    assert!(reason.contains("perspective out of range"), "{reason}");
    assert_eq!(reader.faults().panicked, 1);
    let result = reader.read(&mood(0), Effort::Full, &Symbology::ALL);
    assert_eq!((result.abandoned, result.codes.len()), (None, 1));
    assert!(result.codes[0].witnessed, "the witness is added to the code, not told as a second one");
    assert!(!on_fenced_thread());
}

#[test]
fn a_late_reader_is_abandoned_and_replaced_and_its_codes_kept() {
    let patience = Duration::from_millis(100);
    let mut reader = SymbolReader::with_engine(|| Box::new(Moody)).with_patience(patience);
    let started = Instant::now();
    let result = reader.read(&mood(3), Effort::Full, &Symbology::ALL);
    assert!(started.elapsed() < patience * 10, "the desk waited {:?}", started.elapsed());
    assert!(result.abandoned.is_some_and(|reason| reason.contains("100 ms")));
    assert_eq!(result.codes.len(), 1, "what was certain before stays");
    assert_eq!(reader.faults().abandoned, 1);
    assert_eq!(reader.read(&mood(0), Effort::Quick, &Symbology::ALL).abandoned, None);
}

#[test]
fn late_readers_do_not_pile_up() {
    let mut reader = SymbolReader::with_engine(|| Box::new(Moody)).with_patience(Duration::from_millis(20));
    for _ in 0..10 {
        assert!(reader.read(&mood(2), Effort::Full, &Symbology::ALL).abandoned.is_some());
    }
    let threads = std::fs::read_dir("/proc/self/task").expect("Linux").count();
    assert!(threads < 40, "{threads} threads");
    let reason = reader.read(&mood(0), Effort::Full, &Symbology::ALL).abandoned.expect("no thread is free");
    assert!(reason.contains("still being read"), "{reason}");
}
