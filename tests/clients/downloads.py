"""Files of datasets are read by pandas, pyarrow and openpyxl, with the same counts and sums."""
import hashlib
import io
import json
import sqlite3
import sys
import tempfile
import urllib.error
import urllib.request

import netCDF4
import numpy
import openpyxl
import pandas
import pyarrow.parquet
import pyogrio.raw
import shapely
import xarray

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
one_place = csv["place"].iloc[0]
part = pandas.read_csv(f"{data}?format=csv&place={one_place}")
assert set(part["place"]) == {one_place} and len(part) == (csv["place"] == one_place).sum()
status, told, book = get(f"{data}?format=xlsx&place={one_place}")
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
for wrong, code in [("?format=exe", 406), ("?bbox=1,2,3,4", 400), ("?version=999", 404)]:
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
expected_in_box = expected["numberMatched"]
assert len(inside) == expected_in_box, (len(inside), expected_in_box)
def saved(folder, name, content):
    with open(f"{folder}/{name}", "wb") as file:
        file.write(content)
    return f"{folder}/{name}"


with tempfile.TemporaryDirectory() as folder:
    # FlatGeobuf, read by GDAL: the features, their values and shapes, and those in a box.
    path = saved(folder, "stations.fgb", get(f"{stations}?format=fgb")[2])
    info = pyogrio.read_info(path)
    assert info["features"] == items["numberMatched"] and info["crs"] == "EPSG:4326", info
    shapes = [shapely.geometry.shape(one["geometry"]) for one in items["features"] if one["geometry"]]
    edges = shapely.total_bounds(shapes)
    assert numpy.allclose(info["total_bounds"], edges), (info["total_bounds"], edges)
    meta, _, geometry, fields = pyogrio.raw.read(path)
    columns = dict(zip(meta["fields"], fields))
    known = {str(one["id"]): one for one in items["features"]}
    for nth, id in enumerate(columns["feature"]):
        expected = shapely.geometry.shape(known[id]["geometry"])
        assert shapely.from_wkb(geometry[nth]).equals(expected), id
        given = known[id]["properties"]
        texts = [name for name in set(columns) & set(given) if isinstance(given[name], str) and columns[name].dtype == object]
        assert texts and all(columns[name][nth] == given[name] for name in texts), (id, texts)
    # By the index: the driver reads a part of the file when it is asked for a box.
    assert info["capabilities"]["fast_spatial_filter"], info["capabilities"]
    boxed = pyogrio.raw.read(path, bbox=(west, south, east, north))[2]
    assert len(boxed) == expected_in_box, (len(boxed), expected_in_box)
    inner = {shapely.from_wkb(one).wkt for one in boxed}
    assert inner == {shape.wkt for shape in shapely.from_wkb(geometry) if shape and shape.intersects(shapely.box(west, south, east, north))}
    # Every kind of shape, and every kind of value.
    path = saved(folder, "zones.fgb", get(f"{url}/v1/datasets/zones/data?format=fgb")[2])
    meta, _, geometry, fields = pyogrio.raw.read(path)
    columns = dict(zip(meta["fields"], fields))
    given = json.loads(get(f"{url}/v1/datasets/zones/data?format=geojson")[2])["features"]
    assert len(given) == len(geometry) == 5, (len(given), len(geometry))
    # Features stand in the order of the index.
    place = {name: nth for nth, name in enumerate(columns["feature"])}
    assert set(place) == {one["id"] for one in given}, (place, given)
    for nth, one in sorted((place[one["id"]], one) for one in given):
        found = geometry[nth]
        assert shapely.from_wkb(found).equals(shapely.geometry.shape(one["geometry"])), one["id"]
        assert shapely.from_wkb(found).geom_type == one["geometry"]["type"], one["id"]
        assert columns["name"][nth] == one["properties"]["name"] and columns["area"][nth] == one["properties"]["area"]
        assert bool(columns["wet"][nth]) == one["properties"]["wet"], columns["wet"]
    # Observations stand where their places are, in each format that has shapes.
    counts = {}
    for name, ending in [("fgb", "fgb"), ("gpkg", "gpkg"), ("geojson", "geojson")]:
        path = saved(folder, f"observations.{ending}", get(f"{data}?format={name}&place={one_place}")[2])
        meta, _, geometry, fields = pyogrio.raw.read(path)
        columns = dict(zip(meta["fields"], fields))
        assert len(geometry) == len(part), (name, len(geometry), len(part))
        assert abs(numpy.nansum(columns["result"].astype(float)) - part["result"].sum()) < 1e-6, name
        counts[name] = shapely.from_wkb(geometry[0])
    assert len({point.wkt for point in counts.values()}) == 1, counts
    placed = pandas.read_parquet(io.BytesIO(get(f"{data}?format=geoparquet&place={one_place}")[2]))
    assert shapely.from_wkb(placed["geometry"].iloc[0]) == counts["fgb"], placed["geometry"].iloc[0]
    # NetCDF, read by the library of its makers, and by xarray under the CF conventions.
    path = saved(folder, "salinity.nc", get(f"{data}?format=netcdf")[2])
    file = netCDF4.Dataset(path)
    assert file.featureType == "timeSeries" and file.Conventions == "CF-1.11" and file.cuulong_licence == "CC0-1.0"
    assert len(file.dimensions["obs"]) == len(csv) and file.dimensions["obs"].isunlimited()
    salinity = file["salinity"]
    assert salinity.units == csv["unit"].iloc[0] and salinity.coordinates == "time lat lon", salinity
    # The same rows in the same order as the table.
    assert numpy.allclose(salinity[:].filled(numpy.nan), csv["result"].to_numpy(float), equal_nan=True)
    assert (file["quality"][:] == csv["quality"].to_numpy()).all()
    ids = netCDF4.chartostring(file["timeseries_id"][:])
    assert (ids[file["timeseries_index"][:]] == csv["datastream"].astype(str).to_numpy()).all()
    places = file["place"][:]
    assert (places[file["timeseries_index"][:]] == csv["place"].to_numpy()).all()
    assert file["lon"].standard_name == "longitude" and (abs(file["lon"][:] - 105.5) < 2).all(), file["lon"][:]
    file.close()
    with xarray.open_dataset(path) as dataset:
        times = pandas.to_datetime(csv["phenomenon_time"], utc=True).dt.tz_localize(None).to_numpy("datetime64[s]")
        assert (dataset["time"].values.astype("datetime64[s]") == times).all()
        assert abs(float(dataset["salinity"].sum()) - csv["result"].sum()) < 1e-6
try:
    get(f"{stations}?format=netcdf")
    raise AssertionError("features as NetCDF")
except urllib.error.HTTPError as error:
    assert error.code == 406, error.code
print("ok")
