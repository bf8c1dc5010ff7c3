//! The life of one screen: keys and pictures in, frames out, never more often than the line bears.

use std::collections::HashMap;
use std::io;
use std::path::Path;
use std::time::Duration;

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt;
use jiff::tz::TimeZone;
use ratatui::buffer::CellWidth;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use crate::domain::Verdict;
use crate::station::protocol::{Answer, Outcome};

use super::bindings;
use super::keys::{self, Action, Guard, Wish};
use super::link::{self, FromLink, SILENCE, ToLink};
use super::screens;
use super::terminal::{Borrowed, is_there};
use super::theme::Theme;
use super::ui::{Lost, Message, Page, Scene, Ui, standing};

/// Least time between two frames on the station's own terminal: ten a second.
const FRAME_LOCAL: Duration = Duration::from_millis(100);

/// Least time between two frames over SSH: two a second (`ux.md` section 4).
const FRAME_REMOTE: Duration = Duration::from_millis(500);

/// How long the answer to a key stands.
const MESSAGE: Duration = Duration::from_secs(6);

/// Time the first picture gets before the screen says that there is none.
const FIRST_FRAME: Duration = Duration::from_millis(300);

/// Messages between the link and the screen. When full the link waits, and a station that finds the screen too slow
/// drops it; the screen then says so and comes back.
const QUEUE: usize = 64;

/// How the screen is to look.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Asked for by name; none: what the surroundings say (`NO_COLOR`, `TERM=dumb`).
    pub theme: Option<Theme>,
    /// Nothing but ASCII.
    pub ascii: bool,
    /// Says in a panicking thread whether somebody catches its panics: then the screen stays.
    pub caught: Option<fn() -> bool>,
}

/// Why there is no screen.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// Standard output is a file or a pipe.
    #[error(
        "the screen needs a terminal and standard output is none: use `armoury status` for one picture, \
         or `armoury status --json` in a script"
    )]
    NoTerminal,
    /// The terminal does not do what a screen needs.
    #[error("the terminal does not answer as one: {0}")]
    Terminal(#[from] io::Error),
    /// Something else in this process panicked; its message stands above.
    #[error("a part of this program stopped, so the screen stopped too; the message above says why")]
    Panicked,
}

impl WatchError {
    /// The exit status (`architecture.md`): 2 wrong usage, 3 a device is not there.
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NoTerminal => 2,
            Self::Terminal(_) | Self::Panicked => 3,
        }
    }
}

/// Shows the station behind `socket` until somebody leaves, or SIGTERM, SIGHUP or SIGINT comes. A station that is not
/// there is no error: the screen says so and tries again.
///
/// # Errors
/// [`WatchError`] when there is no terminal or it is lost.
pub async fn watch(socket: &Path, options: Options) -> Result<(), WatchError> {
    if !is_there() {
        return Err(WatchError::NoTerminal);
    }
    let variable = |name: &str| std::env::var(name).ok();
    let theme = options.theme.unwrap_or_else(|| {
        Theme::from_surroundings(variable("NO_COLOR").as_deref(), variable("TERM").as_deref())
    });
    let frame = if variable("SSH_CONNECTION").is_some() { FRAME_REMOTE } else { FRAME_LOCAL };
    let ui = Ui::new(theme, options.ascii, TimeZone::system());

    let mut signals = Signals::listen()?;
    let (to_screen, from_link) = mpsc::channel(QUEUE);
    let (to_link, wishes) = mpsc::channel(QUEUE);
    let road = tokio::spawn(link::follow(socket.to_owned(), frame, to_screen, wishes));
    let terminal = Borrowed::take(theme, options.caught)?;
    let ended = Watch::new(ui, terminal, from_link, to_link, frame).run(&mut signals).await;
    road.abort();
    ended
}

struct Signals {
    terminate: Signal,
    hang_up: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            hang_up: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn any(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.hang_up.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// What changes the layout as a whole; wide letters of the frame before would leave halves behind.
type Layout = (Page, bool, Option<(Verdict, Option<u64>)>);

struct Watch {
    ui: Ui,
    scene: Scene,
    terminal: Borrowed,
    from_link: mpsc::Receiver<FromLink>,
    to_link: mpsc::Sender<ToLink>,
    asked: HashMap<u64, Wish>,
    next_id: u64,
    guard: Guard,
    started: Instant,
    sign_at: Instant,
    retry_at: Option<Instant>,
    message_until: Option<Instant>,
    frame: Duration,
    dirty: bool,
    repaint: bool,
    next_frame: Instant,
    layout: Option<Layout>,
    wide: bool,
}

impl Watch {
    fn new(
        ui: Ui,
        terminal: Borrowed,
        from_link: mpsc::Receiver<FromLink>,
        to_link: mpsc::Sender<ToLink>,
        frame: Duration,
    ) -> Self {
        let now = Instant::now();
        let cause = "no answer from the station yet".to_owned();
        Self {
            ui,
            scene: Scene::Lost(Box::new(Lost { old: None, cause, retry_in_s: 0 })),
            terminal,
            from_link,
            to_link,
            asked: HashMap::new(),
            next_id: 1,
            guard: Guard::default(),
            started: now,
            sign_at: now,
            retry_at: None,
            message_until: None,
            frame,
            dirty: true,
            repaint: false,
            next_frame: now + FIRST_FRAME,
            layout: None,
            wide: false,
        }
    }

    async fn run(mut self, signals: &mut Signals) -> Result<(), WatchError> {
        let mut events = EventStream::new();
        loop {
            let wake = self.wake();
            tokio::select! {
                () = signals.any() => return Ok(()),
                event = events.next() => match event {
                    Some(event) => {
                        if self.event(&event?) {
                            return Ok(());
                        }
                    }
                    None => return Ok(()),
                },
                news = self.from_link.recv() => match news {
                    Some(news) => self.news(news),
                    None => self.lose("the screen's road to the station ended; start it again".into(), None),
                },
                () = sleep_until(wake) => {}
            }
            // Everything that waits goes into the next frame: an old picture is never painted over a newer one.
            while let Ok(news) = self.from_link.try_recv() {
                self.news(news);
            }
            if !self.terminal.is_ours() {
                return Err(WatchError::Panicked);
            }
            self.age();
            self.paint_if_due()?;
        }
    }

    /// When something changes by itself: a frame that is due, silence, the countdown, a message that has stood.
    fn wake(&self) -> Instant {
        let second = |at: Instant| {
            let left = at.saturating_duration_since(Instant::now());
            at - Duration::from_secs(left.as_secs())
        };
        let far = Instant::now() + Duration::from_secs(60);
        let silence = matches!(self.scene, Scene::Live(_)).then(|| self.sign_at + SILENCE);
        let countdown = self.retry_at.filter(|at| *at > Instant::now()).map(second);
        let frame = self.dirty.then_some(self.next_frame);
        [silence, countdown, frame, self.message_until].into_iter().flatten().fold(far, Instant::min)
    }

    fn age(&mut self) {
        let now = Instant::now();
        if matches!(self.scene, Scene::Live(_)) && now >= self.sign_at + SILENCE {
            self.lose("the station has not answered for 2 s".into(), None);
        }
        if self.message_until.is_some_and(|until| now >= until) {
            self.message_until = None;
            self.ui.message = None;
            self.dirty = true;
        }
        if let Scene::Lost(lost) = &mut self.scene {
            let left = self.retry_at.map_or(Duration::ZERO, |at| at.saturating_duration_since(now));
            let left_s = left.as_millis().div_ceil(1_000) as u64;
            self.dirty |= lost.retry_in_s != left_s;
            lost.retry_in_s = left_s;
        }
    }

    fn news(&mut self, news: FromLink) {
        match news {
            FromLink::Hello(hello) => {
                self.ui.role = hello.role;
                self.ui.demo = hello.demo;
            }
            FromLink::Sign(at) => self.sign_at = at,
            FromLink::View(view, at) => {
                if matches!(self.scene, Scene::Lost(_)) {
                    self.next_frame = self.next_frame.min(Instant::now() + self.frame);
                }
                self.sign_at = at;
                self.retry_at = None;
                self.scene = Scene::Live(view);
                self.dirty = true;
            }
            FromLink::Answer(answer) => self.answer(answer),
            FromLink::Lost { cause, retry_at } => self.lose(cause, Some(retry_at)),
        }
    }

    fn lose(&mut self, cause: String, retry_at: Option<Instant>) {
        let old = match std::mem::replace(&mut self.scene, Scene::Lost(Box::default())) {
            Scene::Live(view) => Some(*view),
            Scene::Lost(lost) => lost.old,
        };
        self.retry_at = retry_at;
        self.ui.choosing_mode = false;
        self.ui.picture = None;
        self.scene = Scene::Lost(Box::new(Lost { old, cause, retry_in_s: 0 }));
        self.dirty = true;
        if !self.asked.is_empty() {
            self.asked.clear();
            self.say("The station is gone: what you last asked for may not have been done.".into(), true);
        }
    }

    fn answer(&mut self, answer: Answer) {
        let Some(wish) = self.asked.remove(&answer.id) else { return };
        match answer.outcome {
            Outcome::Done(done) if matches!(wish, Wish::Picture(_)) => self.picture(&wish, done),
            // What came of it, where that says more than the key alone.
            Outcome::Done(done) => match done["said"].as_str() {
                Some(said) => self.say(said.to_owned(), false),
                None => self.say(wish.done(), false),
            },
            Outcome::Refused { why } => self.say(why, true),
        }
    }

    /// What a camera sees; only where the page for it is still open.
    fn picture(&mut self, wish: &Wish, done: serde_json::Value) {
        match serde_json::from_value(done) {
            Ok(_) if self.ui.page != Page::Devices => {}
            Ok(picture) => {
                self.ui.picture = Some(picture);
                self.say(wish.done(), false);
            }
            Err(error) => self.say(format!("The picture cannot be shown: {error}"), true),
        }
    }

    /// Takes an event; true to leave.
    fn event(&mut self, event: &Event) -> bool {
        self.dirty |= matches!(event, Event::Resize(..));
        let Some(key) = keys::key_of(event) else { return false };
        let action = bindings::on_key(&self.ui, &self.scene, key);
        if let Action::Wish(wish) = &action
            && !self.guard.admits(wish.clone(), self.started.elapsed().as_millis() as u64)
        {
            return false;
        }
        keys::turn(&mut self.ui, &action);
        self.message_until = self.ui.message.is_some().then(|| Instant::now() + MESSAGE);
        self.dirty = true;
        match action {
            Action::Leave => return true,
            Action::Repaint => self.repaint = true,
            Action::Wish(wish) => self.wish(wish),
            Action::TryNow => self.tell_link(ToLink::TryNow),
            _ => {}
        }
        false
    }

    fn wish(&mut self, wish: Wish) {
        let id = self.next_id;
        self.next_id += 1;
        let what = Box::new(wish.ask());
        self.asked.insert(id, wish);
        self.tell_link(ToLink::Ask { id, what });
    }

    fn tell_link(&mut self, message: ToLink) {
        if let Err(refused) = self.to_link.try_send(message) {
            if let ToLink::Ask { id, .. } = refused.into_inner() {
                self.asked.remove(&id);
            }
            self.say("The station is slow to answer: wait, then press again.".into(), true);
        }
    }

    fn say(&mut self, text: String, refused: bool) {
        self.ui.message = Some(Message { text, refused });
        self.message_until = Some(Instant::now() + MESSAGE);
        self.dirty = true;
    }

    fn paint_if_due(&mut self) -> Result<(), WatchError> {
        let now = Instant::now();
        if !self.dirty || now < self.next_frame {
            return Ok(());
        }
        self.dirty = false;
        self.next_frame = now + self.frame;
        let size = self.terminal.screen.size()?;
        if size.width == 0 || size.height == 0 {
            return Ok(());
        }
        let layout = self.layout_now();
        if self.repaint || (self.wide && self.layout != Some(layout)) {
            self.terminal.wipe()?;
        }
        self.repaint = false;
        self.layout = Some(layout);
        let frame = self.terminal.screen.draw(|frame| screens::render(frame, &self.scene, &self.ui))?;
        self.wide = frame.buffer.content.iter().any(|cell| cell.cell_width() > 1);
        Ok(())
    }

    fn layout_now(&self) -> Layout {
        let desk = match &self.scene {
            Scene::Live(view) => Some((standing(view), view.desk.seq)),
            Scene::Lost(_) => None,
        };
        (self.ui.page, self.ui.choosing_mode, desk)
    }
}
