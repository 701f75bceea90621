//! Every route of the node, and how it is asked about a dataset: a route without a line here fails the
//! test, so that none is forgotten.

/// What a route can tell of datasets.
pub enum Tells {
    /// These requests name a dataset, or what belongs to one: `DATASET`, `RUN`, `STREAM`, `ITEM` stand
    /// for it. A line is a method, a path, and what is sent.
    Of(&'static [&'static str]),
    /// These list or sum up what may be known: an answer must not change by what is hidden.
    All(&'static [&'static str]),
    /// Nothing that depends on datasets, or nothing to anybody but administrators and its own user.
    Nothing,
}

use Tells::{All, Nothing, Of};

const OBSERVED: &str = r#"POST /v1/datasets/DATASET/observations {"observations":[{"place":"station:cau_noi","property":"salinity","phenomenon_time":"2020-03-01T00:00:00Z","result":1}]}"#;
const GRANT: &str = "POST /v1/grants {\"dataset\":\"DATASET\",\"user\":\"khach\",\"level\":\"read\"}";
const DESCRIBED: &str = "PUT /v1/datasets/DATASET {\"id\":\"DATASET\",\"kind\":\"observations\",\"agency\":\"cuulong\",\
    \"title\":{\"vi\":\"a\"},\"theme\":\"water\",\"licence\":\"CC0-1.0\",\"access\":\"open\"}";
const FEATURE: &str = r#"{"type":"Feature","id":"ITEM","properties":{"name":"a"},"geometry":{"type":"Point","coordinates":[105,9]}}"#;

/// Routes by their paths, as the router has them. Pages stand once: those in English are below `/en`.
pub const ROUTES: &[(&str, Tells)] = &[
    // The native API.
    ("/v1/admin/slow-queries", Nothing),
    ("/v1/agencies", All(&["GET /v1/agencies"])),
    ("/v1/agencies/{id}/place-aliases", Nothing),
    ("/v1/audit", Nothing),
    ("/v1/audit/verification", Nothing),
    (
        "/v1/changes",
        All(&[
            "GET /v1/changes?limit=1000",
            "GET /v1/changes?format=wnm&limit=1000",
            "GET /v1/changes?dataset=hidden_gauge",
            "GET /v1/changes?property=ec&limit=1000",
        ]),
    ),
    ("/v1/changes/stream", Nothing),
    (
        "/v1/datasets",
        All(&[
            "GET /v1/datasets?limit=1000",
            "GET /v1/datasets?q=gauge",
            "GET /v1/datasets?q=hidden",
            "GET /v1/datasets?access=restricted",
            "GET /v1/datasets?kind=coverage",
            "GET /v1/datasets?limit=1&offset=1",
            "GET /v1/datasets?limit=1000&as_known_at=2100-01-01",
        ]),
    ),
    ("/v1/datasets/{id}", Of(&["GET /v1/datasets/DATASET", "GET /v1/datasets/DATASET?version=1", DESCRIBED])),
    (
        "/v1/datasets/{id}/coverages",
        Of(&[
            "GET /v1/datasets/DATASET/coverages",
            "GET /v1/datasets/DATASET/coverages?version=1",
            "GET /v1/datasets/DATASET/coverages?lon=105.55&lat=10.12",
        ]),
    ),
    ("/v1/datasets/{id}/coverages/{item}", Of(&["GET /v1/datasets/DATASET/coverages/ITEM"])),
    ("/v1/datasets/{id}/coverages/{item}/file", Of(&["GET /v1/datasets/DATASET/coverages/ITEM/file"])),
    (
        "/v1/datasets/{id}/data",
        Of(&[
            "GET /v1/datasets/DATASET/data",
            "GET /v1/datasets/DATASET/data?format=parquet",
            "GET /v1/datasets/DATASET/data?format=gpkg",
            "GET /v1/datasets/DATASET/data?version=1",
            "GET /v1/datasets/DATASET/data?as_known_at=2026-01-01",
        ]),
    ),
    ("/v1/datasets/{id}/data.sha256", Of(&["GET /v1/datasets/DATASET/data.sha256"])),
    ("/v1/datasets/{id}/data/estimate", Of(&["GET /v1/datasets/DATASET/data/estimate"])),
    (
        "/v1/datasets/{id}/datastreams",
        Of(&["GET /v1/datasets/DATASET/datastreams", "GET /v1/datasets/DATASET/datastreams?version=1"]),
    ),
    ("/v1/datasets/{id}/differences", Of(&["GET /v1/datasets/DATASET/differences?from=1&to=2"])),
    (
        "/v1/datasets/{id}/latest",
        Of(&[
            "GET /v1/datasets/DATASET/latest",
            "GET /v1/datasets/DATASET/latest?version=1",
            "GET /v1/datasets/DATASET/latest?property=salinity",
        ]),
    ),
    (
        "/v1/datasets/{id}/limits",
        Of(&[
            "GET /v1/datasets/DATASET/limits",
            "PUT:application/toml /v1/datasets/DATASET/limits version = 1",
        ]),
    ),
    (
        "/v1/datasets/{id}/mapping",
        Of(&[
            "GET /v1/datasets/DATASET/mapping",
            "PUT:application/toml /v1/datasets/DATASET/mapping version = 1",
        ]),
    ),
    (
        "/v1/datasets/{id}/mapping-guesses",
        Of(&["POST:text/csv /v1/datasets/DATASET/mapping-guesses?file_name=a.csv station,time,salinity"]),
    ),
    ("/v1/datasets/{id}/mappings/{number}", Of(&["GET /v1/datasets/DATASET/mappings/1"])),
    (
        "/v1/datasets/{id}/observations",
        Of(&[
            "GET /v1/datasets/DATASET/observations",
            "GET /v1/datasets/DATASET/observations?format=csv",
            "GET /v1/datasets/DATASET/observations?version=1",
            "GET /v1/datasets/DATASET/observations?version=99",
            "GET /v1/datasets/DATASET/observations?limit=0",
            "GET /v1/datasets/DATASET/observations?datastream=STREAM",
            "GET /v1/datasets/DATASET/observations?nonsense=1",
            OBSERVED,
        ]),
    ),
    ("/v1/datasets/{id}/observations/buckets", Of(&["GET /v1/datasets/DATASET/observations/buckets"])),
    ("/v1/datasets/{id}/recheck", Of(&["POST /v1/datasets/DATASET/recheck null"])),
    ("/v1/datasets/{id}/runs", Of(&["GET /v1/datasets/DATASET/runs"])),
    (
        "/v1/datasets/{id}/uploads",
        Of(&["POST:text/csv /v1/datasets/DATASET/uploads?file_name=a.csv station,time,salinity"]),
    ),
    ("/v1/datasets/{id}/versions", Of(&["GET /v1/datasets/DATASET/versions"])),
    (
        "/v1/datasets/{id}/versions/{version}/affected",
        Of(&[
            "GET /v1/datasets/DATASET/versions/1/affected",
            "GET /v1/datasets/DATASET/versions/99/affected",
        ]),
    ),
    ("/v1/grants", Of(&[GRANT])),
    ("/v1/grants/{id}", Of(&["DELETE /v1/grants/1"])),
    ("/v1/keys/{id}", Nothing),
    ("/v1/openapi.json", All(&["GET /v1/openapi.json"])),
    ("/v1/places", All(&["GET /v1/places?q=cau+noi"])),
    ("/v1/places/{id}", All(&["GET /v1/places/station:cau_noi"])),
    ("/v1/properties", All(&["GET /v1/properties"])),
    ("/v1/recipes", All(&["GET /v1/recipes"])),
    ("/v1/recipes/{id}/runs", Nothing),
    ("/v1/runs/{id}", Of(&["GET /v1/runs/RUN"])),
    ("/v1/runs/{id}/amendment", Of(&["GET /v1/runs/RUN/amendment"])),
    ("/v1/runs/{id}/commit", Of(&["POST /v1/runs/RUN/commit null"])),
    (
        "/v1/runs/{id}/draft",
        Of(&[
            "GET /v1/runs/RUN/draft",
            "DELETE /v1/runs/RUN/draft",
            "PUT:application/toml /v1/runs/RUN/draft version = 1",
        ]),
    ),
    ("/v1/runs/{id}/findings", Of(&["GET /v1/runs/RUN/findings"])),
    ("/v1/runs/{id}/marked", Of(&["GET /v1/runs/RUN/marked"])),
    ("/v1/runs/{id}/original", Of(&["GET /v1/runs/RUN/original"])),
    ("/v1/runs/{id}/sheet", Of(&["GET /v1/runs/RUN/sheet"])),
    ("/v1/runs/{id}/withdraw", Of(&["POST /v1/runs/RUN/withdraw {\"reason\":\"a\"}"])),
    (
        "/v1/sql",
        Of(&[
            "GET /v1/sql?sql=SELECT%20*%20FROM%20DATASET",
            "POST /v1/sql {\"sql\":\"SELECT result FROM DATASET\"}",
            "POST /v1/sql {\"sql\":\"SELECT nonsense FROM DATASET\"}",
            "POST /v1/sql {\"sql\":\"DESCRIBE DATASET\"}",
            "POST /v1/sql {\"sql\":\"EXPLAIN SELECT * FROM DATASET\"}",
            "POST /v1/sql {\"sql\":\"SELECT count(*) AS n FROM observation WHERE dataset = 'DATASET'\"}",
            "POST /v1/sql {\"sql\":\"SELECT count(*) AS n FROM dataset WHERE id = 'DATASET'\"}",
            "POST /v1/sql {\"sql\":\"SELECT * FROM as_known_at('DATASET', '2026-01-01')\"}",
            "POST /v1/sql {\"sql\":\"SELECT * FROM harmonise('DATASET', '2025-07-01')\"}",
            "POST /v1/sql {\"sql\":\"SELECT * FROM DATASETs\"}",
        ]),
    ),
    (
        "/v1/trace",
        Of(&[
            "GET /v1/trace?dataset=DATASET&datastream=STREAM&time=2020-02-01T00:00:00Z",
            "GET /v1/trace?dataset=DATASET&place=station:cau_noi&property=salinity&geography=2025-07-01&time=2020-02-01T00:00:00Z",
        ]),
    ),
    ("/v1/uploads", Nothing),
    ("/v1/uploads/{id}", Nothing),
    ("/v1/users", Nothing),
    ("/v1/users/{id}", Nothing),
    ("/v1/users/{id}/keys", Nothing),
    ("/v1/users/{id}/password", Nothing),
    ("/v1/webhooks", Of(&["POST /v1/webhooks {\"url\":\"https://example.org/\",\"dataset\":\"DATASET\"}"])),
    ("/v1/webhooks/{id}", Nothing),
    ("/v1/webhooks/{id}/redeliver", Nothing),
    // OGC API.
    ("/ogc", All(&["GET /ogc"])),
    ("/ogc/", All(&["GET /ogc/"])),
    ("/ogc/api", All(&["GET /ogc/api"])),
    ("/ogc/conformance", All(&["GET /ogc/conformance"])),
    ("/ogc/functions", All(&["GET /ogc/functions"])),
    ("/ogc/collections", All(&["GET /ogc/collections", "GET /ogc/collections?f=html"])),
    ("/ogc/collections/catalogue", All(&["GET /ogc/collections/catalogue"])),
    (
        "/ogc/collections/catalogue/items",
        All(&[
            "GET /ogc/collections/catalogue/items?limit=1000",
            "GET /ogc/collections/catalogue/items?q=gauge",
            "GET /ogc/collections/catalogue/items?q=hidden",
        ]),
    ),
    ("/ogc/collections/catalogue/items/{item}", Of(&["GET /ogc/collections/catalogue/items/DATASET"])),
    ("/ogc/collections/catalogue/queryables", All(&["GET /ogc/collections/catalogue/queryables"])),
    ("/ogc/collections/catalogue/sortables", All(&["GET /ogc/collections/catalogue/sortables"])),
    (
        "/ogc/collections/{collection}",
        Of(&["GET /ogc/collections/DATASET", "GET /ogc/collections/DATASET?f=html"]),
    ),
    ("/ogc/collections/{collection}/queryables", Of(&["GET /ogc/collections/DATASET/queryables"])),
    ("/ogc/collections/{collection}/schema", Of(&["GET /ogc/collections/DATASET/schema"])),
    (
        "/ogc/collections/{collection}/items",
        Of(&[
            "GET /ogc/collections/DATASET/items",
            "GET /ogc/collections/DATASET/items?filter=nonsense%20=%201",
            "GET /ogc/collections/DATASET/items?version=1",
            "GET /ogc/collections/DATASET/items?nonsense=1",
        ]),
    ),
    (
        "/ogc/collections/{collection}/items/{item}",
        Of(&["GET /ogc/collections/DATASET/items/ITEM", "DELETE /ogc/collections/DATASET/items/ITEM"]),
    ),
    ("/ogc/collections/{collection}/coverage", Of(&["GET /ogc/collections/DATASET/coverage"])),
    (
        "/ogc/collections/{collection}/map",
        Of(&["GET /ogc/collections/DATASET/map", "GET /ogc/collections/DATASET/map?version=1"]),
    ),
    ("/ogc/collections/{collection}/map/tiles", Of(&["GET /ogc/collections/DATASET/map/tiles"])),
    (
        "/ogc/collections/{collection}/map/tiles/{grid}",
        Of(&["GET /ogc/collections/DATASET/map/tiles/WebMercatorQuad"]),
    ),
    (
        "/ogc/collections/{collection}/map/tiles/{grid}/{level}/{row}/{column}",
        Of(&["GET /ogc/collections/DATASET/map/tiles/WebMercatorQuad/0/0/0"]),
    ),
    ("/ogc/collections/{collection}/tiles", Of(&["GET /ogc/collections/DATASET/tiles"])),
    (
        "/ogc/collections/{collection}/tiles/{grid}",
        Of(&[
            "GET /ogc/collections/DATASET/tiles/WebMercatorQuad",
            "GET /ogc/collections/DATASET/tiles/WebMercatorQuad?f=tilejson",
        ]),
    ),
    (
        "/ogc/collections/{collection}/tiles/{grid}/{level}/{row}/{column}",
        Of(&[
            "GET /ogc/collections/DATASET/tiles/WebMercatorQuad/0/0/0",
            "GET /ogc/collections/DATASET/tiles/WebMercatorQuad/0/0/0?version=1",
        ]),
    ),
    ("/ogc/tileMatrixSets", All(&["GET /ogc/tileMatrixSets"])),
    ("/ogc/tileMatrixSets/{grid}", All(&["GET /ogc/tileMatrixSets/WebMercatorQuad"])),
    ("/ogc/collections/{collection}/instances", Of(&["GET /ogc/collections/DATASET/instances"])),
    ("/ogc/collections/{collection}/instances/{instance}", Of(&["GET /ogc/collections/DATASET/instances/1"])),
    (
        "/ogc/collections/{collection}/position",
        Of(&["GET /ogc/collections/DATASET/position?coords=POINT(106.5724%2010.4187)"]),
    ),
    (
        "/ogc/collections/{collection}/radius",
        Of(&["GET /ogc/collections/DATASET/radius?coords=POINT(106.5%2010.4)&within=50&within-units=km"]),
    ),
    (
        "/ogc/collections/{collection}/area",
        Of(&["GET /ogc/collections/DATASET/area?coords=POLYGON((105%209,107%209,107%2011,105%209))"]),
    ),
    ("/ogc/collections/{collection}/cube", Of(&["GET /ogc/collections/DATASET/cube?bbox=100,5,110,15"])),
    (
        "/ogc/collections/{collection}/trajectory",
        Of(&["GET /ogc/collections/DATASET/trajectory?coords=LINESTRING(105%209,107%2011)"]),
    ),
    (
        "/ogc/collections/{collection}/corridor",
        Of(&["GET /ogc/collections/DATASET/corridor?coords=LINESTRING(105%209,107%2011)\
        &corridor-width=10&width-units=km&corridor-height=1&height-units=m"]),
    ),
    ("/ogc/collections/{collection}/locations", Of(&["GET /ogc/collections/DATASET/locations"])),
    (
        "/ogc/collections/{collection}/locations/{location}",
        Of(&["GET /ogc/collections/DATASET/locations/station:cau_noi"]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/position",
        Of(&["GET /ogc/collections/DATASET/instances/1/position?coords=POINT(106.5724%2010.4187)"]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/radius",
        Of(&[
            "GET /ogc/collections/DATASET/instances/1/radius?coords=POINT(106.5%2010.4)&within=50&within-units=km",
        ]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/area",
        Of(&[
            "GET /ogc/collections/DATASET/instances/1/area?coords=POLYGON((105%209,107%209,107%2011,105%209))",
        ]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/cube",
        Of(&[
            "GET /ogc/collections/DATASET/instances/1/cube?bbox=100,5,110,15",
            "GET /ogc/collections/DATASET/instances/99/cube?bbox=100,5,110,15",
        ]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/trajectory",
        Of(&["GET /ogc/collections/DATASET/instances/1/trajectory?coords=LINESTRING(105%209,107%2011)"]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/corridor",
        Of(&["GET /ogc/collections/DATASET/instances/1/corridor?coords=LINESTRING(105%209,107%2011)\
         &corridor-width=10&width-units=km&corridor-height=1&height-units=m"]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/locations",
        Of(&["GET /ogc/collections/DATASET/instances/1/locations"]),
    ),
    (
        "/ogc/collections/{collection}/instances/{instance}/locations/{location}",
        Of(&["GET /ogc/collections/DATASET/instances/1/locations/station:cau_noi"]),
    ),
    ("/ogc/processes", All(&["GET /ogc/processes"])),
    ("/ogc/processes/{process}", Of(&["GET /ogc/processes/DATASET"])),
    ("/ogc/processes/{process}/execution", Of(&["POST /ogc/processes/DATASET/execution {}"])),
    ("/ogc/jobs", All(&["GET /ogc/jobs"])),
    ("/ogc/jobs/{job}", Of(&["GET /ogc/jobs/RUN", "DELETE /ogc/jobs/RUN"])),
    ("/ogc/jobs/{job}/results", Of(&["GET /ogc/jobs/RUN/results"])),
    // SensorThings.
    ("/sta/v1.1", All(&["GET /sta/v1.1"])),
    ("/sta/v1.1/", All(&["GET /sta/v1.1/"])),
    (
        "/sta/v1.1/{*path}",
        Of(&[
            "GET /sta/v1.1/Datastreams(STREAM)",
            "GET /sta/v1.1/Datastreams(STREAM)/Observations",
            "GET /sta/v1.1/Datastreams(STREAM)/Observations?asOf=1",
            "GET /sta/v1.1/Datastreams(STREAM)/Thing/name",
            "GET /sta/v1.1/Observations('STREAM-1580515200000000')",
            "GET /sta/v1.1/Datastreams?$filter=properties/dataset%20eq%20'DATASET'&$count=true",
            "GET /sta/v1.1/Datastreams?$filter=id%20eq%20STREAM&$count=true",
            "GET /sta/v1.1/Observations?$filter=Datastream/id%20eq%20STREAM&$count=true",
            "PATCH /sta/v1.1/Datastreams(STREAM) {\"description\":\"a\"}",
            "DELETE /sta/v1.1/Datastreams(STREAM)",
            "POST /sta/v1.1/Datastreams(STREAM)/Observations {\"result\":1,\"phenomenonTime\":\"2020-03-01T00:00:00Z\"}",
        ]),
    ),
    // The catalogue's outlets.
    ("/stac", All(&["GET /stac"])),
    ("/stac/", All(&["GET /stac/"])),
    ("/stac/api", All(&["GET /stac/api"])),
    ("/stac/conformance", All(&["GET /stac/conformance"])),
    ("/stac/queryables", All(&["GET /stac/queryables"])),
    ("/stac/collections", All(&["GET /stac/collections?limit=1000"])),
    (
        "/stac/collections/{collection}",
        Of(&["GET /stac/collections/DATASET", "GET /stac/collections/DATASET?version=1"]),
    ),
    ("/stac/collections/{collection}/queryables", Of(&["GET /stac/collections/DATASET/queryables"])),
    (
        "/stac/collections/{collection}/items",
        Of(&[
            "GET /stac/collections/DATASET/items",
            "GET /stac/collections/DATASET/items?as_known_at=2026-01-01",
        ]),
    ),
    (
        "/stac/collections/{collection}/items/{item}",
        Of(&["GET /stac/collections/DATASET/items/DATASET", "GET /stac/collections/DATASET/items/ITEM"]),
    ),
    (
        "/stac/search",
        Of(&[
            "GET /stac/search?collections=DATASET",
            "GET /stac/search?ids=DATASET",
            "POST /stac/search {\"collections\":[\"DATASET\"]}",
            "POST /stac/search {\"ids\":[\"ITEM\"],\"collections\":[\"DATASET\"]}",
        ]),
    ),
    ("/dcat", All(&["GET /dcat?f=ttl", "GET /dcat?f=ttl&as_known_at=2100-01-01"])),
    ("/dcat/", All(&["GET /dcat/?f=ttl"])),
    ("/dcat.ttl", All(&["GET /dcat.ttl"])),
    ("/dcat.jsonld", All(&["GET /dcat.jsonld"])),
    ("/dcat.rdf", All(&["GET /dcat.rdf"])),
    ("/dcat/datasets/{dataset}", Of(&["GET /dcat/datasets/DATASET", "GET /dcat/datasets/DATASET.jsonld"])),
    (
        "/dcat/datasets/{dataset}/versions/{version}",
        Of(&["GET /dcat/datasets/DATASET/versions/1", "GET /dcat/datasets/DATASET/versions/99"]),
    ),
    ("/dcat/agencies/{agency}", All(&["GET /dcat/agencies/cuulong"])),
    ("/dcat/themes", All(&["GET /dcat/themes"])),
    ("/dcat/themes/{theme}", All(&["GET /dcat/themes/water"])),
    ("/dcat/properties/{property}", All(&["GET /dcat/properties/salinity"])),
    ("/ckan/api/3", All(&["GET /ckan/api/3"])),
    (
        "/ckan/api/3/action/{action}",
        Of(&[
            "GET /ckan/api/3/action/package_show?id=DATASET",
            "GET /ckan/api/3/action/package_show?id=DATASET&version=1",
            "GET /ckan/api/3/action/resource_show?id=DATASET",
            "GET /ckan/api/3/action/datastore_search?resource_id=DATASET",
            "GET /ckan/api/3/action/datastore_search?resource_id=DATASET&version=1",
            "GET /ckan/api/3/action/datastore_info?id=DATASET",
            "GET /ckan/api/3/action/package_search?fq=name:DATASET",
            "GET /ckan/api/3/action/datastore_search_sql?sql=SELECT%20*%20FROM%20DATASET",
            "POST /ckan/api/3/action/datastore_search {\"resource_id\":\"DATASET\",\"filters\":{\"nonsense\":1}}",
        ]),
    ),
    (
        "/ckan/api/action/{action}",
        All(&[
            "GET /ckan/api/action/package_list",
            "GET /ckan/api/3/action/package_search?rows=1000&facet.field=organization,groups,access,kind,tags",
            "GET /ckan/api/3/action/package_search?q=gauge",
            "GET /ckan/api/3/action/tag_list?all_fields=true",
            "GET /ckan/api/3/action/current_package_list_with_resources?limit=1000",
            "GET /ckan/api/3/action/group_list?all_fields=true",
            "GET /ckan/api/3/action/organization_list?all_fields=true",
            "GET /ckan/api/3/action/organization_show?id=cuulong&include_datasets=true",
            "GET /ckan/api/3/action/group_show?id=water&include_datasets=true",
        ]),
    ),
    (
        "/oai",
        Of(&[
            "GET /oai?verb=GetRecord&metadataPrefix=oai_dc&identifier=urn:cuulong:dataset:DATASET",
            "GET /oai?verb=ListMetadataFormats&identifier=urn:cuulong:dataset:DATASET",
        ]),
    ),
    (
        "/oai/",
        All(&[
            "GET /oai?verb=ListRecords&metadataPrefix=iso19139",
            "GET /oai?verb=ListIdentifiers&metadataPrefix=oai_dc",
            "GET /oai?verb=ListSets",
            "GET /oai?verb=Identify",
        ]),
    ),
    (
        "/oai/as-known-at/{instant}",
        All(&[
            "GET /oai/as-known-at/2100-01-01?verb=ListRecords&metadataPrefix=dcat",
            "GET /oai/as-known-at/2100-01-01?verb=ListSets",
        ]),
    ),
    (
        "/iso/{dataset}",
        Of(&["GET /iso/DATASET.xml", "GET /iso/DATASET?version=1", "GET /iso/DATASET?standard=19115-3"]),
    ),
    (
        "/feeds/datasets/{dataset}",
        Of(&["GET /feeds/datasets/DATASET.atom", "GET /feeds/datasets/DATASET.atom?version=1"]),
    ),
    ("/feeds/places/{place}", All(&["GET /feeds/places/station:cau_noi.atom"])),
    ("/robots.txt", All(&["GET /robots.txt"])),
    ("/sitemap.xml", All(&["GET /sitemap.xml"])),
    ("/sitemap/{page}", All(&["GET /sitemap/0.xml"])),
    // Assistants.
    (
        "/mcp",
        Of(&[
            r#"POST /mcp {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"describe","arguments":{"dataset":"DATASET"}}}"#,
            r#"POST /mcp {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"observe","arguments":{"dataset":"DATASET"}}}"#,
            r#"POST /mcp {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"aggregate","arguments":{"dataset":"DATASET"}}}"#,
            r#"POST /mcp {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"ask_sql","arguments":{"sql":"SELECT * FROM DATASET"}}}"#,
            r#"POST /mcp {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"changes","arguments":{"dataset":"DATASET"}}}"#,
            r#"POST /mcp {"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"draw","arguments":{"dataset":"DATASET","place":"station:cau_noi","property":"salinity"}}}"#,
            r#"POST /mcp {"jsonrpc":"2.0","id":1,"method":"resources/read","params":{"uri":"cuulong://datasets/DATASET"}}"#,
        ]),
    ),
    // Pages.
    ("/", All(&["GET /", "GET /en"])),
    ("/data", All(&["GET /data", "GET /data?q=gauge", "GET /en/data?q=hidden"])),
    ("/data/{id}", Of(&["GET /data/DATASET", "GET /en/data/DATASET?v=1"])),
    ("/data/{id}/upload", Of(&["GET /data/DATASET/upload"])),
    ("/intake/new", All(&["GET /intake/new"])),
    ("/intake/{run}", Of(&["GET /intake/RUN"])),
    ("/intake/{run}/mapping", Of(&["POST:application/x-www-form-urlencoded /intake/RUN/mapping a=1"])),
    ("/intake/{run}/commit", Of(&["POST:application/x-www-form-urlencoded /intake/RUN/commit a=1"])),
    ("/intake/{run}/discard", Of(&["POST:application/x-www-form-urlencoded /intake/RUN/discard a=1"])),
    ("/place/{id}", All(&["GET /place/station:cau_noi", "GET /en/place/vn2025:80"])),
    ("/trace", Of(&["GET /trace?dataset=DATASET&datastream=STREAM&time=2020-02-01T00:00:00Z"])),
    ("/runs/{id}", Of(&["GET /runs/RUN"])),
    ("/search", All(&["GET /search?q=gauge", "GET /search?q=hidden", "GET /en/search?q=cau+noi"])),
    ("/sign-in", Nothing),
    ("/sign-out", Nothing),
    ("/about", All(&["GET /about"])),
    ("/developers", All(&["GET /developers"])),
    ("/theme", Nothing),
    ("/static/{*path}", Nothing),
    ("/favicon.ico", Nothing),
    // For the operator: what they tell is looked at by the test itself.
    ("/healthz", Nothing),
    ("/readyz", Nothing),
    ("/metrics", Nothing),
    ("/problems/{slug}", Nothing),
];

/// Bodies that are too long for a line.
pub const MORE: &[(&str, &str, &str)] = &[
    ("POST", "/ogc/collections/DATASET/items", FEATURE),
    ("PUT", "/ogc/collections/DATASET/items/ITEM", FEATURE),
    ("PATCH", "/ogc/collections/DATASET/items/ITEM", r#"{"properties":{"name":"b"}}"#),
];
