"""psycopg and SQLAlchemy read a node as if it were PostgreSQL."""
import datetime
import json
import sys
import threading
import time
import urllib.parse
import urllib.request

import psycopg
import sqlalchemy

port, key, url = sys.argv[1:4]
place = f"host=127.0.0.1 port={port} dbname=cuulong"


def over_http(sql):
    with urllib.request.urlopen(f"{url}/v1/sql?" + urllib.parse.urlencode({"sql": sql})) as answer:
        return json.load(answer)["rows"]


with psycopg.connect(f"{place} user=lan password={key} sslmode=require") as connection:
    assert connection.info.server_version == 150000, connection.info.server_version
    cursor = connection.cursor()
    # Parameters of every kind, with texts and in binary.
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        row = cursor.execute(
            "select %s::bigint, %s::float8, %s::text, %s::boolean, %s::date, %s",
            (7, 0.25, "Độ mặn; --'\"", True, datetime.date(2020, 2, 29), None),
        ).fetchone()
        assert row == (7, 0.25, "Độ mặn; --'\"", True, datetime.date(2020, 2, 29), None), row
    expected = over_http("select count(*) as n, min(phenomenon_time) as t, sum(result) as s from salinity_2h")[0]
    for binary in (False, True):
        cursor = connection.cursor(binary=binary)
        count, first, total = cursor.execute(
            "select count(*), min(phenomenon_time), sum(result) from salinity_2h where result >= %s", (-1.5,)
        ).fetchone()
        assert count == expected["n"] and abs(total - expected["s"]) < 1e-6 * total, (count, total, expected)
        assert first == datetime.datetime.fromisoformat(expected["t"]), (first, expected)
    # The same statement often enough to be prepared by the client.
    for n in range(8):
        found = connection.execute("select place from place where scheme = %s order by 1 limit %s", ("gso2004", n + 1))
        assert len(found.fetchall()) == n + 1
    # A cursor of the server, a hundred rows at a time.
    with connection.cursor(name="many") as cursor:
        cursor.itersize = 100
        cursor.execute("select datastream from salinity_2h")
        assert sum(1 for _ in cursor) == expected["n"]
    lines = []
    with connection.cursor() as cursor, cursor.copy("copy (select * from property) to stdout (format csv)") as copy:
        for part in copy:
            lines.append(bytes(part))
    assert b"salinity" in b"".join(lines)
    connection.rollback()
    # Mistakes have the classes that clients know, and the session goes on.
    for statement, error in [
        ("select * from hidden", psycopg.errors.UndefinedTable),
        ("delete from place", psycopg.errors.ReadOnlySqlTransaction),
        ("select nothing from place", psycopg.errors.UndefinedColumn),
        ("selec", psycopg.errors.SyntaxError),
    ]:
        try:
            connection.execute(statement)
            raise AssertionError(statement)
        except error:
            connection.rollback()
    # A statement that would run for long is cancelled from another thread.
    heavy = (
        "select count(*) from salinity_2h a, salinity_2h b, salinity_2h c where a.result + b.result + c.result < %s"
    )
    timer = threading.Timer(1.0, connection.cancel)
    timer.start()
    began = time.time()
    try:
        connection.execute(heavy, (1.0,))
        raise AssertionError("it was not cancelled")
    except psycopg.errors.QueryCanceled as error:
        assert "user request" in str(error), error
        assert time.time() - began < 15, time.time() - began
    connection.rollback()
    assert connection.execute("select 1").fetchone() == (1,)
    # Everything as it was known before there was anything.
    connection.execute("set cuulong.as_known_at = '2001-01-01T00:00:00Z'")
    assert connection.execute("select count(*) from salinity_2h").fetchone() == (0,)
    connection.execute("reset cuulong.as_known_at")
    assert connection.execute("select count(*) from salinity_2h").fetchone() == (expected["n"],)

engine = sqlalchemy.create_engine(f"postgresql+psycopg://public@127.0.0.1:{port}/cuulong?sslmode=require")
inspector = sqlalchemy.inspect(engine)
tables = inspector.get_table_names()
assert "salinity_2h" in tables and "place" in tables and "hidden" not in tables, tables
columns = {column["name"]: str(column["type"]) for column in inspector.get_columns("salinity_2h")}
assert columns["result"] == "DOUBLE PRECISION" and columns["place"] == "TEXT", columns
assert columns["phenomenon_time"] == "TIMESTAMP" or "TIMESTAMP" in columns["phenomenon_time"], columns
assert inspector.get_pk_constraint("salinity_2h")["constrained_columns"] == ["datastream", "phenomenon_time"]
assert inspector.get_view_names() == []
table = sqlalchemy.table("salinity_2h", sqlalchemy.column("result"))
with engine.connect() as connection:
    asked = sqlalchemy.select(sqlalchemy.func.count()).where(table.c.result > 1.5)
    above = over_http("select count(*) as n from salinity_2h where result > 1.5")[0]["n"]
    assert connection.execute(asked).scalar() == above
print("ok")
