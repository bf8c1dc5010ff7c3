//! The terminal as borrowed: taken whole, given back as it was on leaving, error, panic and signals.

use std::io::{self, BufWriter, IsTerminal, Stdout, Write, stdout};
use std::panic;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Once, OnceLock};

use crossterm::cursor::Show;
use crossterm::event::{DisableBracketedPaste, EnableBracketedPaste};
use crossterm::execute;
use crossterm::style::force_color_output;
use crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;

use super::theme::Theme;

/// One frame in one write, so that a slow line shows it whole.
const FRAME_BYTES: usize = 64 * 1024;

/// Whether the terminal is ours now. One process has one terminal.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// Says whether the panicking thread is one whose panics somebody catches.
static CAUGHT: OnceLock<fn() -> bool> = OnceLock::new();

/// The terminal a frame is painted to.
pub type Screen = Terminal<CrosstermBackend<BufWriter<Stdout>>>;

/// The terminal while it is ours; dropping it gives it back.
pub struct Borrowed {
    /// To paint on.
    pub screen: Screen,
}

/// Whether there is a terminal to take.
pub fn is_there() -> bool {
    stdout().is_terminal()
}

impl Borrowed {
    /// Takes the terminal: raw keys, the other screen, paste as one event. A panic anywhere in the process gives it
    /// back first, so that its message can be read, except where `caught` says that the thread's panics are caught.
    ///
    /// # Errors
    /// When the terminal does not take the settings.
    pub fn take(theme: Theme, caught: Option<fn() -> bool>) -> io::Result<Self> {
        if let Some(caught) = caught {
            CAUGHT.get_or_init(|| caught);
        }
        static HOOK: Once = Once::new();
        HOOK.call_once(|| {
            let before = panic::take_hook();
            panic::set_hook(Box::new(move |info| {
                if !CAUGHT.get().is_some_and(|caught| caught()) {
                    give_back();
                }
                before(info);
            }));
        });
        // The theme has decided; crossterm must not look at NO_COLOR a second time and drop what was asked for.
        force_color_output(theme != Theme::None);
        TAKEN.store(true, Ordering::SeqCst);
        Self::enter().inspect_err(|_| give_back())
    }

    /// Whether it is still ours: a panic in another thread may have given it back.
    pub fn is_ours(&self) -> bool {
        TAKEN.load(Ordering::SeqCst)
    }

    /// Wipes it, so that the next frame is painted whole.
    ///
    /// Not by `Terminal::clear`, which asks the terminal where its cursor is: a slow line answers late, and the answer
    /// stands among the keys.
    ///
    /// # Errors
    /// When the terminal is gone.
    pub fn wipe(&mut self) -> io::Result<()> {
        let size = self.screen.size()?;
        self.screen.resize(size.into())
    }

    fn enter() -> io::Result<Self> {
        enable_raw_mode()?;
        execute!(stdout(), EnterAlternateScreen, EnableBracketedPaste)?;
        let writer = BufWriter::with_capacity(FRAME_BYTES, stdout());
        let screen = Terminal::new(CrosstermBackend::new(writer))?;
        let mut borrowed = Self { screen };
        borrowed.wipe()?;
        Ok(borrowed)
    }
}

impl Drop for Borrowed {
    fn drop(&mut self) {
        give_back();
    }
}

/// Gives the terminal back, once. Where the line is cut there is nobody left to give it to, which is no fault.
fn give_back() {
    if !TAKEN.swap(false, Ordering::SeqCst) {
        return;
    }
    let left = execute!(stdout(), DisableBracketedPaste, LeaveAlternateScreen, Show);
    let cooked = disable_raw_mode();
    let flushed = stdout().flush();
    if let Err(error) = left.and(cooked).and(flushed) {
        tracing::debug!(%error, "the terminal could not be given back");
    }
}
