"""ODBC reads a node, as Excel, Power BI and Tableau do: its catalogue functions, rows, parameters, and statements of the
kinds that these write."""
import datetime
import decimal
import sys

import pyodbc

port, key, driver = sys.argv[1:4]
place = f"Driver={driver};Server=127.0.0.1;Port={port};Database=cuulong;Uid=lan;Pwd={key};sslmode=require;"
for options in ("", "UseDeclareFetch=1;Fetch=50;", "UseServerSidePrepare=1;", "UseServerSidePrepare=0;"):
    connection = pyodbc.connect(place + options, autocommit=True)
    cursor = connection.cursor()
    tables = [row.table_name for row in cursor.tables(tableType="TABLE")]
    assert "salinity_2h" in tables and "hidden" not in tables, tables
    columns = {row.column_name: row.type_name for row in cursor.columns(table="salinity_2h")}
    assert columns["result"] == "float8" and columns["phenomenon_time"] == "timestamptz", columns
    keys = [row[3] for row in cursor.primaryKeys("salinity_2h")]
    assert keys == ["datastream", "phenomenon_time"], keys
    assert list(cursor.foreignKeys("salinity_2h")) == []
    assert [row[8] for row in cursor.statistics("salinity_2h") if row[8]] == keys
    assert len(list(cursor.getTypeInfo())) > 10 and list(cursor.procedures()) == []
    total = cursor.execute("select count(*) from salinity_2h").fetchone()[0]
    rows = cursor.execute("select * from salinity_2h").fetchall()
    assert len(rows) == total > 1000, (len(rows), total)
    since = datetime.datetime(2020, 2, 1)
    asked = "select count(*) from salinity_2h where place = ? and result > ? and phenomenon_time >= ?"
    for bound in (1.5, decimal.Decimal("1.5")):
        assert cursor.execute(asked, "station:cau_noi", bound, since).fetchone()[0] > 100, (options, bound)
    assert tuple(cursor.execute("select ? + 1, ?, ?", 5, "x", None).fetchone()) == (6, "x", None)
    # Excel, Power BI and Tableau.
    for statement in (
        'SELECT "salinity_2h"."place", "salinity_2h"."result" FROM "cuulong"."public"."salinity_2h" "salinity_2h"',
        'select "$Ordered"."place" from (select "_"."place","_"."result" from "public"."salinity_2h" "_" where '
        '"_"."result" > 1) "$Ordered" order by "$Ordered"."place" limit 10',
        'SELECT CAST("salinity_2h"."place" AS TEXT) AS "place", SUM("salinity_2h"."result") AS "sum:result:ok", '
        "DATE_TRUNC( 'MONTH', CAST(\"salinity_2h\".\"phenomenon_time\" AS TIMESTAMP) ) AS \"tmn:t:ok\" FROM "
        '"public"."salinity_2h" "salinity_2h" GROUP BY 1,3 HAVING (COUNT(1) > 0)',
        "select {fn ucase('a')}, {d '2020-01-01'}, {ts '2020-01-01 00:00:00'}",
    ):
        assert cursor.execute(statement).fetchall(), statement
    connection.autocommit = False
    cursor.execute("select 1").fetchone()
    connection.commit()
    connection.rollback()
    connection.close()
print("ok")
