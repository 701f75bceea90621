"""Protocols beside those who speak one of them: vector tiles, raster tiles, a STAC search, SensorThings pages, downloads.

    python outlets.py [tiles stac raster things download]        all of them when none is named

Each answer is checked before it is timed. Tiles are asked for once each where they are to be uncached; the same few,
over and over, where they are to be cached. Everything asked about is made up.
"""
import json
import math
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import node
from asked import get, launch, measure, stop, stop_all, unavailable, wrk
from common import AMOUNT, CORES, DATA, SEED, SIZE, WORK, peak_memory, record, spread
from http_peers import PGPORT, URL, version

PORT = int(os.environ.get("BENCH_PEER_PORT", "18181"))
BASE = f"http://127.0.0.1:{PORT}"
FOLDER = WORK / SIZE / "outlets"                    # a node of its own, so that the one that others read stays as it is
LEVELS = range(10, 15)
ITEM_FILES, ITEM_DAYS = 20, 50 if SIZE == "S" else 250
SIDE = 2048 if SIZE == "S" else 8192                # pixels of a side of the raster


def tile_at(lon, lat, level):
    size, y = 2 ** level, math.radians(lat)
    return int((lon + 180) / 360 * size), int((1 - math.asinh(math.tan(y)) / math.pi) / 2 * size)


def tiles_over(west, south, east, north, levels, seed=7):
    """Every tile of these levels over a box as (level, x, y), in an order that is always the same and mixes them."""
    found = []
    for level in levels:
        (left, top), (right, bottom) = tile_at(west, north, level), tile_at(east, south, level)
        found += [(level, x, y) for x in range(left, right + 1) for y in range(top, bottom + 1)]
    random.Random(seed).shuffle(found)
    return found


def once_each(line, server, what, paths, clients):
    """Every path at most once: runs over parts of the list that follow each other, none longer than the server is quick."""
    for path in paths[:5]:
        get(server.base, path)
    rest, runs, share = paths[5:], [], (len(paths) - 5) // AMOUNT["runs"]
    with peak_memory(server.pid) as peak:
        for run in range(AMOUNT["runs"]):
            part = rest[run * share:(run + 1) * share]
            runs.append(wrk(server.base, part, clients, AMOUNT["seconds"]))
            if runs[-1]["requests"] > len(part):
                print(f"{server.peer} went through its {len(part)} paths more than once: some answers came from a cache", flush=True)
    requests = sum(r["requests"] for r in runs)
    record(line, server.peer, what, "ms", [r["p50"] for r in runs], p99=spread([r["p99"] for r in runs]), clients=clients, requests=requests,
           per_s=round(requests / sum(r["seconds"] for r in runs), 1), answer_kb=round(sum(r["kb"] for r in runs) / requests, 1),
           failed=sum(r["not_2xx"] + r["broken"] for r in runs), peak_mb=peak["mb"])


def environment(name, *packages):
    """A Python environment of one peer; `None` when it cannot be had."""
    folder = WORK / name
    if (folder / "bin/python").exists():
        return folder
    made = subprocess.run([sys.executable, "-m", "venv", folder], check=False).returncode == 0 and subprocess.run(
        [folder / "bin/pip", "install", "-q", "--disable-pip-version-check", *packages], check=False).returncode == 0
    if not made:
        shutil.rmtree(folder, ignore_errors=True)
    return folder if made else None


def postgres(what="start"):
    return subprocess.run([Path(__file__).with_name("postgres.sh"), what], env={**os.environ, "BENCH_WORK": str(WORK), "BENCH_SIZE": SIZE}, check=False).returncode == 0


# Vector tiles ------------------------------------------------------------------------------------------------------

def tiles():
    from generate import EAST, NORTH, SOUTH, WEST
    every = tiles_over(WEST, SOUTH, EAST, NORTH, LEVELS)
    same = every[:200]
    servers = [(lambda: node.serve(), "/ogc/collections/parcel/tiles/WebMercatorQuad/{z}/{y}/{x}", "MVT of 1 M parcels, features dropped where they are too many")]
    if postgres():
        servers.append((tipg, "/collections/public.parcel/tiles/WebMercatorQuad/{z}/{x}/{y}", "MVT by PostGIS"))
        binary = os.environ.get("MARTIN") or shutil.which("martin") or str(WORK / "cargo/bin/martin")
        if os.path.exists(binary):
            servers.append((lambda: martin(binary), "/parcel/{z}/{x}/{y}", "MVT by PostGIS, cached by Martin"))
        else:
            unavailable("tiles-new-1", "Martin", "MVT by PostGIS", "not built here: `bench/setup.sh martin`")
    for start, form, what in servers:
        server = start()
        paths = [form.format(z=z, x=x, y=y) for z, x, y in every]
        assert len(get(server.base, next(p for p, t in zip(paths, every) if t[0] == 14))) >= 0
        once_each("tiles-new-1", server, what, paths, 1)
        once_each("tiles-new-100", server, what, list(reversed(paths)), 100)
        measure("tiles-known-1", server, what, [form.format(z=z, x=x, y=y) for z, x, y in same], 1)
        measure("tiles-known-100", server, what, [form.format(z=z, x=x, y=y) for z, x, y in same], 100)
        stop(server)


def tipg():
    return launch(version("venv-tipg", "tipg"), [WORK / "venv-tipg/bin/uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port", str(PORT),
                  "--workers", str(CORES), "--log-level", "warning"], BASE, "/collections/public.parcel/items/1?f=geojson", WORK / SIZE / "tipg.log",
                  DATABASE_URL=URL, TIPG_MAX_FEATURES_PER_TILE="10000")


def martin(binary):
    name = "Martin " + subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    return launch(name, [binary, "--listen-addresses", f"127.0.0.1:{PORT}", "--workers", str(CORES), URL], BASE, "/catalog", WORK / SIZE / "martin.log")


# STAC --------------------------------------------------------------------------------------------------------------

def grids():
    """NetCDF files of small daily grids: each step becomes an item of the collection."""
    import numpy as np
    from scipy.io import netcdf_file
    files = []
    for number in range(ITEM_FILES):
        path = DATA / f"daily-{number:02d}.nc"
        files.append(path)
        if path.exists():
            continue
        rng = np.random.default_rng([SEED, 9, number])
        with netcdf_file(path, "w") as file:
            file.Conventions, file.title = b"CF-1.8", b"synthetic daily salinity"
            for name, size in (("time", ITEM_DAYS), ("lat", 8), ("lon", 8)):
                file.createDimension(name, size)
            def axis(name, values, **attributes):
                variable = file.createVariable(name, "d", (name,))
                variable[:] = values
                for key, value in attributes.items():
                    setattr(variable, key, value)
            axis("time", np.arange(ITEM_DAYS), units=b"days since 2020-01-01", standard_name=b"time")
            axis("lat", 8.6 + number // 5 * 0.6 + np.arange(8) * 0.06, units=b"degrees_north", standard_name=b"latitude")
            axis("lon", 104.5 + number % 5 * 0.45 + np.arange(8) * 0.05, units=b"degrees_east", standard_name=b"longitude")
            salinity = file.createVariable("salinity", "f", ("time", "lat", "lon"))
            salinity[:] = rng.uniform(0, 30, (ITEM_DAYS, 8, 8))
            salinity.units = b"g/L"
    return files


def outlets_node():
    """A node with the collections of items and of one large raster."""
    if not (FOLDER / "made").exists():
        shutil.rmtree(FOLDER, ignore_errors=True)
        for dataset in ("daily", "raster"):
            node.add(dataset, "coverage", data=FOLDER)
        for file in grids():
            node.cuulong("load", file, "--dataset", "daily", data=FOLDER)
        node.cuulong("load", big_raster(), "--dataset", "raster", data=FOLDER)
        (FOLDER / "made").write_text("")
    return node.serve(FOLDER)


def stac():
    server = outlets_node()
    total = ITEM_FILES * ITEM_DAYS
    found = json.loads(get(server.base, "/stac/search?collections=daily&limit=1"))
    assert found["numberMatched"] == total, found.get("numberMatched")
    rng = random.Random(7)
    questions = []
    for _ in range(300):
        x, y, day = rng.uniform(104.5, 106.3), rng.uniform(8.7, 10.6), rng.randint(0, ITEM_DAYS - 11)
        first, last = (time.strftime("%Y-%m-%dT00:00:00Z", time.gmtime(1577836800 + 86400 * d)) for d in (day, day + 10))
        questions.append(f"/search?collections=daily&bbox={x:.3f},{y:.3f},{x + 0.5:.3f},{y + 0.5:.3f}&datetime={first}/{last}&limit=20")
    measure("stac-search", server, f"{total:,} items: box, days, 20 a page", ["/stac" + q for q in questions], items=total)
    pages, link = [], f"{server.base}/stac/collections/daily/items?limit=1000"
    while link:
        page = json.loads(urllib.request.urlopen(link).read())
        pages += page["features"]
        link = next((l["href"] for l in page["links"] if l["rel"] == "next"), None)
    collection = json.loads(get(server.base, "/stac/collections/daily"))
    wanted = [len(json.loads(get(server.base, "/stac" + q))["features"]) for q in questions[:20]]
    stop(server)
    place = environment("venv-stac", "stac-fastapi.pgstac>=7", "pypgstac[psycopg]", "uvicorn[standard]")
    if not place or not postgres():
        return unavailable("stac-search", "stac-fastapi-pgstac", "", "stac-fastapi.pgstac or PostgreSQL is not installed")
    where = {"PGHOST": "127.0.0.1", "PGPORT": PGPORT, "PGUSER": "bench", "PGPASSWORD": "bench", "PGDATABASE": "pgstac"}
    where |= {"POSTGRES_HOST": "127.0.0.1", "POSTGRES_HOST_READER": "127.0.0.1", "POSTGRES_HOST_WRITER": "127.0.0.1", "POSTGRES_PORT": PGPORT,
              "POSTGRES_USER": "bench", "POSTGRES_PASS": "bench", "POSTGRES_DBNAME": "pgstac"}
    (WORK / SIZE / "collection.ndjson").write_text(json.dumps(collection) + "\n")
    (WORK / SIZE / "items.ndjson").write_text("".join(json.dumps(item) + "\n" for item in pages))
    psql = ["psql", "-h", "127.0.0.1", "-p", PGPORT, "-U", "bench", "-qAt"]
    if not subprocess.run([*psql, "-d", "postgres", "-c", "SELECT 1 FROM pg_database WHERE datname='pgstac'"], capture_output=True, text=True, check=True).stdout.strip():
        subprocess.run([*psql, "-d", "postgres", "-c", "CREATE DATABASE pgstac"], check=True)
        run = lambda *words: subprocess.run([place / "bin/pypgstac", *map(str, words)], env={**os.environ, **where}, check=True)
        run("migrate")
        run("load", "collections", WORK / SIZE / "collection.ndjson", "--method", "insert")
        run("load", "items", WORK / SIZE / "items.ndjson", "--method", "insert")
        subprocess.run([*psql, "-d", "pgstac", "-c", "ANALYZE"], check=True)
    peer = launch(version("venv-stac", "stac-fastapi.pgstac"), [place / "bin/uvicorn", "stac_fastapi.pgstac.app:create_app", "--factory", "--host", "127.0.0.1", "--port", str(PORT),
                  "--workers", str(CORES), "--log-level", "warning"], BASE, "/", WORK / SIZE / "stac.log", **where)
    theirs = [len(json.loads(get(peer.base, q))["features"]) for q in questions[:20]]
    assert theirs == wanted, f"the peer finds {theirs}, the node {wanted}"
    measure("stac-search", peer, f"{total:,} items: box, days, 20 a page", questions, items=total)
    stop(peer)


# Raster tiles ------------------------------------------------------------------------------------------------------

def big_raster():
    """A smooth salinity of the delta, GeoTIFF, float32."""
    path = DATA / "salinity.tif"
    if not path.exists():
        place = environment("venv-titiler", "titiler.application", "uvicorn[standard]")
        script = f"""
import numpy, rasterio
from rasterio.transform import from_bounds
side = {SIDE}
x, y = numpy.meshgrid(numpy.linspace(0, 9, side, dtype='f4'), numpy.linspace(0, 9, side, dtype='f4'))
rng = numpy.random.default_rng({SEED})
values = (15 + 12 * numpy.sin(x) * numpy.cos(y * 1.3) + rng.normal(0, 0.4, x.shape)).clip(0, 35).astype('f4')
with rasterio.open({str(path)!r}, 'w', driver='GTiff', width=side, height=side, count=1, dtype='float32', crs='EPSG:4326', nodata=-9999,
                   transform=from_bounds(104.4, 8.5, 106.9, 11.1, side, side), compress='deflate', tiled=True) as file:
    file.write(values, 1)
"""
        subprocess.run([place / "bin/python", "-c", script], check=True)
    return path


def raster():
    place = environment("venv-titiler", "titiler.application", "uvicorn[standard]")
    server = outlets_node()
    every = tiles_over(104.5, 8.6, 106.8, 11.0, range(8, 14))
    form = "/ogc/collections/raster/map/tiles/WebMercatorQuad/{z}/{y}/{x}?f=png"
    paths = [form.format(z=z, x=x, y=y) for z, x, y in every]
    assert get(server.base, paths[0])[:4] == b"\x89PNG"
    once_each("raster-1", server, "PNG with the scale of the property", paths, 1)
    once_each("raster-16", server, "PNG with the scale of the property", list(reversed(paths)), 16)
    item = json.loads(get(server.base, "/v1/datasets/raster/coverages"))["items"][0]
    name = item.get("item") or item["id"]
    cog = DATA / "salinity-cog.tif"                              # the very file that the node reads
    cog.write_bytes(get(server.base, f"/v1/datasets/raster/coverages/{name}/file"))
    stop(server)
    if not place:
        return unavailable("raster-1", "TiTiler", "", "titiler.application is not installed")
    peer = launch(version("venv-titiler", "titiler.application"), [place / "bin/uvicorn", "titiler.application.main:app", "--host", "127.0.0.1", "--port", str(PORT),
                  "--workers", str(CORES), "--log-level", "warning"], BASE, "/healthz", WORK / SIZE / "titiler.log", GDAL_CACHEMAX="200",
                  GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", VSI_CACHE="TRUE", GDAL_NUM_THREADS="1")
    form = "/cog/tiles/WebMercatorQuad/{z}/{x}/{y}.png?url=" + str(cog) + "&rescale=0,35&colormap_name=viridis"
    paths = [form.format(z=z, x=x, y=y) for z, x, y in every]
    assert get(peer.base, paths[0])[:4] == b"\x89PNG"
    once_each("raster-1", peer, "PNG, rescaled, viridis", paths, 1)
    once_each("raster-16", peer, "PNG, rescaled, viridis", list(reversed(paths)), 16)
    stop(peer)


# SensorThings and downloads ----------------------------------------------------------------------------------------

def things():
    """Among all the series, at the size of the run 10^8 values."""
    server = node.serve()
    for top in (10, 100):
        path = f"/sta/v1.1/Things?$top={top}&$expand=Datastreams($expand=Observations($top=1;$orderby=phenomenonTime%20desc))"
        page = json.loads(get(server.base, path))["value"]
        assert len(page) == top and all(d["Observations"] for t in page for d in t["Datastreams"]), "a thing, datastream or value is missing"
        measure("expand-two", server, f"{top} things, their datastreams, the latest value of each", [path])
    path = "/sta/v1.1/Observations?$count=true&$top=1"
    count = json.loads(get(server.base, path))["@iot.count"]
    assert count >= math.prod(AMOUNT["series"][:3]), count
    measure("count-things", server, "SensorThings, with one value", [path])


def download():
    """Of large answers the time to the first byte, and the node's memory while 5 GB are taken (or all, where it is less)."""
    for form in ("csv", "geojson", "parquet", "netcdf", "fgb", "xlsx", "gpkg"):
        dataset = "series" if form in ("csv", "parquet", "netcdf") else "parcel"
        server = node.serve()
        url = f"{server.base}/v1/datasets/{dataset}/data?format={form}"
        with peak_memory(server.pid, 0.5) as peak:
            at_rest = peak["mb"]
            start, first, size = time.perf_counter(), None, 0
            try:
                with urllib.request.urlopen(url, timeout=300) as answer:
                    while size < 5 << 30 and (piece := answer.read1(1 << 20)):
                        first = first or time.perf_counter() - start
                        size += len(piece)
            except OSError as error:
                unavailable("download", node.PEER, f"{form} of {dataset}", str(error)[:200])
                stop(server)
                continue
        record("download", node.PEER, f"{form} of {dataset}: first byte", "ms", [first * 1000], seconds=round(time.perf_counter() - start, 1),
               answer_mb=round(size / 1e6), at_rest_mb=at_rest, peak_mb=peak["mb"])
        stop(server)


if __name__ == "__main__":
    try:
        for name in sys.argv[1:] or ["tiles", "stac", "raster", "things", "download"]:
            globals()[name]()
            stop_all()
    finally:
        stop_all()
        postgres("stop")
