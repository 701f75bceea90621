"""PostgreSQL + PostGIS: prepared statements by pgbench, larger answers by psycopg. postgres.sh starts it.

    python postgres.py prepare           tables stay, so that the HTTP peers can serve them
    python postgres.py load read space write
"""
import os
import random
import subprocess
import sys
import tempfile
import time
from glob import glob
from pathlib import Path

import numpy as np
import psycopg
import pyarrow.parquet as pq
import shapely

from common import AMOUNT, DATA, OUT, SIZE, WORK, latencies, peak_memory, record, spread, times
from embedded import PARQUET
from generate import PROPERTIES, places

PORT = os.environ.get("BENCH_PGPORT", "54339")
PGBENCH = sorted(glob("/usr/lib/postgresql/*/bin/pgbench"))[-1]
POSTMASTER = int((WORK / SIZE / "pg/postmaster.pid").read_text().split()[0])
RUNS, SECONDS, KINDS = AMOUNT["runs"], max(2, AMOUNT["seconds"]), AMOUNT["series"][1]
db = psycopg.connect(f"host=127.0.0.1 port={PORT} user=bench dbname=bench", autocommit=True)


def one(query, *args):
    return db.execute(query, args or None).fetchone()[0]


PEER = "PostgreSQL " + one("SHOW server_version").split()[0]
POSTGIS = f"{PEER} + PostGIS " + one("SELECT PostGIS_Lib_Version()")


def mb(relation, function="pg_total_relation_size"):
    return round(one(f"SELECT {function}(%s::regclass)", relation) / 1e6, 1)


def pgbench(line, what, script, clients=1, peer=PEER, times_per_s=1, **extra):
    """Latencies of one statement, prepared, from pgbench's log of every transaction."""
    with tempfile.TemporaryDirectory() as folder, peak_memory(POSTMASTER) as peak:
        Path(folder, "q.sql").write_text(script)
        subprocess.run([PGBENCH, "-h", "127.0.0.1", "-p", PORT, "-U", "bench", "-n", "-M", "prepared", "-f", "q.sql", "-c", str(clients), "-j", "1",
                        "-T", str(SECONDS), "-l", "--log-prefix=log", "bench"], cwd=folder, check=True, capture_output=True)
        ms = [int(row.split()[2]) / 1000 for log in Path(folder).glob("log.*") for row in open(log)]
    record(line, peer, what, "ms", latencies(ms), clients=clients, per_s=round(times_per_s * len(ms) / SECONDS, 1), peak_mb=peak["mb"], **extra)


def copy_series(table, source):
    """A binary COPY of (datastream, time, value, quality), then the primary key."""
    layout = np.dtype([("fields", ">i2"), ("l1", ">i4"), ("datastream", ">i8"), ("l2", ">i4"), ("time", ">i8"), ("l3", ">i4"), ("value", ">f8"),
                       ("l4", ">i4"), ("quality", ">i2")])
    db.execute(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (datastream bigint, time timestamptz, value double precision, quality smallint)")
    start = time.perf_counter()
    with db.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN (FORMAT binary)") as copy:
        copy.write(b"PGCOPY\n\xff\r\n\0" + bytes(8))
        for batch in pq.ParquetFile(source).iter_batches(batch_size=50_000):
            rows = np.zeros(len(batch), layout)
            rows["fields"], rows["l1"], rows["l2"], rows["l3"], rows["l4"] = 4, 8, 8, 8, 2
            rows["datastream"] = batch["datastream"].to_numpy()
            rows["time"] = batch["time"].cast("int64").to_numpy() - 946_684_800_000_000
            rows["value"], rows["quality"] = batch["value"].to_numpy(), batch["quality"].to_numpy()
            copy.write(rows.tobytes())
        copy.write(b"\xff\xff")
    db.execute(f"ALTER TABLE {table} ADD PRIMARY KEY (datastream, time)")
    seconds = time.perf_counter() - start
    db.execute(f"VACUUM ANALYZE {table}")
    return seconds


def prepare():
    with peak_memory(POSTMASTER) as peak:
        seconds = copy_series("observation", PARQUET)
    record("series-load", PEER, "binary COPY of sorted Parquet + primary key", "s", [seconds], disk_mb=mb("observation"), peak_mb=peak["mb"])
    copy_series("latest", OUT / "latest.parquet")
    copy_series("minutes", OUT / "minutes.parquet")
    for table, count, kinds in (("datastream", AMOUNT["series"][0], KINDS), ("latest_datastream", AMOUNT["latest"][0], AMOUNT["latest"][1])):
        db.execute(f"DROP TABLE IF EXISTS {table}; CREATE TABLE {table} (id bigint PRIMARY KEY, place text, property text, unit text)")
        with db.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for n, place in enumerate(places(count)):
                for k, p in enumerate(PROPERTIES[:kinds], 1):
                    copy.write_row((n * kinds + k, place, p[0], p[1]))
        db.execute(f"CREATE INDEX ON {table} (place)")
        db.execute(f"VACUUM ANALYZE {table}")
    names = ["id", "code", "land_use", "commune", "area_m2", "surveyed", "salinity_class"]
    rows = pq.read_table(DATA / "parcels.parquet")
    shapes("parcel", "id bigint, code text, land_use text, commune text, area_m2 double precision, surveyed date, salinity_class int", "Polygon",
           zip(*(rows[name].to_pylist() for name in names), hex_ewkb(rows["geometry"])))
    rows = pq.read_table(DATA / "points.parquet")
    shapes("point", "id bigint", "Point", zip(rows["id"].to_pylist(), hex_ewkb(rows["geometry"])))
    rows = pq.read_table(DATA / "polygons.parquet")
    shapes("polygon_", "code text", "Polygon", zip(rows["code"].to_pylist(), hex_ewkb(rows["geometry"])))


def hex_ewkb(column):
    return shapely.to_wkb(shapely.set_srid(shapely.from_wkb(column.to_numpy()), 4326), hex=True, include_srid=True)


def shapes(table, columns, kind, rows):
    db.execute(f"DROP TABLE IF EXISTS {table} CASCADE; CREATE TABLE {table} ({columns}, geom geometry({kind}, 4326))")
    start = time.perf_counter()
    with db.cursor() as cursor, cursor.copy(f"COPY {table} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
    db.execute(f"CREATE INDEX {table}_geom ON {table} USING gist (geom)")
    db.execute(f"ALTER TABLE {table} ADD PRIMARY KEY ({columns.split()[0]})")
    seconds = time.perf_counter() - start
    db.execute(f"VACUUM ANALYZE {table}")
    if table == "parcel":
        record("space-load", POSTGIS, "COPY + GiST + primary key", "s", [seconds], disk_mb=mb(table))


def load():
    """COPY by the server from the file, then the b-tree; both are WAL-logged and committed."""
    file, seconds, copied = DATA / "load.csv", [], []
    runs = RUNS if SIZE == "S" else 2
    with peak_memory(POSTMASTER) as peak:
        for _ in range(runs):
            db.execute("DROP TABLE IF EXISTS arrived; CREATE TABLE arrived (station_code text, property text, time timestamptz, value double precision, unit text)")
            start = time.perf_counter()
            with open(file, "rb") as source, db.cursor() as cursor, cursor.copy("COPY arrived FROM STDIN (FORMAT csv, HEADER)") as copy:
                while block := source.read(1 << 20):
                    copy.write(block)
            copied.append(time.perf_counter() - start)
            db.execute("CREATE INDEX arrived_series ON arrived (station_code, property, time)")
            seconds.append(time.perf_counter() - start)
    rows = one("SELECT count(*) FROM arrived")
    record("load", PEER, "COPY + b-tree (station, property, time), unchecked, WAL", "s", seconds, rows=rows, per_s=round(rows / spread(seconds)["median"]),
           copy_s=spread(copied), disk_mb=mb("arrived"), peak_mb=peak["mb"])
    db.execute("VACUUM ANALYZE arrived")
    codes, (count, hours) = places(AMOUNT["load"][0]), AMOUNT["load"]
    months = max(0, int(hours / 730.5) - 1)
    if months:
        script = rf"""\set place random(1, {count})
\set property random(1, 5)
\set month random(0, {months - 1})
SELECT time, value FROM arrived WHERE station_code = (SELECT code FROM load_place WHERE n = :place)
AND property = (ARRAY[{", ".join(f"'{p[0]}'" for p in PROPERTIES[:5])}])[(:property)::int]
AND time >= '2013-01-01Z'::timestamptz + make_interval(months => (:month)::int)
AND time < '2013-01-01Z'::timestamptz + make_interval(months => (:month)::int + 1) ORDER BY time;
"""
        db.execute("DROP TABLE IF EXISTS load_place; CREATE TABLE load_place (n int PRIMARY KEY, code text)")
        with db.cursor() as cursor, cursor.copy("COPY load_place FROM STDIN") as copy:
            for n, code in enumerate(codes, 1):
                copy.write_row((n, code))
        for clients in (1, 16):
            pgbench(f"month-load-{clients}", "prepared, pgbench, stored in order of time", script, clients)
    db.execute("DROP TABLE arrived")


def read():
    count, kinds, hours, _ = AMOUNT["series"]
    month = one("SELECT count(*) FROM observation WHERE datastream = 1 AND time >= '2013-03-01Z' AND time < '2013-04-01Z'")
    assert month == 744, month
    script = rf"""\set stream random(1, {count * kinds})
\set month random(0, {int(hours / 730.5) - 2})
SELECT time, value FROM observation WHERE datastream = :stream AND time >= '2013-01-01Z'::timestamptz + make_interval(months => (:month)::int)
AND time < '2013-01-01Z'::timestamptz + make_interval(months => (:month)::int + 1) ORDER BY time;
"""
    for clients in (1, 16):
        pgbench(f"month-series-{clients}", "prepared, pgbench, stored in order of series", script, clients, disk_mb=mb("observation"))
    pgbench("latest", "prepared, pgbench, one index probe a series", """SELECT d.id, o.time, o.value FROM latest_datastream d
CROSS JOIN LATERAL (SELECT time, value FROM latest WHERE datastream = d.id ORDER BY time DESC LIMIT 1) o;
""")
    counted("count", "SELECT count(*) FROM observation")
    counted("count-some", f"""SELECT count(*) FROM observation WHERE datastream IN (SELECT id FROM datastream WHERE property = 'salinity')
        AND time >= '2013-02-01Z' AND time <= '2013-12-31 23:00Z'""")
    buckets = """WITH span AS (SELECT min(time) AS a, max(time) AS b FROM minutes)
        SELECT width_bucket(extract(epoch FROM time)::float8, extract(epoch FROM a)::float8, extract(epoch FROM b)::float8 + 1, 500) AS bucket,
        count(*), min(value), max(value), min(time), max(time), avg(value) FROM minutes, span GROUP BY 1 ORDER BY 1"""
    assert len(db.execute(buckets).fetchall()) == 500
    ms = [s * 1000 for s in times(lambda: db.execute(buckets).fetchall(), RUNS + 1)][1:]
    record("buckets", PEER, "prepared; without the times of extremes", "ms", latencies(ms))
    for line, query in (("stream-csv", f"COPY (SELECT * FROM minutes ORDER BY time LIMIT {AMOUNT['rows']}) TO STDOUT (FORMAT csv, HEADER)"),
                        ("stream-json", f"COPY (SELECT row_to_json(m) FROM (SELECT * FROM minutes ORDER BY time LIMIT {AMOUNT['rows']}) m) TO STDOUT")):
        size = []

        def drain():
            with db.cursor().copy(query) as copy:
                size.append(sum(len(block) for block in copy))

        record(line, PEER, "four columns, COPY to the client", "s", times(drain, RUNS), rows=AMOUNT["rows"], answer_kb=round(size[0] / 1e3))
    means = "SELECT datastream, date_trunc('month', time) AS month, avg(value) FROM observation GROUP BY 1, 2"
    groups = []
    with peak_memory(POSTMASTER) as peak:
        seconds = times(lambda: groups.append(db.execute(means).fetchall()), RUNS if SIZE == "S" else 1)
    record("monthly", PEER, "SQL", "s", seconds, groups=len(groups[0]), check=round(sum(row[2] for row in groups[0]), 3), peak_mb=peak["mb"])
    pgbench("expand-observations", "one statement, JSON by the server, pgbench", """SELECT json_agg(json_build_object('id', d.id, 'place', d.place, 'property', d.property, 'unit', d.unit, 'Observations', o.list))
FROM (SELECT * FROM datastream ORDER BY id LIMIT 100) d CROSS JOIN LATERAL (SELECT json_agg(json_build_object('phenomenonTime', x.time, 'result', x.value)) AS list
FROM (SELECT time, value FROM observation WHERE datastream = d.id ORDER BY time DESC LIMIT 10) x) o;
""")
    pgbench("expand-things", "one statement, JSON by the server, pgbench", """SELECT json_agg(json_build_object('id', p.place, 'Datastreams', d.list))
FROM (SELECT DISTINCT place FROM datastream ORDER BY place LIMIT 100) p
CROSS JOIN LATERAL (SELECT json_agg(row_to_json(x)) AS list FROM datastream x WHERE x.place = p.place) d;
""")


def counted(line, query):
    total = one(query)
    ms = [s * 1000 for s in times(lambda: one(query), RUNS)]
    record(line, PEER, "SQL", "ms", latencies(ms), total=total)


def space():
    boxes = [tuple(map(float, line.split(","))) for line in (DATA / "boxes.txt").read_text().split()]
    features = """SELECT '{"type":"FeatureCollection","features":[' || string_agg(ST_AsGeoJSON(t.*, 'geom', 7), ',') || ']}'
        FROM (SELECT * FROM parcel WHERE geom && ST_MakeEnvelope(%s, %s, %s, %s, 4326) LIMIT 1000) t"""
    many("bbox-1", "prepared, GeoJSON by the server, no HTTP", features, boxes * 2)
    rng = random.Random(7)
    single = "SELECT ST_AsGeoJSON(t.*, 'geom', 7) FROM (SELECT * FROM parcel WHERE id = %s) t"
    many("item-1", "prepared, GeoJSON by the server, no HTTP", single, [(rng.randint(1, AMOUNT["parcels"]),) for _ in range(2000)])
    join = "SELECT c.code, count(*) FROM polygon_ c JOIN point p ON ST_Contains(c.geom, p.geom) GROUP BY c.code"
    counts = []
    with peak_memory(POSTMASTER) as peak:
        seconds = times(lambda: counts.append(db.execute(join).fetchall()), RUNS)
    record("join", POSTGIS, "SQL, GiST", "s", seconds, matched=sum(n for _, n in counts[0]), polygons=len(counts[0]), peak_mb=peak["mb"])


def many(line, what, query, requests):
    """Latencies of one prepared statement; the first third warms the cache and is not counted."""
    ms, size = [], 0
    with db.cursor(binary=True) as cursor:
        for request in requests:
            start = time.perf_counter()
            answer = cursor.execute(query, request, prepare=True).fetchone()[0]
            ms.append((time.perf_counter() - start) * 1000)
            size += len(answer or "")
    record(line, POSTGIS, what, "ms", latencies(ms[len(requests) // 3:]), answer_kb=round(size / len(ms) / 1000, 1), disk_mb=mb("parcel"))


def write():
    """Durable inserts from 64 connections: what this disk and PostgreSQL allow, with no protocol above."""
    create = "DROP TABLE IF EXISTS arrival; CREATE TABLE arrival (datastream bigint, time timestamptz, value double precision, quality smallint, UNIQUE (datastream, time))"
    db.execute(create)
    pgbench("write-single", "one row a transaction, unique, synchronous commit, pgbench", r"""\set stream random(1, 2000)
\set value random(0, 1000)
INSERT INTO arrival VALUES (:stream, clock_timestamp(), :value, 2) ON CONFLICT DO NOTHING;
""", clients=64)
    db.execute(create)
    pgbench("write-batch", "1 000 rows a transaction made by the server, unique, synchronous commit, pgbench", r"""\set stream random(1, 100000000)
INSERT INTO arrival SELECT :stream, clock_timestamp() + n * interval '1 second', n, 2 FROM generate_series(1, 1000) n ON CONFLICT DO NOTHING;
""", clients=64, times_per_s=1000)
    db.execute("DROP TABLE arrival")


if __name__ == "__main__":
    for task in sys.argv[1:]:
        globals()[task]()
