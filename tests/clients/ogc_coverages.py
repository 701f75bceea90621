"""rasterio reads coverages, maps and tiles of maps; covjson-pydantic reads EDR over rasters."""
import json
import sys
import tempfile
import urllib.parse
import urllib.request

import numpy
import pyogrio
import rasterio
import xarray
from covjson_pydantic.coverage import Coverage, CoverageCollection
from rasterio.io import MemoryFile
from rasterio.warp import transform, transform_bounds
from rio_cogeo.cogeo import cog_validate

base = sys.argv[1] + "/ogc/collections/surfaces"
whole = sys.argv[1] + "/v1/datasets/surfaces/coverages/lon_2020/file"


def get(path, **parameters):
    query = "?" + urllib.parse.urlencode(parameters) if parameters else ""
    with urllib.request.urlopen(base + path + query) as response:
        return response.read()


def field(path, **parameters):
    document = json.loads(get(path, **parameters))
    model = CoverageCollection if document["type"] == "CoverageCollection" else Coverage
    model.model_validate(document)
    return document["coverages"] if document["type"] == "CoverageCollection" else [document]


with rasterio.open("/vsicurl/" + whole) as source:
    pixels = source.read(1)
    west, south, east, north = source.bounds
    crs = source.crs

# A box of 100 by 50 pixels, in the raster's own system: the same pixels come back.
x0, y0 = west + 300 * 30, north - 200 * 30
box = f"{x0 + 1},{y0 - 50 * 30 + 1},{x0 + 100 * 30 - 1},{y0 - 1}"
part = get("/coverage", bbox=box, **{"bbox-crs": "EPSG:32648"})
with MemoryFile(part) as memory, memory.open() as cut:
    assert cut.crs == crs and cut.nodata == -9999, cut.profile
    left, top = round((cut.bounds.left - west) / 30), round((north - cut.bounds.top) / 30)
    assert cut.width >= 100 and cut.height >= 50 and cut.width < 110 and cut.height < 60, cut.profile
    assert abs(cut.bounds.left - (west + left * 30)) < 1e-6
    assert numpy.array_equal(cut.read(1), pixels[top : top + cut.height, left : left + cut.width])
    valid, errors, _ = cog_validate(memory.name, quiet=True)
    assert valid, errors

lon, lat = transform(crs, "EPSG:4326", [x0 + 15], [y0 - 15])
lon, lat = lon[0], lat[0]
small = get("/coverage", subset=f"Lon({lon - 0.05}:{lon + 0.05}),Lat({lat - 0.05}:{lat + 0.05})", **{"scale-size": "Lon(40),Lat(30)"})
with MemoryFile(small) as memory, memory.open() as cut:
    assert (cut.width, cut.height) == (40, 30)
half = get("/coverage", bbox=box, **{"bbox-crs": "EPSG:32648", "scale-factor": 2})
with MemoryFile(half) as memory, memory.open() as cut:
    assert abs(cut.width - 51) <= 3, cut.width
# Each axis by a factor of its own; axes in the raster's own system; the name that GDAL writes.
flat = get("/coverage", bbox=box, **{"bbox-crs": "EPSG:32648", "scale-axes": "E(1),N(5)"})
with MemoryFile(flat) as memory, memory.open() as cut:
    assert abs(cut.width - 101) <= 3 and abs(cut.height - 10) <= 2, cut.profile
west_, south_, east_, north_ = box.split(",")
axes = get("/coverage", subset=f"E({west_}:{east_}),N({south_}:{north_})", **{"subset-crs": "EPSG:32648"})
with MemoryFile(axes) as memory, memory.open() as cut, MemoryFile(part) as other, other.open() as same:
    assert cut.bounds == same.bounds and numpy.array_equal(cut.read(1), same.read(1))
with MemoryFile(get("/coverage", scaleSize="Lon(40),Lat(30)")) as memory, memory.open() as cut:
    assert (cut.width, cut.height) == (40, 30)

# GDAL's driver takes a link to JSON with the relation `data` for the way to the list of collections.
info = pyogrio.read_info("OGCAPI:" + base, API="ITEMS")
assert info["features"] == 2, info

with tempfile.NamedTemporaryFile(suffix=".nc") as file:
    file.write(get("/coverage", bbox=box, f="netcdf", **{"bbox-crs": "EPSG:32648"}))
    file.flush()
    with MemoryFile(part) as memory, memory.open() as cut, xarray.open_dataset(file.name) as grid:
        name = next(iter(grid.data_vars))
        values = numpy.squeeze(grid[name].values)
        expected = cut.read(1, masked=True).astype(float).filled(numpy.nan)
        assert numpy.allclose(values, expected, equal_nan=True), (values.shape, expected.shape)
        assert grid["x"].values[0] == cut.bounds.left + 15 and grid["y"].values[0] == cut.bounds.top - 15
        assert grid.attrs["cuulong_crs"] == "EPSG:32648" and {"lat", "lon"} <= set(grid[name].coords), grid
        lons, lats = transform(crs, "EPSG:4326", [grid["x"].values[7]], [grid["y"].values[3]])
        found = float(grid["lon"].values[3, 7]), float(grid["lat"].values[3, 7])
        assert numpy.allclose(found, (lons[0], lats[0]), atol=1e-7), (found, lons, lats)
document = field("/coverage", bbox=box, f="covjson", **{"bbox-crs": "EPSG:32648"})
values = list(document[0]["ranges"].values())[0]
assert values["shape"][1] * values["shape"][0] == len(values["values"])

# The value of the pixel under a position, along a line and on a grid.
here = field("/position", coords=f"POINT({lon} {lat})")
found = [v for one in here for v in list(one["ranges"].values())[0]["values"] if v is not None]
assert abs(found[0] - float(pixels[200, 300])) < 1e-4, (found, pixels[200, 300])
line = field("/trajectory", coords=f"LINESTRING({lon} {lat},{lon + 0.01} {lat})")
assert line[0]["domain"]["domainType"] == "MultiPoint"
for query, parameters in {
    "cube": {"bbox": f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}"},
    "radius": {"coords": f"POINT({lon} {lat})", "within": 1, "within-units": "km"},
    "area": {"coords": f"POLYGON(({lon - 0.01} {lat - 0.01},{lon + 0.01} {lat - 0.01},{lon} {lat + 0.01},{lon - 0.01} {lat - 0.01}))"},
}.items():
    grid = field("/" + query, **parameters)
    assert grid[0]["domain"]["domainType"] == "Grid", query
    values = [v for v in list(grid[0]["ranges"].values())[0]["values"] if v is not None]
    near = pixels[150:250, 250:350]
    assert values and min(values) >= near.min() - 1 and max(values) <= near.max() + 1, query
assert get("/cube", bbox=f"{lon - 0.01},{lat - 0.01},{lon + 0.01},{lat + 0.01}", f="NetCDF")[:3] == b"CDF"

# A map has the size asked for, lets through where there is nothing, and is grey where nobody gave colours.
bounds = transform_bounds(crs, "EPSG:4326", west, south, east, north)
picture = get("/map", bbox=",".join(map(str, bounds)), width=300, height=200)
with MemoryFile(picture) as memory, memory.open() as map_:
    assert (map_.width, map_.height, map_.count) == (300, 200, 4)
    red, green, blue, alpha = map_.read()
    assert alpha.min() == 0 and alpha.max() == 255
    shown = alpha == 255
    assert (red[shown] == blue[shown]).all()
    # The small raster at the same corner covers all of the hole but its last ten rows.
    hole = alpha[12:14, 2:12]
    assert (hole == 0).mean() > 0.5, "the corner without values lets through"
    # Values grow to the south-east: it gets darker.
    assert int(red[50, 60]) > int(red[150, 250])
ground = get("/map", bbox="100,1,101,2", width=10, height=10, bgcolor="0x102030")
with MemoryFile(ground) as memory, memory.open() as map_:
    assert map_.read()[:, 0, 0].tolist() == [16, 32, 48, 255]
mercator = get("/map", crs="EPSG:3857", width=256)
with MemoryFile(mercator) as memory, memory.open() as map_:
    assert map_.width == 256

# The same map with where it lies, and cut out by axes instead of a box.
west_, south_, east_, north_ = bounds
placed = get("/map", bbox=",".join(map(str, bounds)), width=300, height=200, f="tiff")
with MemoryFile(placed) as memory, memory.open() as map_, MemoryFile(picture) as other, other.open() as plain:
    assert map_.driver == "GTiff" and map_.crs.to_epsg() == 4326, map_.profile
    assert numpy.allclose(map_.bounds, bounds, atol=1e-9), (map_.bounds, bounds)
    assert numpy.array_equal(map_.read(), plain.read())
subset = get("/map", subset=f"Lon({west_}:{east_}),Lat({south_}:{north_})", width=300, height=200)
assert subset == picture
in_metres = get("/map", crs="EPSG:32648", width=110, f="tiff")
with MemoryFile(in_metres) as memory, memory.open() as map_:
    assert map_.crs.to_epsg() == 32648 and map_.width == 110, map_.profile

# A centre and a scale say which ground: a pixel is 0.28 mm wide unless it is said otherwise.
utm = {"crs": "EPSG:32648", "f": "tiff"}
for extra, pixel in (({}, 2.8), ({"mm-per-pixel": "0.56"}, 5.6)):
    placed = get("/map", center=f"{lon},{lat}", width=100, height=80, **{"scale-denominator": 10000}, **extra, **utm)
    with MemoryFile(placed) as memory, memory.open() as map_:
        assert (map_.width, map_.height) == (100, 80)
        assert numpy.allclose(map_.res, (pixel, pixel)), map_.res
        middle = ((map_.bounds.left + map_.bounds.right) / 2, (map_.bounds.bottom + map_.bounds.top) / 2)
        assert numpy.allclose(middle, (x0 + 15, y0 - 15), atol=0.01), middle
degrees = get("/map", center=f"{lon},{lat}", width=10, f="tiff", **{"scale-denominator": 111319.49079327358 / 0.28 * 1000 * 0.001})
with MemoryFile(degrees) as memory, memory.open() as map_:
    assert numpy.allclose(map_.res, (0.001, 0.001)), map_.res
edges = f"{x0},{y0 - 1500},{x0 + 3000},{y0}"
scaled = get("/map", bbox=edges, **{"bbox-crs": "EPSG:32648", "scale-denominator": 30 / 0.00028}, **utm)
with MemoryFile(scaled) as memory, memory.open() as map_:
    assert (map_.width, map_.height) == (100, 50), map_.profile
by_axes = get("/map", subset=f"E({x0}:{x0 + 3000}),N({y0 - 1500}:{y0})", **{"subset-crs": "EPSG:32648", "scale-denominator": 30 / 0.00028}, **utm)
assert by_axes == scaled
around = get("/map", center=f"{x0 + 15},{y0 - 15}", width=300, **{"center-crs": "EPSG:32648"}, **utm)
with MemoryFile(around) as memory, memory.open() as map_, MemoryFile(in_metres) as other, other.open() as all_:
    assert abs((map_.bounds.right - map_.bounds.left) - (all_.bounds.right - all_.bounds.left)) < 1
    assert abs((map_.bounds.left + map_.bounds.right) / 2 - (x0 + 15)) < 0.01

# Whole numbers without a sign go into a PNG as they are.
base = sys.argv[1] + "/ogc/collections/masks"
with MemoryFile(get("/coverage", f="png")) as memory, memory.open() as grey:
    assert (grey.driver, grey.count, grey.dtypes[0]) == ("PNG", 1, "uint8"), grey.profile
    expected = (numpy.arange(120)[None, :] + numpy.arange(80)[:, None]) % 200
    assert numpy.array_equal(grey.read(1), expected)
base = sys.argv[1] + "/ogc/collections/surfaces"

import morecantile

grid = morecantile.tms.get("WebMercatorQuad")
tile = grid.tile(lon, lat, 12)
body = get(f"/map/tiles/WebMercatorQuad/12/{tile.y}/{tile.x}")
with MemoryFile(body) as memory, memory.open() as map_:
    assert (map_.width, map_.height) == (256, 256)
    assert map_.read(4).max() == 255
described = json.loads(get("/map/tiles/WebMercatorQuad", f="tilejson"))
assert described["tilejson"] == "3.0.0" and described["bounds"][0] < lon < described["bounds"][2]
print("ok")
