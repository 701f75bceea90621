"""Writes the inputs to $BENCH_WORK/<size>/data: synthetic, the same bytes for the same seed and size.

    python generate.py [load series latest minutes parcels polygons]      what is there is left as it is
    python generate.py series 3                                           the fourth file of the series only

load.csv                  observations as a telemetry network logs them: hour by hour, all places, one value a row
series-NNN.csv            wide: one row a place and hour, one column a property, a quality flag; each file a stretch of time
latest.csv, minutes.csv   many short series; one long series by the minute
parcels.geojson, parcels.parquet (GeoParquet), boxes.txt (200 boxes of about 1 000 parcels)
points.geojson, points.parquet, polygons.geojson, polygons.parquet (GeoParquet): Voronoi cells with bent edges

Places and properties are real codes of reference/, since a node takes no others; every value is made up.
"""
import csv
import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import shapely
from scipy.spatial import cKDTree

from common import AMOUNT, DATA, ROOT, SEED, size_mb

WEST, SOUTH, EAST, NORTH = 104.4, 8.5, 106.9, 11.1
# code, unit, middle, season, tide, day, noise, least, most: values stay inside the node's plausible ranges.
PROPERTIES = [("tide_height", "cm", 60, 40, 110, 0, 4, -399, 499), ("salinity", "g/L", 8, -6, 2, 0, 0.3, 0, 39.9),
              ("air_temp", "Cel", 27.5, -1.5, 0, 3, 0.5, 12.5, 41.9), ("rel_humidity", "%", 78, 6, 0, -9, 2, 21, 99.9),
              ("water_temp", "Cel", 28.5, -1, 0, 1, 0.2, 20.5, 37.9), ("do", "mg/L", 6, 0.5, 0.3, 0.8, 0.2, 0, 14.9),
              ("ph", "[pH]", 7.4, -0.3, 0.1, 0.1, 0.05, 3.1, 9.9), ("turbidity", "{NTU}", 60, 40, 8, 0, 5, 0, 1499),
              ("ec", "mS/cm", 14, -9, 3, 0, 0.4, 0, 59.9), ("chloride", "mg/L", 4500, -3200, 900, 0, 90, 0, 21999)]
START = np.datetime64("2013-01-01T00:00:00", "h")            # all times end before the communes of old do, on 1 July 2025
LAND_USE = ["Đất chuyên trồng lúa nước", "Đất trồng cây hằng năm khác", "Đất trồng cây lâu năm", "Đất nuôi trồng thủy sản",
            "Đất rừng ngập mặn phòng hộ", "Đất ở tại nông thôn", "Đất làm muối"]
NAMES = ["Mỹ Thạnh Đông", "Vĩnh Châu", "Đầm Dơi", "Cù Lao Dung", "Tân Hưng", "Thạnh Phú", "Ngọc Hiển", "Hòn Đất", "Giồng Riềng"]


def places(count):
    """The first `count` places at which something may be measured: communes until July 2025."""
    with open(ROOT / "reference/communes_old.csv", encoding="utf-8") as file:
        rows = [row["id"] for row in csv.DictReader(file) if row["valid_to"] in ("", "2025-06-30") and not row["valid_from"]]
    assert len(rows) >= count, f"{len(rows)} places are known, {count} are asked for"
    return rows[:count]


def signal(kind, place, hours, rng):
    """Hundredths of one value per (place, hour): tides (M2, S2, K1, O1), the flood season, the day, and noise."""
    _, _, middle, season, tide, day, noise, least, most = PROPERTIES[kind]
    t = hours[None, :].astype(np.float64)
    p = place[:, None].astype(np.float64)
    phase = p * 0.37
    value = middle + season * np.cos(2 * np.pi * (t / 8766 - 0.78)) * (1 - 0.002 * (p % 200))
    if tide:
        value = value + tide * (1.1 - 0.004 * (p % 200)) * (
            0.62 * np.sin(2 * np.pi * t / 12.4206 + phase) + 0.21 * np.sin(2 * np.pi * t / 12.0 + phase)
            + 0.48 * np.sin(2 * np.pi * t / 23.9345 + phase) + 0.33 * np.sin(2 * np.pi * t / 25.8193 + phase))
    if day:
        value = value + day * np.cos(2 * np.pi * (t / 24 - 0.58))
    value = value + noise * rng.standard_normal((len(place), len(hours)), dtype=np.float32)
    return np.rint(np.clip(value, least, most) * 100).astype(np.int64)


def decimals(hundredths):
    """Whole hundredths as decimal(12,2), so that every value is written with two decimals."""
    words = np.empty((len(hundredths), 2), dtype=np.int64)
    words[:, 0], words[:, 1] = hundredths, hundredths >> 63
    return pa.Array.from_buffers(pa.decimal128(12, 2), len(hundredths), [None, pa.py_buffer(words)])


def stamps(times, unit="h"):
    """Times as an agency writes them: local, with the offset."""
    return pa.array([f"{label}+07:00" for label in np.datetime_as_string(times.astype("datetime64[s]"), unit="s")])


def csv_file(path, columns):
    options = pa.csv.WriteOptions(include_header=False, quoting_style="none")
    file = open(path, "wb")
    file.write((",".join(columns) + "\n").encode())
    return file, lambda table: pa.csv.write_csv(table, file, options)


def load(path):
    """Long CSV in order of time."""
    count, hours = AMOUNT["load"]
    rng = np.random.default_rng(SEED)
    kinds = 5
    codes, names, units = pa.array(places(count)), pa.array([p[0] for p in PROPERTIES[:kinds]]), pa.array([p[1] for p in PROPERTIES[:kinds]])
    columns = ["station_code", "property", "time", "value", "unit"]
    file, write = csv_file(path, columns)
    with file:
        for first in range(0, hours, 250):
            hour = np.arange(first, min(hours, first + 250))
            cube = np.stack([signal(k, np.arange(count), hour, rng) for k in range(kinds)], axis=-1)
            values = cube.transpose(1, 0, 2).reshape(-1)       # hour, place, property
            index = np.arange(len(values))
            write(pa.table([codes.take(index // kinds % count), names.take(index % kinds), stamps(START + hour).take(index // (count * kinds)),
                            decimals(values), units.take(index % kinds)], columns))


def wide(path, count, kinds, hours, rng, unit="h"):
    """Wide CSV: place, time, a column a property, quality; ordered by time. One in a hundred rows is suspect."""
    codes = pa.array(places(count))
    columns = ["place", "time"] + [p[0] for p in PROPERTIES[:kinds]] + ["quality"]
    file, write = csv_file(path, columns)
    step = max(1, 400_000 // count)
    with file:
        for first in range(0, len(hours), step):
            hour = hours[first:first + step]
            index = np.arange(len(hour) * count)
            values = [decimals(signal(k, np.arange(count), hour, rng).T.reshape(-1)) for k in range(kinds)]
            quality = np.where(rng.random(len(index), dtype=np.float32) < 0.01, 3, 1)
            when = START + hour if unit == "h" else START.astype("datetime64[m]") + hour
            write(pa.table([codes.take(index % count), stamps(when).take(index // count), *values, pa.array(quality)], columns))


def series_files():
    return [DATA / f"series-{n:03d}.csv" for n in range(AMOUNT["series"][3])]


def series(n):
    count, kinds, hours, files = AMOUNT["series"]
    share = hours // files
    wide(series_files()[n], count, kinds, np.arange(n * share, (n + 1) * share), np.random.default_rng([SEED, 1, n]))


def latest(path):
    count, kinds, hours = AMOUNT["latest"]
    wide(path, count, kinds, np.arange(hours), np.random.default_rng([SEED, 2]))


def minutes(path):
    wide(path, 1, 1, np.arange(AMOUNT["minutes"]), np.random.default_rng([SEED, 3]), unit="m")


def scatter(count, rng):
    """Places as people settle: 70 % in villages, the rest anywhere in the box."""
    villages = rng.uniform((WEST, SOUTH), (EAST, NORTH), (3000, 2))
    near = villages[rng.integers(0, len(villages), count)] + rng.normal(0, 0.012, (count, 2))
    anywhere = rng.uniform((WEST, SOUTH), (EAST, NORTH), (count, 2))
    at = np.where((rng.random(count) < 0.7)[:, None], near, anywhere)
    return np.clip(at, (WEST + 0.002, SOUTH + 0.002), (EAST - 0.002, NORTH - 0.002))


def geoparquet(path, table, kinds):
    column = {"encoding": "WKB", "geometry_types": kinds, "bbox": [WEST, SOUTH, EAST, NORTH],
              "covering": {"bbox": {side: ["bbox", side] for side in ("xmin", "ymin", "xmax", "ymax")}}}
    meta = {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}
    pq.write_table(table.replace_schema_metadata({"geo": json.dumps(meta)}), path, compression="zstd", row_group_size=50_000)


def bbox_column(shapes):
    bounds = shapely.bounds(shapes)
    return pa.StructArray.from_arrays([pa.array(bounds[:, i]) for i in range(4)], ["xmin", "ymin", "xmax", "ymax"])


def collection(path, features):
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"type":"FeatureCollection","features":[\n')
        file.write(",\n".join(features))
        file.write("\n]}\n")


def parcels(path):
    """Turned quadrilaterals of 20 to 120 m with corners rounded to 7 decimals and six attributes, in no spatial order."""
    count = AMOUNT["parcels"]
    rng = np.random.default_rng([SEED, 4])
    at = scatter(count, rng)
    half = rng.uniform(10, 60, (count, 2)) / 111_000
    turn = rng.uniform(0, np.pi, count)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1), (-1, -1)])[None] * half[:, None]
    corners[:, :4] += rng.normal(0, 0.1, (count, 4, 2)) * half[:, None]
    corners[:, 4] = corners[:, 0]
    cos, sin = np.cos(turn)[:, None], np.sin(turn)[:, None]
    ring = np.stack([corners[..., 0] * cos - corners[..., 1] * sin, corners[..., 0] * sin + corners[..., 1] * cos], -1) + at[:, None]
    shapes = shapely.polygons(np.round(ring, 7))
    number = np.arange(1, count + 1)
    communes = pa.array([f"Xã {name} {i}" for name in NAMES for i in range(1, 101)])
    table = pa.table({
        "id": number, "code": pa.array([f"SYN-{n:07d}" for n in number]),
        "land_use": pa.array(LAND_USE).take(rng.integers(0, len(LAND_USE), count)), "commune": communes.take(rng.integers(0, 900, count)),
        "area_m2": np.round(half[:, 0] * half[:, 1] * 4 * 111_000**2, 1),
        "surveyed": pa.array((np.datetime64("2015-01-01") + rng.integers(0, 3600, count)).astype("datetime64[D]")),
        "salinity_class": rng.integers(0, 5, count).astype(np.int32),
        "geometry": pa.array(shapely.to_wkb(shapes), pa.binary()), "bbox": bbox_column(shapes)})
    geoparquet(DATA / "parcels.parquet", table, ["Polygon"])
    picks = at[rng.integers(0, count, 200)]
    reach = cKDTree(at).query(picks, k=[min(1000, count)], p=np.inf)[0][:, 0]
    with open(DATA / "boxes.txt", "w") as file:
        for (x, y), r in zip(picks, reach):
            file.write(f"{x - r:.6f},{y - r:.6f},{x + r:.6f},{y + r:.6f}\n")
    columns = ("code", "land_use", "commune", "area_m2", "surveyed", "salinity_class")
    rows = zip(number.tolist(), shapely.to_geojson(shapes), *(table[c].to_pylist() for c in columns))
    collection(path, (
        f'{{"type":"Feature","id":{n},"properties":{{"code":"{code}","land_use":"{use}","commune":"{place}","area_m2":{m2},'
        f'"surveyed":"{day}","salinity_class":{salt}}},"geometry":{shape}}}' for n, shape, code, use, place, m2, day, salt in rows))


def points(path):
    count = AMOUNT["points"]
    at = np.round(scatter(count, np.random.default_rng([SEED, 5])), 7)
    shapes, number = shapely.points(at), np.arange(1, count + 1)
    geoparquet(DATA / "points.parquet", pa.table({"id": number, "geometry": pa.array(shapely.to_wkb(shapes), pa.binary()),
                                                  "bbox": bbox_column(shapes)}), ["Point"])
    collection(path, (f'{{"type":"Feature","id":{n},"properties":{{"n":{n}}},"geometry":{{"type":"Point","coordinates":[{x},{y}]}}}}'
                      for n, (x, y) in zip(number.tolist(), at.tolist())))


def polygons(path):
    """Voronoi cells whose edges are cut at 220 m and bent by one smooth field, so that they still tile the box."""
    count = AMOUNT["polygons"]
    rng = np.random.default_rng([SEED, 6])
    box = shapely.box(WEST, SOUTH, EAST, NORTH)
    seeds = shapely.multipoints(rng.uniform((WEST, SOUTH), (EAST, NORTH), (count, 2)))
    cells = shapely.get_parts(shapely.voronoi_polygons(seeds, extend_to=box))
    cells = shapely.segmentize(shapely.intersection(cells, box), 0.002)

    def bend(xy):
        x, y = xy.T
        inside = np.clip(np.minimum.reduce([x - WEST, EAST - x, y - SOUTH, NORTH - y]) / 0.05, 0, 1)
        return xy + 0.002 * inside[:, None] * np.stack([np.sin(190 * y) + np.cos(170 * x), np.sin(180 * x) + np.cos(160 * y)], -1)

    cells = shapely.transform(cells, bend)
    middle = shapely.centroid(cells)
    cells = cells[np.lexsort((shapely.get_x(middle), shapely.get_y(middle)))]
    assert shapely.is_valid(cells).all(), "a bent cell crosses itself"
    codes = [f"SYN-C{i:04d}" for i in range(1, len(cells) + 1)]
    geoparquet(DATA / "polygons.parquet", pa.table({"code": codes, "geometry": pa.array(shapely.to_wkb(cells), pa.binary()),
                                                    "bbox": bbox_column(cells)}), ["Polygon"])
    collection(path, (f'{{"type":"Feature","id":"{c}","properties":{{"code":"{c}"}},"geometry":{g}}}' for c, g in zip(codes, shapely.to_geojson(cells))))
    print("polygons:", len(cells), "mean corners:", round(float(shapely.get_num_coordinates(cells).mean())))


SINGLE = {"load": (load, "load.csv"), "latest": (latest, "latest.csv"), "minutes": (minutes, "minutes.csv"),
          "parcels": (parcels, "parcels.geojson"), "points": (points, "points.geojson"), "polygons": (polygons, "polygons.geojson")}


def main():
    asked = sys.argv[1:] or list(SINGLE)
    if asked[0] == "series":
        for n in map(int, asked[1:]) if asked[1:] else range(AMOUNT["series"][3]):
            series(n)
        return
    for name in asked:
        make, file = SINGLE[name]
        if not (DATA / file).exists():
            unfinished = DATA / (file + ".part")
            make(unfinished)
            unfinished.rename(DATA / file)
            print(f"{file:20} {size_mb(DATA / file):10} MB", flush=True)


if __name__ == "__main__":
    main()
