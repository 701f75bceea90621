//! The generator of the sample's series: fixed seed, simple hydraulics, nothing measured.
//!
//! Salinity along a branch falls exponentially from 30 g/l at kilometre zero to 4 g/l at the
//! length of intrusion, which breathes with the season (longest in mid-March) and with spring and
//! neap (14.77 days), and the tide of 12.42 and 24.07 hours moves every value. Water level is a
//! mean, a season and the same tides. Noise comes from SplitMix64, so that every machine makes the
//! same file. A few cells are left empty and a few hold a slip of the pen, as in real files.

use std::collections::BTreeSet;
use std::f64::consts::TAU;
use std::fmt::Write;

use catalog::reference::RiverStation;

/// The decision that founded the system lends the seed its number.
const SEED: u64 = 1619;

/// SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Uniform from -1 to 1.
    fn swing(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }

    fn one_in(&mut self, n: u64) -> bool {
        self.next().is_multiple_of(n)
    }
}

/// Hours since 1 January 2020 00:00 in Vietnam as a local timestamp; 2020 is a leap year.
fn stamp(hour: u32) -> String {
    let mut day = hour / 24;
    let mut month = 1;
    for days in [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    format!("2020-{month:02}-{:02} {:02}:00", day + 1, hour % 24)
}

/// The tide at an hour, from -1 to 1; it arrives 0.04 hours later with every kilometre upstream.
fn tide(hour: f64, km: f64) -> f64 {
    let lag = km * 0.04;
    0.62 * (TAU * (hour - lag) / 12.4206).cos() + 0.38 * (TAU * (hour - lag) / 24.0659).cos()
}

fn salinity_at(km: f64, hour: f64, reach: f64) -> f64 {
    let day = hour / 24.0;
    let season = 0.52 + 0.48 * (TAU * (day - 74.0) / 200.0).cos();
    let neap = 1.0 + 0.10 * (TAU * day / 14.7653).cos();
    let length = (reach * season * neap).max(4.0);
    30.0 * (-(30.0_f64 / 4.0).ln() * km / length).exp() * (0.80 + 0.20 * tide(hour, km))
}

/// How far 4 g/l reaches at the height of the season, in the chord kilometres of the reference.
fn reach_of(mouth: &str) -> f64 {
    match mouth {
        "mouth:vam_co" | "mouth:soai_rap" => 62.0,
        "mouth:cai_lon" => 34.0,
        "mouth:ham_luong" => 48.0,
        _ => 44.0,
    }
}

/// The salinity file: every two hours at odd hours, 1 January to 30 April 2020.
pub fn salinity(rivers: &[RiverStation]) -> String {
    let mut noise = Noise(SEED);
    let mut file = String::from("tram,thoi_gian,do_man_g_l\n");
    let mut seen = BTreeSet::new();
    for river in rivers.iter().filter(|river| seen.insert(river.station.clone())) {
        let reach = reach_of(river.mouth.as_str());
        for hour in (1..121 * 24).step_by(2) {
            let value = salinity_at(river.km, f64::from(hour), reach) * (1.0 + 0.04 * noise.swing());
            let text = match () {
                // A gauge that was down, and a comma that was lost: 4.3 written 430.
                () if noise.one_in(700) => String::new(),
                () if noise.one_in(9000) => format!("{:.0}", value.max(0.5) * 100.0),
                () => format!("{value:.1}"),
            };
            // Writing to a string does not fail.
            let _ = writeln!(file, "{},{},{text}", river.station, stamp(hour));
        }
    }
    file
}

/// The water level file: hourly, 1 January to 30 June 2020, whole centimetres.
pub fn water_level() -> String {
    let mut noise = Noise(SEED + 1);
    let mut file = String::from("tram,thoi_gian,muc_nuoc_cm\n");
    for (station, mean, season, range, km) in [
        ("tan_chau", 95.0, 55.0, 35.0, 220.0),
        ("chau_doc", 90.0, 50.0, 45.0, 210.0),
        ("my_thuan", 45.0, 20.0, 80.0, 120.0),
        ("can_tho", 50.0, 18.0, 85.0, 95.0),
        ("my_tho", 35.0, 10.0, 110.0, 50.0),
        ("tran_de", 20.0, 5.0, 150.0, 0.0),
    ] {
        for hour in 0..182 * 24 {
            let day = f64::from(hour) / 24.0;
            let spring = 1.0 + 0.25 * (TAU * day / 14.7653).cos();
            let flow = season * (TAU * (day - 10.0) / 366.0).cos();
            let value = mean + flow + range * spring * tide(f64::from(hour), km) + 3.0 * noise.swing();
            let _ = writeln!(file, "{station},{},{value:.0}", stamp(hour));
        }
    }
    file
}

/// The conductivity file: hourly at the first three stations of the list, February 2020, µS/cm.
pub fn conductivity(rivers: &[RiverStation]) -> String {
    let mut noise = Noise(SEED + 2);
    let mut file = String::from("tram,thoi_gian,ec_us_cm\n");
    for river in rivers.iter().take(3) {
        for hour in 31 * 24..60 * 24 {
            let grams = salinity_at(river.km, f64::from(hour), reach_of(river.mouth.as_str()));
            let value = (grams * 1700.0 + 200.0) * (1.0 + 0.02 * noise.swing());
            let _ = writeln!(file, "{},{},{value:.0}", river.station, stamp(hour));
        }
    }
    file
}

#[cfg(test)]
mod tests {
    use super::{Noise, SEED, stamp};

    #[test]
    fn the_calendar_knows_that_2020_is_a_leap_year() {
        assert_eq!(stamp(0), "2020-01-01 00:00");
        assert_eq!(stamp((31 + 28) * 24 + 23), "2020-02-29 23:00");
        assert_eq!(stamp((31 + 29) * 24), "2020-03-01 00:00");
    }

    #[test]
    fn the_noise_is_the_same_everywhere() {
        let mut noise = Noise(SEED);
        let first: Vec<u64> = (0..2).map(|_| noise.next() >> 48).collect();
        let mut again = Noise(SEED);
        assert_eq!(first, (0..2).map(|_| again.next() >> 48).collect::<Vec<u64>>());
        assert!((0..1000).all(|_| noise.swing().abs() <= 1.0));
    }
}
