//! Rasters drawn with their colours.

use formats::coverage::{Picture, SampleKind, Scale, scale_of};
use model::TimeRange;
use policy::Permit;
use query::At;
use wording::told;

use crate::App;
use crate::http::{Answer, Problem};
use crate::rasters::window::{self, Window};
use crate::rasters::written::{self, Pixels};
use crate::rasters::{self, Raster};

/// Rasters that are laid over each other; the newest are taken.
const MOST_RASTERS: usize = 16;

/// What is drawn.
pub(super) struct Drawing<'a> {
    pub(super) window: &'a Window,
    pub(super) time: TimeRange,
    /// The parameter; the first band without one.
    pub(super) parameter: Option<&'a str>,
    /// The colour where there is no value.
    pub(super) ground: [u8; 4],
    pub(super) at: At,
}

/// Draws a picture; `None` when no raster is there.
pub(super) async fn draw(app: &App, permit: &Permit, drawing: &Drawing<'_>) -> Answer<Option<Picture>> {
    let bbox = drawing.window.bbox()?;
    let mut found = rasters::meeting(app, permit, bbox, drawing.time, drawing.at).await?;
    let band = |raster: &Raster| {
        let bands = usize::try_from(raster.bands.clamp(0, 64)).unwrap_or(0);
        match drawing.parameter {
            None => (bands > 0).then_some(0),
            Some(name) => (0..bands).find(|band| raster.parameter(*band) == name),
        }
    };
    let before = found.len();
    found.retain(|raster| band(raster).is_some());
    if let Some(name) = drawing.parameter.filter(|_| before > 0 && found.is_empty()) {
        return Err(Problem::parameter(
            "properties",
            told!(
                "serve-not-property-rasters-here",
                "`{name}` is not a property of the rasters here",
                name = name
            ),
        ));
    }
    // One picture shows one thing: what the newest raster is of.
    let Some(newest) = found.last().cloned() else { return Ok(None) };
    found.retain(|raster| raster.property == newest.property && raster.unit == newest.unit);
    let taken = found.split_off(found.len().saturating_sub(MOST_RASTERS));
    let Window { width, height, .. } = *drawing.window;
    let mut values = vec![vec![f64::NAN; width * height]];
    for raster in &taken {
        let Some(band) = band(raster) else { continue };
        window::paint(app, permit, raster, drawing.window, &[band], &mut values).await?;
    }
    let scale = scale(&taken, band(&newest).unwrap_or(0));
    let ground = drawing.ground;
    let picture = move || {
        let values = values.first().map(Vec::as_slice).unwrap_or_default();
        scale.draw(values, width, height, ground)
    };
    tokio::task::spawn_blocking(picture).await.map(Some).map_err(|error| Problem::internal(&error))
}

/// A picture without a raster.
pub(super) fn empty(width: usize, height: usize, ground: [u8; 4]) -> Picture {
    Scale::neutral(0.0, 1.0).draw(&vec![f64::NAN; width * height], width, height, ground)
}

/// A picture with where it lies: red, green, blue and what lets through as bands of a GeoTIFF.
pub(super) fn geotiff(window: &Window, picture: &Picture) -> Answer<Vec<u8>> {
    let pixels = Pixels { bands: 4, kind: SampleKind::U8, nodata: None };
    let row = picture.width * 4;
    let written = written::geotiff(window, &pixels, |number, bytes| {
        bytes.extend_from_slice(picture.pixels.get(number * row..(number + 1) * row).unwrap_or_default());
    });
    written.map_err(|error| Problem::internal(&error))
}

fn scale(taken: &[Raster], band: usize) -> Scale {
    let newest = taken.last();
    let property = newest.and_then(|raster| raster.property.as_deref()).unwrap_or_default();
    let unit = newest.and_then(|raster| raster.unit.as_deref()).unwrap_or_default();
    if let Some(scale) = scale_of(property, unit) {
        return scale;
    }
    let edge = |name: &'static str| {
        taken.iter().filter_map(move |raster| raster.statistics.get(band)?.get(name)?.as_f64())
    };
    Scale::neutral(
        edge("minimum").fold(f64::INFINITY, f64::min),
        edge("maximum").fold(f64::NEG_INFINITY, f64::max),
    )
}
