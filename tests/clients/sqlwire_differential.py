"""Hundreds of expressions and statements are answered here as PostgreSQL answers them: the same names of columns, the
same types, the same values as texts and in binary. What differs on purpose is in `differences.txt`, with its reason."""
import os
import sys

import psycopg

from postgres_judge import copied, folder, opened, statements

ours, judge = opened(*sys.argv[1:4])
judge.execute("set time zone 'UTC'")
NUMBERS = {20, 21, 23, 26, 700, 701, 1700}
# Types that stand for others here, whatever is asked: numbers with a point, and what is computed of parts of times, are
# floats of eight bytes; JSON is kept as a text; names are texts.
STAND = {
    ("double precision", "numeric"), ("bigint", "numeric"), ("json", "jsonb"), ("text", "name"), ("text", "regtype"),
    ("text", "regclass"), ("text", "character varying"),
}


def expressions():
    with open(os.path.join(folder, "expressions.sql")) as file:
        lines = [line.rstrip("\n") for line in file]
    return [line for line in lines if line and not line.startswith("--")]


def differences():
    """The statements that are answered in another way, each with the way."""
    known = {}
    with open(os.path.join(folder, "differences.txt")) as file:
        for line in file:
            if line.strip() and not line.startswith("#"):
                way, _, text = line.rstrip("\n").partition(": ")
                assert way in ("type", "value", "refused"), line
                known[text] = way
    return known


class Server:
    def __init__(self, connection):
        self.connection, self.types = connection, {}

    def name_of(self, oid):
        if oid not in self.types:
            self.types[oid] = self.connection.execute(f"select format_type({oid}, null)").fetchone()[0]
        return self.types[oid]

    def ask(self, text, binary):
        with self.connection.cursor(binary=binary) as cursor:
            cursor.execute(text.replace("%", "%%").encode() if binary else text.encode(), [] if binary else None, prepare=binary)
            result = cursor.pgresult
            columns = [(result.fname(at).decode(), result.ftype(at)) for at in range(result.nfields)]
            if binary:
                rows = [list(row) for row in cursor.fetchall()]
            else:
                rows = [[result.get_value(row, at) for at in range(result.nfields)] for row in range(result.ntuples)]
            return [(name, oid, self.name_of(oid)) for name, oid in columns], rows


def as_number(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return value


def same(one, other):
    if isinstance(one, (list, tuple)) and isinstance(other, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if one == other:
        return True
    one, other = as_number(one), as_number(other)
    if isinstance(one, float) and isinstance(other, float):
        return one == other or (one != one and other != other) or abs(one - other) <= 1e-9 * max(abs(one), abs(other))
    return False


def way_of(text, answers):
    """How an answer differs, with what there is to say about it; nothing where it does not."""
    for binary in (False, True):
        try:
            expected = answers[1].ask(text, binary)
        except (psycopg.Error, ValueError) as error:
            raise AssertionError(f"the judge does not take {text}: {error}")
        try:
            given = answers[0].ask(text, binary)
        except (psycopg.Error, ValueError) as error:
            return "refused", str(error).splitlines()[0]
        if [name for name, *_ in given[0]] != [name for name, *_ in expected[0]]:
            return "value", f"columns {[name for name, *_ in given[0]]}, judge {[name for name, *_ in expected[0]]}"
        if len(given[1]) != len(expected[1]):
            return "value", f"{len(given[1])} rows, judge {len(expected[1])}"
        loose = binary or [oid in NUMBERS for _, oid, _ in expected[0]]
        for one, other in zip(given[1], expected[1]):
            for at, (a, b) in enumerate(zip(one, other)):
                if not (same(a, b) if loose is True or loose[at] else a == b):
                    kinds = given[0][at][2], expected[0][at][2]
                    return "value", f"{a!r} ({kinds[0]}), judge {b!r} ({kinds[1]}){' in binary' if binary else ''}"
        kinds = [[kind for *_, kind in answer[0]] for answer in (given, expected)]
        other = [at for at, pair in enumerate(zip(*kinds)) if pair[0] != pair[1] and pair not in STAND]
        if other:
            at = other[0]
            return "type", f"column {at + 1} is {kinds[0][at]}, judge {kinds[1][at]}"
    return None


copied(ours, judge, "samples")
servers = Server(ours), Server(judge)
asked = [(line, f"SELECT {line}") for line in expressions()] + statements("queries.sql")
assert len(asked) > 600, len(asked)
known, wrong, found = differences(), [], []


def judged(name, text):
    way = way_of(text, servers)
    if way:
        found.append(f"{way[0]}: {name}")
    if known.pop(name, None) != (way and way[0]):
        wrong.append(f"{way[0]}: {name}\n      {way[1]}" if way else f"as the judge has it, against differences.txt: {name}")


for name, text in asked:
    judged(name, text)
for zone in ("'Asia/Ho_Chi_Minh'", "'America/New_York'", "7"):
    for server in servers:
        server.connection.execute(f"set time zone {zone}")
    for name, text in statements("zoned.sql"):
        if zone != "7" or name != "the name of the zone":
            # A statement that the judge has prepared keeps the zone that it was prepared in.
            judged(f"{name}, {zone}", f"{text} /* {zone} */")


def told(server):
    """What the protocol tells beside rows: zones, places of mistakes, types of parameters, cursors that are held."""
    connection = server.connection
    found = [connection.pgconn.parameter_status(b"TimeZone") not in (None, b"UTC")]
    connection.execute("set time zone 'UTC'")
    found.append(connection.pgconn.parameter_status(b"TimeZone"))
    for mistaken in ("select nothing from samples", "select id from missing", "select id,\n  from samples", "select nothing(1)",
                     "select x / (n - n) from samples", "select sum(n) / sum(n - n) from samples", "select n / 0.0 from samples"):
        try:
            connection.execute(mistaken)
        except psycopg.Error as error:
            found.append((error.sqlstate, error.diag.statement_position))
    prepared = connection.pgconn
    for name, text in (
        (b"of oid", b"select typname from pg_catalog.pg_type t where t.oid = $1"),
        (b"of list", b"select id from samples where n = any($1) and at > $2 and name like $3"),
    ):
        prepared.prepare(name, text)
        described = prepared.describe_prepared(name)
        found.append([described.param_type(at) for at in range(described.nparams)])
    # A bound that is given as a text of no type, as drivers of JavaScript give it.
    found.append(connection.execute("select id from samples order by id limit %s offset %s", ("2", "1")).fetchall())
    with connection.transaction():
        connection.execute("declare held cursor with hold for select id from samples order by id")
        connection.execute("declare gone cursor for select id from samples order by id")
    found.append(connection.execute("fetch 2 from held").fetchall())
    found.append(connection.execute("fetch forward 2 from held").fetchall())
    # Past the end there is nothing, however often it is asked for.
    found += [len(connection.execute("fetch all from held").fetchall()) for _ in range(3)]
    connection.execute("close held")
    try:
        connection.execute("fetch 1 from gone")
    except psycopg.Error as error:
        found.append(error.sqlstate)
    # What is set in a transaction, and how long it holds.
    for steps in (
        "set application_name = 'b'", "set local application_name = 'b'", "set local application_name = 'b'; set application_name = 'c'",
        "set application_name = 'b'; set local application_name = 'c'", "reset application_name", "reset all", "reset all; set application_name = 'b'",
        "savepoint s; set application_name = 'b'; rollback to s", "set application_name = 'b'; savepoint s; set local application_name = 'c'; rollback to savepoint s",
        "savepoint s; set application_name = 'b'; savepoint t; set application_name = 'c'; rollback to t; release s",
        "savepoint s; savepoint t; release s; rollback to t", "discard all",
    ):
        for end in ("commit", "rollback"):
            connection.execute("set application_name = 'a'")
            connection.execute("begin")
            try:
                for step in steps.split("; "):
                    connection.execute(step)
            except psycopg.Error as error:
                found.append(error.sqlstate)
            connection.execute(end)
            found.append((steps, end, connection.execute("show application_name").fetchone()[0], connection.pgconn.parameter_status(b"application_name")))
    for mistaken in ("savepoint s", "rollback to s", "release s", "select '\\x4'::bytea", "select 'a\\b'::bytea", "select decode('zz', 'hex')", "select encode('a', 'foo')",
                     "select 99999999999.5::int", "select name::numeric(5, 2) from samples", "select div(n, 0) from samples"):
        try:
            connection.execute(mistaken)
        except psycopg.Error as error:
            found.append((mistaken, error.sqlstate))
    return found


wrong += [f"told here {pair[0]}, by the judge {pair[1]}" for pair in zip(*map(told, servers)) if pair[0] != pair[1]]
wrong += [f"not asked, but in differences.txt: {name}" for name in known]
if os.environ.get("UPDATE_SCHEMAS"):
    # What differs is written down anew, to be looked through before it is kept.
    with open(os.path.join(folder, "differences.txt"), "w") as file:
        file.write("# What is answered in another way than PostgreSQL answers it: refused, another value, another type.\n")
        file.write("".join(f"{line}\n" for line in found))
print(f"{len(wrong)} of {len(asked)} differ:", *wrong, sep="\n", file=sys.stderr)
assert not wrong
print("ok")
