//! From a reader's last byte to the verdict: the whole station, and the floor turn by turn with it.

use std::time::{Duration, Instant};

use armoury::domain::Verdict;
use armoury::station::{Options, Station};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use super::book::{Book, badge_epc, weapon_epc, weapon_id};
use super::failure::{Failure, Outcome, Told, refuse};
use super::floor::Floor;
use super::headquarters::Headquarters;
use super::peer::Peer;
use super::table::{Spread, Table};

/// Scans before the first that counts.
const WARM_UP: u32 = 20;

/// How long a verdict may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long the station does next to nothing between two scans, and so before each turn of the floor.
const REST: Duration = Duration::from_millis(18);

/// Most that a scan should cost, in times of the floor.
const RATIO: f64 = 2.0;

/// Starts a station on `book`, lays weapons down before its reader, one after the other, and times the verdicts.
pub fn measure(
    runtime: &Runtime,
    book: &Book,
    samples: u32,
    away: Option<&Headquarters>,
    name: &str,
    table: &mut Table,
) -> Outcome<()> {
    let run = tempfile::tempdir()?;
    let bearer = 0;
    let peer = Peer::plug_in(badge_epc(bearer)?, armoury::config::Presence::default().sightings)?;
    let more = away.map(Headquarters::configuration).unwrap_or_default();
    let (_, configuration) = book.configuration(run.path(), &[peer.path()], &more)?;
    let mut verdicts = Spread::default();
    let mut floors = Spread::default();
    let bytes = runtime.block_on(async {
        let mut station = Station::start(&configuration, Options::default()).await?;
        let first = station.view.borrow().sync.clone();
        let began = Instant::now();
        for _ in 0..WARM_UP {
            one(&mut station, &peer, book.next_weapon()?).await?;
        }
        let mut floor = Floor::beside(book, *station.head.borrow())?;
        for _ in 0..samples {
            verdicts.add(one(&mut station, &peer, book.next_weapon()?).await?);
            // The same rest as before a scan: a processor and a disk that have slept cost the floor as much.
            tokio::time::sleep(REST).await;
            floors.add(floor.once()?);
        }
        if let Some(away) = away {
            away.tell(&first, &station.view.borrow().sync.clone(), began.elapsed(), table);
        }
        station.end().await?;
        Ok::<_, Failure>(floor.bytes())
    })?;
    table.spread(&format!("floor beside it: append {bytes} bytes + sync"), &floors);
    table.spread(&format!("last byte to verdict, {name}"), &verdicts);
    let ratio = |share| verdicts.at_ms(share) / floors.at_ms(share);
    table.at_most("  p50 as a ratio to the floor's", ratio(0.5), "times", RATIO);
    table.say("  p99 as a ratio to the floor's", format!("{:.2}", ratio(0.99)), "times");
    Ok(())
}

/// One scan: the weapon is laid down, goes out, and the picture says so.
async fn one(station: &mut Station, peer: &Peer, number: u32) -> Outcome<Duration> {
    let id = weapon_id(number);
    peer.show(weapon_epc(number)?)?;
    let shown =
        station.view.wait_for(|view| view.recent.first().is_some_and(|line| line.item == id.as_str()));
    let shown = timeout(PATIENCE, shown).await.told(&format!("see {id} go out"))??;
    let now = Instant::now();
    let verdict = shown.recent.first().map(|line| line.verdict);
    if verdict != Some(Verdict::Out) {
        return refuse(format!("see {id} go out: the station says {verdict:?}, {}", shown.desk.why));
    }
    drop(shown);
    Ok(now.saturating_duration_since(peer.shown_at()?))
}
