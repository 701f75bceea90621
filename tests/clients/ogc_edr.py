"""OWSLib and covjson-pydantic read OGC API - EDR."""
import json
import sys
import urllib.request

from covjson_pydantic.coverage import Coverage, CoverageCollection
from owslib.ogcapi.edr import EnvironmentalDataRetrieval

base = sys.argv[1] + "/ogc"
service = EnvironmentalDataRetrieval(base)
assert "salinity_2h" in service.collections()["collections"][0]["id"] or any(
    c["id"] == "salinity_2h" for c in service.collections()["collections"]
)


def get(path):
    with urllib.request.urlopen(base + path) as response:
        return json.load(response)


locations = get("/collections/salinity_2h/locations")
assert len(locations["features"]) >= 10
place = locations["features"][0]["id"]
answer = get(f"/collections/salinity_2h/locations/{place}?datetime=2020-02-01/2020-02-02")
model = CoverageCollection if answer["type"] == "CoverageCollection" else Coverage
model.model_validate(answer)
coverage = answer["coverages"][0] if answer["type"] == "CoverageCollection" else answer
values = list(coverage["ranges"].values())[0]["values"]
assert 20 <= len(values) <= 24, len(values)

lon, lat = locations["features"][0]["geometry"]["coordinates"][:2]
near = get(f"/collections/salinity_2h/position?coords=POINT({lon}%20{lat})&datetime=2020-02-01/2020-02-02")
model = CoverageCollection if near["type"] == "CoverageCollection" else Coverage
model.model_validate(near)
print("ok")
