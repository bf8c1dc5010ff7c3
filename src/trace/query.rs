//! A question about weapons: by what names it looks, which weapons fit, and what was searched, so that "no record" is
//! not read as "never here" (`un-categories.md` section 4).

use std::ops::RangeInclusive;

use serde::Serialize;

use super::life::Life;
use super::when::Period;
use crate::domain::lead::{LeadKind, form};
use crate::domain::{DeskKind, Event, PersonId, Seq, WeaponId};
use crate::identity::serial::confusable_form;
use crate::ledger::LedgerError;
use crate::ledger::history::History;

/// Most weapons looked at for one question; more are counted as "more".
pub const CANDIDATES_MAX: usize = 10_000;

/// A question: everything that is said must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// Names by kind, as asked.
    pub names: Vec<(LeadKind, String)>,
    /// The armoury's own number.
    pub weapon: Option<WeaponId>,
    /// When.
    pub period: Period,
    /// Also look for serials that are easily confused with the one asked for.
    pub confusable: bool,
}

/// A weapon that fits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// Which.
    pub weapon: WeaponId,
    /// The entry from which on it bears the name asked for.
    pub since: Seq,
    /// Its serial only looks like the one asked for.
    pub confusable: bool,
}

/// What was searched.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Searched {
    /// First and last entry of the ledger.
    pub entries: [Seq; 2],
    /// What the clock claimed at the first and the last of them.
    pub claimed: [String; 2],
    /// The period asked for.
    pub period: String,
    /// By what was looked, in the form in which names are compared.
    pub names: Vec<String>,
    /// Whether easily confused serials were searched too.
    pub confusable: bool,
    /// Other ledgers that were searched beside this one, by folder.
    pub archives: Vec<String>,
    /// How often the clock went back a day or more: what was entered then may lie in another period than it claims.
    pub clock_went_back: usize,
}

impl Query {
    /// The weapons that fit, those with the very name first; and whether there are more than [`CANDIDATES_MAX`].
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn candidates(&self, history: &History<'_>) -> Result<(Vec<Candidate>, bool), LedgerError> {
        let mut names: Vec<(LeadKind, String)> =
            self.names.iter().map(|(kind, text)| (*kind, form(*kind, text))).collect();
        names.sort_by_key(|(kind, _)| reach(*kind));
        let (mut found, mut more) = self.exact(history, &names)?;
        if self.confusable
            && let Some((_, serial)) = self.names.iter().find(|(kind, _)| *kind == LeadKind::Serial)
        {
            let alike = confusable_form(serial);
            let others: Vec<(LeadKind, String)> =
                names.iter().filter(|(kind, _)| *kind != LeadKind::Serial).cloned().collect();
            let like = [vec![(LeadKind::Confusable, alike)], others].concat();
            let (suggested, more_of_them) = self.exact(history, &like)?;
            more |= more_of_them;
            for one in suggested {
                if !found.iter().any(|exact| exact.weapon == one.weapon) {
                    found.push(Candidate { confusable: true, ..one });
                }
            }
        }
        if self.period.is_open() {
            return Ok((found, more));
        }
        let (spans, _) = self.period.spans(history)?;
        let mut kept = Vec::new();
        for candidate in found {
            if self.in_period(history, &candidate, &spans)? {
                kept.push(candidate);
            }
        }
        Ok((kept, more))
    }

    /// What was searched in this ledger.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn searched(&self, history: &History<'_>) -> Result<Searched, LedgerError> {
        let head = history.head()?;
        let claimed = |seq| -> Result<String, LedgerError> {
            Ok(history.record(seq)?.map_or_else(String::new, |record| record.at.rfc3339()))
        };
        let name = |(kind, text): &(LeadKind, String)| format!("{} {}", word(*kind), form(*kind, text));
        let mut names: Vec<String> = self.names.iter().map(name).collect();
        names.extend(self.weapon.iter().map(|weapon| format!("weapon {weapon}")));
        Ok(Searched {
            entries: [head.min(1), head],
            claimed: [claimed(head.min(1))?, claimed(head)?],
            period: self.period.words(),
            names,
            confusable: self.confusable && self.names.iter().any(|(kind, _)| *kind == LeadKind::Serial),
            archives: Vec::new(),
            clock_went_back: self.period.spans(history)?.1,
        })
    }

    /// Those every one of whose names fits. The first name leads, the others are looked up.
    fn exact(
        &self,
        history: &History<'_>,
        names: &[(LeadKind, String)],
    ) -> Result<(Vec<Candidate>, bool), LedgerError> {
        let (mut found, mut more) = (Vec::new(), false);
        let others = match (&self.weapon, names.split_first()) {
            (Some(weapon), _) => {
                if history.last_of_weapon(weapon, 1..=Seq::MAX)?.is_some() {
                    found.push(Candidate { weapon: weapon.clone(), since: 1, confusable: false });
                }
                names
            }
            (None, Some(((kind, form), others))) => {
                let led = history.led_to(*kind, form, CANDIDATES_MAX + 1)?;
                more = led.len() > CANDIDATES_MAX;
                found.extend(led.into_iter().take(CANDIDATES_MAX).map(|found| Candidate {
                    weapon: found.weapon,
                    since: found.first,
                    confusable: false,
                }));
                others
            }
            (None, None) => &[],
        };
        let mut kept = Vec::new();
        for candidate in found {
            let mut fits = true;
            for (kind, form) in others {
                fits &= history.leads_to(*kind, form, &candidate.weapon)?;
            }
            if fits {
                kept.push(candidate);
            }
        }
        Ok((kept, more))
    }

    /// Whether a weapon was known before the period ended, and was then with the person and at the place asked for.
    fn in_period(
        &self,
        history: &History<'_>,
        candidate: &Candidate,
        spans: &[RangeInclusive<Seq>],
    ) -> Result<bool, LedgerError> {
        let (Some(first), Some(last)) = (spans.first(), spans.last()) else { return Ok(false) };
        if candidate.since > *last.end() {
            return Ok(false);
        }
        let asked =
            |wanted| self.names.iter().find(|(kind, _)| *kind == wanted).map(|(_, text)| text.as_str());
        let (person, place) = (asked(LeadKind::Person), asked(LeadKind::Place));
        if person.is_none() && place.is_none() {
            return Ok(true);
        }
        let weapon = &candidate.weapon;
        let before = Life::read(history, weapon, first.start().saturating_sub(1))?.state;
        let mut with = person.is_none_or(|person| before.holder == Some(PersonId::from(person)));
        let kept_there = |place: &str| {
            before.weapon.as_ref().is_some_and(|record| {
                [&record.room, &record.rack].into_iter().flatten().any(|home| same_place(home, place))
            })
        };
        let mut there = place.is_none_or(kept_there);
        for span in spans {
            self.look(history, weapon, span.clone(), |desk_person, desk_place| {
                with |= person.is_some() && desk_person == person;
                there |= place.is_some_and(|asked| desk_place.is_some_and(|came| same_place(came, asked)));
            })?;
        }
        Ok(with && there)
    }

    /// Every move of custody of a weapon among those numbers and in the period: to whom, and where.
    fn look(
        &self,
        history: &History<'_>,
        weapon: &WeaponId,
        span: RangeInclusive<Seq>,
        mut take: impl FnMut(Option<&str>, Option<&str>),
    ) -> Result<(), LedgerError> {
        history.of_weapon(weapon, span, |record| {
            if let Event::Desk(desk) = &record.event
                && desk.kind.moves_custody()
                && self.period.covers(record.at.day())
            {
                let person = desk.person.as_ref().filter(|_| desk.kind == DeskKind::Issued);
                take(person.map(PersonId::as_str), desk.read_point.as_ref().map(|place| place.as_str()));
            }
        })
    }
}

fn same_place(one: &str, other: &str) -> bool {
    form(LeadKind::Place, one) == form(LeadKind::Place, other)
}

/// The word for a kind of name.
pub fn word(kind: LeadKind) -> &'static str {
    match kind {
        LeadKind::Serial => "serial",
        LeadKind::Confusable => "serial like",
        LeadKind::Tag => "tag",
        LeadKind::Mark => "mark",
        LeadKind::Maker => "maker",
        LeadKind::Model => "model",
        LeadKind::Calibre => "calibre",
        LeadKind::Country => "country",
        LeadKind::Place => "place",
        LeadKind::Person => "person",
    }
}

/// How far a kind of name reaches: the one that leads to the fewest weapons goes first.
fn reach(kind: LeadKind) -> u8 {
    match kind {
        LeadKind::Tag | LeadKind::Mark => 0,
        LeadKind::Serial => 1,
        LeadKind::Confusable => 2,
        LeadKind::Person => 3,
        LeadKind::Place => 4,
        LeadKind::Model => 5,
        LeadKind::Maker => 6,
        LeadKind::Calibre => 7,
        LeadKind::Country => 8,
    }
}
