"""How long the node works on for somebody who has gone away: statements that keep all its threads busy, each cut off half a second after it began."""
import http.client
import json
import time

STATEMENTS = [
    "WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t",
    "SELECT a.value FROM generate_series(1, 3000000) a ORDER BY sin(a.value) LIMIT 900000",
    "SELECT count(*) FROM generate_series(1, 1000000) a, generate_series(1, 1000000) b WHERE a.value < b.value",
    "SELECT sum(sin(value) * cos(value)), median(value) FROM generate_series(1, 100000000)",
    "SELECT count(DISTINCT value % 1000003) FROM generate_series(1, 100000000)",
    "SELECT count(*) FROM {dataset} a JOIN {dataset} b ON a.result < b.result AND a.quality <> b.quality",
    "SELECT count(*) FROM {dataset} WHERE regexp_like(place || property || CAST(result AS VARCHAR), '([a-z]+:)*[a-z_]+.*[0-9]{{3,}}.*5$')",
]


def tasks(watch):
    watch.request("GET", "/metrics")
    for row in watch.getresponse().read().decode().splitlines():
        if row.startswith("cuulong_query_tasks "):
            return float(row.split()[1])
    raise AssertionError("/metrics has no `cuulong_query_tasks`")


def leave(host, port, dataset, rounds=3):
    """Milliseconds from closing the connection until no task of the engine is left, for each statement and round."""
    watch, took = http.client.HTTPConnection(host, port, timeout=30), []
    for statement in STATEMENTS * rounds:
        asker = http.client.HTTPConnection(host, port, timeout=30)
        body = json.dumps({"sql": statement.format(dataset=dataset)})
        asker.request("POST", "/v1/sql", body=body, headers={"Content-Type": "application/json"})
        time.sleep(0.5)
        assert tasks(watch) > 0, f"it is over too soon to be left: {statement}"
        asker.close()
        left = time.perf_counter()
        while tasks(watch) > 0:
            assert time.perf_counter() - left < 30, f"it works on: {statement}"
        took.append((time.perf_counter() - left) * 1000)
    return took
