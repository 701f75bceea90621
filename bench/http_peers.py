"""tipg, pygeoapi and Martin in front of the PostgreSQL that postgres.py filled. The client is wrk.

    python http_peers.py [tipg pygeoapi martin]      one worker a core; each is stopped afterwards
"""
import json
import os
import random
import shutil
import subprocess
import sys

from asked import get, measure, serve, stop, stop_all, unavailable
from common import AMOUNT, CORES, DATA, SIZE, WORK

PGPORT = os.environ.get("BENCH_PGPORT", "54339")
URL = f"postgresql://bench@127.0.0.1:{PGPORT}/bench"
PORT = int(os.environ.get("BENCH_PEER_PORT", "18181"))
BASE = f"http://127.0.0.1:{PORT}"


def version(venv, package):
    done = subprocess.run([WORK / venv / "bin/pip", "show", package], capture_output=True, text=True, check=False)
    return next(f"{package} {line.split()[1]}" for line in done.stdout.splitlines() if line.startswith("Version:"))


def features(server, items, extra):
    boxes = (DATA / "boxes.txt").read_text().split()
    answer = json.loads(get(BASE, f"{items}?bbox={boxes[0]}&limit=1000{extra}"))
    assert len(answer["features"]) == 1000, f"{len(answer['features'])} features"
    assert json.loads(get(BASE, f"{items}/77?{extra[1:]}"))["properties"]["code"] == "SYN-0000077"
    rng = random.Random(7)
    single = [f"{items}/{rng.randint(1, AMOUNT['parcels'])}?{extra[1:]}" for _ in range(1000)]
    for clients in (1, 16):
        measure(f"bbox-{clients}", server, "OGC API Features, GeoJSON", [f"{items}?bbox={box}&limit=1000{extra}" for box in boxes], clients)
        measure(f"item-{clients}", server, "OGC API Features, GeoJSON", single, clients)


def tipg():
    server = serve(version("venv-tipg", "tipg"), [WORK / "venv-tipg/bin/uvicorn", "tipg.main:app", "--host", "127.0.0.1", "--port", str(PORT),
                   "--workers", str(CORES), "--log-level", "warning"], BASE, "/collections/public.parcel/items/1?f=geojson", WORK / SIZE / "tipg.log", DATABASE_URL=URL)
    features(server, "/collections/public.parcel/items", "&f=geojson")
    stop(server)


def pygeoapi():
    data = {"host": "127.0.0.1", "port": int(PGPORT), "dbname": "bench", "user": "bench", "password": "", "search_path": ["public"]}
    config = {
        "server": {"bind": {"host": "127.0.0.1", "port": PORT}, "url": BASE, "mimetype": "application/json; charset=UTF-8", "encoding": "utf-8",
                   "languages": ["en-US"], "pretty_print": False, "gzip": False, "limits": {"default_items": 10, "max_items": 10000},
                   "map": {"url": "https://tile.invalid/{z}/{x}/{y}.png", "attribution": "none"}},
        "logging": {"level": "ERROR"},
        "metadata": {"identification": {"title": "bench", "description": "bench", "keywords": ["bench"], "keywords_type": "theme",
                                        "terms_of_service": "none", "url": BASE}, "license": {"name": "none", "url": BASE},
                     "provider": {"name": "bench", "url": BASE}, "contact": {"name": "bench", "email": "bench@example.org"}},
        "resources": {"parcel": {
            "type": "collection", "title": "parcel", "description": "synthetic parcels", "keywords": ["parcel"], "links": [],
            "extents": {"spatial": {"bbox": [104.4, 8.5, 106.9, 11.1], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
            "providers": [{"type": "feature", "name": "PostgreSQL", "data": data, "id_field": "id", "table": "parcel", "geom_field": "geom"}]}}}
    folder = WORK / SIZE
    (folder / "pygeoapi.yml").write_text(json.dumps(config))               # JSON is YAML
    env = {"PYGEOAPI_CONFIG": str(folder / "pygeoapi.yml"), "PYGEOAPI_OPENAPI": str(folder / "pygeoapi-openapi.yml")}
    with open(folder / "pygeoapi-openapi.yml", "w") as file:
        subprocess.run([WORK / "venv-pygeoapi/bin/pygeoapi", "openapi", "generate", folder / "pygeoapi.yml"], env={**os.environ, **env}, stdout=file, check=True)
    server = serve(version("venv-pygeoapi", "pygeoapi"), [WORK / "venv-pygeoapi/bin/gunicorn", "-w", str(CORES), "-b", f"127.0.0.1:{PORT}", "--timeout", "120",
                   "pygeoapi.flask_app:APP"], BASE, "/collections/parcel/items/1?f=json", folder / "pygeoapi.log", **env)
    features(server, "/collections/parcel/items", "&f=json")
    stop(server)


def martin():
    """Tiles come with the node's own tiles; until then Martin stands for a small server: start and memory."""
    binary = os.environ.get("MARTIN") or shutil.which("martin") or str(WORK / "cargo/bin/martin")
    if not os.path.exists(binary):
        return unavailable("start", "Martin", "", "not built here: `bench/setup.sh martin`")
    name = "Martin " + subprocess.run([binary, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    stop(serve(name, [binary, "--listen-addresses", f"127.0.0.1:{PORT}", "--workers", str(CORES), URL], BASE, "/parcel/14/0/0", WORK / SIZE / "martin.log"))


if __name__ == "__main__":
    try:
        for peer in sys.argv[1:] or ["tipg", "pygeoapi", "martin"]:
            globals()[peer]()
    finally:
        stop_all()
