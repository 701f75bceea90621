//! The stations of the reference data as GeoJSON, the sample's feature file.

use catalog::Gazetteer;
use model::PlaceKind;
use serde_json::json;

/// A feature collection of every station with a position.
pub fn geojson(gazetteer: &Gazetteer) -> String {
    let features: Vec<_> = gazetteer
        .places
        .iter()
        .filter(|place| place.kind == PlaceKind::Station)
        .filter_map(|place| place.position.map(|position| (place, position)))
        .map(|(place, position)| {
            json!({
                "type": "Feature",
                "geometry": { "type": "Point", "coordinates": [position.lon, position.lat] },
                "properties": {
                    "id": place.id.as_str(),
                    "name": place.name.vi,
                    "name_en": place.name.en,
                    "type": place.type_name,
                    "river": place.river,
                    "source": place.source,
                    "confidence": place.confidence,
                },
            })
        })
        .collect();
    json!({ "type": "FeatureCollection", "features": features }).to_string()
}
