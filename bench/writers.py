"""Writing over HTTP: single observations from 64 clients, and batches of 1 000; both acknowledged when durable."""
import json
import shutil

from asked import get, post, stop, unavailable, wrk
from common import AMOUNT, SIZE, WORK, peak_memory, record, spread

PEER = "Cửu Long"
CLIENTS = 64


def write(serve, cuulong, add):
    for line, batch, what in (("write-single", 1, "one observation a request, 64 clients"), ("write-batch", 1000, "1 000 observations a request, 64 clients")):
        data = WORK / SIZE / "writes"
        shutil.rmtree(data, ignore_errors=True)
        add("written", data=data)
        server = serve(data=data)
        key = json.loads((data / "node.address").read_text())["key"]
        runs = []
        with peak_memory(server.pid) as peak:
            for run in range(AMOUNT["runs"]):
                runs.append(wrk(server.base, ["/"], CLIENTS, AMOUNT["seconds"], script="write.lua", KEY=key, DATASET="written", BATCH=str(batch)))
        failed = sum(r["not_2xx"] + r["broken"] for r in runs)
        # Runs begin at the same minute: what the longest one wrote is there, once.
        acknowledged = max(r["requests"] - r["not_2xx"] for r in runs) * batch
        status, body = post(server.base, "/v1/sql", {"sql": "SELECT count(*) AS n, count(DISTINCT phenomenon_time) AS d FROM written"})
        found = json.loads(body)["rows"][0] if status == 200 else {"n": 0, "d": 0}
        assert found["n"] == found["d"], f"a value is there twice: {found}"
        if found["n"] < acknowledged:
            unavailable(line, PEER, what, f"{acknowledged} acknowledged, {found['n']} found")
        else:
            # A request that is refused because too many wait (503 with Retry-After) wrote nothing, and is not counted.
            record(line, PEER, what, "1/s", [(r["requests"] - r["not_2xx"]) * batch / r["seconds"] for r in runs], refused=failed, p50=spread([r["p50"] for r in runs]),
                   p99=spread([r["p99"] for r in runs]), clients=CLIENTS, peak_mb=peak["mb"],
                   client_cpu=round(sum(r["client_cpu"] for r in runs) / sum(r["seconds"] for r in runs), 2))
        stop(server)
