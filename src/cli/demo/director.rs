//! Who plays what: soldiers draw and return, some wrongly, the road comes and goes. Everything the director does is
//! to lay tags and pictures in front of simulated devices; what becomes of it the station decides.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use armoury_hardware::bench::BenchTag;
use armoury_hardware::symbol::{Symbology, draw};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout};

use super::stage::Stage;
use crate::domain::roster::{Badge, Enrolment};
use crate::domain::{Identifier, MayDraw, PersonId, Role, Verdict, Weapon, WeaponId};
use crate::station::protocol::DemoAct;
use crate::station::view::View;

/// Between badge and weapon.
const HAND_TO_HAND: Duration = Duration::from_millis(350);

/// Longest wait for a verdict.
const VERDICT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long the verdict is looked at before the next soldier steps up; longer than a tag takes to have left.
const LOOKED_AT: Duration = Duration::from_millis(1_600);

/// How long the road stays as it is.
const ROAD_EVERY: Duration = Duration::from_secs(7);

/// Pixels a module of a drawn mark.
const MODULE_PX: u32 = 6;

/// Plays the story.
pub(super) struct Director {
    stage: Stage,
    view: watch::Receiver<Arc<View>>,
    dice: Dice,
    out: BTreeMap<WeaponId, PersonId>,
    picture: u32,
    lane: usize,
    acted: u64,
    paused: bool,
    cable_out: bool,
    road_ends: Instant,
}

/// A small generator of chance, so that a seed plays the same story (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn below(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        let roll = self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33;
        usize::try_from(roll).unwrap_or(0) % sides.max(1)
    }
}

/// What somebody does that they may not.
#[derive(Debug, Clone, Copy)]
enum Wrong {
    Expired,
    Suspended,
    NotTheirs,
    UnknownTag,
    NoBadge,
    OthersWeapon,
}

impl Director {
    pub(super) fn new(stage: Stage, view: watch::Receiver<Arc<View>>, seed: u64) -> Self {
        Self {
            stage,
            view,
            dice: Dice(seed | 1),
            out: BTreeMap::new(),
            picture: 0,
            lane: 0,
            acted: 0,
            paused: false,
            cable_out: false,
            road_ends: Instant::now(),
        }
    }

    /// Plays until dropped. What a person asks for comes before the story.
    pub(super) async fn direct(mut self, mut asked: mpsc::Receiver<DemoAct>) {
        self.stage.headquarters.open().await;
        self.road_ends = Instant::now() + ROAD_EVERY;
        loop {
            let wait = if self.paused { Duration::from_secs(3600) } else { Duration::from_millis(200) };
            match timeout(wait, asked.recv()).await {
                Ok(Some(act)) => self.act(act).await,
                Ok(None) => return,
                Err(_) => self.next_scene().await,
            }
        }
    }

    async fn act(&mut self, act: DemoAct) {
        match act {
            DemoAct::Draw => self.somebody_draws().await,
            DemoAct::Return => self.somebody_returns().await,
            DemoAct::Wrong => self.somebody_errs().await,
            DemoAct::Road => self.turn_road().await,
            DemoAct::Cable => self.pull_or_plug(),
            DemoAct::Pause => self.paused = !self.paused,
        }
    }

    /// The story: two thirds draw at first, more return later, every fifth does something wrong.
    async fn next_scene(&mut self) {
        if Instant::now() >= self.road_ends {
            self.turn_road().await;
        }
        self.acted += 1;
        let out = self.out.len();
        match self.dice.below(15) {
            _ if self.acted % 4 == 3 => self.somebody_errs().await,
            0..=8 if out < 20 => self.somebody_draws().await,
            _ if out > 0 => self.somebody_returns().await,
            _ => self.somebody_draws().await,
        }
    }

    async fn turn_road(&mut self) {
        self.road_ends = Instant::now() + ROAD_EVERY;
        if self.stage.headquarters.is_open() {
            self.stage.headquarters.close().await;
        } else {
            self.stage.headquarters.open().await;
        }
    }

    fn pull_or_plug(&mut self) {
        let left = &self.stage.readers[0];
        let outcome = if self.cable_out { left.replug() } else { left.unplug() };
        match outcome {
            Ok(()) => self.cable_out = !self.cable_out,
            Err(error) => tracing::warn!("move the demonstration's cable: {error}"),
        }
    }

    async fn somebody_draws(&mut self) {
        let bearer = self.pick_bearer(|_| true);
        let may = self.pick_weapon(|weapon| bearer.may_draw.covers(&weapon.id, weapon.model.as_deref()));
        let (Some(weapon), by_mark) = (may, self.dice.below(4) == 0) else { return };
        if self.present(Some(&bearer), Some(&weapon), by_mark).await == Some(Verdict::Out) {
            self.out.insert(weapon.id.clone(), bearer.id.clone());
        }
    }

    async fn somebody_returns(&mut self) {
        let place = self.dice.below(self.out.len());
        let Some((weapon, holder)) = self.out.iter().nth(place).map(|(w, p)| (w.clone(), p.clone())) else {
            return;
        };
        let Some(weapon) = self.stage.weapons.iter().find(|other| other.id == weapon).cloned() else {
            return;
        };
        let bearer = self.stage.persons.iter().find(|person| person.id == holder).cloned();
        if self.present(bearer.as_ref(), Some(&weapon), false).await == Some(Verdict::In) {
            self.out.remove(&weapon.id);
        }
    }

    async fn somebody_errs(&mut self) {
        const ALL: [Wrong; 6] = [
            Wrong::Expired,
            Wrong::NotTheirs,
            Wrong::UnknownTag,
            Wrong::Suspended,
            Wrong::OthersWeapon,
            Wrong::NoBadge,
        ];
        let wrong = ALL[self.dice.below(ALL.len())];
        let rifle = self.pick_weapon(|weapon| weapon.model.as_deref() == Some("L85A3"));
        match wrong {
            Wrong::Expired => {
                let long_ago = |person: &Enrolment| person.valid_until.is_some_and(|day| day.year() < 2026);
                let bearer = self.stage.persons.iter().find(|person| long_ago(person)).cloned();
                self.present(bearer.as_ref(), rifle.as_ref(), false).await;
            }
            Wrong::Suspended => {
                let suspended = &self.stage.suspended;
                let bearer = self.stage.persons.iter().find(|person| person.id == *suspended).cloned();
                self.present(bearer.as_ref(), rifle.as_ref(), false).await;
            }
            Wrong::NotTheirs => {
                let bearer = self.pick_bearer(|person| person.may_draw != MayDraw::All);
                let gun =
                    self.pick_weapon(|weapon| !bearer.may_draw.covers(&weapon.id, weapon.model.as_deref()));
                self.present(Some(&bearer), gun.as_ref(), false).await;
            }
            Wrong::UnknownTag => {
                let mut stranger = rifle.unwrap_or_else(|| self.stage.weapons[0].clone());
                let tail = u8::try_from(self.dice.below(250)).unwrap_or(7);
                stranger.identifiers = vec![Identifier::Tag {
                    epc: vec![0xe2, 0, 0x47, 0, 1, 2, 3, 4, 5, 6, 0x7f, tail],
                    tid: None,
                }];
                self.present(None, Some(&stranger), false).await;
            }
            Wrong::NoBadge => {
                self.present(None, rifle.as_ref(), false).await;
            }
            Wrong::OthersWeapon => {
                let Some((weapon, holder)) = self.out.iter().next().map(|(w, p)| (w.clone(), p.clone()))
                else {
                    return;
                };
                let weapon = self.stage.weapons.iter().find(|other| other.id == weapon).cloned();
                let other = self.pick_bearer(|person| person.id != holder);
                if self.present(Some(&other), weapon.as_ref(), false).await == Some(Verdict::In)
                    && let Some(weapon) = weapon
                {
                    self.out.remove(&weapon.id);
                }
            }
        }
    }

    /// A badge, then a weapon, in front of one lane; answers with the verdict the station came to.
    async fn present(
        &mut self,
        bearer: Option<&Enrolment>,
        weapon: Option<&Weapon>,
        by_mark: bool,
    ) -> Option<Verdict> {
        let weapon = weapon?;
        // With the left reader's cable out, everybody goes to the right.
        self.lane = if self.cable_out { 1 } else { 1 - self.lane };
        let before = self.view.borrow().recent.first().map_or(0, |line| line.seq);
        match bearer.and_then(|bearer| bearer.personal.badge.as_ref()) {
            Some(Badge::Epc(epc)) => self.lay(epc.clone(), None),
            Some(Badge::Qr(text)) => self.show(text, Symbology::Qr),
            None => {}
        }
        sleep(HAND_TO_HAND).await;
        for identifier in &weapon.identifiers {
            match identifier {
                Identifier::Tag { epc, tid } if !by_mark => self.lay(epc.clone(), tid.clone()),
                Identifier::Mark { text } if by_mark => self.show(text, Symbology::DataMatrix),
                Identifier::Tag { .. } | Identifier::Mark { .. } => {}
            }
        }
        let verdict = self.verdict_after(before).await;
        sleep(Duration::from_millis(400)).await;
        for reader in &self.stage.readers {
            reader.clear();
        }
        sleep(LOOKED_AT).await;
        verdict
    }

    async fn verdict_after(&mut self, before: u64) -> Option<Verdict> {
        let seen = self.view.wait_for(|view| view.recent.first().is_some_and(|line| line.seq > before));
        match timeout(VERDICT_TIMEOUT, seen).await {
            Ok(Ok(view)) => view.recent.first().map(|line| line.verdict),
            _ => None,
        }
    }

    fn lay(&self, epc: Vec<u8>, tid: Option<Vec<u8>>) {
        let tag = BenchTag { epc, tid, antenna: 1, rssi_dbm: -52, read_rate: 0.7 };
        self.stage.readers[self.lane].place(tag);
    }

    /// Puts a picture of a code before the camera. Written under another name first: the camera must not see half of
    /// it.
    fn show(&mut self, text: &str, symbology: Symbology) {
        self.picture += 1;
        let path: PathBuf = self.stage.pictures.join(format!("mark-{:06}.png", self.picture));
        let drawn = draw(text, symbology, MODULE_PX).and_then(|frame| frame.save_png(&path));
        if let Err(error) = drawn {
            tracing::warn!("draw a mark for the demonstration's camera: {error}");
        }
    }

    fn pick_bearer(&mut self, wanted: impl Fn(&Enrolment) -> bool) -> Enrolment {
        let today_valid = |person: &Enrolment| person.valid_until.is_none_or(|day| day.year() > 2026);
        let fit: Vec<&Enrolment> = self
            .stage
            .persons
            .iter()
            .filter(|person| person.role == Role::Bearer && today_valid(person))
            .filter(|person| person.id != self.stage.suspended && wanted(person))
            .collect();
        fit[self.dice.below(fit.len())].clone()
    }

    /// A weapon that is in.
    fn pick_weapon(&mut self, wanted: impl Fn(&Weapon) -> bool) -> Option<Weapon> {
        let fit: Vec<&Weapon> =
            self.stage.weapons.iter().filter(|w| !self.out.contains_key(&w.id) && wanted(w)).collect();
        let place = self.dice.below(fit.len());
        fit.get(place).map(|weapon| (*weapon).clone())
    }
}
