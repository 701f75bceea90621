"""An independent reading of the real files of the region that hold features or rasters, for the judge of the intake.

Shares nothing with the intake: json, csv, sqlite3, rasterio and netCDF4 read the bytes. Run it with the
folder of real files:

    python things.py FOLDER

It writes features.csv (a file: how many features, corners of their geometry, the box around them, the
sum of the areas of their rings in square degrees, and five of them as row|corners|box) and rasters.csv (a
file: size, where its pixels lie, how many hold a value, their sum, least and most, and five of them).
"""

import csv
import glob
import json
import math
import os
import sqlite3
import struct
import sys

FOLDER = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))


def parts(geometry):
    """The lines of a GeoJSON geometry: rings, lines, or single points."""
    kind, at = geometry["type"], geometry.get("coordinates")
    return {"Point": lambda: [[at]], "MultiPoint": lambda: [at], "LineString": lambda: [at], "MultiLineString": lambda: at,
            "Polygon": lambda: at, "MultiPolygon": lambda: [ring for polygon in at for ring in polygon]}[kind]()


def wkb(data):
    """The same of well-known binary."""
    order = "<" if data[0] == 1 else ">"
    kind, = struct.unpack_from(order + "I", data, 1)
    here = 5

    def count():
        nonlocal here
        here += 4
        return struct.unpack_from(order + "I", data, here - 4)[0]

    def line(points):
        nonlocal here
        found = [struct.unpack_from(order + "dd", data, here + 16 * i) for i in range(points)]
        here += 16 * points
        return found

    lines = []
    if kind == 3:
        lines = [line(count()) for _ in range(count())]
    elif kind == 6:
        for _ in range(count()):
            here += 5
            lines += [line(count()) for _ in range(count())]
    else:
        raise ValueError(kind)
    return lines


def area(line):
    return sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(line, line[1:])) / 2 if len(line) > 3 and tuple(line[0]) == tuple(line[-1]) else 0.0


def features():
    names = sorted(glob.glob(FOLDER + "/admin/provinces_2025/*.geojson")) + sorted(glob.glob(FOLDER + "/admin/wards_2025/*/*.geojson"))
    names.append(FOLDER + "/admin/provinces_before_2025_geoboundaries_13.geojson")
    for name in names:
        document = json.load(open(name, encoding="utf-8"))
        each = document["features"] if document["type"] == "FeatureCollection" else [document]
        yield name, [parts(feature["geometry"]) for feature in each]
    name = FOLDER + "/dams/lancang_basin_above_jinghong.gpkg"
    rows = sqlite3.connect(name).execute("SELECT geom FROM lancang_above_jinghong ORDER BY rowid")
    # A GeoPackage puts a head before the binary: 8 bytes and a box of the length that its flags say.
    heads = [8, 40, 56, 56, 72]
    yield name, [wkb(data[heads[data[3] >> 1 & 7]:]) for data, in rows]
    name = FOLDER + "/salinity/thuyloi_salinity_station_catalogue_115.json"
    yield name, [[[(row["lon"], row["lat"])]] for row in json.load(open(name, encoding="utf-8"))]
    name = FOLDER + "/waterways/osm_main_river_centerlines.json"
    yield name, [[row["points"]] for row in json.load(open(name, encoding="utf-8")).values()]
    for name, lon, lat in [("admin/vietnam_wards_population_area_2026.csv", "lon", "lat"),
                           ("air_quality/air_quality_stations_vietnam.csv", "longitude", "latitude")]:
        name = f"{FOLDER}/{name}"
        rows = csv.DictReader(open(name, encoding="utf-8-sig"))
        # In a table a feature's row is that of the sheet; rows without a position are no features.
        yield name, {at: [[(float(row[lon]), float(row[lat]))]] for at, row in enumerate(rows, 2) if row[lon] and row[lat]}


def box(lines):
    xs = [point[0] for line in lines for point in line]
    ys = [point[1] for line in lines for point in line]
    return min(xs), min(ys), max(xs), max(ys)


def write_features():
    with open(os.path.join(HERE, "features.csv"), "w", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["file", "count", "corners", "xmin", "ymin", "xmax", "ymax", "area", "picks"])
        for name, each in features():
            each = each if isinstance(each, dict) else dict(enumerate(each, 1))
            lines = [line for feature in each.values() for line in feature]
            picks = [sorted(each)[at] for at in sorted({i * (len(each) - 1) // 4 for i in range(5)})]
            shown = ["|".join([str(at), str(sum(map(len, each[at]))), *map(repr, map(float, box(each[at])))]) for at in picks]
            total = math.fsum(abs(area(line)) for line in lines)
            out.writerow([os.path.relpath(name, FOLDER), len(each), sum(map(len, lines)), *map(repr, map(float, box(lines))),
                          repr(total), json.dumps(shown)])


def rasters():
    import netCDF4
    import rasterio

    name = "salinity/salinity_raster_utm48n.tif"
    with rasterio.open(f"{FOLDER}/{name}") as raster:
        t, band = raster.transform, raster.read(1, masked=True)
        yield name, (t.c, t.a, t.f, -t.e), [[None if cell is None else float(cell) for cell in row] for row in band.tolist()]
    for name in sorted(glob.glob(FOLDER + "/upstream_gridded_nam_ngum/*.nc")):
        data = netCDF4.Dataset(name)
        variable = next(v for v in data.variables.values() if v.ndim >= 2)
        lat, lon = data.variables["lat"][:].tolist(), data.variables["lon"][:].tolist()
        rows = variable[:].squeeze().tolist()
        if lat[0] < lat[-1]:
            lat, rows = lat[::-1], rows[::-1]
        dx, dy = (lon[-1] - lon[0]) / (len(lon) - 1), (lat[0] - lat[-1]) / (len(lat) - 1)
        rows = [[None if cell is None or cell != cell else float(cell) for cell in row] for row in rows]
        yield os.path.relpath(name, FOLDER), (lon[0] - dx / 2, dx, lat[0] + dy / 2, dy), rows


def write_rasters():
    with open(os.path.join(HERE, "rasters.csv"), "w", encoding="utf-8") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["file", "width", "height", "x0", "dx", "y0", "dy", "count", "sum", "least", "most", "cells"])
        for name, (x0, dx, y0, dy), rows in rasters():
            cells = [(x, y, cell) for y, row in enumerate(rows) for x, cell in enumerate(row) if cell is not None]
            values = [cell for _, _, cell in cells]
            picks = [cells[i * (len(cells) - 1) // 4] for i in range(5)]
            out.writerow([name, len(rows[0]), len(rows), x0, dx, y0, dy, len(cells), repr(math.fsum(values)), repr(min(values)),
                          repr(max(values)), json.dumps([f"{x}|{y}|{cell!r}" for x, y, cell in picks])])


write_features()
write_rasters()
