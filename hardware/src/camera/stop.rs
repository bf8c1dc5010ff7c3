//! Ending a camera: asked from one thread, told by another.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The wish to end, and the news that it has happened.
#[derive(Debug, Clone, Default)]
pub(crate) struct Stop(Arc<(Mutex<Phase>, Condvar)>);

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Running,
    Asked,
    Ended,
}

impl Stop {
    /// Waits, and says whether to go on.
    pub(crate) fn goes_on_after(&self, pause: Duration) -> bool {
        self.wait(pause, |phase| phase != Phase::Running) == Phase::Running
    }

    /// Whether nobody has asked to end.
    pub(crate) fn goes_on(&self) -> bool {
        *self.phase() == Phase::Running
    }

    /// Asks the camera to end.
    pub(super) fn ask(&self) {
        let mut phase = self.phase();
        if *phase == Phase::Running {
            *phase = Phase::Asked;
        }
        self.0.1.notify_all();
    }

    /// Tells that it has ended.
    pub(super) fn end(&self) {
        *self.phase() = Phase::Ended;
        self.0.1.notify_all();
    }

    /// Waits for the end, but not for ever.
    pub(super) fn ended_within(&self, patience: Duration) -> bool {
        self.wait(patience, |phase| phase == Phase::Ended) == Phase::Ended
    }

    fn wait(&self, longest: Duration, until: impl Fn(Phase) -> bool) -> Phase {
        let deadline = Instant::now() + longest;
        let mut phase = self.phase();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            if until(*phase) || left.is_zero() {
                return *phase;
            }
            phase = self.0.1.wait_timeout(phase, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
