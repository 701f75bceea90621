"""OWSLib, edr-pydantic and covjson-pydantic read OGC API - EDR."""
import csv
import io
import json
import sys
import urllib.parse
import urllib.request

from covjson_pydantic.coverage import Coverage, CoverageCollection
from edr_pydantic.collections import Collection, Collections, Instances
from owslib.ogcapi.edr import EnvironmentalDataRetrieval

base = sys.argv[1] + "/ogc"
service = EnvironmentalDataRetrieval(base)
assert "salinity_2h" in service.data()


def get(path, **parameters):
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    with urllib.request.urlopen(base + path + query) as response:
        return response.read()


def answer(path, **parameters):
    document = json.loads(get(path, **parameters))
    model = CoverageCollection if document["type"] == "CoverageCollection" else Coverage
    model.model_validate_json(json.dumps(document))
    return document


def coverages(document):
    return document["coverages"] if document["type"] == "CoverageCollection" else [document]


# edr-pydantic forbids what EDR's own schema does not: a collection is one of Features too, with
# `itemType` (17-069r4 Annex, collection.yaml), `attribution` (20-024, collection description) and
# `storageCrs` (18-058r1, /req/crs/fc-md-storageCrs).
BESIDE = ("itemType", "attribution", "storageCrs")


def plain(collection):
    return {name: value for name, value in collection.items() if name not in BESIDE}


salinity = "/collections/salinity_2h"
collection = json.loads(get(salinity))
Collection.model_validate_json(json.dumps(plain(collection)))
described = json.loads(get("/collections"))
edr = [one for one in described["collections"] if "data_queries" in one]
Collections.model_validate_json(json.dumps({"links": described["links"], "collections": [plain(one) for one in edr]}))
instances = json.loads(get(salinity + "/instances"))
Instances.model_validate_json(
    json.dumps({**instances, "instances": [plain(one) for one in instances["instances"]]})
)

locations = json.loads(get(salinity + "/locations"))
assert len(locations["features"]) >= 10
place = locations["features"][0]["id"]
days = "2020-02-01/2020-02-02"
series = answer(f"{salinity}/locations/{place}", datetime=days)
values = list(coverages(series)[0]["ranges"].values())[0]["values"]
assert 20 <= len(values) <= 24, len(values)

lon, lat = locations["features"][0]["geometry"]["coordinates"][:2]
point = f"POINT({lon} {lat})"
box = f"{lon - 0.1},{lat - 0.1},{lon + 0.1},{lat + 0.1}"
ring = f"POLYGON(({lon - 0.1} {lat - 0.1},{lon + 0.1} {lat - 0.1},{lon + 0.1} {lat + 0.1},{lon - 0.1} {lat - 0.1}))"
line = f"LINESTRING({lon - 0.1} {lat},{lon + 0.1} {lat})"
same = {
    "position": {"coords": point},
    "radius": {"coords": point, "within": 5, "within-units": "km"},
    "area": {"coords": ring},
    "cube": {"bbox": box},
    "trajectory": {"coords": line},
    "corridor": {"coords": line, "corridor-width": 10, "width-units": "km", "corridor-height": 1, "height-units": "m"},
}
for query, parameters in same.items():
    found = answer(f"{salinity}/{query}", datetime=days, **parameters)
    mine = [one for one in coverages(found) if one["cuulong:place"] == place]
    if query != "area":
        assert mine, query
    for one in mine:
        assert list(one["ranges"].values())[0]["values"] == values, query
    instance = instances["instances"][0]["id"]
    pinned = answer(f"{salinity}/instances/{instance}/{query}", datetime=days, **parameters)
    assert pinned == found, query

rows = list(csv.DictReader(io.StringIO(get(f"{salinity}/locations/{place}", datetime=days, f="CSV").decode())))
assert len(rows) == len(values)
points = json.loads(get(f"{salinity}/locations/{place}", datetime=days, f="GeoJSON"))
assert len(points["features"]) == len(values)
answered = service.query_data("salinity_2h", "position", coords=point, datetime=days)
assert answered
print("ok")
