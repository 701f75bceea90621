//! OGC API – Tiles as its clients meet it: every feature in one tile of each level, kept by version,
//! and what is no tile is refused.

use axum::http::HeaderMap;
use serde_json::{Value, json};
use testkit::{Client, TestNode};

use crate::world::{self, STATIONS, get, list, refused, text};

/// The features of a vector tile, by the fields of the protocol buffers.
fn features(tile: &[u8]) -> usize {
    let Some((_, layer)) = fields(tile).into_iter().find(|(field, _)| *field == 3) else { return 0 };
    fields(layer).into_iter().filter(|(field, _)| *field == 2).count()
}

/// The fields with lengths.
fn fields(bytes: &[u8]) -> Vec<(u64, &[u8])> {
    let mut at = 0;
    let number = |at: &mut usize| {
        let (mut number, mut shift) = (0_u64, 0);
        loop {
            let byte = bytes[*at];
            *at += 1;
            number |= u64::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return number;
            }
        }
    };
    let mut found = Vec::new();
    while at < bytes.len() {
        let key = number(&mut at);
        let length = number(&mut at);
        if key & 7 == 2 {
            let length = usize::try_from(length).unwrap();
            found.push((key >> 3, &bytes[at..at + length]));
            at += length;
        }
    }
    found
}

/// Asks with headers that the node's own client does not send.
async fn ask(node: &TestNode, path: &str, known: Option<&str>) -> (u16, HeaderMap, Vec<u8>) {
    let mut request = axum::http::Request::get(path);
    if let Some(tag) = known {
        request = request.header("if-none-match", tag);
    }
    let request = request.body(axum::body::Body::empty()).unwrap();
    let reply = tower::ServiceExt::oneshot(node.node().router(), request).await.unwrap();
    let (status, headers) = (reply.status().as_u16(), reply.headers().clone());
    let body = axum::body::to_bytes(reply.into_body(), usize::MAX).await.unwrap();
    (status, headers, body.to_vec())
}

async fn tile(client: &Client, path: &str) -> (u16, Vec<u8>) {
    let reply = client.get(path).await.unwrap();
    (reply.status.as_u16(), reply.body.to_vec())
}

/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/core/tc-op>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/core/tc-success>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/mvt/content>
#[tokio::test]
async fn every_feature_is_in_one_tile_of_a_level() {
    let node = world::node().await;
    let client = node.public();
    // The gates lie from 105.00 to 105.24 east at 10 north.
    for (grid, level, rows, columns) in [
        ("WebMercatorQuad", 10, 483..=484, 810..=811),
        ("WebMercatorQuad", 13, 3867..=3868, 6485..=6491),
        ("WorldCRS84Quad", 10, 454..=455, 1621..=1624),
        ("WebMercatorQuad", 0, 0..=0, 0..=0),
    ] {
        let mut count = 0;
        for row in rows {
            for column in columns.clone() {
                let path = format!("/ogc/collections/sluices/tiles/{grid}/{level}/{row}/{column}");
                let (status, bytes) = tile(&client, &path).await;
                assert!([200, 204].contains(&status), "{path}");
                count += features(&bytes);
            }
        }
        assert_eq!(count, 25, "{grid} {level}");
    }
    let (status, bytes) = tile(&client, "/ogc/collections/sluices/tiles/WebMercatorQuad/10/0/0").await;
    assert_eq!((status, bytes.len()), (204, 0));
    let (_, bytes) = tile(&client, "/ogc/collections/sluices/tiles/WebMercatorQuad/0/0/0").await;
    for word in ["sluices", "gate-07", "Cống 7", "width"] {
        assert!(bytes.windows(word.len()).any(|part| part == word.as_bytes()), "{word}");
    }
    let (_, bytes) = tile(&client, "/ogc/collections/salinity_daily/tiles/WebMercatorQuad/0/0/0").await;
    assert_eq!(features(&bytes), STATIONS.len());
    assert!(bytes.windows(17).any(|part| part == b"salinity:max_time"));
    let (_, bytes) = tile(&client, "/ogc/collections/stations/tiles/WebMercatorQuad/0/0/0").await;
    assert!(features(&bytes) > 30);
}

/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/tileset/description>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/tilesets-list/tileset-links>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/geodata-tilesets/desc-links>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/geodata-tilesets/operation>,
/// <http://www.opengis.net/spec/tms/2.0/req/tilematrixset>,
/// <http://www.opengis.net/spec/tms/2.0/req/json-tilematrixset>
#[tokio::test]
async fn sets_of_tiles_say_where_their_tiles_are() {
    let node = world::node().await;
    let client = node.public();
    let collection = get(&client, "/ogc/collections/sluices").await;
    let rel = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
    assert!(list(&collection, "links").iter().any(|link| link["rel"] == rel));
    let sets = get(&client, "/ogc/collections/sluices/tiles").await;
    assert_eq!(list(&sets, "tilesets").len(), 2);
    let set = get(&client, "/ogc/collections/sluices/tiles/WebMercatorQuad").await;
    assert_eq!((text(&set, "dataType"), set["layers"][0]["id"].as_str()), ("vector", Some("sluices")));
    let item = list(&set, "links").iter().find(|link| link["rel"] == "item").unwrap();
    assert_eq!(item["templated"], true);
    assert!(text(item, "href").ends_with("/WebMercatorQuad/{tileMatrix}/{tileRow}/{tileCol}"), "{item}");
    let grid = list(&set, "links").iter().find(|link| text(link, "rel").ends_with("/tiling-scheme"));
    let grid = get(&client, &crate::world::bare(text(grid.unwrap(), "href"))).await;
    assert_eq!(text(&grid, "id"), "WebMercatorQuad");
    assert_eq!(text(&set, "tileMatrixSetURI"), text(&grid, "uri"));
    let limits = &list(&set, "tileMatrixSetLimits")[10];
    assert_eq!(
        (limits["minTileCol"].as_u64(), limits["maxTileCol"].as_u64(), limits["minTileRow"].as_u64()),
        (Some(810), Some(811), Some(483))
    );
    let tilejson = get(&client, "/ogc/collections/sluices/tiles/WebMercatorQuad?f=tilejson").await;
    assert_eq!(text(&tilejson, "tilejson"), "3.0.0");
    assert!(tilejson["tiles"][0].as_str().unwrap().ends_with("/{z}/{y}/{x}"));
    assert_eq!(
        tilejson["vector_layers"][0]["fields"],
        json!({"id": "String", "name": "String", "open": "Boolean", "width": "Number"})
    );
    // By the standard's Annex D: the scale of the first level, and half of it at each that follows.
    for (name, crs, scale, widths) in [
        ("WorldCRS84Quad", "CRS84", 279_541_132.014_358_76, [2, 4]),
        ("WebMercatorQuad", "3857", 559_082_264.028_717_8, [1, 2]),
    ] {
        let grid = get(&client, &format!("/ogc/tileMatrixSets/{name}")).await;
        assert!(grid["crs"].to_string().contains(crs), "{grid}");
        for level in [0, 1] {
            let matrix = &list(&grid, "tileMatrices")[level];
            let expected = scale / f64::from(1 << level);
            assert!((matrix["scaleDenominator"].as_f64().unwrap() / expected - 1.0).abs() < 1e-9, "{matrix}");
            assert_eq!(matrix["matrixWidth"], json!(widths[level]), "{matrix}");
            assert_eq!((&matrix["tileWidth"], text(matrix, "id")), (&json!(256), ["0", "1"][level]));
        }
    }
    assert_eq!(list(&get(&client, "/ogc/tileMatrixSets").await, "tileMatrixSets").len(), 2);
}

/// A tile is kept for its version: its tag holds, and the next version has another.
#[tokio::test]
async fn a_tile_is_of_a_version() {
    let node = world::node().await;
    let path = "/ogc/collections/sluices/tiles/WebMercatorQuad/10/483/810";
    let (_, headers, first) = ask(&node, path, None).await;
    let tag = headers["etag"].to_str().unwrap().to_owned();
    let (status, _, nothing) = ask(&node, path, Some(&tag)).await;
    assert_eq!((status, nothing.len()), (304, 0));
    let more = json!({"type": "FeatureCollection", "features": [{"type": "Feature", "id": "new",
        "properties": {"name": "Cống mới"}, "geometry": {"type": "Point", "coordinates": [105.05, 10.01]}}]});
    node.hand_in("sluices", "more.geojson", more.to_string().into_bytes(), None).await.unwrap();
    let (status, _, next) = ask(&node, path, Some(&tag)).await;
    assert_eq!(status, 200);
    assert_eq!(features(&next), features(&first) + 1);
    let version = tag.split('-').nth(1).unwrap();
    let (_, _, pinned) = ask(&node, &format!("{path}?version={version}"), None).await;
    assert_eq!(pinned, first, "the version before answers as it did");
}

/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/core/tc-error>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/core/tc-tilematrix-definition>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/core/tc-tilerow-definition>,
/// <http://www.opengis.net/spec/ogcapi-tiles-1/1.0/req/core/tc-tilecol-definition>
#[tokio::test]
async fn what_is_no_tile_is_refused_and_hidden_data_are_in_none() {
    let node = world::node().await;
    let client = node.public();
    for path in [
        "sluices/tiles/WebMercatorQuad/23/0/0",
        "sluices/tiles/WebMercatorQuad/1/2/0",
        "sluices/tiles/WebMercatorQuad/1/0/-1",
        "sluices/tiles/WebMercatorQuad/1/0/99999999999999999999",
        "sluices/tiles/WebMercatorQuad/a/b/c",
        "sluices/tiles/NoSuchGrid/1/0/0",
        "salinity_secret/tiles",
        "salinity_secret/tiles/WebMercatorQuad",
        "salinity_secret/tiles/WebMercatorQuad/0/0/0",
        "salinity_secret/map",
        "salinity_secret/coverage",
        "sluices/map",
        "sluices/coverage",
    ] {
        assert_eq!(refused(&client, &format!("/ogc/collections/{path}")).await.0, 404, "{path}");
    }
    let (status, problem) =
        refused(&client, "/ogc/collections/sluices/tiles/WebMercatorQuad/1/0/0?f=png").await;
    assert_eq!((status, problem["at"].as_str()), (406, Some("f")));
    // Who may see it sees it; what was drawn for one is not what another gets.
    let path = "/ogc/collections/salinity_secret/tiles/WebMercatorQuad/0/0/0";
    let (status, bytes) = tile(&node.system(), path).await;
    assert_eq!((status, features(&bytes)), (200, 1));
    assert_eq!(refused(&client, path).await.0, 404);
}

/// Areas are cut at the tile's margin; where there are more features than a tile takes, the largest
/// are shown and the number of all is told.
#[tokio::test]
async fn areas_are_cut_and_too_many_features_are_thinned() {
    let node = world::node().await;
    node.dataset("fields", "features", "open").await;
    let square = |n: u32| {
        let (x, y) = (105.0 + f64::from(n % 160) / 400.0, 10.0 + f64::from(n / 160) / 400.0);
        let ring = [[x, y], [x + 0.002, y], [x + 0.002, y + 0.002], [x, y + 0.002], [x, y]];
        json!({"type": "Feature", "id": format!("f{n}"), "properties": {"crop": "lúa"},
            "geometry": {"type": "Polygon", "coordinates": [ring]}})
    };
    let all: Vec<Value> = (0..25_600).map(square).collect();
    let file = json!({"type": "FeatureCollection", "features": all}).to_string();
    node.hand_in("fields", "fields.geojson", file.into_bytes(), None).await.unwrap();
    let (_, headers, far) = ask(&node, "/ogc/collections/fields/tiles/WebMercatorQuad/8/120/202", None).await;
    let number = |headers: &HeaderMap, name: &str| headers[name].to_str().unwrap().parse::<usize>().unwrap();
    let (matched, shown) = (number(&headers, "cuulong-matched"), number(&headers, "cuulong-shown"));
    assert!(matched > 20_000 && shown <= 20_000 && shown == features(&far), "{matched} {shown}");
    assert!(far.len() < 4_500_000, "{}", far.len());
    let (_, headers, near) =
        ask(&node, "/ogc/collections/fields/tiles/WebMercatorQuad/14/7729/12975", None).await;
    assert_eq!(number(&headers, "cuulong-matched"), number(&headers, "cuulong-shown"));
    assert!(features(&near) > 20, "{}", features(&near));
}
