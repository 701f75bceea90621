"""The catalogue with many made-up datasets and users: list, search, register one more; and what a question costs beside them."""
import http.client
import json
import random
import shutil
import time

from asked import stop
from common import AMOUNT, SIZE, WORK, latencies, pss_mb, record, size_mb

PEER = "Cửu Long"
WORDS = ["độ mặn", "muc nuoc", "lượng mưa xã số 77", "san luong tom", "giả lập 4242", "chất lượng nước", "khong co gi"]


class Asker:
    """One connection, many users."""

    def __init__(self, port):
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)

    def ask(self, method, path, key=None, body=None):
        headers = {"Accept": "application/json", **({"Authorization": f"Bearer {key}"} if key else {})}
        if body is not None:
            headers["Content-Type"] = "application/json"
        start = time.perf_counter()
        self.connection.request(method, path, body=json.dumps(body) if body is not None else None, headers=headers)
        answer = self.connection.getresponse()
        data = answer.read()
        return answer.status, data, (time.perf_counter() - start) * 1000


def fill(cuulong, datasets, users, data):
    """A new folder with so many datasets; the users' keys."""
    shutil.rmtree(data, ignore_errors=True)
    cuulong("dataset", "list", data=data)           # makes the folder, with its reference data
    seconds, _, said = cuulong("fill-catalogue", "--datasets", datasets, "--users", users, data=data)
    print(f"{datasets:,} datasets and {users} users registered in {seconds:.1f} s", flush=True)
    return [line.split()[1] for line in said.splitlines() if line.startswith("made_up_")]


def catalogue(serve, cuulong, port):
    count, roles = AMOUNT["catalogue"]
    data = WORK / SIZE / "catalogue"
    keys = fill(cuulong, count, roles, data)
    server = serve(data=data)
    asker, rng = Asker(port), random.Random(11)
    console = json.loads((data / "node.address").read_text())["key"]
    asker.ask("GET", "/v1/datasets?limit=100", keys[0])
    for line, what, path in (
        ("catalogue-list", "a page of 100 of what the user may know, at any offset", lambda: f"/v1/datasets?limit=100&offset={rng.randrange(count // 2)}"),
        ("catalogue-search", "words with and without marks, a page of 100 and the total", lambda: "/v1/datasets?limit=100&" + words(rng)),
    ):
        times, totals = [], []
        for _ in range(300):
            status, body, ms = asker.ask("GET", path(), rng.choice(keys))
            assert status == 200, body[:300]
            totals.append(json.loads(body)["total"])
            times.append(ms)
        assert len(set(totals)) > 1, "every user sees the same"
        record(line, PEER, what, "ms", latencies(times), datasets=count, roles=roles, clients=1, peak_mb=pss_mb(server.pid), disk_mb=size_mb(data / "catalog.sqlite"))
    times = []
    for number in range(100):
        body = {"id": f"one_more_{number}", "kind": "observations", "agency": "cuulong", "title": {"vi": f"Giả lập thêm {number}"}, "theme": "water",
                "licence": "CC0-1.0", "access": "open", "source": "Synthetic"}
        status, answer, ms = asker.ask("POST", "/v1/datasets", console, body)
        assert status in (200, 201), answer[:300]
        # Whoever lists next sees it: the directory took it up.
        status, answer, _ = asker.ask("GET", f"/v1/datasets?q=them+{number}&limit=1", rng.choice(keys))
        assert json.loads(answer)["total"] >= 1, answer[:300]
        times.append(ms)
    record("catalogue-register", PEER, "durable, and found by the next search", "ms", latencies(times), datasets=count, roles=roles, clients=1)
    stop(server)


def words(rng):
    import urllib.parse
    return urllib.parse.urlencode({"q": rng.choice(WORDS)})


def planning(serve, cuulong, take, add, port):
    """A question over `observation` that one dataset answers, beside so many that its predicate excludes."""
    for datasets in AMOUNT["planning"]:
        data = WORK / SIZE / "planning"
        fill(cuulong, datasets, 1, data)
        add("asked", data=data)
        file = WORK / SIZE / "asked.csv"
        file.write_text("station_code,time,property,value,unit\n" + "".join(f"station:cau_noi,2019-01-{day:02}T00:00:00Z,salinity,{day % 9}.5,g/L\n" for day in range(1, 29)))
        take("asked", file, data=data)
        server, asker = serve(data=data), Asker(port)
        times = []
        for _ in range(60):
            body = {"sql": "SELECT avg(result) AS mean, count(*) AS n FROM observation WHERE property = 'salinity' AND place = 'station:cau_noi'"}
            status, answer, ms = asker.ask("POST", "/v1/sql", body=body)
            assert status == 200 and json.loads(answer)["rows"][0]["n"] == 28, answer[:300]
            times.append(ms)
        record("planning", PEER, f"{datasets:,} other datasets", "ms", latencies(times[10:]), datasets=datasets)
        stop(server)


def commits(serve, add, port):
    """Small files one after the other: does a commit cost more when there are many versions and files?"""
    count = AMOUNT["commits"]
    data = WORK / SIZE / "commits"
    shutil.rmtree(data, ignore_errors=True)
    add("grown", data=data)
    server, asker = serve(data=data), Asker(port)
    console = json.loads((data / "node.address").read_text())["key"]
    times = []
    for number in range(count):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(1_400_000_000 + 3600 * number))
        text = f"station,time,salinity\nstation:cau_noi,{at},{number % 30}.5\n".encode()
        start = time.perf_counter()
        asker.connection.request("POST", "/v1/datasets/grown/uploads?file_name=one.csv", body=text,
                                 headers={"Content-Type": "application/octet-stream", "Authorization": f"Bearer {console}"})
        answer = asker.connection.getresponse()
        body = answer.read()
        assert answer.status < 300, body[:300]
        times.append((time.perf_counter() - start) * 1000)
    _, body, _ = asker.ask("POST", "/v1/sql", console, {"sql": "SELECT count(*) AS n, count(DISTINCT run) AS runs FROM grown"})
    found = json.loads(body)["rows"][0]
    assert found == {"n": count, "runs": count}, found
    files = sum(1 for file in (data / "lake/grown").glob("part-*.parquet"))
    part = max(1, count // 10)
    for what, some in (("the first tenth", times[:part]), ("the last tenth", times[-part:])):
        record("commits", PEER, f"a file of one value, checked and durable: {what} of {count:,} versions", "ms", latencies(some), versions=count, files=files)
    stop(server)
