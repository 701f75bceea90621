//! Which datasets words are said of, without reading their records: by the folded text that the
//! catalogue keeps of each, and by the names of what their series observe, for whoever may read them.

use std::collections::{BTreeSet, HashSet};

use catalog::Gazetteer;
use chrono::{DateTime, NaiveDate, Utc};
use model::{DatasetId, Lang, Place, PlaceId, PropertyCode, Text, VIETNAM, fold};
use policy::Principal;

use crate::App;
use crate::http::Answer;
use crate::http::language::message;
use crate::records::province;

/// The datasets that the asker may know of and of which one of the phrases (folded) is said, by id; all
/// that it may know of without phrases.
pub(super) async fn said_of(
    app: &App,
    principal: &Principal,
    phrases: &[String],
    now: DateTime<Utc>,
) -> Answer<Vec<DatasetId>> {
    let known = app.catalog.datasets_with_phrases(principal, phrases, now).await?;
    if phrases.is_empty() {
        return Ok(known.into_iter().map(|known| known.id).collect());
    }
    let says = |text: &str| {
        let text = fold(text);
        phrases.iter().any(|phrase| text.contains(phrase.trim()))
    };
    let both = |id: &str| [Lang::Vi, Lang::En].iter().any(|lang| says(&message(*lang, id)));
    let themes: HashSet<model::Theme> = model::Theme::ALL
        .into_iter()
        .filter(|theme| both(&format!("record-theme-{}", theme.code())))
        .collect();
    let (mut found, mut rest) = (BTreeSet::new(), Vec::new());
    for known in known {
        if known.is_said || themes.contains(&known.theme) {
            found.insert(known.id);
        } else {
            rest.push(known.id);
        }
    }
    if both("record-synthetic") || says("synthetic") {
        let made_up = app.catalog.datasets_of(&rest).await?.into_iter().filter(|dataset| dataset.synthetic);
        found.extend(made_up.map(|dataset| dataset.id));
    }
    let gazetteer = app.catalog.gazetteer().await?;
    let series = SeriesNames::of(&gazetteer, &says, now.with_timezone(&VIETNAM).date_naive());
    if !series.is_empty() {
        let observing = app.catalog.datasets_with_series(&series.properties, &series.places).await?;
        rest.retain(|id| observing.contains(id) && !found.contains(id));
        for readable in app.catalog.readable(principal, &rest, now).await? {
            let permit = &readable.permit;
            let streams = app.catalog.datastreams(permit.dataset()).await?;
            let is_said = streams.iter().any(|stream| {
                let key = &stream.key;
                permit.rows().allows(&key.place, &key.property)
                    && (series.properties.contains(&key.property) || series.places.contains(&key.place))
            });
            if is_said {
                found.insert(permit.dataset().clone());
            }
        }
    }
    Ok(found.into_iter().collect())
}

/// What series are of, whose names say a phrase.
struct SeriesNames {
    properties: HashSet<PropertyCode>,
    /// Places that lie in a province, or are one, of such a name.
    places: HashSet<PlaceId>,
}

impl SeriesNames {
    fn of(gazetteer: &Gazetteer, says: &dyn Fn(&str) -> bool, today: NaiveDate) -> SeriesNames {
        let named = |name: &Text| says(&name.vi) || name.en.as_deref().is_some_and(says);
        let properties = gazetteer.properties.iter().filter(|property| named(&property.name));
        let mut named_places: HashSet<&PlaceId> = HashSet::new();
        named_places
            .extend(gazetteer.places.iter().filter(|place| named(&place.name)).map(|place| &place.id));
        let lies_there = |place: &&Place| {
            let shown = province(gazetteer, place, today).unwrap_or(place);
            named_places.contains(&shown.id)
        };
        SeriesNames {
            properties: properties.map(|property| property.code.clone()).collect(),
            places: match named_places.is_empty() {
                true => HashSet::new(),
                false => gazetteer.places.iter().filter(lies_there).map(|place| place.id.clone()).collect(),
            },
        }
    }

    fn is_empty(&self) -> bool {
        self.properties.is_empty() && self.places.is_empty()
    }
}
