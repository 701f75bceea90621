"""Writes RESULTS.md (of size L RESULTS-L.md) from the rows that were measured: medians, spread, ratio to the best peer, floors and goals.

    python report.py
"""
import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

from common import AMOUNT, OUT, ROOT, ROWS, SIZE, WORK, machine

US = "Cửu Long"
# line: (what is done, whether less is better, floor, goal). Floors and goals are ratios to the best peer of the
# run (ours / theirs), or absolute figures, as the design has them (section 11).
LINES = {
    "load": ("CSV of long observations, checked, sorted by series, durable", True, "≤ 1.43 × DuckDB, ≤ 0.2 × PostgreSQL", "≤ 1 × DuckDB"),
    "series-load": ("The series that are read below, taken in", True, "", ""),
    "month-series-1": ("One series, one month, one client", True, "p50 ≤ 2 ms over HTTP", "≤ 1 ms"),
    "month-series-16": ("One series, one month, 16 clients", True, "", "≤ PostgreSQL"),
    "month-load-1": ("The same out of the 10 M of the load, one client", True, "", ""),
    "month-load-16": ("The same, 16 clients", True, "", ""),
    "latest": ("Latest value of 10 000 series", True, "< 200 ms", ""),
    "count": ("Exact count", True, "< 50 ms", ""),
    "buckets": ("1 M points to 500 buckets, extremes kept", True, "< 50 ms", ""),
    "stream-csv": ("360 000 values with qualifiers, CSV", True, "< 300 ms", ""),
    "stream-json": ("360 000 values with qualifiers, JSON", True, "< 300 ms", ""),
    "monthly": ("Monthly means of all series", True, "≤ 1.3 × DuckDB on Parquet", "≤ 1 × DuckDB's own file"),
    "expand-observations": ("A page of SensorThings with `$expand` of observations", True, "", ""),
    "expand-things": ("A page of SensorThings with `$expand` of datastreams", True, "", ""),
    "space-load": ("Parcels taken in", True, "", ""),
    "count-some": ("Exact count of one property in a year", True, "", ""),
    "bbox-1": ("1 000 parcels in a box, GeoJSON", True, "≥ 5 × faster than tipg and pygeoapi", "≤ PostGIS alone"),
    "bbox-16": ("The same, 16 clients", True, "", ""),
    "item-1": ("One parcel by its id", True, "≤ 1 × tipg", "≤ 0.5 ms"),
    "item-16": ("The same, 16 clients", True, "", ""),
    "join": ("Points in polygons", True, "≤ 1 × DuckDB spatial", "≥ 3 × faster"),
    "write-single": ("Single observations from 64 clients, durable", False, "≥ 10 000/s", "≥ 30 000/s"),
    "write-batch": ("Batches of 1 000 from 64 clients, durable", False, "≥ 50 000/s", ""),
    "catalogue-list": (f"{AMOUNT['catalogue'][0]:,} datasets × {AMOUNT['catalogue'][1]} users: list", True, "< 200 ms", ""),
    "catalogue-search": ("The same: search", True, "< 200 ms", ""),
    "catalogue-register": ("The same: register one more", True, "< 100 ms", ""),
    "planning": ("A question over `observation` beside datasets that it excludes", True, "flat", ""),
    "commits": ("Commits, one after the other", True, "flat", ""),
    "start": ("Start to first answer", True, "≤ 1 s", "≤ 0.3 s"),
    "idle": ("Idle memory", True, "≤ 150 MB", "≤ 80 MB"),
    "binary": ("Size of the program", True, "", ""),
    "cluster": ("Monthly statistics of all series on a cluster, executors of one thread", True, "", "two in half the time of one"),
    "workbook": ("A workbook of 50 MB, all its cells", True, "≤ 1 × pandas with calamine", ""),
    "layers": ("A GeoPackage of polygons, brought to WGS 84", True, "≤ 1 × ogr2ogr", ""),
    "memory-csv": ("Peak memory: CSV, and ten times as large", True, "", ""),
    "memory-txt": ("The same: text of fixed width", True, "", ""),
    "memory-xlsx": ("The same: workbook", True, "", ""),
    "memory-parquet": ("The same: Parquet", True, "", ""),
    "memory-json": ("The same: SensorThings", True, "", ""),
    "memory-xml": ("The same: WaterML", True, "", ""),
    "memory-load": ("Peak memory of a load: as many values as are held, and ten times as many", True, "flat", ""),
    "tiles-new-1": ("Vector tiles of levels 10 to 14, each asked for once, one client", True, "≤ 1 × the better of tipg and Martin", ""),
    "tiles-new-100": ("The same, 100 clients", True, "no errors", ""),
    "tiles-known-1": ("Vector tiles asked for again, one client", True, "≤ 1 × the better of tipg and Martin", ""),
    "tiles-known-100": ("The same, 100 clients", True, "no errors", ""),
    "stac-search": ("STAC search by box and days", True, "≥ 3 × stac-fastapi-pgstac", ""),
    "raster-1": ("Raster tiles of levels 8 to 13, each asked for once, one client", True, "≥ 2 × TiTiler", ""),
    "raster-16": ("The same, 16 clients", True, "", ""),
    "expand-two": ("A page of SensorThings with two levels of `$expand`", True, "≤ 20 ms", ""),
    "count-things": ("`$count` of all observations", True, "≤ 20 ms", ""),
    "download": ("Whole datasets as files: first byte", True, "≤ 200 ms", ""),
    "leaving": ("A statement whose asker has gone away", True, "≤ 100 ms", ""),
    "fairness": ("Station-month reads beside a hostile user", True, "p99 moves < 20 %", ""),
}


def at_most(most):
    return lambda row, rows: row["median"] <= most


def at_least(least):
    return lambda row, rows: row["median"] >= least


def times(factor, *peers, what=""):
    """No more than so many times the figure of the best of these peers; nothing is said when none of them was measured."""
    def judge(row, rows):
        theirs = [r["median"] for r in rows if "median" in r and r["unit"] == row["unit"] and what in r["what"] and r["peer"].startswith(peers)]
        return row["median"] <= factor * min(theirs) if theirs else None
    return judge


def both(one, other):
    def judge(row, rows):
        said = [judge(row, rows) for judge in (one, other)]
        return False if False in said else None if None in said else True
    return judge


def flat(row, rows):
    """The figure with most around it against the one with least, in the median: no more than half as much again."""
    ours = [r["median"] for r in rows if r["peer"] == US and "median" in r]
    return max(ours) <= 1.5 * min(ours) if len(ours) > 1 else None


def calm(row, rows):
    """The reads beside the hostile user against those of the quiet node."""
    p99 = {r["what"].split()[0]: r["p99"]["median"] for r in rows if r["peer"] == US and isinstance(r.get("p99"), dict)}
    return p99["beside"] < 1.2 * p99["quiet"] if {"beside", "quiet"} <= p99.keys() else None


def without_errors(row, rows):
    return row.get("failed") == 0


# line: (whether the floor is met, whether the goal is), each with the row and all rows of the line; as the texts above say.
JUDGES = {
    "load": (both(times(1.43, "DuckDB"), times(0.2, "PostgreSQL")), times(1, "DuckDB")),
    "month-series-1": (at_most(2), at_most(1)),
    "month-series-16": (None, times(1, "PostgreSQL")),
    "latest": (at_most(200), None),
    "count": (at_most(50), None),
    "buckets": (at_most(50), None),
    "stream-csv": (at_most(0.3), None),
    "stream-json": (at_most(0.3), None),
    "monthly": (times(1.3, "DuckDB", what="Parquet"), times(1, "DuckDB", what="its own file")),
    "bbox-1": (times(0.2, "tipg", "pygeoapi"), times(1, "PostgreSQL")),
    "item-1": (times(1, "tipg"), at_most(0.5)),
    "join": (times(1, "DuckDB"), times(1 / 3, "DuckDB")),
    "write-single": (at_least(10_000), at_least(30_000)),
    "write-batch": (at_least(50_000), None),
    "catalogue-list": (at_most(200), None),
    "catalogue-search": (at_most(200), None),
    "catalogue-register": (at_most(100), None),
    "planning": (flat, None),
    "commits": (flat, None),
    "memory-load": (flat, None),
    "start": (at_most(1), at_most(0.3)),
    "idle": (at_most(150), at_most(80)),
    "workbook": (times(1, "pandas"), None),
    "layers": (times(1, "ogr2ogr"), None),
    "tiles-new-1": (times(1, "tipg", "Martin"), None),
    "tiles-new-100": (without_errors, None),
    "tiles-known-1": (times(1, "tipg", "Martin"), None),
    "tiles-known-100": (without_errors, None),
    "stac-search": (times(1 / 3, "stac-fastapi"), None),
    "raster-1": (times(1 / 2, "titiler"), None),
    "expand-two": (at_most(20), None),
    "count-things": (at_most(20), None),
    "download": (at_most(200), None),
    "leaving": (lambda row, rows: row["most_ms"] <= 100, None),
    "fairness": (calm, None),
}


def verdict(line, row, rows):
    """What of floor and goal is met."""
    if row["peer"] != US or "median" not in row:
        return ""
    said = []
    for name, judge in zip(("floor", "goal"), JUDGES.get(line, (None, None))):
        met = judge(row, rows) if judge else None
        if met is not None:
            said.append(f"{name} met" if met else f"**{name} missed**")
    return ", ".join(said)


def number(value):
    if value >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"


def cell(row):
    if "missing" in row:
        return f"— ({row['missing']})"
    if "median" not in row:
        return ""
    text = f"{number(row['median'])} {row['unit']}"
    if row.get("runs", 1) > 1:
        text += f" ({number(row['min'])}–{number(row['max'])})"
    if isinstance(row.get("p99"), dict):
        text += f", p99 {number(row['p99']['median'])}"
    elif "p99" in row:
        text += f", p99 {number(row['p99'])}"
    if row.get("files"):
        text += f", {row['files']} files"
    for word in ("failed", "refused"):
        if row.get(word):
            text += f", {row[word]} {word}"
    return text + (" *" if row.get("busy") else "")


def ratio(row, rows, less):
    """How many times better than the best peer doing the same, above 1 is better."""
    def comparable(other):
        return other["peer"] != US and "median" in other and other["unit"] == row["unit"] and other.get("clients", 1) == row.get("clients", 1)
    peers = [r for r in rows if comparable(r)]
    if row["peer"] != US or "median" not in row or not peers or not row["median"]:
        return ""
    best = min(peers, key=lambda r: r["median"]) if less else max(peers, key=lambda r: r["median"])
    times = best["median"] / row["median"] if less else row["median"] / best["median"]
    return f"{times:.2f} × {best['peer']} ({best['what'][:40]})"


def main():
    rows = json.loads(ROWS.read_text())
    order = {line: at for at, line in enumerate(LINES)}
    lines = sorted({r["line"] for r in rows}, key=lambda line: (order.get(line, 99), line))
    out = ["# Results", "",
           f"Size {SIZE} (`{json.dumps(AMOUNT)}`), written {time.strftime('%Y-%m-%d %H:%M', time.gmtime())} UTC by `cargo xtask bench`. "
           "All data are synthetic. How to read this: [README.md](README.md).", "",
           "Figures are medians (least–most); over HTTP the p50 of requests in ms, with the p99. "
           "`×` compares with the best peer that does the same in the same unit: above 1 this node is better. "
           "`*`: a compiler ran on the machine meanwhile, so the figure is no baseline. "
           "Lines may come from runs of several days (`at` in `results.json`), on machines that differ by a third in speed: compare within a line.", ""]
    for name, value in machine().items():
        out.append(f"- {name}: {value}")
    out += ["", "| work | who | what | figure | × best peer | floor | goal | verdict | disk MB | peak MB |", "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"]
    for line in lines:
        title, less, floor, goal = LINES.get(line, (line, True, "", ""))
        here = [r for r in rows if r["line"] == line]
        here.sort(key=lambda r: (r["peer"] != US, r["peer"], r["what"]))
        for at, row in enumerate(here):
            ours = row["peer"] == US
            out.append("| " + " | ".join([title if at == 0 else "", row["peer"], row["what"], cell(row), ratio(row, here, less),
                                            floor if ours else "", goal if ours else "", verdict(line, row, here), str(row.get("disk_mb", "")), str(row.get("peak_mb", ""))]) + " |")
    # A thousand million values are measured of their own, beside the table of everything.
    of_size = "-L" if SIZE == "L" else ""
    (ROOT / "bench" / f"RESULTS{of_size}.md").write_text("\n".join(out) + "\n")
    shutil.copy(ROWS, ROOT / "bench" / f"results{of_size}.json")
    print(f"bench/RESULTS{of_size}.md: {len(rows)} measurements")


if __name__ == "__main__":
    sys.exit(main())
