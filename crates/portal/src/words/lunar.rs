//! The Vietnamese lunar day in words.

use chrono::NaiveDate;
use model::{Lang, LunarDay};

use super::Words;

impl Words {
    /// The lunar day: "18 tháng Chạp", "day 18 of lunar month 12".
    pub fn lunar(&self, date: NaiveDate) -> String {
        let LunarDay { day, month, leap } = LunarDay::of(date);
        if self.lang() == Lang::En {
            let leap = if leap { " (leap)" } else { "" };
            return format!("day {day} of lunar month {month}{leap}");
        }
        let name = match month {
            1 => "Giêng".to_owned(),
            11 => "Một".to_owned(),
            12 => "Chạp".to_owned(),
            other => other.to_string(),
        };
        let day = match day {
            1..=10 => format!("mùng {day}"),
            15 => "rằm".to_owned(),
            _ => day.to_string(),
        };
        format!("{day} tháng {name}{}", if leap { " nhuận" } else { "" })
    }
}
