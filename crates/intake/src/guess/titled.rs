//! The statistic that a title says of values under a header that names their property and no more: `Độ mặn cao nhất
//! tháng 3` above `Độ mặn`.

use catalog::Gazetteer;
use model::{Property, Statistic};
use wording::{Told, told};

use super::evidence::{HIGHEST, LOWEST, MEANS, Named, is_instant, which_statistic};
use super::meant::of_part_of_year;
use super::measured::is_of_stations;
use super::observations::Guess;
use super::words::has_words;
use crate::mapping::TextOrColumn;
use crate::observe::{Precision, find_property};

/// Words of titles that speak of a sum, folded.
const SUMS: &[&str] = &["tong luong"];

/// What a title says of the statistic of a property.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Titled {
    /// Right before or behind the property's name.
    Is(Statistic),
    /// Somewhere else, or several of them.
    Speaks,
}

/// A property and the statistic that header and title say, and how sure the title is.
pub(super) type Said<'g> = (&'g Property, Option<Statistic>, Option<(f64, Told)>);

/// What header and title say together, where the title is the text that names the property: where the header says a
/// statistic, it is the one.
pub(super) fn with_statistic<'g>(
    gazetteer: &'g Gazetteer,
    title: Option<&str>,
    property: &'g Property,
    said: Option<Statistic>,
    precision: Option<Precision>,
) -> Said<'g> {
    let title = title.filter(|_| said.is_none() && is_instant(property));
    match title.and_then(|text| titled(property, &model::fold(text), precision)) {
        None if said.is_none() && lacks_statistic(property, precision) => {
            (property, None, Some((0.5, which_statistic())))
        }
        None => (property, said, None),
        Some(Titled::Speaks) => (property, None, Some((0.5, which_statistic()))),
        Some(Titled::Is(statistic)) => {
            let reason = Some((0.8, told!("guess-title-says-so", "the title says so")));
            match highest_of_day(gazetteer, property, statistic, precision) {
                Some(highest) => (highest, None, reason),
                None => (property, Some(statistic), reason),
            }
        }
    }
}

/// What a title names, where its statistic is the highest value of a day: the vocabulary may have a property of its
/// own for it.
pub(super) fn of_day<'g>(
    gazetteer: &'g Gazetteer,
    named: Named<'g>,
    precision: Option<Precision>,
) -> Named<'g> {
    let highest = named
        .statistic
        .filter(|statistic| *statistic == Statistic::Max.code())
        .and_then(|_| highest_of_day(gazetteer, named.property, Statistic::Max, precision));
    match highest {
        Some(property) => Named { property, statistic: None, period: Some("P1D"), ..named },
        None => named,
    }
}

/// The period of values whose title speaks of a statistic of each day: `Mực nước trung bình ngày`.
pub(super) fn of_each_day(text: &str, precision: Option<Precision>) -> Option<TextOrColumn> {
    let folded = model::fold(text);
    let mut words = [MEANS, HIGHEST, LOWEST].into_iter().flatten();
    let says_day = words.any(|words| has_words(&folded, &format!("{words} ngay")));
    let is_of_day = precision == Some(Precision::Day) && (says_day || has_words(&folded, "daily"));
    is_of_day.then(|| TextOrColumn::Text("P1D".into()))
}

/// The property of the highest value of a day, where the vocabulary has one of its own.
fn highest_of_day<'g>(
    gazetteer: &'g Gazetteer,
    property: &'g Property,
    statistic: Statistic,
    precision: Option<Precision>,
) -> Option<&'g Property> {
    let is_of_day = statistic == Statistic::Max && precision == Some(Precision::Day);
    is_of_day.then(|| find_property(gazetteer, &format!("{}_max_day", property.code))).flatten()
}

/// Whether a property that is measured at instants stands over periods, of which a value has to be a statistic.
pub(super) fn lacks_statistic(property: &Property, precision: Option<Precision>) -> bool {
    let is_long = precision.is_some_and(|precision| precision < Precision::Day);
    is_long && is_instant(property) && is_of_stations(property) == Some(true)
}

fn titled(property: &Property, folded: &str, precision: Option<Precision>) -> Option<Titled> {
    let names = [Some(&property.name.vi), property.name.en.as_ref()].into_iter().flatten();
    let names = names.chain(&property.aliases).map(|name| model::fold(name));
    let name = names.filter(|name| has_words(folded, name)).max_by_key(String::len)?;
    let kinds = [
        (MEANS, Statistic::Mean),
        (HIGHEST, Statistic::Max),
        (LOWEST, Statistic::Min),
        (SUMS, Statistic::Total),
    ];
    let rest = folded.replacen(&name, "|", 1);
    let mut said = kinds.iter().flat_map(|(words, statistic)| {
        let found = words.iter().copied().filter(|words| has_words(&rest, words));
        found.map(move |words| (words, *statistic))
    });
    let (words, statistic) = said.next()?;
    let is_one = said.all(|(_, other)| other == statistic);
    let beside = [format!("| {words}"), format!("{words} |")];
    // `Nhiệt độ và độ ẩm trung bình tháng` above months: of all that it names.
    let of_period = match precision {
        Some(Precision::Month) => Some(format!("{words} thang")),
        Some(Precision::Year) => Some(format!("{words} nam")),
        _ => None,
    };
    let is_compared = has_words(&rest, "so voi");
    let is_of_period = !is_compared && of_period.is_some_and(|words| has_words(&rest, &words));
    let is_beside = is_of_period || beside.iter().any(|beside| has_words(&rest, beside));
    Some(if is_one && is_beside { Titled::Is(statistic) } else { Titled::Speaks })
}

impl Guess<'_> {
    /// Asks where a column holds years, and a title speaks of values of a part of them.
    pub(super) fn ask_of_part_of_year(&mut self, precision: Option<Precision>) {
        let is_of_column = self
            .mapping
            .time
            .as_ref()
            .is_some_and(|time| time.columns.iter().all(|name| !name.starts_with('@')));
        if precision != Some(Precision::Year) || !is_of_column {
            return;
        }
        if let Some(part) = self.evidence.values_of_part_of_year(self.gazetteer) {
            self.because("time", 0.5, of_part_of_year(&part));
        }
    }
}
