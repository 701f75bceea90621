"""OWSLib reads OGC API - Records, and the OpenAPI document of /ogc is one."""
import json
import sys
import urllib.request

from openapi_spec_validator import validate
from owslib.ogcapi.records import Records

service = Records(sys.argv[1] + "/ogc")
assert service.records() == ["catalogue"], service.records()
found = service.collection_items("catalogue", q="do man", limit=100)
assert found["numberMatched"] == found["numberReturned"] >= 1, found["numberMatched"]
everything = service.collection_items("catalogue", limit=1000)
assert 1 <= found["numberMatched"] < everything["numberMatched"]
for record in found["features"]:
    one = service.collection_item("catalogue", record["id"])
    assert one["properties"]["title"] == record["properties"]["title"]
    assert {"self", "collection"} <= {link["rel"] for link in one["links"]}
observed = service.collection_items("catalogue", filter="\"cuulong:kind\" = 'observations'", limit=1000)
assert all(r["properties"]["cuulong:kind"] == "observations" for r in observed["features"])
assert "title" in service.collection_queryables("catalogue")["properties"]
with urllib.request.urlopen(sys.argv[1] + "/ogc/api") as response:
    validate(json.load(response))
print("ok")
