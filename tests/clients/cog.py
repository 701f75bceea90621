"""A raster is a valid Cloud-Optimised GeoTIFF that a reader opens by ranges, with the values that were handed in."""
import json
import sys
import urllib.error
import urllib.request

import rasterio
import rasterio.warp
from rio_cogeo.cogeo import cog_validate

base = sys.argv[1]


def get(path):
    with urllib.request.urlopen(base + path) as response:
        return json.load(response)


listed = get("/v1/datasets/surfaces/coverages")
assert listed["total"] == 2, listed
for item in listed["items"]:
    href = "/vsicurl/" + item["href"]
    valid, errors, warnings = cog_validate(href, quiet=True, strict=True)
    assert valid and not errors and not warnings, (item["id"], errors, warnings)
    with rasterio.open(href) as raster:
        assert (raster.width, raster.height, raster.count) == (item["width"], item["height"], item["bands"]), raster.profile
        assert raster.crs.to_epsg() == int(item["crs"].removeprefix("EPSG:")), raster.crs
        band = raster.read(1, masked=True)
        assert abs(float(band.mean(dtype="float64")) - item["statistics"][0]["mean"]) < 1e-6, item["statistics"]
        overviews = raster.overviews(1)
        assert (max(raster.width, raster.height) > 512) == bool(overviews), overviews

# The values at a position are those of the pixel there.
large = next(item for item in listed["items"] if item["width"] > 512)
west, south, east, north = large["bbox"]
lon, lat = west + 0.3 * (east - west), south + 0.6 * (north - south)
asked = get(f"/v1/datasets/surfaces/coverages/{large['id']}?lon={lon}&lat={lat}")
with rasterio.open("/vsicurl/" + large["href"]) as raster:
    xs, ys = rasterio.warp.transform("EPSG:4326", raster.crs, [lon], [lat])
    expected = list(next(raster.sample([(xs[0], ys[0])])))
assert [float(value) for value in expected] == asked["values"], (expected, asked["values"])

def ask(url, **headers):
    request = urllib.request.Request(url, headers={name.replace("_", "-"): value for name, value in headers.items()})
    try:
        with urllib.request.urlopen(request) as response:
            return response.status, response.headers, response.read()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.headers, answer.read()


# Parts are of the file that a client has, or it is sent the whole (RFC 9110 §13.1.5); what it has is not sent again.
_, headers, whole = ask(large["href"])
tag = headers["etag"]
assert ask(large["href"], Range="bytes=10-19", If_Range=tag)[::2] == (206, whole[10:20])
assert ask(large["href"], Range="bytes=10-19", If_Range='"another"')[::2] == (200, whole)
assert ask(large["href"], If_None_Match=tag)[::2] == (304, b"")
_, headers, packed = ask(large["href"], Accept_Encoding="gzip")
assert (headers["etag"], headers["content-encoding"], packed) == (tag, None, whole)
print("ok")
