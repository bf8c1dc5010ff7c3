//! Nothing that a reader tells is lost without a word: what waits, what is taken and what is dropped is counted, and
//! what must not be lost has a place before what comes again by itself.

#![cfg(feature = "station")]

use std::path::Path;
use std::sync::Arc;

use armoury::config::StationConfig;
use armoury::domain::{Moment, Practice, ReadPoint, StationId};
use armoury::ledger::Ledger;
use armoury::scan::TagReading;
use armoury::station::board::Board;
use armoury::station::clerk::{Clerk, Outlets};
use armoury::station::clock::Clock;
use armoury::station::inbox::{Ending, INBOX_MAX, Inbox, KEPT_FREE};
use armoury::station::input::{DeviceKind, DeviceReport, DeviceState, Input, ReaderFigures, Stamped};
use armoury::station::life::clerk_settings;
use armoury::station::view::{AlarmState, InboxView};
use tokio::sync::mpsc::Receiver;
use tokio::sync::{Notify, mpsc, watch};

/// Reads that find a place in an inbox that nobody empties.
const ROOM_FOR_READS: u64 = (INBOX_MAX - KEPT_FREE) as u64;

fn at(seconds: u64) -> Moment {
    Moment::at(seconds * 1_000, 1_700_000_000_000 + seconds as i64 * 1_000)
}

fn read(epc: &[u8]) -> Input {
    Input::Tag(TagReading {
        reader: "hatch".into(),
        read_point: ReadPoint::new("hatch"),
        epc: epc.to_vec(),
        tid: None,
        antenna: 1,
        rssi_dbm: Some(-55),
        rssi_raw: None,
        pc: None,
    })
}

fn inbox() -> (Inbox, Receiver<Stamped>) {
    Inbox::new(Clock::new())
}

fn figures(inbox: &Inbox) -> InboxView {
    let mut view = InboxView::default();
    inbox.gauge().read(&mut view);
    view
}

fn clerk(folder: &Path) -> Clerk {
    drop(Ledger::create(folder, Practice::Live, [7; 32], at(0)).expect("a ledger"));
    let configuration = StationConfig::defaults(StationId::from("alpha"), folder);
    let board = Board::new("alpha", Practice::Live, at(0));
    let outlets = Outlets {
        view: watch::Sender::new(Arc::new(board.view().clone())),
        head: watch::Sender::new(0),
        panel: mpsc::channel(1).0,
        nudge: Arc::new(Notify::new()),
    };
    let opened = Ledger::open(folder, "a test").expect("a ledger");
    Clerk::start(opened, &clerk_settings(&configuration, None), outlets, at(1)).expect("started")
}

#[tokio::test]
async fn a_flood_of_reads_is_counted_and_leaves_room_for_what_must_not_be_lost() {
    let (inbox, mut queue) = inbox();
    for _ in 0..ROOM_FOR_READS + 1_000 {
        inbox.offer(read(&[0x34; 12]));
        inbox.offer(Input::Tick);
    }
    let full = figures(&inbox);
    assert_eq!((full.waiting, full.longest, full.room), (ROOM_FOR_READS, ROOM_FOR_READS, INBOX_MAX as u64));
    // Half of what waits are ticks; those that found no place are no loss.
    assert_eq!(full.reads_dropped, ROOM_FOR_READS / 2 + 1_000);

    // A device's report and a person's command are in the queue at once, on the side of nobody.
    inbox.put_soon(Input::Watchers(1));
    inbox.put(Input::Watchers(2)).await.expect("a place");
    assert_eq!(figures(&inbox).waiting, ROOM_FOR_READS + 2);
    assert_eq!(figures(&inbox).reads_dropped, full.reads_dropped);

    let mut taken = Vec::new();
    while let Ok(stamped) = queue.try_recv() {
        taken.push(stamped.input);
    }
    let reads = taken.iter().filter(|input| matches!(input, Input::Tag(_))).count() as u64;
    assert_eq!(reads + full.reads_dropped, ROOM_FOR_READS + 1_000, "each read was taken or counted");
    assert!(matches!(taken[taken.len() - 2..], [Input::Watchers(1), Input::Watchers(2)]), "and in order");

    inbox.offer(read(&[0x34; 12]));
    let after = figures(&inbox);
    assert_eq!((after.waiting, after.longest), (1, ROOM_FOR_READS + 2), "the longest queue is remembered");
}

#[tokio::test]
async fn an_ending_station_takes_nothing_and_calls_that_no_loss() {
    let (inbox, queue) = inbox();
    let gauge = inbox.gauge();
    drop(queue);
    inbox.offer(read(&[0x34; 12]));
    assert_eq!(inbox.put(Input::Tick).await, Err(Ending));
    assert_eq!(figures(&inbox).reads_dropped, 0);
    // Whoever looks does not keep it open.
    drop(inbox);
    let mut view = InboxView::default();
    gauge.read(&mut view);
    assert_eq!(view.waiting, 0);
}

#[test]
fn reads_that_were_dropped_are_an_alarm_until_the_station_keeps_up_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut station = clerk(folder.path());
    let (inbox, mut queue) = inbox();
    station.set_inbox(inbox.gauge());
    (0..ROOM_FOR_READS + 7).for_each(|_| inbox.offer(read(&[0x34; 12])));
    assert!(station.view().alarms.is_empty());

    while let Ok(Stamped { input, .. }) = queue.try_recv() {
        station.take(Stamped { at: at(10), input });
    }
    // Codes that are none: counted apart from what was dropped.
    for epc in [&[][..], &[0x34; 3], &[0x34; 63]] {
        station.take(Stamped { at: at(10), input: read(epc) });
    }
    station.take(Stamped { at: at(10), input: Input::Tick });
    let view = station.view();
    assert_eq!((view.inbox.reads_taken, view.inbox.reads_dropped), (ROOM_FOR_READS + 3, 7));
    assert_eq!((view.inbox.reads_refused, view.inbox.waiting), (3, 0));
    let of_it = |alarm: &&armoury::station::view::Alarm| alarm.what.contains("reads were dropped");
    assert_eq!(
        view.alarms.iter().filter(of_it).map(|alarm| alarm.state).collect::<Vec<_>>(),
        [AlarmState::New]
    );

    station.take(Stamped { at: at(60), input: Input::Tick });
    assert_eq!(station.view().alarms.iter().find(of_it).map(|alarm| alarm.state), Some(AlarmState::New));
    station.take(Stamped { at: at(70), input: Input::Tick });
    assert_eq!(station.view().alarms.iter().find(of_it).map(|alarm| alarm.state), Some(AlarmState::Cleared));
}

#[test]
fn a_readers_figures_stand_beside_its_line_as_long_as_it_works() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut station = clerk(folder.path());
    let figures =
        ReaderFigures { reads_per_s: 548, refused_frames: 2, skipped_bytes: 31, ghosts: 1, air_errors: 0 };
    let mut said = |state, figures| {
        let (name, detail) = ("hatch".into(), String::new());
        let report = DeviceReport {
            name,
            kind: DeviceKind::Reader,
            state,
            detail,
            identity: None,
            figures,
            camera: None,
        };
        station.take(Stamped { at: at(5), input: Input::Device(report) });
        station.view().devices[0].figures
    };
    assert_eq!(said(DeviceState::Up, None), None);
    assert_eq!(said(DeviceState::Figures, Some(figures)), Some(figures));
    assert_eq!(said(DeviceState::Warning, None), Some(figures), "a warning does not hide them");
    assert_eq!(said(DeviceState::Down, None), None, "what is gone reads nothing");
}
