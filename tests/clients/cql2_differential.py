"""Filters of CQL2 that are made up are read twice, here and by the node: the same features are found.

A comparison with nothing is neither true nor false, and only what is true is found (OGC 21-065r2 §6.5).
Numbers stay below what a double holds exactly.
"""
import json
import random
import re
import sys
import unicodedata
import urllib.parse
import urllib.request

base = sys.argv[1] + "/ogc/collections/fields/items?limit=1000"
random.seed(int(sys.argv[2]))
HOW_MANY = 150

with urllib.request.urlopen(base) as response:
    features = json.load(response)["features"]
assert len(features) == 300, len(features)

NAMES = ["Cần Thơ", "An Giang", "an giang", "Bến Tre", "x%y", "a_b", "O'Neil", "café", "elsewhere"]
PATTERNS = ["%an%", "A%", "_n%", "%", "a__", "%é", "an giang", "C%ơ"]
TIMES = ["2020-01-01T00:00:00Z", "2020-02-28T17:00:00Z", "2021-01-01T00:00:00Z"]
COMPARISONS = {
    "=": lambda a, b: a == b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
}
SUMS = {"+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b}


def known(function, *values):
    """What a function gives of values; nothing when one of them is nothing."""
    return None if any(value is None for value in values) else function(*values)


def negated(value):
    return known(lambda value: not value, value)


def both(a, b):
    return False if a is False or b is False else known(lambda a, b: a and b, a, b)


def either(a, b):
    return True if a is True or b is True else known(lambda a, b: a or b, a, b)


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


def bare(text):
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def is_like(text, pattern):
    parts = {"%": ".*", "_": "."}
    return re.fullmatch("".join(parts.get(c) or re.escape(c) for c in pattern), text, re.S) is not None


def of(name):
    return lambda feature: feature["properties"].get(name)


def number(depth=0):
    choice = random.random()
    if choice < 0.45:
        name = random.choice(["whole", "part"])
        return name, of(name)
    if choice < 0.8 or depth > 1:
        value = random.choice([-5, 0, 1, 2, 3, 7, 0.1, 2.5, -1.5, 1000])
        return repr(value), lambda feature: value
    (a, read_a), (b, read_b), sign = number(depth + 1), number(depth + 1), random.choice(list(SUMS))
    return f"({a} {sign} {b})", lambda feature: known(SUMS[sign], read_a(feature), read_b(feature))


def maybe_not(before, after, read):
    if random.random() < 0.3:
        return f"{before} NOT {after}", lambda feature: negated(read(feature))
    return f"{before} {after}", read


def condition():
    kind, name = random.randrange(10), of("name")
    if kind < 2:
        (a, read_a), (b, read_b), sign = number(), number(), random.choice(list(COMPARISONS))
        return f"{a} {sign} {b}", lambda f: known(COMPARISONS[sign], read_a(f), read_b(f))
    if kind == 2:
        text, sign = random.choice(NAMES), random.choice(["=", "<>"])
        return f"name {sign} {quoted(text)}", lambda f: known(COMPARISONS[sign], name(f), text)
    if kind == 3:
        pattern = random.choice(PATTERNS)
        return maybe_not("name", f"LIKE {quoted(pattern)}", lambda f: known(is_like, name(f), pattern))
    if kind == 4:
        column, word = random.choice(["whole", "part", "name", "wet", "day"]), random.choice(["", "NOT "])
        return f"{column} IS {word}NULL", lambda f: (of(column)(f) is None) != bool(word)
    if kind == 5:
        (a, read), low, high = number(), random.choice([-5, 0, 1]), random.choice([1, 3, 7])
        return maybe_not(a, f"BETWEEN {low} AND {high}", lambda f: known(lambda v: low <= v <= high, read(f)))
    if kind == 6:
        texts = random.sample(NAMES, 3)
        listed = f"IN ({','.join(map(quoted, texts))})"
        return maybe_not("name", listed, lambda f: known(lambda v: v in texts, name(f)))
    if kind == 7:
        word = random.choice(["true", "false"])
        return f"wet = {word}", lambda f: known(lambda v: v == (word == "true"), of("wet")(f))
    if kind == 8:
        text, time, sign = random.choice(NAMES), random.choice(TIMES), random.choice(list(COMPARISONS))
        return random.choice([
            (f"CASEI(name) = CASEI({quoted(text)})", lambda f: known(lambda v: v.casefold() == text.casefold(), name(f))),
            (f"ACCENTI(name) = ACCENTI({quoted(text)})", lambda f: known(lambda v: bare(v) == bare(text), name(f))),
            (f"day {sign} TIMESTAMP('{time}')", lambda f: known(COMPARISONS[sign], of("day")(f), time)),
        ])
    # Between the thousandths of a degree on which the features lie.
    west, south = (round(random.uniform(low, low + 1.5), 3) + 0.0005 for low in (104.5, 9))
    east, north = west + round(random.uniform(0.1, 1), 3), south + round(random.uniform(0.1, 1), 3)

    def meets(feature):
        x, y = feature["geometry"]["coordinates"]
        return west <= x <= east and south <= y <= north

    return f"S_INTERSECTS(geometry,BBOX({west},{south},{east},{north}))", meets


def expression(depth=0):
    choice = random.random()
    if depth > 3 or choice < 0.35:
        return condition()
    a, read_a = expression(depth + 1)
    if choice < 0.5:
        return f"NOT ({a})", lambda feature: negated(read_a(feature))
    b, read_b = expression(depth + 1)
    if choice < 0.75:
        return f"({a}) AND ({b})", lambda feature: both(read_a(feature), read_b(feature))
    return f"({a}) OR ({b})", lambda feature: either(read_a(feature), read_b(feature))


for _ in range(HOW_MANY):
    text, read = expression()
    expected = {feature["id"] for feature in features if read(feature) is True}
    with urllib.request.urlopen(f"{base}&filter-lang=cql2-text&filter={urllib.parse.quote(text)}") as response:
        page = json.load(response)
    found = {feature["id"] for feature in page["features"]}
    assert found == expected and page["numberMatched"] == len(expected), (text, sorted(found ^ expected)[:5])
print("ok")
