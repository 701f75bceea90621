"""Statements of tools are answered as PostgreSQL answers them: over the same rows in tables of the same columns,
keys and comments, here and in a PostgreSQL with PostGIS beside it."""
import datetime
import decimal
import os
import sys

import psycopg

from postgres_judge import OWN, ask, copied, folder, opened, statements

ours, judge = opened(*sys.argv[1:4])


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
for table in ("salinity_2h", "areas"):
    copied(ours, judge, table)
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
