//! Which units of a date a unit passed into, and what a unit of the date is made of.

use std::collections::{BTreeSet, HashMap};

use catalog::Gazetteer;
use chrono::NaiveDate;
use model::{Crosswalk, PlaceId};

/// How many reforms are followed, one after the other.
const MOST_STEPS: usize = 8;

/// The units of a date.
pub(super) struct Geography<'a> {
    gazetteer: &'a Gazetteer,
    date: NaiveDate,
    from: HashMap<&'a PlaceId, Vec<&'a Crosswalk>>,
    to: HashMap<&'a PlaceId, Vec<&'a Crosswalk>>,
    targets: HashMap<PlaceId, Vec<PlaceId>>,
}

/// Where a unit stands to the date.
enum Stand {
    /// It exists then, or nothing says that it does not.
    There,
    /// It had ended.
    Before,
    /// It had not begun.
    After,
}

impl<'a> Geography<'a> {
    pub(super) fn new(gazetteer: &'a Gazetteer, date: NaiveDate) -> Geography<'a> {
        let (mut from, mut to): (HashMap<_, Vec<_>>, HashMap<_, Vec<_>>) = Default::default();
        for step in &gazetteer.crosswalk {
            from.entry(&step.from).or_default().push(step);
            to.entry(&step.to).or_default().push(step);
        }
        Geography { gazetteer, date, from, to, targets: HashMap::new() }
    }

    fn stand(&self, place: &PlaceId) -> Stand {
        let Some(place) = self.gazetteer.place(place) else { return Stand::There };
        if place.valid_to.is_some_and(|last| last < self.date) {
            return Stand::Before;
        }
        if place.valid_from.is_some_and(|first| self.date < first) {
            return Stand::After;
        }
        Stand::There
    }

    /// The units of the date to which a value of the place can contribute.
    pub(super) fn targets(&mut self, place: &PlaceId) -> Vec<PlaceId> {
        if let Some(known) = self.targets.get(place) {
            return known.clone();
        }
        let mut found = BTreeSet::new();
        self.follow(place, MOST_STEPS, &mut found);
        let found: Vec<PlaceId> = found.into_iter().collect();
        self.targets.insert(place.clone(), found.clone());
        found
    }

    fn follow(&self, place: &PlaceId, steps: usize, found: &mut BTreeSet<PlaceId>) {
        let next: Vec<&PlaceId> = match self.stand(place) {
            Stand::There => {
                found.insert(place.clone());
                return;
            }
            Stand::Before => self.out_of(place).map(|step| &step.to).collect(),
            Stand::After => self.made_of(place).map(|step| &step.from).collect(),
        };
        if steps > 0 {
            for place in next {
                self.follow(place, steps - 1, found);
            }
        }
    }

    /// What the unit came of, by the date (for a unit of after the date: at any time).
    pub(super) fn made_of(&self, place: &PlaceId) -> impl Iterator<Item = &'a Crosswalk> {
        let later = matches!(self.stand(place), Stand::After);
        let date = self.date;
        let steps = self.to.get(place).into_iter().flatten().copied();
        steps.filter(move |step| later || step.effective <= date)
    }

    /// What the unit passed into: by the date for one that had ended, after the date for others.
    pub(super) fn out_of(&self, place: &PlaceId) -> impl Iterator<Item = &'a Crosswalk> {
        let ended = matches!(self.stand(place), Stand::Before);
        let date = self.date;
        let steps = self.from.get(place).into_iter().flatten().copied();
        steps.filter(move |step| ended == (step.effective <= date))
    }

    /// All that passed into a unit, whenever.
    pub(super) fn all_into(&self, place: &PlaceId) -> impl Iterator<Item = &'a Crosswalk> {
        self.to.get(place).into_iter().flatten().copied()
    }
}
