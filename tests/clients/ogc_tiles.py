"""GDAL's MVT driver reads vector tiles, and their grids are those of morecantile."""
import json
import pathlib
import struct
import sys
import tempfile
import urllib.request

import morecantile
import pyogrio

base = sys.argv[1] + "/ogc"
folder = pathlib.Path(tempfile.mkdtemp())


def get(path):
    with urllib.request.urlopen(base + path) as response:
        return response.read(), response.headers


for grid in ["WebMercatorQuad", "WorldCRS84Quad"]:
    mine = json.loads(get(f"/tileMatrixSets/{grid}")[0])
    theirs = morecantile.tms.get(grid)
    for level in range(0, 20):
        one, other = mine["tileMatrices"][level], theirs.matrix(level)
        assert (one["matrixWidth"], one["matrixHeight"]) == (other.matrixWidth, other.matrixHeight), level
        assert abs(one["scaleDenominator"] / other.scaleDenominator - 1) < 1e-9, level
        assert abs(one["cellSize"] / other.cellSize - 1) < 1e-9, level
        assert all(abs(a - b) < 1e-6 for a, b in zip(one["pointOfOrigin"], other.pointOfOrigin)), level

grid = morecantile.tms.get("WebMercatorQuad")
seen = 0
for collection in ["stations", "salinity_2h", "monitoring_stations"]:
    for level in [0, 6, 10]:
        count = 0
        places = {}
        for tile in grid.tiles(104.3, 8.3, 107.2, 11.2, [level]):
            body, headers = get(f"/collections/{collection}/tiles/WebMercatorQuad/{level}/{tile.y}/{tile.x}")
            if not body:
                continue
            file = folder / f"{collection}-{level}-{tile.x}-{tile.y}.mvt"
            file.write_bytes(body)
            meta, _, geometry, fields = pyogrio.raw.read(
                f"MVT:{file}", X=str(tile.x), Y=str(tile.y), Z=str(level), layer=collection
            )
            assert len(geometry) == int(headers["cuulong-shown"]), (collection, tile)
            count += len(geometry)
            west, south, east, north = grid.xy_bounds(tile)
            # A little beyond the edge is drawn too, so that symbols are not cut.
            margin = (east - west) / 16
            for point in geometry:
                kind, x, y = struct.unpack("<xIdd", point[:21])
                assert kind == 1, (collection, tile, kind)
                assert west - margin <= x <= east + margin, (collection, tile, x)
                assert south - margin <= y <= north + margin, (collection, tile, y)
        if level == 10:
            items = json.loads(get(f"/collections/{collection}/items?limit=1000&bbox=104.3,8.3,107.2,11.2")[0])
            inside = [f for f in items["features"] if f["geometry"] and f["geometry"]["type"] == "Point"]
            assert count >= len(inside), (collection, count, len(inside))
        seen += count
assert seen > 100, seen
print("ok")
