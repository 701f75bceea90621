"""OWSLib reads OGC API - Features."""
import sys

from owslib.ogcapi.features import Features

service = Features(sys.argv[1] + "/ogc")
names = service.feature_collections()
assert "stations" in names and "monitoring_stations" in names, names
items = service.collection_items("stations", limit=5)
assert items["numberReturned"] == 5 and items["numberMatched"] > 50, items["numberMatched"]
inside = service.collection_items("stations", bbox=[105.7, 9.9, 105.9, 10.1], limit=100)
assert 1 <= inside["numberMatched"] < items["numberMatched"]
for feature in inside["features"]:
    lon, lat = feature["geometry"]["coordinates"][:2]
    assert 105.7 <= lon <= 105.9 and 9.9 <= lat <= 10.1, feature
one = service.collection_item("stations", inside["features"][0]["id"])
assert one["id"] == inside["features"][0]["id"]
seen, url = set(), sys.argv[1] + "/ogc/collections/stations/items?limit=20"
import json
import urllib.request
while url:
    with urllib.request.urlopen(url) as response:
        page = json.load(response)
    seen |= {feature["id"] for feature in page["features"]}
    url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
assert len(seen) == items["numberMatched"], (len(seen), items["numberMatched"])
print("ok")
