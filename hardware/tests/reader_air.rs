//! What a tag's own checksum gives away as garbled on the air, and what has no EPC at all, is dropped and counted,
//! whatever the family.

use std::time::Duration;

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag, Nuisances};
use armoury_hardware::reader::{Family, ReaderEvent, ReaderSettings, run_reader, tag_desk};
use tokio::sync::{mpsc, watch};

/// What a driver has told.
#[derive(Debug, Default)]
struct Told {
    reads: Vec<Vec<u8>>,
    ghosts: u64,
    air_errors: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn ghosts_without_an_epc_are_dropped_and_counted_by_every_family() {
    for family in Family::ALL {
        let bench = bench(family, Nuisances { ghosts: 0.3, ..Nuisances::default() });
        let told = listen(&bench, family, |told| told.ghosts >= 3 && told.reads.contains(&epc(1))).await;
        assert!(!told.reads.contains(&Vec::new()), "{family:?}: a ghost was handed on");
        let sent = bench.ghosts().iter().filter(|ghost| ghost.is_empty()).count() as u64;
        assert!(told.ghosts <= sent, "{family:?}: {} counted, {sent} sent", told.ghosts);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_garbled_on_the_air_are_dropped_and_counted_where_the_record_tells() {
    let garbled = garbled();
    assert_eq!(garbled.len(), 4, "UHFReader18 records carry no checksum of the tag");
    for (family, frame) in garbled {
        let bench = bench(family, Nuisances::default());
        let ready = listen(&bench, family, |told| !told.reads.is_empty());
        assert_eq!(ready.await.air_errors, 0, "{family:?}");
        let told = {
            let send = async {
                loop {
                    bench.send_raw(&frame);
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            };
            tokio::select! {
                () = send => Told::default(),
                told = listen(&bench, family, |told| told.air_errors >= 5 && told.reads.len() >= 5) => told,
            }
        };
        assert!(told.reads.iter().all(|read| *read == epc(1)), "{family:?}: {:02x?}", told.reads);
    }
}

/// A frame of each family whose record carries the tag's checksum: all of it is valid, only that does not fit.
fn garbled() -> Vec<(Family, Vec<u8>)> {
    let (pc, crc) = ([0x30, 0x00], [0xDE, 0xAD]);
    let other = epc(0xEE);
    let said = [&pc[..], &other, &crc].concat();
    // A record of the reader's buffer.
    let record = [&[0, 1, said.len() as u8], &said[..], &[0x45, 0x10, 1]].concat();
    let mut a0 = [&[0xA0, record.len() as u8 + 3, 1, 0x90], &record[..]].concat();
    a0.push(sum(&a0).wrapping_neg());
    let notice = [&[2, 0x22, 0, said.len() as u8 + 1, 0xC8], &said[..]].concat();
    let m100 = [&[0xBB], &notice[..], &[sum(&notice), 0x7E]].concat();
    // A streamed record with no field beside the tag.
    let bits = (said.len() as u16 * 8).to_be_bytes();
    let streamed = [&[0x10, 0, 0x1B, 0, 0, 1], &bits[..], &said].concat();
    let body = [&[streamed.len() as u8, 0x22, 0, 0], &streamed[..]].concat();
    let mercury = [&[0xFF], &body[..], &mercury_crc(&body).to_be_bytes()].concat();
    // EPC, antenna, PC, CRC.
    let epc_data = [&[0, 241, 0, 18, 0, 96][..], &other].concat();
    let values = [&epc_data[..], &[0x81, 0, 1, 0x8C], &pc, &[0x8B], &crc].concat();
    let tag = [&[0, 240, 0, values.len() as u8 + 4], &values[..]].concat();
    let llrp = [&[0x04, 61, 0, 0, 0, tag.len() as u8 + 10, 0, 0, 0, 7], &tag[..]].concat();
    vec![(Family::R2000, a0), (Family::M100, m100), (Family::Mercury, mercury), (Family::Llrp, llrp)]
}

fn sum(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |sum, &byte| sum.wrapping_add(byte))
}

/// Polynomial 1021, the message shifted into the bottom of the register (Mercury sheet, section 2).
fn mercury_crc(covered: &[u8]) -> u16 {
    let bits = covered.iter().flat_map(|byte| (0..8).rev().map(move |bit| u16::from(byte >> bit & 1)));
    bits.fold(0xFFFF, |crc: u16, bit| (crc << 1 | bit) ^ if crc >> 15 == 1 { 0x1021 } else { 0 })
}

fn bench(family: Family, nuisances: Nuisances) -> BenchReader {
    let bench = BenchReader::start_with(BenchSettings { family, nuisances, ..BenchSettings::default() });
    let bench = bench.expect("a bench");
    bench.place(BenchTag { epc: epc(1), tid: None, antenna: 1, rssi_dbm: -60, read_rate: 0.8 });
    bench
}

/// Runs a driver until `enough`, and for long enough to be told its figures; 20 s at most.
async fn listen(bench: &BenchReader, family: Family, enough: impl Fn(&Told) -> bool) -> Told {
    let (sender, mut events) = mpsc::unbounded_channel();
    let (stop, stopped) = watch::channel(false);
    let (_desk, orders) = tag_desk();
    let settings = ReaderSettings {
        read_tid: false,
        ..ReaderSettings::new("hatch", family, &bench.path().to_string_lossy())
    };
    // The test may have ended before the driver.
    let driver = tokio::spawn(run_reader(settings, move |event| _ = sender.send(event), orders, stopped));
    let mut told = Told::default();
    let hearing = async {
        while !enough(&told) {
            match events.recv().await.expect("the driver runs") {
                ReaderEvent::Read(read) => told.reads.push(read.epc),
                ReaderEvent::Figures { ghosts, air_errors, .. } => {
                    (told.ghosts, told.air_errors) = (ghosts, air_errors);
                }
                _ => {}
            }
        }
    };
    let ended = tokio::time::timeout(Duration::from_secs(20), hearing).await;
    assert!(ended.is_ok(), "{family:?}: not enough after 20 s: {told:02x?}");
    stop.send(true).expect("still running");
    driver.await.expect("no panic");
    told
}

fn epc(number: u8) -> Vec<u8> {
    vec![0x30, 0x34, 0, 0x13, 0x01, 0, 0, 0, 0, 0, 0x11, number]
}
