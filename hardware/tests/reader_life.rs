//! What holds for a driver of any family, whatever its reader does: it ends when it is told to, it waits longer and longer
//! but not for ever, it says what is wrong, and it needs neither the whole processor nor memory without end.

#[path = "reader_support/scripted.rs"]
mod scripted;

use std::any::Any;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use armoury_hardware::bench::{BenchReader, BenchSettings, BenchTag};
use armoury_hardware::reader::{Family, ReaderError, ReaderEvent, ReaderSettings, run_reader, tag_desk};
use scripted::Scripted;
use tokio::sync::{Mutex, mpsc, watch};
use tokio::task::{JoinHandle, JoinSet};

/// The families behind a serial port.
const SERIAL: [Family; 4] = [Family::R2000, Family::Mercury, Family::M100, Family::Uhfreader18];
/// Processor and memory are those of the whole process, so one story is told at a time.
static ALONE: Mutex<()> = Mutex::const_new(());

/// A driver at work, and what it tells.
struct Driver {
    events: mpsc::UnboundedReceiver<ReaderEvent>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Driver {
    fn start(settings: ReaderSettings) -> Self {
        let (sender, events) = mpsc::unbounded_channel();
        let (stop, stopped) = watch::channel(false);
        let (_desk, orders) = tag_desk();
        // The test may have ended before the driver.
        let task = tokio::spawn(run_reader(settings, move |event| _ = sender.send(event), orders, stopped));
        Self { events, stop, task }
    }

    async fn until<T>(&mut self, mut pick: impl FnMut(ReaderEvent) -> Option<T>) -> T {
        let found = async {
            loop {
                if let Some(found) = pick(self.events.recv().await.expect("the driver runs")) {
                    return found;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(30), found).await.expect("within 30 s")
    }

    async fn next_down(&mut self) -> (ReaderError, u64) {
        self.until(|event| match event {
            ReaderEvent::Down { why, retry_in_ms } => Some((why, retry_in_ms)),
            _ => None,
        })
        .await
    }

    /// The same of a reader that never came up: nothing else may be told of it, least of all figures, which say that it
    /// works.
    async fn next_down_of_nobody(&mut self) -> (ReaderError, u64) {
        self.until(|event| match event {
            ReaderEvent::Down { why, retry_in_ms } => Some((why, retry_in_ms)),
            other => panic!("of a line with nothing but garbage: {other:?}"),
        })
        .await
    }

    /// Tells it to end; how long that took.
    async fn stopped(self) -> Duration {
        let asked = Instant::now();
        self.stop.send(true).expect("still running");
        self.task.await.expect("no panic");
        asked.elapsed()
    }
}

fn settings(family: Family, port: &str) -> ReaderSettings {
    let baud = SERIAL.contains(&family).then_some(115_200);
    ReaderSettings { baud, ..ReaderSettings::new("hatch", family, port) }
}

fn bench(family: Family, paced: bool) -> BenchReader {
    let bench = BenchReader::start_with(BenchSettings { family, paced, ..BenchSettings::default() });
    let bench = bench.expect("a bench");
    bench.place(BenchTag { epc: vec![0x30; 12], tid: None, antenna: 1, rssi_dbm: -60, read_rate: 0.9 });
    bench
}

/// Bytes that are nobody's frames: a line at another rate, or another device.
fn garbage(seed: u32) -> impl FnMut() -> Vec<u8> + Send + 'static {
    let mut state = seed;
    move || {
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 24) as u8
        };
        (0..300).map(|_| next()).collect()
    }
}

fn noisy(seed: u32) -> Scripted {
    Scripted::start(Duration::from_millis(20), |_| Vec::new(), garbage(seed))
}

/// What keeps a case's reader alive, and its port.
type Peer = (Box<dyn Any + Send>, String);

fn on_a_line(script: Scripted) -> Peer {
    let port = script.path().to_string_lossy().into_owned();
    (Box::new(script), port)
}

/// Readers that do their worst, by name.
fn peers(family: Family) -> Vec<(&'static str, Peer)> {
    let of_bench = |bench: BenchReader| -> Peer {
        let port = bench.path().to_string_lossy().into_owned();
        (Box::new(bench), port)
    };
    let stalled = bench(family, true);
    let mut peers = vec![("reads", of_bench(bench(family, true)))];
    if family == Family::Llrp {
        let mute = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = format!("tcp:{}", mute.local_addr().expect("its address"));
        peers.push(("takes the call and says nothing", (Box::new(mute), port)));
        peers.push(("is to call and does not", (Box::new(()), "listen:127.0.0.1:0".to_owned())));
        peers.push(("is not there", (Box::new(()), "tcp:127.0.0.1:9".to_owned())));
    } else {
        let never = Duration::from_secs(3600);
        peers.push(("is silent", on_a_line(Scripted::start(never, |_| Vec::new(), Vec::new))));
        peers.push(("gives back what it hears", on_a_line(Scripted::start(never, <[u8]>::to_vec, Vec::new))));
        peers.push(("says garbage", on_a_line(noisy(7))));
        peers.push(("is not there", (Box::new(()), "/dev/does-not-exist".to_owned())));
    }
    peers.push(("falls silent", of_bench(stalled)));
    peers
}

#[tokio::test(flavor = "multi_thread")]
async fn a_driver_that_is_stopped_ends_at_once_whatever_its_reader_does() {
    let _alone = ALONE.lock().await;
    let mut cases = JoinSet::new();
    for family in Family::ALL {
        for (name, (peer, port)) in peers(family) {
            cases.spawn(async move {
                let mut driver = Driver::start(settings(family, &port));
                if matches!(name, "reads" | "falls silent") {
                    driver.until(|event| matches!(event, ReaderEvent::Read(_)).then_some(())).await;
                } else {
                    tokio::time::sleep(Duration::from_millis(700)).await;
                }
                if let Some(bench) = peer.downcast_ref::<BenchReader>().filter(|_| name == "falls silent") {
                    bench.stall(60_000);
                    tokio::time::sleep(Duration::from_millis(300)).await;
                }
                let took = driver.stopped().await;
                // A second is what is promised; the rest is for a busy machine.
                assert!(took < Duration::from_millis(1_500), "{family:?}, a reader that {name}: {took:?}");
            });
        }
    }
    while let Some(case) = cases.join_next().await {
        case.expect("the case holds");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn garbage_for_ever_is_told_as_such_and_costs_little() {
    let _alone = ALONE.lock().await;
    let (began, used) = (Instant::now(), processor_s());
    let mut cases = JoinSet::new();
    for family in SERIAL {
        cases.spawn(async move {
            let script = noisy(11);
            let port = script.path().to_string_lossy().into_owned();
            let mut driver = Driver::start(settings(family, &port));
            let mut waits = Vec::new();
            for _ in 0..4 {
                let (why, retry_in_ms) = driver.next_down_of_nobody().await;
                let said = why.to_string();
                assert!(
                    matches!(why, ReaderError::Garbled { bytes, .. } if bytes > 300),
                    "{family:?}: {why}"
                );
                assert!(said.contains("at 115200 baud") && said.contains("its rate"), "{family:?}: {said}");
                waits.push(retry_in_ms);
            }
            // A quarter of each wait is by chance.
            assert!(waits.is_sorted() && waits[0] <= 250 && waits[3] <= 2_000, "{family:?}: {waits:?}");
            driver.stopped().await;
        });
    }
    while let Some(case) = cases.join_next().await {
        case.expect("the case holds");
    }
    let share = (processor_s() - used) / began.elapsed().as_secs_f64();
    println!("four drivers at four noisy lines: {:.1} % of one core", share * 100.0);
    assert!(share < 0.5, "{share}");
}

#[tokio::test(flavor = "multi_thread")]
async fn waits_grow_are_bounded_and_begin_again_after_a_good_life() {
    let _alone = ALONE.lock().await;
    let mut cases = JoinSet::new();
    for family in Family::ALL {
        cases.spawn(async move {
            let bench = bench(family, true);
            let mut driver = Driver::start(settings(family, &bench.path().to_string_lossy()));
            for life in 0..2 {
                driver.until(|event| matches!(event, ReaderEvent::Read(_)).then_some(())).await;
                bench.unplug().expect("unplugged");
                let mut waits = Vec::new();
                while waits.len() < 4 {
                    waits.push(driver.next_down().await.1);
                }
                assert!(waits.is_sorted() && waits[0] <= 250, "{family:?}, life {life}: {waits:?}");
                assert!((1_500..=2_000).contains(&waits[3]), "{family:?}, life {life}: {waits:?}");
                bench.replug().expect("plugged in");
            }
            driver.until(|event| matches!(event, ReaderEvent::Read(_)).then_some(())).await;
        });
    }
    while let Some(case) = cases.join_next().await {
        case.expect("the case holds");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_ever_new_tags_fills_no_memory_and_the_driver_still_listens() {
    let _alone = ALONE.lock().await;
    let bench = Arc::new(bench(Family::R2000, false));
    let reads = Arc::new(AtomicU64::new(0));
    let (stop, stopped) = watch::channel(false);
    let (_desk, orders) = tag_desk();
    let sink = {
        let reads = Arc::clone(&reads);
        move |event| {
            if matches!(event, ReaderEvent::Read(_)) {
                reads.fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    let settings = settings(Family::R2000, &bench.path().to_string_lossy());
    let task = tokio::spawn(run_reader(settings, sink, orders, stopped));
    let over = Arc::new(AtomicBool::new(false));
    let flood = std::thread::spawn({
        let (bench, over) = (Arc::clone(&bench), Arc::clone(&over));
        move || {
            let mut number = 0_u32;
            while !over.load(Ordering::Relaxed) {
                let frames: Vec<u8> = (0..50).flat_map(|one| new_tag(number + one)).collect();
                number += 50;
                bench.send_raw(&frames);
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    });
    let mut resident = Vec::new();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        resident.push(resident_kib());
    }
    stop.send(true).expect("still running");
    let asked = Instant::now();
    task.await.expect("no panic");
    let took = asked.elapsed();
    over.store(true, Ordering::Relaxed);
    flood.join().expect("no panic");
    let reads = reads.load(Ordering::Relaxed);
    println!("{reads} reads; resident {resident:?} KiB; stopped within {took:?}");
    assert!(reads > 4_000, "a flood: {reads}");
    assert!(resident[3] < resident[0] + 16 * 1024, "{resident:?} KiB");
    assert!(took < Duration::from_millis(1_500), "{took:?}");
}

/// A real-time tag of the A0 protocol with an EPC of its own.
fn new_tag(number: u32) -> Vec<u8> {
    let mut frame = vec![0xA0, 0x13, 1, 0x89, 0x10, 0x30, 0];
    frame.extend([0x30, 0x34, 0, 0, 0, 0, 0, 0]);
    frame.extend(number.to_be_bytes());
    frame.push(0x45);
    let sum = frame.iter().fold(0_u8, |sum, &byte| sum.wrapping_add(byte));
    frame.push(sum.wrapping_neg());
    frame
}

/// Processor time of this process, by the system's clock of 100 ticks a second.
fn processor_s() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("the system tells");
    let behind_name = stat.rsplit_once(')').expect("a name in brackets").1;
    let ticks: u64 = behind_name
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(|field| field.parse::<u64>().expect("ticks"))
        .sum();
    ticks as f64 / 100.0
}

/// Memory this process holds.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("the system tells");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|kib| kib.parse().ok()).expect("a number")
}
