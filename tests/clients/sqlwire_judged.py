"""Statements of tools are answered as PostgreSQL answers them: over the same rows in tables of the same columns,
keys and comments, here and in a PostgreSQL with PostGIS beside it."""
import datetime
import decimal
import os
import sys

import psycopg
from psycopg import sql

port, key, judge_url = sys.argv[1:4]
folder = os.path.join(os.path.dirname(__file__), "statements")
ours = psycopg.connect(f"host=127.0.0.1 port={port} dbname=cuulong user=lan password={key} sslmode=require", autocommit=True)
judge = psycopg.connect(judge_url, autocommit=True)


def statements(name):
    """Names and texts of a file's blocks: the first line is the name, after two signs."""
    with open(os.path.join(folder, name)) as file:
        blocks = file.read().split("\n\n")[1:]
    named = [block.strip().split("\n", 1) for block in blocks]
    assert all(title.startswith("-- ") and text.endswith(";") for title, text in named), name
    return [(title.removeprefix("-- "), text.rstrip(";")) for title, text in named]


def ask(connection, text, prepared=False):
    with connection.cursor() as cursor:
        cursor.execute(text.replace("%", "%%").encode() if prepared else text.encode(), [] if prepared else None, prepare=prepared)
        return [column.name for column in cursor.description], cursor.fetchall()


def copied(table):
    """Makes the table in the judge's database as it is here, with its rows, key and comments."""
    columns = ask(ours, f"select attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) from pg_attribute"
                        f" where attrelid = '{table}'::regclass and attnum > 0 order by attnum")[1]
    # The names of PostgreSQL's own columns cannot be given to others.
    names = [name for name, *_ in columns]
    shown = [OWN.get(name, name) for name in names]
    kinds = [sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(kind)) for name, (_, kind, *_) in zip(shown, columns)]
    judge.execute(sql.SQL("create table {} ({})").format(sql.Identifier(table), sql.SQL(", ").join(kinds)))
    of_key = ask(ours, f"select a.attname from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any(i.indkey)"
                       f" where i.indrelid = '{table}'::regclass order by a.attnum")[1]
    judge.execute(sql.SQL("alter table {} add primary key ({})").format(sql.Identifier(table), sql.SQL(", ").join(sql.Identifier(name) for name, in of_key)))
    for name, (_, _, is_required, said) in zip(shown, columns):
        if is_required:
            judge.execute(sql.SQL("alter table {} alter column {} set not null").format(sql.Identifier(table), sql.Identifier(name)))
        if said:
            judge.execute(sql.SQL("comment on column {}.{} is {}").format(sql.Identifier(table), sql.Identifier(name), sql.Literal(said)))
    said = ask(ours, f"select obj_description('{table}'::regclass)")[1][0][0]
    judge.execute(sql.SQL("comment on table {} is {}").format(sql.Identifier(table), sql.Literal(said)))
    with ours.cursor() as reader, judge.cursor() as writer:
        with reader.copy(f"copy {table} to stdout") as source, writer.copy(sql.SQL("copy {} from stdin").format(sql.Identifier(table))) as target:
            for part in source:
                target.write(part)


OWN = {"xmin": "west", "ymin": "south", "xmax": "east", "ymax": "north"}


def plain(value):
    """A value as it is compared: numbers by their first digits, names of edges by what they are called here."""
    if isinstance(value, (float, decimal.Decimal)):
        return float(f"{round(float(value), 9):.9g}")
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, str):
        return value
    return bytes(value) if isinstance(value, memoryview) else value


def known(rows):
    back = {shown: name for name, shown in OWN.items()}
    turned = lambda value: [turned(item) for item in value] if isinstance(value, list) else back.get(value, value) if isinstance(value, str) else value
    return [[turned(value) for value in row] for row in rows]


def judged(title, text, rename=False):
    for prepared in (False, True):
        try:
            expected = ask(judge, text, prepared)
        except psycopg.Error as error:
            raise AssertionError(f"the judge does not take {title}: {error}")
        try:
            columns, rows = ask(ours, text, prepared)
        except psycopg.Error as error:
            wrong.append(f"{title} (prepared: {prepared})\n{text}\n  {error}")
            return
        told = [plain(row) for row in rows], known(plain(expected[1])) if rename else [plain(row) for row in expected[1]]
        if columns != expected[0]:
            wrong.append(f"{title} (prepared: {prepared})\n  columns {columns}\n  judge   {expected[0]}")
        elif told[0] != told[1]:
            at = next((at for at, pair in enumerate(zip(*told)) if pair[0] != pair[1]), min(map(len, told)))
            wrong.append(f"{title} (prepared: {prepared}): {len(told[0])} rows, judge {len(told[1])}\n  here  {told[0][at:at + 1]}\n  judge {told[1][at:at + 1]}")


wrong = []
judge.execute("create extension postgis")
for table in ("salinity_2h", "areas"):
    copied(table)
reports, catalogue = statements("reports.sql"), statements("catalogue.sql")
assert len(reports) > 30 and len(catalogue) > 50, (len(reports), len(catalogue))
for title, text in reports:
    judged(title, text)
for title, text in catalogue:
    mark, _, title = title.partition(": ")
    if mark == "same":
        judged(title, text, rename=True)
        continue
    assert mark == "runs", title
    for prepared in (False, True):
        try:
            columns, rows = ask(ours, text, prepared)
        except psycopg.Error as error:
            wrong.append(f"{title} (prepared: {prepared})\n{text}\n  {error}")
            break
        assert not any("hidden" in str(value) for row in rows for value in row), title
with open(os.path.join(folder, "session.sql")) as file:
    said = file.read().splitlines()[1:]
for text in said:
    try:
        ours.execute(text.encode())
    except psycopg.Error as error:
        wrong.append(f"{text}\n  {error}")
# Parameters as texts and in binary, of the types that drivers give.
for prepared, binary in [(False, False), (True, False), (False, True), (True, True)]:
    with ours.cursor(binary=binary) as cursor:
        form = "%b" if binary else "%t"
        asked = f"select count(*) from salinity_2h where result > {form} and place like {form} and phenomenon_time >= {form} and quality in ({form}, {form})"
        since = datetime.datetime(2020, 2, 1, tzinfo=datetime.timezone.utc)
        counted = cursor.execute(asked, (1.5, "station:%", since, 1, 2), prepare=prepared).fetchone()[0]
        if counted == 0:
            wrong.append(f"parameters (prepared: {prepared}, binary: {binary})")
assert not wrong, f"{len(wrong)} of {len(reports) + len(catalogue)}:\n" + "\n\n".join(wrong)
print("ok")
