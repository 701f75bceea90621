"""pystac-client searches the items; stac-api-validator and stac-check find the API and its documents right.

The validators look schemas up on the web. Here they get the core schemas that pystac carries; the
schemas of extensions are in no package, so that what those say is judged by pystac's own readers.
"""
import importlib.resources
import json
import shutil
import subprocess
import sys
import urllib.request

import pystac
import stac_validator.utilities as utilities
from pystac.extensions.file import FileExtension
from pystac.extensions.projection import ProjectionExtension
from pystac.extensions.table import TableExtension
from pystac.extensions.version import ItemVersionExtension
from pystac_client import Client

base = sys.argv[1]
CORE = importlib.resources.files("pystac.validation.jsonschemas")


def schema(path):
    name = str(path).rsplit("/", 1)[-1]
    if "stac-extensions.github.io" in path:
        return {}
    folder = CORE / "geojson" if "geojson.org" in path else CORE / "stac-spec" / "v1.1.0"
    return json.loads((folder / name).read_text())


import stac_validator.validate as stac_validate

for module in (utilities, stac_validate):
    if hasattr(module, "fetch_and_parse_schema"):
        module.fetch_and_parse_schema = schema

from pystac.validation.stac_validator import JsonSchemaSTACValidator

core_schema = JsonSchemaSTACValidator._get_schema
JsonSchemaSTACValidator._get_schema = lambda self, uri: (
    {"$id": uri} if "stac-extensions.github.io" in uri else core_schema(self, uri)
)

from stac_api_validator.validations import QueryConfig, validate_api
from stac_check.lint import Linter

client = Client.open(base + "/stac")
for part in ["CORE", "COLLECTIONS", "FEATURES", "ITEM_SEARCH", "FILTER", "SORT", "FIELDS", "QUERY"]:
    assert client.conforms_to(part), part
collections = {c.id: c for c in client.get_collections()}
assert {"salinity_2h", "surfaces", "monitoring_stations"} <= set(collections), collections
with urllib.request.urlopen(base + "/v1/datasets?access=open&limit=1000") as response:
    opened = {d["id"] for d in json.load(response)["items"] if d.get("version")}
assert set(collections) == opened, (set(collections), opened)

everything = list(client.search(limit=2).items())
assert len({(i.collection_id, i.id) for i in everything}) == len(everything) == client.search().matched()
assert len(everything) == len(opened) - 1 + 3, len(everything)
box = [105.0, 9.0, 106.9, 11.0]
for search in [
    client.search(collections=["surfaces"], bbox=box),
    client.search(collections=["surfaces"], filter="cuulong:width = 60", filter_lang="cql2-text", method="GET"),
    client.search(filter={"op": "=", "args": [{"property": "collection"}, "surfaces"]}, filter_lang="cql2-json"),
    client.search(collections=["surfaces"], query={"cuulong:height": {"lte": 40}}),
    client.search(method="GET", collections=["surfaces"], intersects={"type": "Polygon", "coordinates": [
        [[100, 5], [110, 5], [110, 15], [100, 15], [100, 5]]]}),
]:
    assert {i.id for i in search.items()} == {"nho_1", "nho_2", "nho_3"}, [i.id for i in search.items()]
named = [i.id for i in client.search(collections=["surfaces"], sortby="-id").items()]
assert named == ["nho_3", "nho_2", "nho_1"], named
short = next(client.search(collections=["surfaces"], fields=["id", "-assets"]).items_as_dicts())
assert "assets" not in short, short

raster = next(client.search(collections=["surfaces"]).items())
projection = ProjectionExtension.ext(raster)
assert (projection.code, projection.shape) == ("EPSG:32648", [40, 60]), projection.code
file = FileExtension.ext(raster.assets["data"])
with urllib.request.urlopen(raster.assets["data"].href) as response:
    assert len(response.read()) == file.size
series = collections["salinity_2h"].get_item("salinity_2h")
assert ItemVersionExtension.ext(series).version
assert {c.name for c in TableExtension.ext(series).columns} >= {"place", "result"}
assert series.get_collection().id == "salinity_2h"
# The client puts the collection in the place of the root when it reads an item of a collection.
with urllib.request.urlopen(series.get_self_href()) as response:
    roots = [link["href"] for link in json.load(response)["links"] if link["rel"] == "root"]
assert roots == [base + "/stac"], roots

# GDAL before 3.10 (Debian's) and stackstac know a coordinate system by `proj:epsg` alone, which pystac takes
# away from what it reads: what was sent is looked at.
with urllib.request.urlopen(raster.get_self_href()) as response:
    sent = json.load(response)
assert (sent["properties"]["proj:epsg"], sent["properties"]["proj:code"]) == (32648, "EPSG:32648"), sent["properties"]
assert "https://stac-extensions.github.io/projection/v1.2.0/schema.json" in sent["stac_extensions"]
if shutil.which("gdalinfo"):
    mosaic = f'STACIT:"{base}/stac/collections/surfaces/items":asset=data'
    done = subprocess.run(["gdalinfo", "-json", mosaic], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["size"] == [60, 40], done.stdout

complaints = []
for item in everything:
    linter = Linter(item.get_self_href(), assets_open_urls=True)
    if not linter.valid_stac:
        complaints.append(f"{item.id}: {linter.error_msg}")
for collection in collections.values():
    linter = Linter(collection.get_self_href())
    if not linter.valid_stac:
        complaints.append(f"{collection.id}: {linter.error_msg}")
assert not complaints, "\n".join(complaints)

warnings, errors = validate_api(
    root_url=base + "/stac",
    ccs_to_validate=["core", "collections", "features", "item-search", "filter", "sort", "fields", "query"],
    collection="surfaces",
    geometry=json.dumps({"type": "Polygon", "coordinates": [
        [[100, 5], [110, 5], [110, 15], [100, 15], [100, 5]]]}),
    auth_bearer_token=None,
    auth_query_parameter=None,
    fields_nested_property="properties.cuulong:width",
    validate_pagination=True,
    query_config=QueryConfig(
        "cuulong:width", "60", "61", "61", "60", "59", "60", "title", "nho", "1", "ho", "cuulong:kind", "coverage,table",
    ),
    transaction_collection=None,
    headers={},
)
for warning in warnings:
    print("warning:", warning)
assert not errors, "\n".join(str(e) for e in errors)
print("ok")
