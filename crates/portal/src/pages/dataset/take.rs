//! How to take a dataset home: downloads, and lines to paste into other programs.

use axum::http::HeaderMap;
use model::{Dataset, DatasetKind, PlaceId, PropertyCode, Version};
use serve::App;

use crate::pages::about::host;
use crate::visit::address;

/// The address of this node as the reader reached it.
pub fn here(app: &App, headers: &HeaderMap) -> String {
    app.config
        .public_url
        .as_ref()
        .map_or_else(|| host(headers), |url| url.as_str().trim_end_matches('/').to_owned())
}

/// Links to the whole dataset and, for observations, to the series on the page.
pub fn downloads(
    dataset: &Dataset,
    chosen: Option<&(PlaceId, PropertyCode)>,
    version: Option<Version>,
) -> Vec<(String, String)> {
    let id = &dataset.id;
    let version = version.map(|version| version.to_string());
    let file = |(name, format): (&str, &str)| {
        let mut parameters = vec![("format", format)];
        parameters.extend(version.as_deref().map(|version| ("version", version)));
        (name.to_owned(), address(&format!("/v1/datasets/{id}/data"), &parameters))
    };
    if dataset.kind == DatasetKind::Features {
        let files = [("GeoPackage", "gpkg"), ("FlatGeobuf", "fgb"), ("GeoParquet", "geoparquet")].map(file);
        let mut links = vec![
            ("GeoJSON (OGC API)".to_owned(), format!("/ogc/collections/{id}/items")),
            ("OGC API – Features".to_owned(), format!("/ogc/collections/{id}")),
        ];
        links.extend(files);
        return links;
    }
    if dataset.kind == DatasetKind::Coverage {
        return vec![("Cloud-Optimised GeoTIFF (JSON)".to_owned(), format!("/v1/datasets/{id}/coverages"))];
    }
    let path = format!("/v1/datasets/{id}/observations");
    let link = |format: &str, chosen: Option<&(PlaceId, PropertyCode)>| {
        let mut parameters = vec![("format", format)];
        parameters.extend(version.as_deref().map(|version| ("version", version)));
        if let Some((place, property)) = chosen {
            parameters.push(("place", place.as_str()));
            parameters.push(("property", property.as_str()));
        }
        address(&path, &parameters)
    };
    let mut links: Vec<(String, String)> =
        [("CSV", "csv"), ("Parquet", "parquet"), ("Arrow", "arrow"), ("JSON", "json")]
            .into_iter()
            .map(|(name, format)| (name.to_owned(), link(format, None)))
            .collect();
    links.extend([("Excel", "xlsx"), ("NetCDF (CF)", "netcdf")].map(file));
    if let Some((place, property)) = chosen {
        links.push((format!("CSV: {property} @ {place}"), link("csv", chosen)));
    }
    links
}

/// Lines to paste, filled with the series on the page.
pub fn snippets(
    here: &str,
    dataset: &Dataset,
    chosen: Option<&(PlaceId, PropertyCode)>,
) -> Vec<(String, String)> {
    let id = &dataset.id;
    if dataset.kind == DatasetKind::Coverage {
        let list = format!("{here}/v1/datasets/{id}/coverages");
        return vec![
            ("curl".to_owned(), format!("curl '{list}?lon=105.75&lat=10.05'")),
            (
                "Python".to_owned(),
                format!(
                    "import rasterio, requests\nitem = requests.get(\"{list}\").json()[\"items\"][0]\nraster = rasterio.open(\"/vsicurl/\" + item[\"href\"])"
                ),
            ),
            ("QGIS, GDAL".to_owned(), format!("gdalinfo '/vsicurl/{list}/…/file'")),
        ];
    }
    let Some((place, property)) = chosen else {
        let items = format!("{here}/ogc/collections/{id}/items?limit=100");
        return vec![
            ("curl".to_owned(), format!("curl '{items}'")),
            ("Python".to_owned(), format!("import geopandas as gpd\ngdf = gpd.read_file(\"{items}\")")),
            ("QGIS, GDAL".to_owned(), format!("ogrinfo OAPIF:{here}/ogc {id}")),
        ];
    };
    let csv = format!(
        "{here}{}",
        address(
            &format!("/v1/datasets/{id}/observations"),
            &[("format", "csv"), ("place", place.as_str()), ("property", property.as_str())]
        )
    );
    let sql = format!(
        "SELECT phenomenon_time, result, unit, quality\nFROM {id}\nWHERE place = '{place}' AND property = '{property}'\nORDER BY phenomenon_time DESC\nLIMIT 100"
    );
    vec![
        ("curl".to_owned(), format!("curl '{csv}'")),
        (
            "Python".to_owned(),
            format!(
                "import pandas as pd\ndf = pd.read_csv(\n    \"{csv}\",\n    parse_dates=[\"phenomenon_time\"])\ndf.set_index(\"phenomenon_time\")[\"result\"].plot()"
            ),
        ),
        (
            "R".to_owned(),
            format!(
                "df <- read.csv(\"{csv}\")\nplot(as.POSIXct(df$phenomenon_time, format=\"%Y-%m-%dT%H:%M:%S\", tz=\"UTC\"), df$result, type=\"l\")"
            ),
        ),
        (
            "SQL".to_owned(),
            format!("{sql}\n\n-- curl -G '{here}/v1/sql' --data-urlencode 'sql=…' -d format=csv"),
        ),
    ]
}
