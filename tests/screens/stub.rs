//! A station that is nothing but its socket, and does what the test says.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use armoury::domain::{Practice, Role};
use armoury::station::protocol::{Answer, Ask, FromClient, FromStation, Hello, Outcome, PROTOCOL};
use armoury::station::view::View;
use serde_json::{Value, json};

const BEAT: Duration = Duration::from_millis(50);

/// What the stub does now.
#[derive(Clone)]
struct Orders {
    view: View,
    alive: bool,
    mute: bool,
    skip_a_number: bool,
    raw: Option<Vec<u8>>,
    refuse: Option<String>,
    heard: Vec<FromClient>,
}

pub struct Stub {
    path: PathBuf,
    orders: Arc<Mutex<Orders>>,
}

impl Stub {
    pub fn start(path: &Path, view: View) -> Self {
        let orders = Orders {
            view,
            alive: true,
            mute: false,
            skip_a_number: false,
            raw: None,
            refuse: None,
            heard: vec![],
        };
        let stub = Self { path: path.to_owned(), orders: Arc::new(Mutex::new(orders)) };
        let listener = UnixListener::bind(path).expect("a socket for the stub");
        listener.set_nonblocking(true).expect("a listener that does not wait");
        let orders = Arc::clone(&stub.orders);
        thread::spawn(move || accept(&listener, &orders));
        stub
    }

    pub fn show(&self, view: View) {
        self.with(|orders| orders.view = view);
    }

    pub fn mute(&self, mute: bool) {
        self.with(|orders| orders.mute = mute);
    }

    /// Leaves one number out.
    pub fn skip_a_number(&self) {
        self.with(|orders| orders.skip_a_number = true);
    }

    /// Sends bytes as they are.
    pub fn send_raw(&self, bytes: &[u8]) {
        self.with(|orders| orders.raw = Some(bytes.to_vec()));
    }

    pub fn refuse(&self, why: &str) {
        self.with(|orders| orders.refuse = Some(why.to_owned()));
    }

    pub fn heard(&self) -> Vec<FromClient> {
        self.with(|orders| orders.heard.clone())
    }

    pub fn asks(&self) -> Vec<Ask> {
        let ask = |message| match message {
            FromClient::Ask { what, .. } => Some(*what),
            _ => None,
        };
        self.heard().into_iter().filter_map(ask).collect()
    }

    fn with<T>(&self, act: impl FnOnce(&mut Orders) -> T) -> T {
        act(&mut self.orders.lock().expect("the stub's orders"))
    }
}

impl Drop for Stub {
    fn drop(&mut self) {
        self.with(|orders| orders.alive = false);
        std::fs::remove_file(&self.path).expect("the socket is ours");
    }
}

fn accept(listener: &UnixListener, orders: &Arc<Mutex<Orders>>) {
    while orders.lock().expect("orders").alive {
        match listener.accept() {
            Ok((stream, _)) => {
                stream.set_nonblocking(false).expect("a stream that waits");
                let orders = Arc::clone(orders);
                // An error here is a client that went away.
                thread::spawn(move || serve(stream, &orders).ok());
            }
            Err(_) => thread::sleep(BEAT / 5),
        }
    }
}

fn serve(mut stream: UnixStream, orders: &Arc<Mutex<Orders>>) -> std::io::Result<()> {
    let listening = Arc::clone(orders);
    let reading = stream.try_clone()?;
    let (answers, to_send) = std::sync::mpsc::channel::<Value>();
    thread::spawn(move || {
        for line in BufReader::new(reading).lines().map_while(Result::ok) {
            let message: FromClient = serde_json::from_str(&line).expect("a line of the protocol");
            let mut orders = listening.lock().expect("orders");
            orders.heard.push(message.clone());
            let reply = match message {
                FromClient::Ask { id, .. } => {
                    let outcome = match &orders.refuse {
                        Some(why) => Outcome::Refused { why: why.clone() },
                        None => Outcome::Done(Value::Null),
                    };
                    json(&FromStation::Answer(Answer { id, outcome }))
                }
                FromClient::Picture {} => Value::Null,
                FromClient::Hello { .. } => continue,
            };
            if answers.send(reply).is_err() {
                return;
            }
        }
    });
    let mut n = 1;
    let first = orders.lock().expect("orders").view.clone();
    let hello = Hello {
        protocol: PROTOCOL,
        version: "0.1.0".into(),
        station: first.station.id.clone(),
        practice: Practice::Live,
        role: Some(Role::Armourer),
        demo: true,
    };
    line(&mut stream, &json(&FromStation::Hello(hello)))?;
    line(&mut stream, &json(&FromStation::Picture { n, view: Box::new(first) }))?;
    let mut wall_ms = 0;
    loop {
        thread::sleep(BEAT);
        let now = {
            let mut orders = orders.lock().expect("orders");
            let now = orders.clone();
            orders.skip_a_number = false;
            orders.raw = None;
            now
        };
        if !now.alive {
            return stream.shutdown(std::net::Shutdown::Both);
        }
        if now.mute {
            continue;
        }
        if let Some(raw) = now.raw {
            stream.write_all(&raw)?;
        }
        for reply in to_send.try_iter() {
            match reply {
                Value::Null => {
                    line(&mut stream, &json(&FromStation::Picture { n, view: Box::new(now.view.clone()) }))?;
                }
                reply => line(&mut stream, &reply)?,
            }
        }
        n += if now.skip_a_number { 2 } else { 1 };
        wall_ms += BEAT.as_millis() as i64;
        let mut view = now.view;
        view.station.wall_ms += wall_ms;
        let Value::Object(set) = json(&view) else { panic!("a view is an object") };
        line(&mut stream, &json(&FromStation::Change { n, set }))?;
    }
}

fn json(value: &impl serde::Serialize) -> Value {
    serde_json::to_value(value).unwrap_or(json!(null))
}

fn line(stream: &mut UnixStream, value: &Value) -> std::io::Result<()> {
    let mut line = value.to_string();
    line.push('\n');
    stream.write_all(line.as_bytes())
}
