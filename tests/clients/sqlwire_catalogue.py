"""Programs look around a node as if it were PostgreSQL: SQLAlchemy (and with it Superset) and pandas in
all that they can ask, and statements of the kinds that DBeaver, Metabase and QGIS begin with."""
import struct
import sys

import pandas
import psycopg
import sqlalchemy

port, key = sys.argv[1:3]
engine = sqlalchemy.create_engine(f"postgresql+psycopg://lan:{key}@127.0.0.1:{port}/cuulong?sslmode=require")
inspector = sqlalchemy.inspect(engine)
assert set(inspector.get_schema_names()) == {"public", "information_schema"}, inspector.get_schema_names()
tables = inspector.get_table_names(schema="public")
assert tables == inspector.get_table_names() and "salinity_2h" in tables and "hidden" not in tables, tables
for names in (
    inspector.get_view_names(),
    inspector.get_materialized_view_names(),
    inspector.get_temp_table_names(),
    inspector.get_sequence_names(),
    inspector.get_enums(),
    inspector.get_domains(),
):
    assert names == [], names
assert inspector.has_table("place") and inspector.has_table("place", schema="public")
assert not inspector.has_table("hidden") and not inspector.has_table("missing")
for what in ("foreign_keys", "indexes", "unique_constraints", "check_constraints"):
    assert getattr(inspector, f"get_{what}")("salinity_2h") == [], what
    every = getattr(inspector, f"get_multi_{what}")(schema="public")
    assert len(every) == len(tables) and not any(every.values()), what
assert inspector.get_pk_constraint("salinity_2h")["constrained_columns"] == ["datastream", "phenomenon_time"]
assert "2020" in inspector.get_table_comment("salinity_2h")["text"]
metadata = sqlalchemy.MetaData()
metadata.reflect(bind=engine)
assert set(metadata.tables) == set(tables)
kinds = {column.name: type(column.type).__name__ for column in metadata.tables["place"].columns}
assert [column.name for column in metadata.tables["place"].primary_key] == ["place"]
assert kinds["lon"] == "DOUBLE_PRECISION" and kinds["valid_from"] == "DATE" and kinds["name"] == "TEXT", kinds
shaped = sqlalchemy.MetaData(schema="public")
shaped.reflect(bind=engine, only=["monitoring_stations"])
# Of PostGIS's type SQLAlchemy by itself knows the name only.
assert type(shaped.tables["public.monitoring_stations"].columns["geometry"].type).__name__ == "NullType"
# What was reflected is asked with: the whole table, and texts with a sign of escape of one's own.
place = metadata.tables["place"]
frame = pandas.read_sql_table("property", engine)
assert len(frame) > 10 and "salinity" in set(frame["property"])
with engine.connect() as connection:
    begin = sqlalchemy.select(place.c.place).where(place.c.place.startswith("gso2004:9", autoescape=True))
    found = [row[0] for row in connection.execute(begin)]
    assert found and all(one.startswith("gso2004:9") for one in found), found
    for pattern, escape, text, expected in [
        ("a/%", "/", "a%", True),
        ("a/%", "/", "ab", False),
        ("a//%", "/", "a/b", True),
        ("a\\%", "/", "a\\b", True),
        ("a!_", "!", "a_", True),
        ("a!_", "!", "ab", False),
        ("a\\%", "", "a\\b", True),
        ("a\\%", "\\", "a%", True),
        ("a\\%", "\\", "ab", False),
    ]:
        asked = sqlalchemy.text(f"select cast(:text as text) like :pattern escape '{escape}'")
        answer = connection.execute(asked, {"text": text, "pattern": pattern}).scalar()
        assert answer is expected, (pattern, escape, text, answer)

GOLDEN = [
    # What JDBC asks for in DBeaver and Metabase: schemas, tables, columns, keys, indexes, types.
    """select nspname as schema, null as catalog from pg_catalog.pg_namespace
       where nspname <> 'pg_toast' and (nspname !~ '^pg_temp_' or nspname = (pg_catalog.current_schemas(true))[1])
       order by schema""",
    """select t.oid, t.*, c.relkind, format_type(nullif(t.typbasetype, 0), t.typtypmod) as base_name, d.description
       from pg_catalog.pg_type t left outer join pg_catalog.pg_type e on e.oid = t.typelem
       left outer join pg_catalog.pg_class c on c.oid = t.typrelid
       left outer join pg_catalog.pg_description d on t.oid = d.objoid
       where t.typname is not null and (c.relkind is null or c.relkind = 'c')
       and (e.typcategory is null or e.typcategory <> 'C') and t.typnamespace = 11""",
    """select c.oid, c.*, d.description, pg_catalog.pg_get_expr(c.relpartbound, c.oid) as part,
       pg_catalog.pg_get_partkeydef(c.oid) as key from pg_catalog.pg_class c
       left outer join pg_catalog.pg_description d on d.objoid = c.oid and d.objsubid = 0
       and d.classoid = 'pg_class'::regclass
       where c.relnamespace = 2200 and c.relkind not in ('i', 'I', 'c')""",
    """select c.relname, a.*, pg_catalog.pg_get_expr(f.adbin, f.adrelid, true) as default_value, d.description, p.objid
       from pg_catalog.pg_attribute a inner join pg_catalog.pg_class c on a.attrelid = c.oid
       left outer join pg_catalog.pg_attrdef f on a.attrelid = f.adrelid and a.attnum = f.adnum
       left outer join pg_catalog.pg_description d on c.oid = d.objoid and a.attnum = d.objsubid
       left outer join pg_depend p on p.refobjid = a.attrelid and p.deptype = 'i' and p.refobjsubid = a.attnum
       where not a.attisdropped and c.relkind not in ('i', 'I', 'c') and c.relname = 'place' order by a.attnum""",
    """select i.*, i.indkey as keys, c.relname, c.relam, t.relname as of_table, d.description,
       pg_catalog.pg_get_expr(i.indexprs, i.indrelid, true) as expression, pg_get_indexdef(i.indexrelid, 0, true)
       from pg_catalog.pg_index i join pg_catalog.pg_class c on c.oid = i.indexrelid
       join pg_catalog.pg_class t on t.oid = i.indrelid
       left outer join pg_catalog.pg_description d on i.indexrelid = d.objoid where c.relnamespace = 2200""",
    """select c.oid, c.*, t.relname as tabrelname, r.relnamespace as refnamespace, d.description,
       pg_catalog.pg_get_constraintdef(c.oid) as definition from pg_catalog.pg_constraint c
       inner join pg_catalog.pg_class t on t.oid = c.conrelid
       left outer join pg_catalog.pg_class r on r.oid = c.confrelid
       left outer join pg_catalog.pg_description d on d.objoid = c.oid where t.relnamespace = 2200 order by c.oid""",
    """select d.oid, d.* from pg_catalog.pg_database d where datallowconn and not datistemplate order by d.datname""",
    "select t.oid, t.*, pg_tablespace_location(t.oid) as place from pg_catalog.pg_tablespace t order by t.oid",
    "select a.oid, a.* from pg_catalog.pg_roles a order by a.rolname",
    "select e.oid, e.*, n.nspname from pg_catalog.pg_extension e join pg_namespace n on n.oid = e.extnamespace",
    "select current_schema(), session_user, current_setting('search_path'), version()",
    "show search_path",
    """select n.nspname as schema, c.relname as name,
       case c.relkind when 'r' then 'TABLE' when 'v' then 'VIEW' when 'm' then 'MATERIALIZED VIEW' else null end as type,
       d.description, s.n_live_tup as rows from pg_catalog.pg_class as c
       inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
       left join pg_catalog.pg_description as d
       on c.oid = d.objoid and d.objsubid = 0 and d.classoid = 'pg_class'::regclass
       left join pg_stat_user_tables as s on n.nspname = s.schemaname and c.relname = s.relname
       where c.relnamespace = n.oid and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
       and c.relkind in ('r', 'p', 'v', 'f', 'm') and n.nspname in ('public') order by type, schema, name""",
    """select c.column_name as name, case when c.udt_schema in ('public', 'pg_catalog') then format('%s', c.udt_name)
       else format('"%s"."%s"', c.udt_schema, c.udt_name) end as type, c.ordinal_position - 1 as place,
       c.table_schema, c.table_name, k.column_name is not null as is_key,
       col_description(cast(cast(format('%I.%I', cast(c.table_schema as text), cast(c.table_name as text)) as regclass)
       as oid), c.ordinal_position) as said,
       (column_default is null or lower(column_default) = 'null') and is_nullable = 'NO'
       and not (column_default is not null and column_default like '%nextval(%' or is_identity <> 'NO') as required
       from information_schema.columns as c left join (
       select t.table_schema, t.table_name, u.column_name from information_schema.table_constraints as t
       inner join information_schema.key_column_usage as u on t.constraint_name = u.constraint_name
       and t.table_schema = u.table_schema and t.table_name = u.table_name where t.constraint_type = 'PRIMARY KEY'
       ) as k on c.table_schema = k.table_schema and c.table_name = k.table_name and c.column_name = k.column_name
       where c.table_schema !~ '^information_schema|pg_' and c.table_schema in ('public')
       order by table_schema, table_name, place""",
    """select f.nspname, c.relname, a.attname, g.nspname, d.relname, b.attname from pg_constraint k
       join pg_class c on k.conrelid = c.oid join pg_namespace f on c.relnamespace = f.oid
       join pg_attribute a on a.attrelid = c.oid join pg_class d on k.confrelid = d.oid
       join pg_namespace g on d.relnamespace = g.oid join pg_attribute b on b.attrelid = d.oid
       where k.contype = 'f' and a.attnum = any(k.conkey) and b.attnum = any(k.confkey)""",
    """select nspname, typname from pg_type t join pg_namespace n on n.oid = t.typnamespace
       where t.oid in (select distinct enumtypid from pg_enum e)""",
    "show timezone",
    # QGIS: what there is, with and without shapes.
    "select regclass('pg_class')::oid",
    """select nspname, pg_get_userbyid(nspowner), pg_catalog.obj_description(oid) from pg_namespace
       where nspname !~ '^pg_' and nspname != 'information_schema' order by nspname""",
    """select l.f_table_name, l.f_table_schema, l.f_geometry_column, upper(l.type), l.srid, l.coord_dimension, c.relkind,
       obj_description(c.oid) from geometry_columns l, pg_class c, pg_namespace n
       where c.relname = l.f_table_name and l.f_table_schema = n.nspname and n.oid = c.relnamespace
       and has_schema_privilege(n.nspname, 'usage')
       and has_table_privilege('"' || n.nspname || '"."' || c.relname || '"', 'select') and n.nspname = 'public'""",
    """select c.relname, n.nspname, a.attname, c.relkind, case when t.typname in ('geometry', 'geography') then t.typname
       else b.typname end as kind, obj_description(c.oid) from pg_attribute a join pg_class c on c.oid = a.attrelid
       join pg_namespace n on n.oid = c.relnamespace join pg_type t on t.oid = a.atttypid
       left join pg_type b on b.oid = t.typbasetype where c.relkind in ('v', 'r', 'm')
       and has_schema_privilege(n.nspname, 'usage')
       and has_table_privilege('"' || n.nspname || '"."' || c.relname || '"', 'select')
       and (t.typname in ('geometry', 'geography') or b.typname in ('geometry', 'geography'))""",
    """select pg_class.relname, pg_namespace.nspname, pg_class.relkind, obj_description(pg_class.oid)
       from pg_class, pg_namespace where pg_namespace.oid = pg_class.relnamespace
       and has_schema_privilege(pg_namespace.nspname, 'usage')
       and has_table_privilege('"' || pg_namespace.nspname || '"."' || pg_class.relname || '"', 'select')
       and pg_class.relkind in ('v', 'r', 'm')""",
    """select attname, case when typname = any(array['geometry', 'geography']) then 1 else null end as is_spatial
       from pg_attribute join pg_type on atttypid = pg_type.oid
       where attrelid = regclass('"public"."monitoring_stations"') and attnum > 0""",
    "select pg_is_in_recovery()",
    "select indexrelid from pg_index where indrelid = '\"public\".\"place\"'::regclass and (indisprimary or indisunique)",
]
wrong = []
with psycopg.connect(f"host=127.0.0.1 port={port} dbname=cuulong user=lan password={key} sslmode=require") as connection:
    connection.autocommit = True
    answers = []
    for statement in GOLDEN:
        try:
            answers.append(connection.execute(statement.encode(), prepare=False).fetchall())
        except psycopg.Error as error:
            wrong.append((statement, str(error)))
            answers.append(None)
    assert not wrong, "\n\n".join(f"{statement}\n  {error}" for statement, error in wrong)
    by = dict(zip((" ".join(statement.split())[:40] for statement in GOLDEN), answers))
    listed = next(rows for start, rows in by.items() if start.startswith("select n.nspname as schema, c.relname"))
    assert {row[1] for row in listed} == set(tables) and all(row[2] == "TABLE" for row in listed), listed
    described = next(rows for start, rows in by.items() if start.startswith("select c.column_name as name"))
    assert ("result", "float8") in {(row[0], row[1]) for row in described}, described[:3]
    assert next(rows for start, rows in by.items() if start.startswith("select regclass"))[0][0] == 1259
    # What is not known is not given as nothing.
    sizes = "select pg_total_relation_size('salinity_2h'), pg_size_pretty(pg_table_size('salinity_2h'))"
    assert connection.execute(sizes.encode(), prepare=False).fetchall() == [(None, None)]
    # Rows in PostgreSQL's binary format, of every type, and by psycopg's own reading of it.
    query = "select datastream, place, phenomenon_time, result, quality, phenomenon_time::date, result > 1, null::text" \
        " from salinity_2h order by 1, 3 limit 500"
    expected = connection.execute(query).fetchall()
    with connection.cursor() as cursor, cursor.copy(f"copy ({query}) to stdout (format binary)") as copy:
        copy.set_types(["int8", "text", "timestamptz", "float8", "int2", "date", "bool", "text"])
        assert list(copy.rows()) == expected
    with connection.cursor() as cursor, cursor.copy("copy property to stdout with binary") as copy:
        content = b"".join(bytes(part) for part in copy)
    assert content[:19] == b"PGCOPY\n\xff\r\n\0" + bytes(8) and content[-2:] == struct.pack("!h", -1), content[:30]
    try:
        with connection.cursor() as cursor, cursor.copy("copy place to stdout (format binary, header)") as copy:
            copy.read()
        raise AssertionError("a header in binary")
    except psycopg.errors.SyntaxError:
        pass
print("ok")
