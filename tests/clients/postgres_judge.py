"""A PostgreSQL with PostGIS beside the node, which judges it: the same tables there, the same statements of both."""
import os

import psycopg
from psycopg import sql

folder = os.path.join(os.path.dirname(__file__), "statements")

# The names of PostgreSQL's own columns cannot be given to others.
OWN = {"xmin": "west", "ymin": "south", "xmax": "east", "ymax": "north"}


def opened(port, key, judge_url):
    """The node and the judge, which gets PostGIS."""
    ours = psycopg.connect(f"host=127.0.0.1 port={port} dbname=cuulong user=lan password={key} sslmode=require", autocommit=True)
    judge = psycopg.connect(judge_url, autocommit=True)
    judge.execute("create extension if not exists postgis")
    return ours, judge


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


def copied(ours, judge, table):
    """Makes the table in the judge's database as it is here, with its rows, key and comments."""
    columns = ask(ours, f"select attname, format_type(atttypid, atttypmod), attnotnull, col_description(attrelid, attnum) from pg_attribute"
                        f" where attrelid = '{table}'::regclass and attnum > 0 order by attnum")[1]
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
