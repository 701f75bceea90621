"""DuckDB in the process that asks, and DuckDB with its spatial extension.

    python embedded.py series FILE…      appends files of the series to DuckDB's own file
    python embedded.py settle            sorts it, writes the sorted Parquet that DuckDB and PostgreSQL read
    python embedded.py load | read | space          each task in its own process
    python embedded.py task NAME         one task
"""
import random
import resource
import subprocess
import sys
import time
from importlib.metadata import version

from common import AMOUNT, CORES, DATA, OUT, SIZE, WORK, latencies, record, size_mb, spread, sync, times
from generate import PROPERTIES

NATIVE = OUT / "series.duckdb"
PARQUET = OUT / "series.parquet"                     # datastream, time, value, quality; sorted; one row group a series
KINDS = AMOUNT["series"][1]
RUNS = AMOUNT["runs"]


def peak_mb():
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


def duck(file=":memory:", read_only=False):
    import duckdb
    connection = duckdb.connect(str(file), read_only=read_only)
    connection.execute(f"SET threads={CORES}; SET TimeZone='UTC'; SET preserve_insertion_order=true")
    return connection


def peer(what=""):
    return f"DuckDB {version('duckdb')}{what}"


def wide_csv(file, kinds):
    columns = {"place": "VARCHAR", "time": "TIMESTAMPTZ", **{p[0]: "DOUBLE" for p in PROPERTIES[:kinds]}, "quality": "TINYINT"}
    return f"read_csv('{file}', header=true, columns={columns})"


def unpivoted(file, kinds):
    """Rows (datastream, time, value, quality); a datastream's number is its place's number and its property's."""
    names = ", ".join(f'"{p[0]}"' for p in PROPERTIES[:kinds])
    numbers = " ".join(f"WHEN '{p[0]}' THEN {n}" for n, p in enumerate(PROPERTIES[:kinds], 1))
    return f"""SELECT (place.n - 1) * {kinds} + CASE property {numbers} END AS datastream, time, value, quality
        FROM (UNPIVOT {wide_csv(file, kinds)} ON {names} INTO NAME property VALUE value) AS w JOIN place ON place.id = w.place"""


def place_table(connection, count):
    from generate import places
    connection.execute("CREATE TABLE IF NOT EXISTS place (n BIGINT, id VARCHAR)")
    if connection.execute("SELECT count(*) FROM place").fetchone()[0] == 0:
        connection.executemany("INSERT INTO place VALUES (?, ?)", [(n, id) for n, id in enumerate(places(count), 1)])


def series(files):
    connection = duck(NATIVE)
    place_table(connection, AMOUNT["series"][0])
    connection.execute("CREATE TABLE IF NOT EXISTS arrived (datastream BIGINT, time TIMESTAMPTZ, value DOUBLE, quality TINYINT)")
    for file in files:
        connection.execute(f"INSERT INTO arrived {unpivoted(file, KINDS)}")


def settle():
    """What a careful user does after loading: one table in order of series and time; and the same as Parquet."""
    connection = duck(NATIVE)
    connection.execute("SET memory_limit='8GB'")
    connection.execute(f"""COPY (SELECT * FROM arrived ORDER BY datastream, time) TO '{PARQUET}'
        (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {AMOUNT['series'][2]})""")
    connection.close()
    NATIVE.unlink()                                  # a file that held the rows unsorted would stay as large
    connection = duck(NATIVE)
    place_table(connection, AMOUNT["series"][0])
    seconds = times(lambda: connection.execute(f"CREATE TABLE observation AS SELECT * FROM '{PARQUET}'; CHECKPOINT"), 1)
    for name, kinds, places in (("latest", AMOUNT["latest"][1], AMOUNT["latest"][0]), ("minutes", 1, 1)):
        connection.execute("DELETE FROM place")
        place_table(connection, places)
        connection.execute(f"CREATE TABLE {name} AS SELECT * FROM ({unpivoted(DATA / f'{name}.csv', kinds)}) ORDER BY datastream, time")
        connection.execute(f"COPY {name} TO '{OUT / name}.parquet' (FORMAT parquet, COMPRESSION zstd)")
    connection.execute("CHECKPOINT")
    record("series-load", peer(), "its own file, from its own sorted Parquet", "s", seconds, disk_mb=size_mb(NATIVE), parquet_mb=size_mb(PARQUET))


# ---------------------------------------------------------------- load

CSV = """read_csv('{}', header=true, columns={{'station_code':'VARCHAR','property':'VARCHAR','time':'TIMESTAMPTZ','value':'DOUBLE','unit':'VARCHAR'}})"""


def load_parquet():
    connection, target = duck(), OUT / "duckdb-load.parquet"

    def copy():
        connection.execute(f"COPY (SELECT * FROM {CSV.format(DATA / 'load.csv')} ORDER BY station_code, property, time) TO '{target}' (FORMAT parquet, COMPRESSION zstd)")
        sync(target)

    seconds = times(copy, RUNS)
    rows = connection.execute(f"SELECT count(*) FROM '{target}'").fetchone()[0]
    record("load", peer(), "CSV to zstd Parquet, sorted, unchecked, fsync", "s", seconds, rows=rows, per_s=round(rows / spread(seconds)["median"]),
           disk_mb=size_mb(target), peak_mb=peak_mb())
    target.unlink()


def load_native():
    file, seconds = OUT / "duckdb-load.duckdb", []
    for _ in range(RUNS):
        file.unlink(missing_ok=True)
        connection = duck(file)
        seconds += times(lambda: connection.execute(f"CREATE TABLE o AS SELECT * FROM {CSV.format(DATA / 'load.csv')} ORDER BY station_code, property, time; CHECKPOINT"), 1)
        connection.close()
    rows = AMOUNT["load"][0] * 5 * AMOUNT["load"][1]
    record("load", peer(), "CSV to its own file, sorted, unchecked, checkpoint", "s", seconds, rows=rows, per_s=round(rows / spread(seconds)["median"]),
           disk_mb=size_mb(file), peak_mb=peak_mb())
    file.unlink()


# ---------------------------------------------------------------- read

def months_of(hours):
    return [(start.strftime("%Y-%m-%d"), until.strftime("%Y-%m-%d")) for start, until in __import__("node").months(hours)]


def month_reads(connection, line, what, table, disk):
    spans, count = months_of(AMOUNT["series"][2]), AMOUNT["series"][0] * KINDS
    query = f"SELECT time, value FROM {table} WHERE datastream = ? AND time >= ?::TIMESTAMPTZ AND time < ?::TIMESTAMPTZ ORDER BY time"
    rng, ms = random.Random(7), []
    for turn in range(320):
        request = (rng.randint(1, count), *rng.choice(spans))
        start = time.perf_counter()
        rows = len(connection.execute(query, request).fetchnumpy()["time"])
        ms.append((time.perf_counter() - start) * 1000)
        assert 672 <= rows <= 744, (request, rows)
    record(line, peer(), what, "ms", latencies(ms[20:]), disk_mb=size_mb(disk), peak_mb=peak_mb())


def read_month_parquet():
    connection = duck()
    connection.execute("SET parquet_metadata_cache=true")
    month_reads(connection, "month-series-1", "in process, from Parquet", f"'{PARQUET}'", PARQUET)


def read_month_native():
    month_reads(duck(NATIVE, True), "month-series-1", "in process, from its own file", "observation", NATIVE)


def read_monthly():
    connection = duck(NATIVE, True)
    for what, table in (("from Parquet", f"'{PARQUET}'"), ("from its own file", "observation")):
        query = f"SELECT datastream, date_trunc('month', make_timestamp(epoch_us(time))) AS month, avg(value) AS mean FROM {table} GROUP BY ALL"
        groups, check = connection.execute(f"SELECT count(*), sum(mean) FROM ({query})").fetchone()
        record("monthly", peer(), f"in process, {what}", "s", times(lambda: connection.execute(query).fetchnumpy(), RUNS), groups=groups,
               check=round(check, 3), peak_mb=peak_mb())


def timed_ms(line, what, action, **extra):
    ms = [second * 1000 for second in times(action, 10)]
    record(line, peer(), what, "ms", latencies(ms[1:]), peak_mb=peak_mb(), **extra)


def read_latest():
    connection = duck(NATIVE, True)
    query = "SELECT datastream, max(time) AS time, arg_max(value, time) AS value FROM latest GROUP BY datastream"
    assert len(connection.execute(query).fetchall()) == AMOUNT["latest"][0] * AMOUNT["latest"][1]
    timed_ms("latest", "in process, from its own file", lambda: connection.execute(query).fetchnumpy())


def read_count():
    connection = duck(NATIVE, True)
    timed_ms("count", "in process, from its own file", lambda: connection.execute("SELECT count(*) FROM observation").fetchone())
    some = f"SELECT count(*) FROM observation WHERE (datastream - 1) % {KINDS} = 1 AND time >= '2013-02-01 00:00Z' AND time <= '2013-12-31 23:00Z'"
    timed_ms("count-some", "in process, from its own file", lambda: connection.execute(some).fetchone())


def read_buckets():
    connection = duck(NATIVE, True)
    query = """WITH span AS (SELECT min(epoch_us(time)) AS a, max(epoch_us(time)) + 1 AS b FROM minutes)
        SELECT (epoch_us(time) - a) * 500 // (b - a) AS bucket, count(*), min(value), arg_min(time, value), max(value), arg_max(time, value),
        arg_min(value, time), arg_max(value, time), min(time), max(time), avg(value) FROM minutes, span GROUP BY 1 ORDER BY 1"""
    assert len(connection.execute(query).fetchall()) == 500
    timed_ms("buckets", "in process, from its own file", lambda: connection.execute(query).fetchnumpy())


def read_stream():
    connection = duck(NATIVE, True)
    for line, form in (("stream-csv", "csv"), ("stream-json", "json")):
        target = OUT / f"duckdb-stream.{form}"
        query = f"COPY (SELECT * FROM minutes ORDER BY time LIMIT {AMOUNT['rows']}) TO '{target}' (FORMAT {form})"
        record(line, peer(), "in process, four columns, to a file", "s", times(lambda: connection.execute(query), RUNS), rows=AMOUNT["rows"],
               answer_kb=round(size_mb(target) * 1000), peak_mb=peak_mb())
        target.unlink()


# ---------------------------------------------------------------- space: run by the environment that holds the extension

def spatial():
    """Loads the extension from the folder a package put it in; DuckDB checks its signature (unsigned ones stay refused)."""
    import sysconfig
    from pathlib import Path
    extension = next(Path(sysconfig.get_path("purelib")).glob("duckdb_extension_spatial/**/spatial.duckdb_extension"))
    connection = duck()
    connection.execute(f"LOAD '{extension}'")
    return connection


def space_join():
    connection = spatial()
    query = f"""SELECT c.code, count(*) FROM '{DATA}/points.parquet' p JOIN '{DATA}/polygons.parquet' c
                ON ST_Contains(c.geometry, p.geometry) GROUP BY c.code"""
    counts = connection.execute(query).fetchall()
    record("join", peer(" spatial"), "in process, from GeoParquet", "s", times(lambda: connection.execute(query).fetchall(), RUNS),
           matched=sum(n for _, n in counts), polygons=len(counts), peak_mb=peak_mb())


def space_bbox():
    connection = spatial()
    boxes = [tuple(map(float, line.split(","))) for line in (DATA / "boxes.txt").read_text().split()]
    query = f"""SELECT id, code, land_use, commune, area_m2, surveyed, salinity_class, ST_AsGeoJSON(geometry) FROM '{DATA}/parcels.parquet'
                WHERE bbox.xmin <= ? AND bbox.xmax >= ? AND bbox.ymin <= ? AND bbox.ymax >= ? LIMIT 1000"""
    ms = []
    for west, south, east, north in boxes[:50]:
        start = time.perf_counter()
        connection.execute(query, (east, west, north, south)).fetchall()
        ms.append((time.perf_counter() - start) * 1000)
    record("bbox-1", peer(" spatial"), "in process, rows with GeoJSON geometry, from GeoParquet in file order", "ms", latencies(ms),
           disk_mb=size_mb(DATA / "parcels.parquet"), peak_mb=peak_mb())


def main():
    group, *rest = sys.argv[1:]
    if group == "task":
        return globals()[rest[0]]()
    if group in ("series", "settle"):
        return globals()[group](*([rest] if rest else []))
    python = WORK / ("venv-spatial" if group == "space" else "venv") / "bin/python"
    for name in [name for name in globals() if name.startswith(group + "_")]:
        if subprocess.run([python, __file__, "task", name], check=False).returncode:
            print(f"FAILED {name}", file=sys.stderr)


if __name__ == "__main__":
    main()
