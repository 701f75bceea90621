"""A layer of polygons: this node's taking in of a GeoPackage beside ogr2ogr's conversion of the same file.

    python layers.py [COUNT]         1 000 000 polygons when absent; ogr2ogr has to be on the path

Both read the same GeoPackage in a zone of VN-2000 (the node brings it to WGS 84, checks it, sorts it along a curve and
commits it durably; ogr2ogr transforms with -t_srs EPSG:4326 and writes Parquet where its build can, else a GeoPackage).
The polygons are made up.
"""
import math
import os
import random
import shutil
import sqlite3
import struct
import subprocess
import sys
import time
from pathlib import Path

from common import DATA, OUT, SEED, WORK, record, run_measured, size_mb

BINARY = Path(os.environ.get("CUULONG", Path(__file__).resolve().parent.parent / "target/release/cuulong"))
COUNT = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
LAYER = DATA / f"parcels_{COUNT}.gpkg"


def polygon(rng):
    """A parcel of about 40 m with 5 to 9 corners, around the middle of Sóc Trăng (EPSG:9209)."""
    x, y = 552_000 + rng.uniform(-15_000, 15_000), 1_061_000 + rng.uniform(-15_000, 15_000)
    corners = rng.randint(5, 9)
    ring = [(x + 20 * math.cos(2 * math.pi * k / corners), y + 20 * math.sin(2 * math.pi * k / corners)) for k in range(corners)]
    ring.append(ring[0])
    body = struct.pack("<BIII", 1, 3, 1, len(ring)) + b"".join(struct.pack("<dd", *c) for c in ring)
    return b"GP\0\x01" + struct.pack("<i", 9209) + body


def generate():
    if LAYER.exists():
        return
    part = LAYER.with_suffix(".part")
    part.unlink(missing_ok=True)
    database = sqlite3.connect(part)
    database.executescript("""
        PRAGMA application_id = 0x47504B47; PRAGMA user_version = 10300; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
        CREATE TABLE gpkg_spatial_ref_sys (srs_name TEXT NOT NULL, srs_id INTEGER PRIMARY KEY, organization TEXT NOT NULL,
            organization_coordsys_id INTEGER NOT NULL, definition TEXT NOT NULL, description TEXT);
        CREATE TABLE gpkg_contents (table_name TEXT PRIMARY KEY, data_type TEXT NOT NULL, identifier TEXT, description TEXT,
            last_change DATETIME, min_x DOUBLE, min_y DOUBLE, max_x DOUBLE, max_y DOUBLE, srs_id INTEGER);
        CREATE TABLE gpkg_geometry_columns (table_name TEXT PRIMARY KEY, column_name TEXT NOT NULL, geometry_type_name TEXT NOT NULL,
            srs_id INTEGER NOT NULL, z TINYINT NOT NULL, m TINYINT NOT NULL);
        CREATE TABLE parcels (fid INTEGER PRIMARY KEY, code TEXT, owner TEXT, area DOUBLE, geom POLYGON);
        INSERT INTO gpkg_contents (table_name, data_type, identifier, srs_id) VALUES ('parcels', 'features', 'parcels', 9209);
        INSERT INTO gpkg_geometry_columns VALUES ('parcels', 'geom', 'POLYGON', 9209, 0, 0);""")
    wkt = subprocess.run(["gdalsrsinfo", "-o", "wkt1", "EPSG:9209"], capture_output=True, text=True, check=False).stdout.strip()
    database.execute("INSERT INTO gpkg_spatial_ref_sys VALUES ('VN-2000 / TM-3 105-30', 9209, 'EPSG', 9209, ?, NULL)", (wkt or "undefined",))
    rng = random.Random(SEED)
    rows = ((n, f"P{n:08d}", f"hộ {n % 9973}", 1256.6, polygon(rng)) for n in range(1, COUNT + 1))
    database.executemany("INSERT INTO parcels VALUES (?, ?, ?, ?, ?)", rows)
    database.commit()
    database.close()
    part.rename(LAYER)


def node():
    folder = WORK / "layers-node"
    shutil.rmtree(folder, ignore_errors=True)
    environment = {**os.environ, "CUULONG_LANG": "en"}
    run_measured([BINARY, "--data", folder, "dataset", "add", "parcels", "--kind", "features", "--agency", "cuulong",
                  "--title", "Thửa giả lập để đo", "--access", "open"], env=environment)
    seconds, memory, printed = run_measured([BINARY, "--data", folder, "load", LAYER, "--dataset", "parcels"], env=environment)
    counted = subprocess.run([BINARY, "--data", folder, "sql", "SELECT count(*) AS n FROM parcels", "--format", "csv"],
                             capture_output=True, text=True, check=True, env=environment).stdout.split()[-1]
    assert int(counted) == COUNT, printed
    return seconds, memory, size_mb(folder / "lake")


def ogr():
    drivers = subprocess.run(["ogr2ogr", "--formats"], capture_output=True, text=True, check=True).stdout
    name, suffix = ("Parquet", "parquet") if "Parquet" in drivers else ("GPKG", "gpkg")
    target = OUT / f"parcels_ogr.{suffix}"
    target.unlink(missing_ok=True)
    seconds, memory, _ = run_measured(["ogr2ogr", "-f", name, "-t_srs", "EPSG:4326", target, LAYER])
    return name, seconds, memory, size_mb(target)


generate()
start = time.perf_counter()
own, own_memory, own_size = node()
name, theirs, their_memory, their_size = ogr()
line = f"{COUNT} polygons from a GeoPackage ({size_mb(LAYER):.0f} MB)"
record("layers", "Cửu Long", line, "s", [own], memory_mb=own_memory, size_mb=own_size)
record("layers", f"ogr2ogr to {name}", line, "s", [theirs], memory_mb=their_memory, size_mb=their_size)
print(f"{line}: Cửu Long {own:.1f} s, {own_memory:.0f} MB; ogr2ogr to {name} {theirs:.1f} s, {their_memory:.0f} MB; "
      f"{theirs / own:.2f} x its speed; {time.perf_counter() - start:.0f} s in all")
