"""Libraries of Python that speak PostgreSQL's protocol in their own way read a node: asyncpg (everything prepared and
in binary), pg8000 (a client without libpq), ADBC (rows as COPY in binary, into Arrow)."""
import asyncio
import datetime
import io
import json
import sys
import urllib.parse
import urllib.request
import uuid

import adbc_driver_postgresql.dbapi
import asyncpg
import pg8000.native
import psycopg

port, url = sys.argv[1:3]
place = {"host": "127.0.0.1", "port": int(port), "user": "public", "database": "cuulong"}
UTC = datetime.timezone.utc


def over_http(sql):
    with urllib.request.urlopen(f"{url}/v1/sql?" + urllib.parse.urlencode({"sql": sql})) as answer:
        return json.load(answer)["rows"]


total = over_http("select count(*) as n from salinity_2h")[0]["n"]
[here, there] = [row["place"] for row in over_http("select distinct place from salinity_2h order by 1 limit 2")]
of = {
    row["place"]: row["n"]
    for row in over_http("select place, count(*) as n from salinity_2h group by place order by place")
}


async def by_asyncpg():
    connection = await asyncpg.connect(**place, ssl=False)
    value = connection.fetchval
    # Lists, in the ways that they are written.
    for asked in ("place = any($1::text[])", "place = any($1)", "not place <> all($1)"):
        found = await value(f"select count(*) from salinity_2h where {asked}", [here, there])
        assert found == of[here] + of[there], (asked, found)
    assert await value("select count(*) from salinity_2h where place = any($1)", []) == 0
    assert await value("select count(*) from salinity_2h where place <> all($1)", []) == total
    assert await value("select count(*) from salinity_2h where quality = any($1::int[])", [1, 2, 3, 4, 9]) == total
    # Every type there and back.
    sent = (
        1, 2, 1.5, "Độ mặn", datetime.date(2020, 2, 29), datetime.datetime(2020, 2, 29, 1, 2, 3, 4, tzinfo=UTC),
        True, datetime.timedelta(days=1, seconds=5), datetime.time(1, 2, 3), None,
    )
    row = await connection.fetchrow(
        "select $1::int, $2::bigint, $3::float8, $4::text, $5::date, $6::timestamptz, $7::boolean, $8::interval, "
        "$9::time, $10::text",
        *sent,
    )
    assert tuple(row) == sent, tuple(row)
    # Types that are found out from what they stand beside.
    begin = datetime.datetime(2020, 2, 1, tzinfo=UTC)
    found = await connection.fetch(
        "select place, max(result) as most from salinity_2h where phenomenon_time >= $1 and result > $2 "
        "group by place order by place limit $3",
        begin, 0.5, 2,
    )
    assert len(found) == 2 and isinstance(found[0]["most"], float), found
    prepared = await connection.prepare("select place, result, phenomenon_time from salinity_2h where place = $1")
    types = [attribute.type.name for attribute in prepared.get_attributes()]
    assert types == ["text", "float8", "timestamptz"], types
    # A type that is not among PostgreSQL's own, for which asyncpg asks the catalogue.
    shapes = await connection.fetch("select geometry, name from monitoring_stations limit 2")
    assert shapes[0]["geometry"].startswith("0101000020E6100000"), shapes
    assert await value("select array_agg(distinct place order by place) from salinity_2h") == sorted(of)
    # A cursor, some rows at a time, and COPY.
    async with connection.transaction(readonly=True):
        rows = [row async for row in connection.cursor("select datastream from salinity_2h", prefetch=500)]
        assert len(rows) == total, len(rows)
    copied = io.BytesIO()
    await connection.copy_from_query(
        "select place from salinity_2h where result >= $1", -1.0, output=copied, format="csv"
    )
    assert copied.getvalue().count(b"\n") == total
    # A statement that takes too long is cancelled, and the connection goes on.
    heavy = "select count(*) from salinity_2h a, salinity_2h b, salinity_2h c where a.result + b.result + c.result < 1"
    try:
        await connection.fetch(heavy, timeout=1)
        raise AssertionError("it was not cancelled")
    except asyncio.TimeoutError:
        assert await value("select 1") == 1
    for statement, error in [
        ("select * from hidden", asyncpg.UndefinedTableError),
        ("delete from place", asyncpg.ReadOnlySQLTransactionError),
        ("select nothing from place", asyncpg.UndefinedColumnError),
    ]:
        try:
            await connection.execute(statement)
            raise AssertionError(statement)
        except error:
            pass
    await connection.close()


asyncio.run(by_asyncpg())

connection = pg8000.native.Connection(**place)
rows = connection.run(
    "select place, count(*) from salinity_2h where place = any(:p) and result >= :r group by place order by place",
    p=[here, there], r=-1.0,
)
assert [tuple(row) for row in rows] == [(here, of[here]), (there, of[there])], rows
# The driver tells no type of whole numbers.
assert connection.run("select :d, :b, :n, :i::int", d=datetime.date(2020, 1, 1), b=True, n=None, i=5)[0][3] == 5
connection.close()

with adbc_driver_postgresql.dbapi.connect(f"postgresql://public@127.0.0.1:{port}/cuulong") as connection:
    with connection.cursor() as cursor:
        cursor.execute("select * from salinity_2h")
        table = cursor.fetch_arrow_table()
        assert table.num_rows == total and str(table.schema.field("result").type) == "double", table.schema
        assert str(table.schema.field("phenomenon_time").type).startswith("timestamp[us, tz=UTC"), table.schema
        cursor.execute("select count(*) from salinity_2h where place = $1", (here,))
        assert cursor.fetchone() == (of[here],)
        cursor.execute("select * from monitoring_stations")
        assert cursor.fetch_arrow_table().num_rows > 10
    schema = connection.adbc_get_table_schema("salinity_2h")
    assert "phenomenon_time" in schema.names, schema
    assert connection.adbc_get_objects(depth="all").read_all().num_rows >= 1

with psycopg.connect(f"host=127.0.0.1 port={port} user=public dbname=cuulong") as connection:
    # Lists as psycopg sends them, in text and in binary.
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        found = cursor.execute("select count(*) from salinity_2h where place = any(%s)", ([here, there],)).fetchone()
        assert found == (of[here] + of[there],), found
        span, number = datetime.timedelta(hours=3), uuid.uuid4()
        row = cursor.execute("select %s::interval, %s::text", (span, str(number))).fetchone()
        assert row == (span, str(number)), row
    # A place in metres, and not in degrees.
    [(metres, degrees)] = connection.execute(
        "select st_distance('POINT(105 10)'::geography, 'POINT(106 10)'::geography), "
        "st_distance('POINT(105 10)'::geometry, 'POINT(106 10)'::geometry)"
    ).fetchall()
    assert abs(metres - 109_639.32) < 0.5 and degrees == 1, (metres, degrees)
    [shape] = connection.execute("select st_asgeojson(geometry)::json from monitoring_stations limit 1").fetchone()
    assert shape["type"] == "Point" and len(shape["coordinates"]) == 2, shape
    [collection] = connection.execute(
        "select json_build_object('type', 'FeatureCollection', 'features', json_agg(json_build_object('type', "
        "'Feature', 'geometry', st_asgeojson(geometry)::json, 'properties', json_build_object('name', name)))) "
        "from monitoring_stations"
    ).fetchone()
    assert len(collection["features"]) > 10 and collection["features"][0]["properties"]["name"], collection
print("ok")
