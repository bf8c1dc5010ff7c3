//! What a command card does. A card is a key press and never authority: where an act needs somebody, it needs their
//! badge as well, shown within the time for two-person acts.

use armoury_hardware::panel::Signal;

use super::clerk::Clerk;
use crate::domain::book::loan::{self, ReturnNote};
use crate::domain::book::{Act, Alarm, By, Fact, Proof, hold, standto};
use crate::domain::{DeskEvent, DeskKind, Event, Mode, Moment, PersonId, Purpose, Role};
use crate::ledger::Record;
use crate::scan::card::Card;
use crate::scan::lanes::Lane;

/// What is entered as the reason where somebody decided with their badge and a card.
const AT_THE_DESK: &str = "at the desk";

impl Clerk {
    pub(super) fn card(&mut self, lane: Lane, card: Card, at: Moment) {
        match card {
            Card::Issue => self.set_mode(Mode::Issue, at),
            Card::Return => self.set_mode(Mode::Return, at),
            Card::Auto => self.set_mode(Mode::Auto, at),
            Card::Ok => {
                if !self.decided_by_card(lane, true, at) {
                    self.board.handled();
                }
            }
            Card::Cancel => {
                if !self.decided_by_card(lane, false, at) {
                    self.answer_waiting(at);
                    self.desks.at(lane).cancel();
                }
            }
            // The signal of an issue opens the lock, and anybody can print a card: it is not given twice.
            Card::Repeat if self.signal == Signal::Out => {}
            Card::Repeat => self.signal(self.signal),
            Card::Acknowledge => {
                if let Some(alarm) = self.board.newest_alarm() {
                    self.board.acknowledge(alarm);
                }
            }
            Card::Count => self.turn_scanning(at),
            Card::CallSupervisor => {
                self.board.alarm(2, "A supervisor is wanted at the hatch.".into(), "Go to the hatch.", at);
            }
            Card::For(purpose) => self.choose(lane, purpose, at),
            Card::Undo => {
                let entry = self.desks.at(lane).last_move();
                self.signed_by_card(lane, Act::Loan(loan::Act::Undo { entry }), at);
            }
            Card::StandTo => self.signed_by_card(lane, Act::StandTo(standto::Act::Start {}), at),
            Card::Clean => self.note(lane, ReturnNote { clean: Some(true), ..ReturnNote::default() }, at),
            Card::Dirty => self.note(lane, ReturnNote { clean: Some(false), ..ReturnNote::default() }, at),
            Card::Unfit => {
                let unfit = Some("shown unfit at the desk".to_owned());
                self.note(lane, ReturnNote { unfit, ..ReturnNote::default() }, at);
            }
        }
    }

    /// What the next draws at a lane are for. Each of their entries says so; the choice itself is none.
    pub(super) fn choose(&mut self, lane: Lane, purpose: Purpose, at: Moment) {
        self.desks.at(lane).choose(purpose, at.mono_ms);
        self.board.told(&format!("The next draws are for: {}.", purpose.word()), at);
    }

    /// OK or CANCEL after a supervisor's badge decides on what was asked at this lane. Answers whether it did: without
    /// such a badge since the question the cards mean what they always mean.
    fn decided_by_card(&mut self, lane: Lane, grant: bool, at: Moment) -> bool {
        let Some((entry, passed_ms)) = self.desks.at(lane).asked(at.mono_ms) else { return false };
        let act = Act::Loan(loan::Act::Decide { entry, grant, why: AT_THE_DESK.into() });
        let Some(by) = self.by_badge(lane, act.allowed(), passed_ms, at) else { return false };
        let before = self.keeper.armoury.head;
        self.act_by(&by, &act, at);
        let moves = &self.keeper.armoury.rooms.loan.moves;
        let left = moves.back().map(|one| one.seq).filter(|seq| *seq > before);
        self.desks.at(lane).decided(left);
        true
    }

    /// An act that takes a badge beside the card.
    fn signed_by_card(&mut self, lane: Lane, act: Act, at: Moment) {
        let Some(by) = self.by_badge(lane, act.allowed(), u64::MAX, at) else {
            let roles: Vec<&str> = act.allowed().iter().map(|role| role.word()).collect();
            let why = format!("It takes a badge too: {}. Badge first, then the card.", roles.join(" or "));
            return self.board.notice(&why, at);
        };
        let stands_to = matches!(act, Act::StandTo(_));
        if self.act_by(&by, &act, at) && stands_to {
            // The badge that began it draws nothing by lying there.
            self.desks.at(lane).cancel();
        }
    }

    /// How what just came back at this lane came back.
    fn note(&mut self, lane: Lane, note: ReturnNote, at: Moment) {
        match self.desks.at(lane).just_returned(at.mono_ms).cloned() {
            Some(weapon) => self.signed_by_card(lane, Act::Loan(loan::Act::Note { weapon, note }), at),
            None => {
                self.board.notice("Nothing came back here a moment ago. Return it first, then the card.", at)
            }
        }
    }

    /// Who signs with a badge at this lane: the newest shown within the time for two-person acts, and within
    /// `since_ms`, of somebody who may; the next badge is the second person's.
    fn by_badge(&mut self, lane: Lane, allowed: &[Role], since_ms: u64, at: Moment) -> Option<By> {
        let within_ms = u64::from(self.keeper.armoury.policy.two_person_s) * 1_000;
        let badges = self.desks.at(lane).fresh_badges(within_ms.min(since_ms), at.mono_ms);
        let armoury = &self.keeper.armoury;
        let (person, role) = badges
            .iter()
            .find_map(|person| hold(armoury, person, allowed, at).ok().map(|role| (person.clone(), role)))?;
        let may: Vec<Role> = Role::ALL.into_iter().filter(|role| role.may_witness()).collect();
        let stands_by = |other: &&PersonId| **other != person && hold(armoury, other, &may, at).is_ok();
        let witness = badges.iter().find(stands_by).cloned();
        let witness_proof = if witness.is_some() { Proof::Badge } else { Proof::Said };
        let (role, proof) = (Some(role), Proof::Badge);
        Some(By { role, person: Some(person), proof, witness, witness_proof, authority: None, user: None })
    }

    /// Carries out an act on somebody's word and says on the screen why not. Answers whether it was done.
    fn act_by(&mut self, by: &By, act: &Act, at: Moment) -> bool {
        let outcome = self.keeper.act_by(None, by, act, at);
        self.outlets.head.send_replace(self.keeper.armoury.head);
        match outcome {
            Ok(_) => {
                self.show_booked(at);
                true
            }
            Err(why) => {
                self.board.notice(&sentence(&why), at);
                false
            }
        }
    }

    /// What was just entered in the book, as far as the screen over the hatch has to say it.
    pub(super) fn show_booked(&mut self, at: Moment) {
        self.raise_alarms(at);
        for record in std::mem::take(&mut self.keeper.booked) {
            self.show_loan(&record, at);
        }
    }

    /// What is still the matter since before the start: overdue weapons, a stand-to that lasts.
    pub(super) fn recall_alarms(&mut self, at: Moment) {
        let armoury = &self.keeper.armoury;
        let mut alarms: Vec<Alarm> = loan::overdue(armoury).filter_map(|fact| fact.alarm()).collect();
        alarms.extend(armoury.rooms.standto.running.as_ref().and_then(|running| running.alarm()));
        for alarm in alarms {
            self.board.alarm(alarm.priority, alarm.what, alarm.first_step, at);
        }
    }

    fn show_loan(&mut self, record: &Record, at: Moment) {
        let Event::Book(booked) = &record.event else { return };
        let Fact::Loan(fact) = &booked.fact else { return };
        let (armoury, roster) = (&self.keeper.armoury, &self.keeper.roster);
        match fact {
            loan::Fact::Granted {
                asked, weapon, person, purpose, paper, due_wall_ms, predecessor, ..
            } => {
                self.board.handled_entry(Some(*asked));
                // On the screen it is what it is at the hatch: an issue.
                let issue = DeskEvent {
                    weapon: Some(weapon.clone()),
                    person: Some(person.clone()),
                    witness: booked.by.person.clone(),
                    due_wall_ms: *due_wall_ms,
                    predecessor: *predecessor,
                    purpose: Some(*purpose),
                    paper: Some(*paper),
                    ..DeskEvent::new(DeskKind::Issued)
                };
                self.board.presented((record.seq, at), &issue, None, armoury, roster);
                self.desks.moved(weapon, at.mono_ms);
                self.signal(Signal::Out);
            }
            loan::Fact::Kept { asked, .. } | loan::Fact::Declined { asked, .. } => {
                self.board.handled_entry(Some(*asked));
                self.board.told("Decided, and entered.", at);
            }
            loan::Fact::Undone { weapon, person, in_stock, .. } => {
                let who = roster.call(person);
                let what = match in_stock {
                    true => format!("Undone: {weapon} is in again."),
                    false => format!("Undone: {weapon} is out to {who} again."),
                };
                self.board.told(&what, at);
            }
            loan::Fact::Noted { weapon, note, .. } => {
                let what = format!("{weapon}: {}.", note.line());
                self.board.told(&what, at);
            }
            _ => {}
        }
        self.board.view_mut().counts = self.keeper.armoury.counts();
    }
}

/// A refusal as a sentence for the screen.
fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let first: String = letters.next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default();
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}
