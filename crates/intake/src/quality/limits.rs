//! Which limits hold for a datastream: those that the dataset sets, over the general ones.

use std::collections::HashMap;

use catalog::Gazetteer;
use catalog::reference::QcDefault;
use model::{DatastreamKey, PlaceId};

use super::series::month;
use super::settings::{LimitSetting, Settings};
use crate::observe::duration_us;

/// The limits of the tests, in the unit of the property; lengths of time in microseconds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Limits {
    /// The step of the series that spike and flat-line limits are made for.
    pub(crate) interval: Option<i64>,
    /// Outside, a value fails.
    pub(crate) fail: Option<[f64; 2]>,
    /// Outside, it is suspect.
    pub(crate) suspect: Option<[f64; 2]>,
    /// Sizes of spikes that are suspect and that fail.
    pub(crate) spike: Option<[Option<f64>; 2]>,
    pub(crate) spike_variant: SpikeVariant,
    /// Changes in `rate_period` that are suspect and that fail.
    pub(crate) rate: Option<[Option<f64>; 2]>,
    pub(crate) rate_period: i64,
    /// Values that differ by less do not move.
    pub(crate) flat_tolerance: f64,
    /// Lengths without movement that are suspect and that fail.
    pub(crate) flat: [Option<i64>; 2],
    /// Values up to this may stay as they are: no salt in the flood season.
    pub(crate) flat_above: Option<f64>,
    /// Steps that are longer are gaps.
    pub(crate) gap: Option<i64>,
    /// Month by month, what was met in years; outside, a value is suspect.
    pub(crate) climatology: Option<[Option<[f64; 2]>; 12]>,
    /// Whether the climatology is made of the dataset's own history when values are tested again.
    pub(crate) own_climatology: bool,
    /// The places that a value is compared with.
    pub(crate) neighbours: Vec<PlaceId>,
    /// How many times their deviation a value may lie off their mean.
    pub(crate) neighbour_sigma: f64,
    /// And how far it may lie off in any case.
    pub(crate) neighbour_least: f64,
}

/// How a spike is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum SpikeVariant {
    /// Against the mean of the two values beside it.
    #[default]
    Mean,
    /// By the smaller of the steps to them, where they go opposite ways: better at turning tides.
    Differential,
}

/// An hour.
const HOUR: i64 = 3_600_000_000;
/// A day.
const DAY: i64 = 24 * HOUR;

impl Default for Limits {
    fn default() -> Self {
        Limits {
            interval: None,
            fail: None,
            suspect: None,
            spike: None,
            spike_variant: SpikeVariant::Mean,
            rate: None,
            rate_period: HOUR,
            flat_tolerance: 0.0,
            flat: [None, None],
            flat_above: None,
            gap: None,
            climatology: None,
            own_climatology: false,
            neighbours: Vec::new(),
            neighbour_sigma: 3.0,
            neighbour_least: 0.0,
        }
    }
}

impl Limits {
    /// How far before and after its values a series has to be read, so that all tests can run.
    pub(crate) fn reach(&self) -> i64 {
        let flat = self.flat.iter().flatten().copied().max().unwrap_or(0);
        let gap = self.gap.unwrap_or(0);
        flat.max(gap).max(4 * self.interval.unwrap_or(HOUR)).saturating_add(HOUR)
    }

    fn of_default(default: &QcDefault, flat_above: Option<f64>) -> Limits {
        let us = |length: chrono::TimeDelta| length.num_microseconds().unwrap_or(i64::MAX);
        let pair = |suspect: Option<f64>, fail: Option<f64>| {
            (suspect.is_some() || fail.is_some()).then_some([suspect, fail])
        };
        Limits {
            interval: Some(us(default.interval)),
            fail: Some([default.gross_fail_min, default.gross_fail_max]),
            suspect: Some([default.suspect_min, default.suspect_max]),
            spike: pair(default.spike_suspect, default.spike_fail),
            rate: pair(default.rate_suspect, default.rate_fail),
            rate_period: us(default.rate_period).max(1),
            flat_tolerance: default.flat_tolerance.unwrap_or(0.0),
            flat: [default.flat_suspect.map(us), default.flat_fail.map(us)],
            flat_above,
            gap: default.gap_suspect.map(us),
            ..Limits::default()
        }
    }
}

/// The limits of one datastream, by the month.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Calendar {
    sets: Vec<Limits>,
    /// Which of them holds in each month.
    months: [Option<usize>; 12],
    zone: i64,
}

impl Calendar {
    /// The limits at a time in UTC.
    pub(crate) fn at(&self, time: i64) -> Option<&Limits> {
        match self.sets.as_slice() {
            [one] if self.months.iter().all(Option::is_some) => Some(one),
            sets => sets.get(self.months[month(time + self.zone)?]?),
        }
    }

    pub(crate) fn reach(&self) -> i64 {
        self.sets.iter().map(Limits::reach).max().unwrap_or(0)
    }

    pub(crate) fn sets_mut(&mut self) -> impl Iterator<Item = &mut Limits> {
        self.sets.iter_mut()
    }

    pub(crate) fn sets(&self) -> &[Limits] {
        &self.sets
    }
}

/// Vietnam's hours east of Greenwich, in microseconds.
pub(crate) const ZONE: i64 = 7 * HOUR;

/// Finds the limits of datastreams.
pub(crate) struct LimitBook<'a> {
    gazetteer: &'a Gazetteer,
    settings: Option<&'a Settings>,
    /// The least distance of a station from a river mouth, in kilometres.
    km: HashMap<&'a PlaceId, f64>,
}

impl<'a> LimitBook<'a> {
    pub(crate) fn new(gazetteer: &'a Gazetteer, settings: Option<&'a Settings>) -> LimitBook<'a> {
        let mut km: HashMap<&PlaceId, f64> = HashMap::new();
        for station in &gazetteer.river_stations {
            let least = km.entry(&station.station).or_insert(station.km);
            *least = least.min(station.km);
        }
        LimitBook { gazetteer, settings, km }
    }

    /// The limits of a datastream; `None` where there are none, so that nothing is tested.
    pub(crate) fn of(&self, key: &DatastreamKey) -> Option<Calendar> {
        let setting = self.settings.and_then(|settings| settings.find(key));
        let mut calendar = match setting {
            Some(LimitSetting { none: true, .. }) => return None,
            Some(LimitSetting { class: Some(class), .. }) => self.of_class(key, class),
            _ => self.general(key),
        };
        if let Some(setting) = setting {
            let calendar = calendar.get_or_insert_with(|| Calendar {
                sets: vec![Limits::default()],
                months: [Some(0); 12],
                zone: ZONE,
            });
            for limits in calendar.sets_mut() {
                setting.apply(limits);
            }
        }
        calendar
    }

    fn defaults(&self, key: &DatastreamKey) -> impl Iterator<Item = &'a QcDefault> {
        let property = key.property.clone();
        self.gazetteer.qc_defaults.iter().filter(move |default| default.property == property)
    }

    fn of_class(&self, key: &DatastreamKey, class: &str) -> Option<Calendar> {
        let default = self.defaults(key).find(|default| default.station_class == class)?;
        let flat_above = catalog::vocabulary()
            .qc_classes
            .iter()
            .find(|known| known.property == key.property && known.class == class)
            .and_then(|known| known.flat_above);
        let sets = vec![Limits::of_default(default, flat_above)];
        Some(Calendar { sets, months: [Some(0); 12], zone: ZONE })
    }

    /// The general limits: of each class that the place belongs to, in the months in which it does. A
    /// property with one class for all stations has that one everywhere.
    ///
    /// They are made for readings and values of a day: what sums up a month, a season or a year has a
    /// place in none of their months.
    fn general(&self, key: &DatastreamKey) -> Option<Calendar> {
        let is_short = key.period.is_empty()
            || key.period.starts_with("P1D:")
            || duration_us(&key.period).is_some_and(|length| length <= DAY);
        if !is_short {
            return None;
        }
        let of_property: Vec<&QcDefault> = self.defaults(key).collect();
        let everywhere = match of_property.as_slice() {
            [one] => one.stations.is_empty(),
            _ => false,
        };
        let mut calendar = Calendar { sets: Vec::new(), months: [None; 12], zone: ZONE };
        for default in of_property {
            let class = catalog::vocabulary()
                .qc_classes
                .iter()
                .find(|class| class.property == key.property && class.class == default.station_class);
            let by_distance = class.is_some_and(|class| {
                class.km.zip(self.km.get(&key.place)).is_some_and(|([from, to], km)| (from..to).contains(km))
            });
            let named = class.is_some_and(|class| class.stations.contains(&key.place));
            if !(everywhere || named || by_distance || default.stations.contains(&key.place)) {
                continue;
            }
            let at = calendar.sets.len();
            calendar.sets.push(Limits::of_default(default, class.and_then(|class| class.flat_above)));
            let months = class.map_or(&[][..], |class| &class.months);
            for month in 0..12 {
                let holds = months.is_empty() || months.contains(&(month + 1));
                if holds && calendar.months[month].is_none() {
                    calendar.months[month] = Some(at);
                }
            }
        }
        (!calendar.sets.is_empty()).then_some(calendar)
    }
}
