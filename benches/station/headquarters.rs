//! A headquarters to send to while weapons are scanned.

use std::net::Ipv4Addr;
use std::path::Path;
use std::time::Duration;

use armoury::domain::StationId;
use armoury::hq::{self, Hq, Store};
use armoury::station::clock::Clock;
use armoury::station::view::SyncView;
use armoury::sync::keys::{make_key_file, public_hex};
use rustix::fs::statvfs;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::book::Book;
use super::failure::{Outcome, Told};
use super::table::{Table, thousands};

/// Memory that looks like a disk. A real headquarters does not share the station's medium.
const IN_MEMORY: &str = "/dev/shm";

/// Room it takes there at most.
const ROOM_BYTES: u64 = 2 << 30;

/// Headquarters on this machine's own address, with a thread of its own.
pub struct Headquarters {
    runtime: Runtime,
    serving: JoinHandle<Result<(), hq::listen::ListenError>>,
    stop: watch::Sender<bool>,
    configuration: String,
    place: &'static str,
    _folder: TempDir,
}

impl Headquarters {
    /// Opens one that knows the station of `book` and holds nothing of it. `folder`: where there is no room in memory.
    pub fn open(folder: &Path, book: &Book) -> Outcome<Self> {
        let memory = statvfs(IN_MEMORY).is_ok_and(|found| found.f_bavail * found.f_frsize > ROOM_BYTES);
        let (parent, place) =
            if memory { (Path::new(IN_MEMORY), "in memory") } else { (folder, "on the same disk") };
        let folder = tempfile::Builder::new().prefix("armoury-bench-hq-").tempdir_in(parent)?;
        let key = make_key_file(&folder.path().join("hq.key"))?;
        let store = Store::create(&folder.path().join("hq.db"), &key.verifying_key())?;
        let hq = Hq::new(store, key)?;
        hq.add_station(&StationId::new("bench"), book.key(), Clock::new().now().wall_ms)?;
        let public_key = public_hex(&hq.public_key());
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let listener = runtime.block_on(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))?;
        let url = format!("http://{}", listener.local_addr()?);
        let (stop, stopped) = watch::channel(false);
        let serving = runtime.spawn(hq::serve(hq, listener, None, stopped));
        let configuration = format!("\n[headquarters]\nurl = \"{url}\"\npublic_key = \"{public_key}\"\n");
        Ok(Self { runtime, serving, stop, configuration, place, _folder: folder })
    }

    /// What a station's file says about it.
    pub fn configuration(&self) -> String {
        self.configuration.clone()
    }

    /// Says how fast entries were taken between two pictures, and whether there were enough of them.
    pub fn tell(&self, first: &SyncView, last: &SyncView, took: Duration, table: &mut Table) {
        let sent = last.acknowledged.saturating_sub(first.acknowledged);
        let rate = sent as f64 / took.as_secs_f64();
        table.say(
            format!("entries sent meanwhile, headquarters {}", self.place),
            format!("{rate:.0}"),
            "entries/s",
        );
        let left = if last.waiting > 0 { thousands(last.waiting) } else { "0: ALL WERE SENT".into() };
        table.say("  still waiting at the end", left, "entries");
    }

    /// Ends it.
    pub fn close(self) -> Outcome<()> {
        self.stop.send_replace(true);
        self.runtime.block_on(self.serving)?.told("serve as headquarters")
    }
}
