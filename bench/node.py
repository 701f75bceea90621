"""The Cửu Long node: taking in what the inputs hold, and the lines of the table over HTTP.

    python node.py prepare            registers datasets and loads everything but the series
    python node.py series FILE…       loads files of the series
    python node.py load read space write catalogue growth start fair        the groups of lines
"""
import json
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.parse
from datetime import datetime, timedelta, timezone
from pathlib import Path

import cluster
import fairness
from asked import get, launch, measure, post, stop_all, unavailable, whole, wrk
from common import AMOUNT, DATA, NODE, OUT, ROOT, SIZE, WORK, latencies, peak_memory, pss_mb, record, run_measured, size_mb, spread
from generate import PROPERTIES

BINARY = Path(os.environ.get("CUULONG", ROOT / "target/release/cuulong"))
PORT = int(os.environ.get("BENCH_PORT", "18180"))
BASE = f"http://127.0.0.1:{PORT}"
FIRST = datetime(2012, 12, 31, 17, tzinfo=timezone.utc)       # the first hour of every series
PEER = "Cửu Long"


def environment():
    config = WORK / SIZE / "cuulong.toml"
    if not config.exists():
        config.write_text('query_seconds = 60\n')             # so that a slow statement shows its time; everything else is default
    return {**os.environ, "CUULONG_CONFIG": str(config), "CUULONG_LANG": "en"}


def cuulong(*arguments, data=NODE):
    """Runs the command on a folder: seconds, peak memory in MB, what it printed."""
    return run_measured([BINARY, "--data", data, *arguments], env=environment())


def offers(command):
    return subprocess.run([BINARY, command, "--help"], capture_output=True, check=False).returncode == 0


def serve(data=NODE, first="/readyz"):
    return launch(PEER, [BINARY, "--data", data, "serve", "--listen", f"127.0.0.1:{PORT}"], BASE, first, WORK / SIZE / "node.log", **environment())


def add(dataset, kind="observations", data=NODE):
    cuulong("dataset", "add", dataset, "--kind", kind, "--agency", "cuulong", "--title", f"Số liệu giả lập để đo: {dataset}",
            "--access", "open", data=data)


def mapping(name, text):
    path = WORK / SIZE / f"{name}.toml"
    path.write_text(text)
    return path


LONG = """version = 1
kind = "observations"
[place]
column = "station_code"
[time]
columns = ["time"]
[[value]]
column = "value"
property = { column = "property" }
unit = { column = "unit" }
"""


def wide(kinds):
    values = "".join(f'[[value]]\ncolumn = "{p[0]}"\nproperty = "{p[0]}"\nunit = "{p[1]}"\n' for p in PROPERTIES[:kinds])
    return f'version = 1\nkind = "observations"\n[place]\ncolumn = "place"\n[time]\ncolumns = ["time"]\n[quality]\ncolumn = "quality"\n{values}'


def features(**attributes):
    return 'version = 1\nkind = "features"\n' + "".join(f'[[attribute]]\nname = "{n}"\ntype = "{t}"\n' for n, t in attributes.items())


def take(dataset, file, text, data=NODE):
    """Hands in a file; nothing may be refused."""
    seconds, peak, said = cuulong("load", file, "--dataset", dataset, "--mapping", mapping(dataset, text), data=data)
    assert " 0 refused" in said, said[-1000:]
    return seconds, peak


def prepare():
    shutil.rmtree(NODE, ignore_errors=True)
    for dataset in ("series", "load", "latest", "minutes", "arrivals"):
        add(dataset)
    for dataset in ("parcel", "point", "polygon"):
        add(dataset, "features")
    take("load", DATA / "load.csv", LONG)
    take("latest", DATA / "latest.csv", wide(AMOUNT["latest"][1]))
    take("minutes", DATA / "minutes.csv", wide(1))
    shape = features(code="text", land_use="text", commune="text", area_m2="number", surveyed="time", salinity_class="integer")
    record("space-load", PEER, f"{AMOUNT['parcels']:,} parcels, GeoJSON checked and sorted, durable", "s", [take("parcel", DATA / "parcels.geojson", shape)[0]],
           disk_mb=size_mb(NODE / "lake/parcel"))
    take("point", DATA / "points.geojson", features(n="integer"))
    take("polygon", DATA / "polygons.geojson", features(code="text"))


def series(files):
    """The series, file after file; how long each took is kept for the table."""
    book = WORK / SIZE / "series.json"
    seen = json.loads(book.read_text()) if book.exists() else []
    for file in files:
        seconds, peak = take("series", file, wide(AMOUNT["series"][1]))
        seen.append({"seconds": seconds, "peak_mb": peak})
        book.write_text(json.dumps(seen))
        print(f"{file}: {seconds:.1f} s", flush=True)


def settle():
    """After the series: compaction where the node has it, and the totals as a line."""
    count, kinds, hours, parts = AMOUNT["series"]
    seen = json.loads((WORK / SIZE / "series.json").read_text())
    if offers("compact"):
        compact = cuulong("compact")[0]
        record("series-load", PEER, "compaction of everything afterwards", "s", [compact])
    total = sum(part["seconds"] for part in seen)
    record("series-load", PEER, f"{count * kinds * hours:,} values as {parts} wide CSV, checked, sorted, durable", "s", [total],
           each_s=spread([part["seconds"] for part in seen]), per_s=round(count * kinds * hours / total), disk_mb=size_mb(NODE / "lake/series"),
           originals_mb=size_mb(NODE / "originals"), peak_mb=max(part["peak_mb"] for part in seen))


def load():
    places, hours = AMOUNT["load"]
    rows, seconds, peaks = places * 5 * hours, [], []
    folder = OUT / "node-load"
    for _ in range(AMOUNT["runs"]):
        shutil.rmtree(folder, ignore_errors=True)
        add("load", data=folder)
        took, peak = take("load", DATA / "load.csv", LONG, data=folder)
        seconds.append(took)
        peaks.append(peak)
    record("load", PEER, "CSV to a version: read, mapped, checked, sorted, original kept, durable", "s", seconds, rows=rows,
           per_s=round(rows / spread(seconds)["median"]), disk_mb=size_mb(folder / "lake"), originals_mb=size_mb(folder / "originals"), peak_mb=max(peaks))
    shutil.rmtree(folder, ignore_errors=True)


def months(hours):
    """The whole UTC months within the first `hours`."""
    end, out = FIRST + timedelta(hours=hours), []
    year, month = 2013, 1
    while True:
        start = datetime(year, month, 1, tzinfo=timezone.utc)
        year, month = year + month // 12, month % 12 + 1
        until = datetime(year, month, 1, tzinfo=timezone.utc)
        if until > end:
            return out
        out.append((start, until))


def stamp(time):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ")


def streams(dataset):
    return [s["id"] for s in json.loads(get(BASE, f"/v1/datasets/{dataset}/datastreams"))["items"]]


def station_months(dataset, hours, form, count=300, seed=7):
    rng = random.Random(seed)
    known, spans = streams(dataset), months(hours)
    for _ in range(count):
        stream, (start, until) = rng.choice(known), rng.choice(spans)
        yield form.format(dataset=dataset, stream=stream, start=stamp(start), until=stamp(until), last=stamp(until - timedelta(hours=1)))


JSON_FORM = "/v1/datasets/{dataset}/observations?datastream={stream}&datetime={start}/{last}&limit=1000"
CSV_FORM = "/v1/datasets/{dataset}/observations?datastream={stream}&datetime={start}/{last}&format=csv"
STA_FORM = ("/sta/v1.1/Datastreams({stream})/Observations?$filter=phenomenonTime%20ge%20{start}%20and%20phenomenonTime%20lt%20{until}"
            "&$top=1000&$select=phenomenonTime,result")
FORMS = [(STA_FORM, "time and result, SensorThings JSON"), (CSV_FORM, "all columns with provenance, CSV"),
         (JSON_FORM, "all columns, each value with its trace, JSON")]


def read():
    server = serve()
    places, hours = AMOUNT["load"]
    for form, what in FORMS[:1]:
        paths = list(station_months("load", hours, form)) if months(hours) else []
        if paths:
            assert 672 <= get(BASE, paths[0]).count(b"phenomenonTime") <= 745, "a month of hours is missing"
            for clients in (1, 16):
                measure(f"month-load-{clients}", server, f"{what}", paths, clients, rows=places * 5 * hours)
    count, kinds, hours, _ = AMOUNT["series"]
    for form, what in FORMS:
        paths = list(station_months("series", hours, form))
        for clients in (1, 16):
            measure(f"month-series-{clients}", server, f"{what}", paths, clients)
    places, kinds, _ = AMOUNT["latest"]
    assert json.loads(get(BASE, "/v1/datasets/latest/latest"))["total"] == places * kinds
    measure("latest", server, "JSON, each value with its trace", ["/v1/datasets/latest/latest"])
    total = json.loads(get(BASE, "/v1/datasets/series/observations?limit=1"))["total"]
    assert total == count * AMOUNT["series"][1] * hours, total
    measure("count", server, "JSON, with one value", ["/v1/datasets/series/observations?limit=1"])
    measure("count-some", server, "JSON, with one value", ["/v1/datasets/series/observations?limit=1&property=salinity&datetime=2013-02-01T00:00:00Z/2013-12-31T23:00:00Z"])
    buckets = json.loads(get(BASE, "/v1/datasets/minutes/observations/buckets?buckets=500"))
    assert sum(b["count"] for b in buckets["items"]) == AMOUNT["minutes"], "a bucket lost values"
    measure("buckets", server, "count, extremes and ends with their times, mean", ["/v1/datasets/minutes/observations/buckets?buckets=500"])
    last = FIRST + timedelta(minutes=AMOUNT["rows"] - 1)
    span = f"datetime={stamp(FIRST)}/{stamp(last)}"
    assert get(BASE, f"/v1/datasets/minutes/observations?format=csv&{span}").count(b"\n") >= AMOUNT["rows"]
    whole("stream-csv", server, "all columns with qualifiers and provenance", f"/v1/datasets/minutes/observations?format=csv&{span}", rows=AMOUNT["rows"])
    sql = f"SELECT * FROM minutes WHERE phenomenon_time <= TIMESTAMP '{stamp(last)}' ORDER BY phenomenon_time"
    whole("stream-json", server, "all columns with qualifiers and provenance", "/v1/sql?format=json&sql=" + urllib.parse.quote(sql), rows=AMOUNT["rows"])
    sql = "SELECT datastream, date_trunc('month', phenomenon_time) AS month, avg(result) AS mean FROM series GROUP BY 1, 2"
    answer = asked_sql(sql, "csv")
    assert answer.count(b"\n") > count * kinds, answer[:300]
    whole("monthly", server, "SQL over HTTP, Arrow", sql_request(sql, "arrow"), runs=AMOUNT["runs"])
    measure("expand-observations", server, "100 datastreams with their last 10 observations", ["/sta/v1.1/Datastreams?$top=100&$expand=Observations($top=10;$orderby=phenomenonTime%20desc)"])
    measure("expand-things", server, "100 things with all their datastreams", ["/sta/v1.1/Things?$top=100&$expand=Datastreams"])


def sql_request(sql, form):
    body = json.dumps({"sql": sql, "format": form, "max_rows": 1_000_000})
    return ["-X", "POST", "-H", "content-type: application/json", "-d", body, BASE + "/v1/sql"]


def asked_sql(sql, form):
    return subprocess.run(["curl", "-sS", "--max-time", "120", *sql_request(sql, form)], capture_output=True, check=True).stdout


def space():
    server = serve()
    boxes = (DATA / "boxes.txt").read_text().split()
    answer = json.loads(get(BASE, f"/ogc/collections/parcel/items?bbox={boxes[0]}&limit=1000"))
    assert len(answer["features"]) == 1000, len(answer["features"])
    assert json.loads(get(BASE, "/ogc/collections/parcel/items/77"))["properties"]["code"] == "SYN-0000077"
    rng = random.Random(7)
    single = [f"/ogc/collections/parcel/items/{rng.randint(1, AMOUNT['parcels'])}" for _ in range(1000)]
    for clients in (1, 16):
        measure(f"bbox-{clients}", server, "GeoJSON with numberMatched", [f"/ogc/collections/parcel/items?bbox={box}&limit=1000" for box in boxes], clients,
                disk_mb=size_mb(NODE / "lake/parcel"))
        measure(f"item-{clients}", server, "GeoJSON", single, clients)
    sql = "SELECT c.code, count(*) AS n FROM polygon AS c JOIN point AS p ON ST_Contains(c.geometry, p.geometry) GROUP BY c.code"
    start = time.perf_counter()
    answer = asked_sql(sql, "csv")
    if answer.startswith(b"{"):
        problem = json.loads(answer)
        return unavailable("join", PEER, "SQL over HTTP", f"not finished in {time.perf_counter() - start:.0f} s: {problem.get('detail', '')}")
    matched = sum(int(row.rsplit(b",", 1)[1]) for row in answer.splitlines()[1:])
    whole("join", server, "SQL over HTTP", sql_request(sql, "arrow"), matched=matched)


def start():
    server, seconds = None, []
    for _ in range(3):
        if server:
            stop_all()
        server = serve(first="/ogc/collections/parcel/items/77")
        seconds.append(server.started_s)
    record("start", PEER, "start to first answer (an item)", "s", seconds)
    time.sleep(3)
    record("idle", PEER, "idle memory (PSS)", "MB", [pss_mb(server.pid)])
    record("binary", PEER, "size of the binary", "MB", [size_mb(BINARY)], stripped_mb=stripped())


def stripped():
    copy = OUT / "cuulong-stripped"
    done = subprocess.run(["strip", "-o", str(copy), str(BINARY)], capture_output=True, check=False)
    if done.returncode:
        return None
    size = size_mb(copy)
    copy.unlink()
    return size


def write():
    """Singles from 64 clients and batches of 1 000 to a scratch node, so that the node that is read stays as it is."""
    from writers import write as run
    run(serve, cuulong, add)


def catalogue():
    from catalogue import catalogue as run
    run(serve, cuulong, PORT)


def growth():
    """What grows and must not: planning beside many datasets, commits after many commits."""
    from catalogue import commits, planning
    planning(serve, cuulong, lambda dataset, file, data: take(dataset, file, LONG, data=data), add, PORT)
    commits(serve, add, PORT)


def fair():
    """Station-month reads of a visitor, quiet and beside another who runs the worst statements on eight connections."""
    serve()
    quiet, counting, busy = fairness.compare("127.0.0.1", PORT, "load", seconds=2 + 2 * AMOUNT["seconds"], rounds=AMOUNT["runs"])
    for what, rows in (("quiet", quiet), ("no hostile user, but processes of the lowest rank that only count", counting),
                       ("beside a hostile user on 8 connections", busy)):
        record("fairness", PEER, what, "ms", [row["p50_ms"] for row in rows], p99=spread([row["p99_ms"] for row in rows]))


def leaving():
    """Statements whose asker goes away."""
    from leaving import leave
    serve()
    times = leave("127.0.0.1", PORT, "load", AMOUNT["runs"])
    record("leaving", PEER, f"until nothing works on, most of {len(times)}: {max(times):.0f} ms", "ms", latencies(times), most_ms=max(times))


def shared():
    """A scan of the loaded values on one executor and on two."""
    program = BINARY.with_name("cuulong-cluster")
    if not program.exists():
        return unavailable("cluster", PEER, "", "not built: `cargo xtask cluster --release`")
    found = cluster.measure(str(program), str(NODE), "load", AMOUNT["runs"])
    for what, seconds in found["seconds"].items():
        record("cluster", PEER, what, "s", seconds)


if __name__ == "__main__":
    asked = sys.argv[1:]
    try:
        if asked[0] == "series":
            series(asked[1:])
        else:
            for name in asked:
                globals()[name]()
                stop_all()
    finally:
        stop_all()
