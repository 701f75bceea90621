//! Crop seasons in words, with their year and without it: `Đông xuân 2019-2020`, `Vụ lúa hè thu`.

use catalog::{Season, vocabulary};
use model::fold;

use super::{Said, number, year};

/// `dong xuan 2019 2020`, `he thu 2020`, `dx 2019 20`.
pub(super) fn said(words: &[&str]) -> Option<Said> {
    let (names, years) = words.split_at(words.iter().position(|word| year(word).is_some())?);
    let name = names.join(" ");
    let at = vocabulary().seasons.iter().position(|season| season.names.contains(&name))?;
    let first = year(years[0])?;
    let year = match years {
        [_] => first,
        [_, second] => {
            let second = year(second).or_else(|| Some(first / 100 * 100 + number(second, 2)?))?;
            // A season of two years is named by the second; one that ends in it, by the first.
            let named_by_first = vocabulary().seasons[at].to.2 > 0;
            (second == first + 1).then_some(if named_by_first { first } else { second })?
        }
        _ => return None,
    };
    Some(Said::Season { at: u8::try_from(at).ok()?, year })
}

/// The code of a season's period: `season:dong_xuan`.
pub(in crate::observe) fn season_period(at: u8) -> Option<String> {
    Some(format!("season:{}", vocabulary().seasons.get(usize::from(at))?.code))
}

/// The season that a text names without its year: `Vụ lúa đông xuân`, `ĐX`.
pub(crate) fn season_named(text: &str) -> Option<&'static Season> {
    let folded = fold(text);
    let words: Vec<&str> =
        folded.split(' ').filter(|word| !matches!(*word, "" | "vu" | "lua" | "season")).collect();
    let bare = words.join(" ");
    vocabulary().seasons.iter().find(|season| season.names.contains(&bare))
}
