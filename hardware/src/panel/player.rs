//! Plays rhythms on a thread of its own.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::rhythm::{Shown, Step, rhythm, self_test};
use super::{Panel, PanelError, Signal};

/// How long ending may take: the thread only ever waits for a signal.
const END_PATIENCE: Duration = Duration::from_secs(1);

/// Lamps, buzzer and lock as five switches.
pub trait Outputs: Send + 'static {
    /// Sets all five at once.
    ///
    /// # Errors
    /// [`PanelError`] where the hardware refuses; told with the next signal.
    fn set(&mut self, shown: Shown) -> Result<(), PanelError>;
}

/// A panel over any outputs. Dropping it leaves them dark, silent and locked.
#[derive(Debug)]
pub struct Player {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    /// The newest signal that is not yet shown: an older one nobody saw is no loss.
    next: Option<Signal>,
    ending: bool,
    ended: bool,
    trouble: Option<PanelError>,
}

impl Player {
    /// Starts playing: first the self-test, then what is told.
    ///
    /// # Errors
    /// [`PanelError::Player`] where there is no thread for it.
    pub fn start(outputs: impl Outputs) -> Result<Self, PanelError> {
        let shared = Arc::<Shared>::default();
        let plays = Arc::clone(&shared);
        let thread = thread::Builder::new()
            .name("armoury-panel".into())
            .spawn(move || play(Guarded { outputs, shared: plays }))
            .map_err(|error| PanelError::Player { detail: error.to_string() })?;
        Ok(Self { shared, thread: Some(thread) })
    }
}

impl Panel for Player {
    fn show(&mut self, signal: Signal) -> Result<(), PanelError> {
        let mut state = self.shared.lock();
        if state.ended {
            return Err(PanelError::Player { detail: "it has ended".to_owned() });
        }
        state.next = Some(signal);
        let trouble = state.trouble.take();
        drop(state);
        self.shared.changed.notify_all();
        trouble.map_or(Ok(()), Err)
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.shared.lock().ending = true;
        self.shared.changed.notify_all();
        let deadline = Instant::now() + END_PATIENCE;
        let mut state = self.shared.lock();
        while !state.ended && Instant::now() < deadline {
            let left = deadline.saturating_duration_since(Instant::now());
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        let ended = state.ended;
        drop(state);
        match self.thread.take().filter(|_| ended).map(JoinHandle::join) {
            Some(Ok(())) => {}
            Some(Err(_)) => {
                tracing::warn!("the panel's thread panicked; its outputs were set safe")
            }
            None => tracing::warn!("the panel's outputs do not answer and may not be safe: check the lock"),
        }
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for the next signal; `Err` when it is time to end, `Ok(None)` when the time is over.
    fn next(&self, longest: Option<Duration>) -> Result<Option<Signal>, Ending> {
        let deadline = longest.map(|longest| Instant::now() + longest);
        let mut state = self.lock();
        loop {
            if state.ending {
                return Err(Ending);
            }
            if let Some(signal) = state.next.take() {
                return Ok(Some(signal));
            }
            state = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(left) if left.is_zero() => return Ok(None),
                Some(left) => {
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

struct Ending;

/// The outputs, made safe however the thread ends.
struct Guarded<O: Outputs> {
    outputs: O,
    shared: Arc<Shared>,
}

impl<O: Outputs> Guarded<O> {
    fn set(&mut self, shown: Shown) {
        if let Err(trouble) = self.outputs.set(shown) {
            tracing::warn!(%trouble, "the panel");
            self.shared.lock().trouble = Some(trouble);
        }
    }
}

impl<O: Outputs> Drop for Guarded<O> {
    fn drop(&mut self) {
        self.set(Shown::SAFE);
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
    }
}

fn play(mut panel: Guarded<impl Outputs>) {
    panel.set(Shown::SAFE);
    let mut steps = self_test();
    while let Ok(signal) = play_until_next(steps, &mut panel) {
        steps = rhythm(signal);
    }
}

/// Plays one rhythm until another signal comes.
fn play_until_next(steps: &[Step], panel: &mut Guarded<impl Outputs>) -> Result<Signal, Ending> {
    let mut turns = vec![0_u16; steps.len()];
    let mut at = 0;
    loop {
        let longest = match steps.get(at) {
            Some(&Step::Show(shown, ms)) => {
                panel.set(shown);
                at += 1;
                Some(Duration::from_millis(u64::from(ms)))
            }
            Some(&Step::Back(to, times)) => {
                let again = times.is_none_or(|times| turns[at] < times);
                turns[at] = if again { turns[at].saturating_add(1) } else { 0 };
                at = if again { to } else { at + 1 };
                continue;
            }
            Some(Step::Hold) | None => None,
        };
        if let Some(signal) = panel.shared.next(longest)? {
            return Ok(signal);
        }
    }
}
