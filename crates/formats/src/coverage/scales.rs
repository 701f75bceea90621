//! The colours of `reference/colour_scales.csv`.

use std::sync::LazyLock;

use super::Scale;

struct Listed {
    property: String,
    unit: String,
    scale: Scale,
}

/// The scale of a property in a unit, or of the property that its name begins with
/// (`salinity_max_day` has that of `salinity`).
pub fn scale_of(property: &str, unit: &str) -> Option<Scale> {
    static SCALES: LazyLock<Vec<Listed>> =
        LazyLock::new(|| listed(include_str!("../../../../reference/colour_scales.csv")));
    let is_it = |listed: &&Listed| {
        let rest = property.strip_prefix(listed.property.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('_')) && listed.unit == unit
    };
    SCALES.iter().find(is_it).map(|listed| listed.scale.clone())
}

fn listed(text: &str) -> Vec<Listed> {
    let mut scales: Vec<Listed> = Vec::new();
    for row in csv::Reader::from_reader(text.as_bytes()).records().flatten() {
        let field = |at: usize| row.get(at).unwrap_or_default();
        let colour = |at: usize| field(at).parse::<u8>().unwrap_or_default();
        let Ok(value) = field(2).parse::<f64>() else { continue };
        let stop = (value, [colour(3), colour(4), colour(5)]);
        match scales.last_mut().filter(|last| last.property == field(0) && last.unit == field(1)) {
            Some(last) => last.scale.stops.push(stop),
            None => scales.push(Listed {
                property: field(0).to_owned(),
                unit: field(1).to_owned(),
                scale: Scale { stops: vec![stop], stepped: true },
            }),
        }
    }
    scales
}

#[cfg(test)]
mod tests {
    use super::scale_of;

    #[test]
    fn salinity_and_rain_have_scales_and_others_do_not() {
        let salinity = scale_of("salinity_max_day", "g/L").unwrap();
        assert_eq!((salinity.colour(3.9), salinity.colour(4.0)), ([253, 141, 60], [252, 78, 42]));
        assert_eq!(scale_of("rain_1h", "mm").unwrap().stops.len(), 7);
        assert!(scale_of("salinity", "mS/cm").is_none());
        assert!(scale_of("salinityx", "g/L").is_none() && scale_of("depth", "m").is_none());
    }
}
