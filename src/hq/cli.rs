//! The program `armoury-hq`: makes a headquarters, runs it, registers stations, says how things stand.

use std::io::Write;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::custody;
use super::listen::{self, tls_from_files};
use super::registry::{self, StationStatus};
use super::server::now_ms;
use super::store::{Store, StoreError};
use super::{Failure, Hq};
use crate::domain::StationId;
use crate::domain::ids::{ID_MAX_BYTES, is_id};
use crate::sync::keys::{make_key_file, public_hex, public_key_from_hex, read_key_file};

/// Where the database is when nobody says.
const DATABASE: &str = "sqlite:hq.db";

/// Names the database when the command line does not.
const DATABASE_ENV: &str = "ARMOURY_HQ_DATABASE";

/// Headquarters: holds what stations send, exactly once and in order, and signs for it.
#[derive(Parser)]
#[command(name = "armoury-hq", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make the database and the signing key, and print the public key for the stations.
    Init(Place),
    /// Answer stations until SIGTERM or SIGINT.
    Serve(Serve),
    /// Register stations, list them, close their keys.
    #[command(subcommand)]
    Station(StationCommand),
    /// Say who holds which weapon, over all stations; disputed ones first.
    Custody {
        #[command(flatten)]
        place: Place,
        /// Only where two stations issued one weapon, also what is settled.
        #[arg(long)]
        disputes: bool,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Say what is held of each station.
    Status {
        #[command(flatten)]
        place: Place,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Args)]
struct Place {
    /// The database, as sqlite:FILE [default: $ARMOURY_HQ_DATABASE, else sqlite:hq.db]
    #[arg(long, value_name = "URL", conflicts_with = "data")]
    database: Option<String>,
    /// A folder that holds hq.db and hq.key.
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// The signing key [default: the database file with the extension .key]
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
}

#[derive(Args)]
struct Serve {
    #[command(flatten)]
    place: Place,
    /// Where to listen; port 0 takes a free one.
    #[arg(long, value_name = "ADDR:PORT", default_value = "127.0.0.1:8470")]
    listen: String,
    /// Certificate chain (PEM). Without it plain http, on this machine only.
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// The certificate's private key (PEM).
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
}

#[derive(Subcommand)]
enum StationCommand {
    /// Register a station by its name and public key; a running headquarters knows it at once.
    Add {
        #[command(flatten)]
        place: Place,
        /// Its name, as in its station.toml.
        #[arg(long)]
        id: String,
        /// Its public key: 64 hex digits, as `armoury init` printed them.
        #[arg(long, value_name = "HEX")]
        public_key: String,
    },
    /// List the registered stations.
    List {
        #[command(flatten)]
        place: Place,
        /// One JSON object a line.
        #[arg(long)]
        json: bool,
    },
    /// Close a station's keys, when it was stolen or given up: what they sign from now on is set apart.
    Close {
        #[command(flatten)]
        place: Place,
        /// Its name.
        #[arg(long)]
        id: String,
    },
}

/// Parses, does, and says why not.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(cli.command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            // Nobody is left to hear that standard error is gone.
            let _ = writeln!(std::io::stderr(), "armoury-hq: {}", failure.text);
            ExitCode::from(failure.exit)
        }
    }
}

fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Init(place) => init(&place),
        Command::Serve(args) => serve(&args),
        Command::Station(StationCommand::Add { place, id, public_key }) => add(&place, &id, &public_key),
        Command::Station(StationCommand::List { place, json }) => list(&place, json),
        Command::Station(StationCommand::Close { place, id }) => close(&place, &id),
        Command::Custody { place, disputes: false, json } => held(&place, json),
        Command::Custody { place, disputes: true, json } => disputes(&place, json),
        Command::Status { place, json } => status(&place, json),
    }
}

fn init(place: &Place) -> Result<(), Failure> {
    let (database, key_file) = place.files()?;
    if database.exists() {
        return Err(StoreError::Exists(database).into());
    }
    let folder = database.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder {
        std::fs::create_dir_all(folder)
            .map_err(|source| StoreError::Make { path: folder.to_owned(), source })?;
    }
    // A key without a database is what is left when the database was lost: stations trust that key.
    let key = if key_file.exists() { read_key_file(&key_file)? } else { make_key_file(&key_file)? };
    Store::create(&database, &key.verifying_key())?.tidy()?;
    say(&format!("database: {}", database.display()))?;
    say(&format!("key: {} (keep a copy in a safe place)", key_file.display()))?;
    say(&format!("public key: {}", public_hex(&key.verifying_key())))
}

fn serve(args: &Serve) -> Result<(), Failure> {
    let (database, key_file) = args.place.files()?;
    let store = Store::open(&database)?;
    let hq = Hq::new(store, read_key_file(&key_file)?)?;
    let tls = match (&args.tls_cert, &args.tls_key) {
        (Some(cert), Some(key)) => Some(tls_from_files(cert, key)?),
        _ => None,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|why| Failure::new(3, format!("start the threads that answer: {why}")))?;
    runtime.block_on(async {
        let (listener, address) = bind(&args.listen, tls.is_some()).await?;
        match &tls {
            Some(_) => say(&format!("armoury-hq listens on https://{address}"))?,
            None => say(&format!("armoury-hq listens on http://{address} (plain http, this machine only)"))?,
        }
        let (stop, stopped) = watch::channel(false);
        let signals = tokio::spawn(until_signal(stop)?);
        let served = listen::serve(hq.clone(), listener, tls, stopped).await;
        signals.abort();
        Ok::<_, Failure>(served?)
    })?;
    hq.tidy()?;
    Ok(())
}

async fn bind(listen: &str, tls: bool) -> Result<(TcpListener, SocketAddr), Failure> {
    let unusable = |why: std::io::Error| {
        Failure::new(
            3,
            format!("listen on {listen}: {why}; is the port taken, and is it this machine's address?"),
        )
    };
    let addresses: Vec<SocketAddr> = match tokio::net::lookup_host(listen).await {
        Ok(addresses) => addresses.collect(),
        Err(why) => return Err(Failure::new(2, format!("listen on \"{listen}\": {why}; write ADDR:PORT"))),
    };
    // Checked before anything listens, not after.
    if let Some(open) = addresses.iter().find(|address| !tls && !address.ip().to_canonical().is_loopback()) {
        return Err(listen::ListenError::PlainHttp(*open).into());
    }
    let listener = TcpListener::bind(&addresses[..]).await.map_err(unusable)?;
    let address = listener.local_addr().map_err(unusable)?;
    Ok((listener, address))
}

fn until_signal(stop: watch::Sender<bool>) -> Result<impl Future<Output = ()>, Failure> {
    let failed = |why| Failure::new(3, format!("wait for signals: {why}"));
    let mut terminate = signal(SignalKind::terminate()).map_err(failed)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(failed)?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.send_replace(true);
    })
}

fn add(place: &Place, id: &str, public_key: &str) -> Result<(), Failure> {
    let key = public_key_from_hex(public_key)?;
    if !is_id(id) {
        let text = format!(
            "register a station named {id:?}: a name has 1 to {ID_MAX_BYTES} bytes, no space at its ends, no control characters"
        );
        return Err(Failure::new(2, text));
    }
    let id = StationId::new(id);
    let new = Store::open(&place.files()?.0)?.write(|tx| registry::add(tx, &id, &key, now_ms()))?;
    match new {
        true => say(&format!("station {id} is registered")),
        false => say(&format!("station {id} was registered with this key already")),
    }
}

fn close(place: &Place, id: &str) -> Result<(), Failure> {
    let id = StationId::new(id);
    let closed = Store::open(&place.files()?.0)?.write(|tx| registry::close(tx, &id))?;
    say(&format!("station {id}: {closed} key(s) closed; what it sends from now on is set apart"))
}

fn list(place: &Place, json: bool) -> Result<(), Failure> {
    for station in stations(place)? {
        if json {
            say(&serde_json::json!({ "id": station.id, "public_keys": station.public_keys }).to_string())?;
        } else {
            let keys = match station.public_keys.is_empty() {
                true => "closed".to_owned(),
                false => station.public_keys.join(" "),
            };
            say(&format!("{:<24} {keys}", station.id))?;
        }
    }
    Ok(())
}

fn status(place: &Place, json: bool) -> Result<(), Failure> {
    let stations = stations(place)?;
    if stations.is_empty() && !json {
        return say("no station is registered; use `armoury-hq station add`");
    }
    if !json {
        let heads = ["station", "practice", "epoch", "entries", "forks"];
        let [station, practice, epoch, entries, forks] = heads;
        say(&format!("{station:<24} {practice:<9} {epoch:>5} {entries:>9} {forks:>5}  last received"))?;
    }
    rows(&stations, json, |station| {
        format!(
            "{:<24} {:<9} {:>5} {:>9} {:>5}  {}",
            station.id,
            station.practice.unwrap_or("-"),
            station.epoch,
            station.entries,
            station.forks,
            station.received_at.as_deref().unwrap_or("never")
        )
    })
}

fn held(place: &Place, json: bool) -> Result<(), Failure> {
    let held = Store::open(&place.files()?.0)?.read(custody::held)?;
    rows(&held, json, |held| {
        let person = held.person.as_ref().map_or("-", |person| person.as_str());
        let mark = if held.disputed { "DISPUTED" } else { "" };
        let line = format!(
            "{:<10} {:<16} {:<16} entry {:<8} {}  {mark}",
            held.weapon, held.station, person, held.seq, held.issued_at
        );
        line.trim_end().to_owned()
    })
}

fn disputes(place: &Place, json: bool) -> Result<(), Failure> {
    let disputes = Store::open(&place.files()?.0)?.read(custody::disputes)?;
    rows(&disputes, json, |dispute| {
        format!(
            "{:<8} {}: entry {} of {} and entry {} of {}, seen {}",
            if dispute.open { "OPEN" } else { "settled" },
            dispute.identity,
            dispute.seq,
            dispute.station,
            dispute.other_seq,
            dispute.other_station,
            dispute.seen_at
        )
    })
}

/// One line each, for people or for programs.
fn rows<T: serde::Serialize>(rows: &[T], json: bool, line: impl Fn(&T) -> String) -> Result<(), Failure> {
    for row in rows {
        let text = match json {
            true => serde_json::to_string(row)
                .map_err(|why| Failure::new(1, format!("write a line as JSON: {why}")))?,
            false => line(row),
        };
        say(&text)?;
    }
    Ok(())
}

fn stations(place: &Place) -> Result<Vec<StationStatus>, Failure> {
    Ok(Store::open(&place.files()?.0)?.read(registry::status)?)
}

impl Place {
    /// The database file and the key file.
    fn files(&self) -> Result<(PathBuf, PathBuf), Failure> {
        let database = match (&self.data, &self.database) {
            (Some(folder), _) => folder.join("hq.db"),
            (None, Some(url)) => sqlite_file(url)?,
            (None, None) => match std::env::var(DATABASE_ENV) {
                Ok(url) => sqlite_file(&url)?,
                Err(std::env::VarError::NotPresent) => sqlite_file(DATABASE)?,
                Err(why) => return Err(Failure::new(2, format!("read {DATABASE_ENV}: {why}"))),
            },
        };
        let key = self.key.clone().unwrap_or_else(|| database.with_extension("key"));
        if key == database {
            let text = format!("use {} as database and as key: name another --key", key.display());
            return Err(Failure::new(2, text));
        }
        Ok((database, key))
    }
}

fn sqlite_file(url: &str) -> Result<PathBuf, Failure> {
    if url.starts_with("postgres:") || url.starts_with("postgresql:") {
        let text =
            "use a PostgreSQL database: this build has no PostgreSQL store yet; name a file as sqlite:FILE";
        return Err(Failure::new(2, text.to_owned()));
    }
    let file = url.strip_prefix("sqlite:").map(|file| file.strip_prefix("//").unwrap_or(file));
    match file {
        Some(file) if !file.is_empty() => Ok(Path::new(file).to_owned()),
        _ => Err(Failure::new(2, format!("use the database \"{url}\": write it as sqlite:FILE"))),
    }
}

fn say(line: &str) -> Result<(), Failure> {
    let mut out = std::io::stdout().lock();
    let written = writeln!(out, "{line}").and_then(|()| out.flush());
    written.map_err(|why| Failure::new(1, format!("write to standard output: {why}")))
}
