//! The program: made, run, asked, stopped.

use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use armoury::domain::Practice;
use armoury::sync::Road;
use armoury::sync::courier::Courier;
use armoury::sync::keys::{public_hex, public_key_from_hex, read_key_file};
use armoury::sync::wire::{Answer, Receipt, Reply, request_digest};
use serde_json::Value;

use crate::book::{Book, key};

const PROGRAM: &str = env!("CARGO_BIN_EXE_armoury-hq");

fn hq(arguments: &[&str]) -> Output {
    Command::new(PROGRAM).args(arguments).env_remove("ARMOURY_HQ_DATABASE").output().unwrap()
}

fn done(arguments: &[&str]) -> String {
    let output = hq(arguments);
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// What it says when it cannot; the exit status must be `status`.
fn fails(status: i32, arguments: &[&str]) -> String {
    let output = hq(arguments);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{arguments:?}: {said}");
    assert!(!said.contains("panicked"), "{said}");
    said
}

/// A folder with an initialised headquarters.
struct Place {
    folder: tempfile::TempDir,
    database: String,
    public_key: String,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("hq.db").display());
        let said = done(&["init", "--database", &database]);
        let public_key = said.lines().find_map(|line| line.strip_prefix("public key: ")).unwrap().to_owned();
        Self { folder, database, public_key }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn add(&self, id: &str, number: u8) -> String {
        let public = public_hex(&key(number).verifying_key());
        done(&["station", "add", "--database", &self.database, "--id", id, "--public-key", &public])
    }

    fn status(&self) -> Vec<Value> {
        let said = done(&["status", "--database", &self.database, "--json"]);
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }
}

/// A running `armoury-hq serve`; killed when dropped.
struct Serving {
    child: Child,
    line: String,
    address: String,
}

impl Serving {
    fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new(PROGRAM)
            .arg("serve")
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.split("://").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
        Self { child, line, address }
    }

    /// One HTTP request by hand; status and body.
    fn ask(&self, method: &str, path: &str, body: &[u8]) -> (u16, Vec<u8>) {
        let mut stream = std::net::TcpStream::connect(&self.address).unwrap();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: hq\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all(&[head.as_bytes(), body].concat()).unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).unwrap();
        let end = answer.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), answer[end + 4..].to_vec())
    }

    fn terminate(mut self) -> i32 {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        self.child.wait().unwrap().code().unwrap()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn init_makes_a_key_only_its_owner_can_read_and_never_overwrites() {
    let place = Place::new();
    let secret = read_key_file(&place.path("hq.key")).unwrap();
    assert_eq!(public_hex(&secret.verifying_key()), place.public_key);
    assert!(public_key_from_hex(&place.public_key).is_ok());
    for file in ["hq.key", "hq.db"] {
        let mode = std::fs::metadata(place.path(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    let said = fails(1, &["init", "--database", &place.database]);
    assert!(said.contains("there already"), "{said}");
    assert_eq!(read_key_file(&place.path("hq.key")).unwrap().to_bytes(), secret.to_bytes());
    // The database is lost, the key is not: stations know the new one under the same key.
    std::fs::remove_file(place.path("hq.db")).unwrap();
    let said = done(&["init", "--data", &place.folder.path().display().to_string()]);
    assert!(said.contains(&place.public_key), "{said}");
}

#[test]
fn serve_answers_knows_new_stations_at_once_and_ends_in_order() {
    let place = Place::new();
    let serving = Serving::start(&["--database", &place.database, "--listen", "127.0.0.1:0"]);
    assert!(serving.line.contains("plain http"), "{}", serving.line);
    assert!(!serving.address.ends_with(":0"), "{}", serving.address);
    assert_eq!(serving.ask("GET", "/healthz", b"").0, 200);
    let mut book = Book::new("north", &key(1), Practice::Exercise);
    book.write(41);
    let packed = book.batch(1, 42).pack(&key(1)).unwrap().bytes;
    let public = public_key_from_hex(&place.public_key).unwrap();
    let push = |expected: u16| {
        let (status, body) = serving.ask("POST", "/v1/batch", &packed);
        assert_eq!(status, expected);
        Reply::open(&body, &request_digest(&packed), &public).unwrap().answer
    };
    assert!(matches!(push(403), Answer::Refused(why) if why.code == "unknown_station"));
    assert!(place.add("north", 1).contains("north"));
    let Answer::Receipt(raw) = push(200) else { panic!() };
    let receipt = Receipt::verify(&raw, &public).unwrap();
    assert_eq!((receipt.head.seq, receipt.head.hash), (42, book.hash_at(42)));

    let status = place.status();
    assert_eq!(status.len(), 1);
    let expected = serde_json::json!({
        "id": "north", "practice": "exercise", "epoch": 1, "seq": 42, "hash": book.hash_at(42).to_string(),
        "received_at": armoury::domain::moment::rfc3339(receipt.received_ms), "entries": 42, "forks": 0,
        "quarantined": 0, "public_keys": [public_hex(&key(1).verifying_key())],
    });
    assert_eq!(status[0], expected);
    let (code, body) = serving.ask("GET", "/v1/status", b"");
    let over_http: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!((code, &over_http["stations"][0], &over_http["log_size"]), (200, &expected, &1.into()));
    assert_eq!(over_http["public_key"], place.public_key);

    assert_eq!(serving.ask("POST", "/v1/batch", &vec![0; 1024 * 1024]).0, 413);
    assert_eq!(serving.ask("POST", "/v1/batch", b"garbage").0, 403);
    assert_eq!(serving.ask("GET", "/v1/batch", b"").0, 405);
    assert_eq!(serving.terminate(), 0);
    assert!(!place.path("hq.db-wal").exists(), "written back in order");
    assert_eq!(place.status()[0], expected);
}

#[test]
fn killed_in_the_middle_it_goes_on_where_it_was() {
    let place = Place::new();
    place.add("north", 1);
    let mut book = Book::new("north", &key(1), Practice::Live);
    book.write(99);
    let arguments = ["--database", &place.database, "--listen", "127.0.0.1:0"];
    for round in 0..5_u64 {
        let mut serving = Serving::start(&arguments);
        let packed = book.batch(round * 20 + 1, round * 20 + 20).pack(&key(1)).unwrap().bytes;
        assert_eq!(serving.ask("POST", "/v1/batch", &packed).0, 200);
        serving.child.kill().unwrap();
    }
    let status = &place.status()[0];
    assert_eq!((&status["seq"], &status["entries"]), (&100.into(), &100.into()));
    assert_eq!(status["hash"], book.hash_at(100).to_string());
}

#[test]
fn stations_are_listed_closed_and_refused_by_name() {
    let place = Place::new();
    let database = ["--database", place.database.as_str()];
    assert!(done(&["status", database[0], database[1]]).contains("station add"));
    place.add("north", 1);
    assert!(place.add("north", 1).contains("already"));
    let list = done(&["station", "list", database[0], database[1]]);
    assert!(list.contains("north") && list.contains(&public_hex(&key(1).verifying_key())), "{list}");
    let add = |id: &str, key: &str| {
        hq(&["station", "add", database[0], database[1], "--id", id, "--public-key", key])
            .status
            .code()
            .unwrap()
    };
    let other = public_hex(&key(2).verifying_key());
    assert_eq!(add("north", &other), 1, "the name is taken");
    assert_eq!(add("south", &public_hex(&key(1).verifying_key())), 1, "the key is taken");
    assert_eq!(add("", &other), 2);
    assert_eq!(add(" south", &other), 2);
    assert_eq!(add("south", &other[1..]), 2);
    assert_eq!(add("south", &"0".repeat(64)), 2, "a key under which anything passes");
    assert!(done(&["station", "close", database[0], database[1], "--id", "north"]).contains("1 key"));
    assert!(fails(1, &["station", "close", database[0], database[1], "--id", "west"]).contains("west"));
    assert_eq!(place.status()[0]["public_keys"], serde_json::json!([]));
}

#[test]
fn every_wrong_start_says_what_to_do() {
    let place = Place::new();
    let absent = format!("sqlite:{}", place.path("absent.db").display());
    assert!(fails(2, &["serve", "--database", &absent]).contains("armoury-hq init"));
    assert!(fails(2, &["status", "--database", &absent, "--json"]).contains("armoury-hq init"));
    assert!(!place.path("absent.db").exists());
    for url in ["postgres://hq/armoury", "postgresql://hq/armoury"] {
        assert!(fails(2, &["serve", "--database", url]).contains("PostgreSQL"));
    }
    for url in ["hq.db", "sqlite:", "mysql:hq"] {
        assert!(fails(2, &["init", "--database", url]).contains("sqlite:FILE"));
    }
    let database = place.database.as_str();
    let said = fails(2, &["serve", "--database", database, "--listen", "0.0.0.0:0"]);
    assert!(said.contains("plain http") && said.contains("--tls-cert"), "{said}");
    fails(2, &["serve", "--database", database, "--listen", "nonsense"]);
    fails(2, &["serve", "--database", database, "--tls-cert", "x.pem"]);
    fails(2, &["serve", "--database", database, "--tls-cert", "x.pem", "--tls-key", "y.pem"]);
    fails(2, &["nonsense"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    assert!(fails(3, &["serve", "--database", database, "--listen", &address]).contains(&address));

    let foreign = |name: &str, content: &[u8]| {
        std::fs::write(place.path(name), content).unwrap();
        let url = format!("sqlite:{}", place.path(name).display());
        let said = fails(2, &["serve", "--database", &url]);
        assert!(said.contains("no database of headquarters"), "{said}");
        assert_eq!(std::fs::read(place.path(name)).unwrap(), content, "left as it was");
    };
    foreign("text.db", "no database at all, but long enough to be looked at. ".repeat(20).as_bytes());
    foreign("empty.db", b"");
    std::fs::write(place.path("other.key"), "z".repeat(64)).unwrap();
    let other = place.path("other.key").display().to_string();
    assert!(fails(2, &["serve", "--database", database, "--key", &other]).contains("64 hex digits"));
    std::fs::write(place.path("other.key"), "ab".repeat(32)).unwrap();
    assert!(fails(2, &["serve", "--database", database, "--key", &other]).contains("another one"));
}

#[test]
fn the_database_is_named_by_argument_then_environment_then_habit() {
    let folder = tempfile::tempdir().unwrap();
    let run = |set: Option<&str>, arguments: &[&str]| {
        let mut command = Command::new(PROGRAM);
        command.args(arguments).current_dir(folder.path()).env_remove("ARMOURY_HQ_DATABASE");
        command.envs(set.map(|url| ("ARMOURY_HQ_DATABASE", url)));
        assert!(command.output().unwrap().status.success(), "{arguments:?}");
    };
    let there = |name: &str| Path::exists(&folder.path().join(name));
    run(None, &["init"]);
    assert!(there("hq.db") && there("hq.key"));
    run(Some("sqlite:by env?#%41.db"), &["init"]);
    assert!(there("by env?#%41.db") && there("by env?#%41.key"));
    run(Some("sqlite:by env?#%41.db"), &["status", "--json"]);
    run(Some("sqlite:unused.db"), &["init", "--data", "a/new/folder"]);
    assert!(there("a/new/folder/hq.db") && !there("unused.db"));
    // A folder named with characters that mean something in an address.
    run(None, &["init", "--database", "sqlite:./x?mode=memory"]);
    assert!(there("x?mode=memory"));
}

#[tokio::test]
async fn over_tls_a_self_signed_certificate_is_known_by_its_copy() {
    let place = Place::new();
    place.add("north", 1);
    // As `openssl req -x509` makes it: an authority that serves itself.
    let mut params = rcgen::CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let secret = rcgen::KeyPair::generate().unwrap();
    let certificate = params.self_signed(&secret).unwrap();
    let (cert, tls_key) = (place.path("cert.pem"), place.path("tls.pem"));
    std::fs::write(&cert, certificate.pem()).unwrap();
    std::fs::write(&tls_key, secret.serialize_pem()).unwrap();
    let (cert, tls_key) = (cert.to_str().unwrap(), tls_key.to_str().unwrap());
    let arguments = ["--database", &place.database, "--listen", "127.0.0.1:0", "--tls-cert", cert];
    let serving = Serving::start(&[&arguments[..], &["--tls-key", tls_key]].concat());
    assert!(
        serving.line.contains("https://127.0.0.1:") && !serving.line.contains("plain"),
        "{}",
        serving.line
    );
    let road = |host: &str, ca_file: Option<&str>| Road {
        url: format!("https://{}", serving.address.replace("127.0.0.1", host)),
        ca_file: ca_file.map(PathBuf::from),
        public_key: public_key_from_hex(&place.public_key).unwrap(),
    };
    let mut book = Book::new("north", &key(1), Practice::Live);
    book.write(4);
    let packed = book.batch(1, 5).pack(&key(1)).unwrap().bytes;
    let courier = Courier::open(&road("127.0.0.1", Some(cert))).await.unwrap();
    assert!(matches!(courier.push(packed.clone()).await.unwrap().answer, Answer::Receipt(_)));
    // The same certificate under a name it does not bear, and another of the same making.
    let courier = Courier::open(&road("localhost", Some(cert))).await.unwrap();
    assert!(courier.push(packed.clone()).await.is_err());
    let other = params.self_signed(&rcgen::KeyPair::generate().unwrap()).unwrap();
    std::fs::write(place.path("other.pem"), other.pem()).unwrap();
    let courier = Courier::open(&road("127.0.0.1", place.path("other.pem").to_str())).await.unwrap();
    assert!(courier.push(packed).await.is_err());
}
