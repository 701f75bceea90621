"""Files of datasets are read by pandas, pyarrow and openpyxl, with the same counts and sums."""
import hashlib
import io
import json
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request

import openpyxl
import pandas
import pyarrow.parquet

url = sys.argv[1]
data = f"{url}/v1/datasets/salinity_2h/data"


def get(address, **headers):
    with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
        return answer.status, dict((name.lower(), value) for name, value in answer.headers.items()), answer.read()


csv = pandas.read_csv(f"{data}?format=csv")
parquet = pandas.read_parquet(io.BytesIO(get(f"{data}?format=parquet")[2]))
assert len(csv) == len(parquet) > 1000, (len(csv), len(parquet))
assert abs(csv["result"].sum() - parquet["result"].sum()) < 1e-6
said = pyarrow.parquet.read_metadata(io.BytesIO(get(f"{data}?format=parquet")[2])).metadata
assert said[b"cuulong:dataset"] == b"salinity_2h" and said[b"cuulong:licence"] == b"CC0-1.0", said
one = csv["place"].iloc[0]
part = pandas.read_csv(f"{data}?format=csv&place={one}")
assert set(part["place"]) == {one} and len(part) == (csv["place"] == one).sum()
status, told, book = get(f"{data}?format=xlsx&place={one}")
sheet = openpyxl.load_workbook(io.BytesIO(book), read_only=True)
rows = list(sheet["data"].iter_rows(values_only=True))
at = rows[0].index("result")
assert len(rows) - 1 == len(part)
assert abs(sum(row[at] or 0 for row in rows[1:]) - part["result"].sum()) < 1e-6
assert dict(sheet["about"].iter_rows(values_only=True))["licence"] == "CC0-1.0"
# A download that breaks off goes on, and is what the checksum says.
status, told, whole = get(f"{data}?format=csv")
assert status == 200 and int(told["content-length"]) == len(whole)
start = len(whole) // 3
status, told, rest = get(f"{data}?format=csv", Range=f"bytes={start}-", **{"If-Range": told["etag"]})
assert status == 206 and whole[:start] + rest == whole, (status, len(rest))
assert told["content-range"] == f"bytes {start}-{len(whole) - 1}/{len(whole)}", told
checksum = get(f"{url}/v1/datasets/salinity_2h/data.sha256?format=csv")[2].decode().split()[0]
assert checksum == hashlib.sha256(whole).hexdigest()
try:
    get(f"{data}?format=csv", **{"If-None-Match": told["etag"]})
    raise AssertionError("304")
except urllib.error.HTTPError as error:
    assert error.code == 304, error.code
estimate = json.loads(get(f"{url}/v1/datasets/salinity_2h/data/estimate?format=csv")[2])
assert estimate["rows"] == len(csv), estimate
assert len(whole) / 4 < estimate["bytes"] < len(whole) * 4, (estimate, len(whole))
for wrong, code in [("?format=exe", 406), ("?format=gpkg", 406), ("?bbox=1,2,3,4", 400), ("?version=999", 404)]:
    try:
        get(data + wrong)
        raise AssertionError(wrong)
    except urllib.error.HTTPError as error:
        assert error.code == code, (wrong, error.code)
# Features: as many as the service of features has, in each format.
items = json.loads(get(f"{url}/ogc/collections/monitoring_stations/items?limit=1000")[2])
stations = f"{url}/v1/datasets/monitoring_stations/data"
collection = json.loads(get(f"{stations}?format=geojson")[2])
assert len(collection["features"]) == items["numberMatched"], (len(collection["features"]), items["numberMatched"])
assert {one["id"] for one in collection["features"]} == {str(one["id"]) for one in items["features"]}
assert collection["licence"], collection.keys()
with tempfile.TemporaryDirectory() as folder:
    path = f"{folder}/stations.gpkg"
    with open(path, "wb") as file:
        file.write(get(f"{stations}?format=gpkg")[2])
    package = sqlite3.connect(path)
    assert package.execute("pragma application_id").fetchone() == (0x47504B47,)
    count, least = package.execute("select count(*), min(length(geom)) from monitoring_stations").fetchone()
    assert count == items["numberMatched"] and least > 8, (count, least)
    assert package.execute("select srs_id from gpkg_contents").fetchone() == (4326,)
    package.close()
west, south, east, north = 105.7, 9.9, 106.5, 10.5
inside = pandas.read_parquet(io.BytesIO(get(f"{stations}?format=parquet&bbox={west},{south},{east},{north}")[2]))
expected = json.loads(get(f"{url}/ogc/collections/monitoring_stations/items?limit=1000&bbox={west},{south},{east},{north}")[2])
assert len(inside) == expected["numberMatched"], (len(inside), expected["numberMatched"])
print("ok")
