#!/usr/bin/env python3
"""How much a hostile user moves the reads of others.

Measures station-month reads of a quiet node, beside processes that only count, and while a hostile user
runs the worst queries that are allowed over eight connections, and prints them with their ratio. Reads and hostile queries are
in processes of their own; the hostile ones run at the lowest rank, so that what is measured is the
node and not the client.

    bench/fairness.py http://127.0.0.1:8080 DATASET [--seconds 20] [--rounds 3] [--key KEY]

DATASET is a dataset of observations, best one of ten million. The hostile user is a visitor, or the
holder of --key; the reads are a visitor's from 127.0.0.2, so that both have budgets of their own.
The node should run in the session of this script: where Linux groups processes by session
(kernel.sched_autogroup_enabled), the lowest rank holds only within a group, and a reader in another
one, which stands for another machine, would wait for the node's scans.
"""

import argparse
import http.client
import json
import multiprocessing
import os
import random
import socket
import time
import urllib.parse


def hostile_requests(dataset):
    sql = [
        f"SELECT count(*) FROM {dataset} a JOIN {dataset} b ON a.result < b.result AND a.quality <> b.quality",
        f"SELECT count(*) FROM {dataset} a, {dataset} b",
        f"SELECT * FROM {dataset} ORDER BY result DESC, phenomenon_time, run LIMIT 200000",
        f"SELECT datastream, date_trunc('hour', phenomenon_time) h, avg(result), min(result), max(result), "
        f"count(DISTINCT result) FROM {dataset} GROUP BY 1, 2",
        f"SELECT count(*) FROM {dataset} WHERE regexp_like(place || property || CAST(result AS VARCHAR), "
        f"'([a-z]+:)*[a-z_]+.*[0-9]{{3,}}.*5$')",
        f"SELECT median(result), sum(sin(result) * cos(result)), approx_distinct(result) FROM {dataset}",
        f"SELECT * FROM {dataset}",
        f"SELECT place, property, rank() OVER (PARTITION BY datastream ORDER BY result) r FROM {dataset}",
    ]
    requests = [("POST", "/v1/sql", json.dumps({"sql": text})) for text in sql]
    requests.append(("GET", f"/v1/datasets/{dataset}/observations?limit=100000", None))
    requests.append(("GET", f"/v1/datasets/{dataset}/observations?format=csv&datetime=2016-01-01/2016-02-01", None))
    return requests


def connect(host, port, source=None):
    connection = http.client.HTTPConnection(host, port, timeout=120, source_address=(source, 0) if source else None)
    connection.connect()
    connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def hostile(host, port, dataset, key, number, stop, counts):
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    requests = hostile_requests(dataset)
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    if key:
        headers["Authorization"] = f"Bearer {key}"
    at = number
    while not stop.is_set():
        method, path, body = requests[at % len(requests)]
        at += 1
        try:
            connection = connect(host, port)
            connection.request(method, path, body=body, headers=headers)
            answer = connection.getresponse()
            while answer.read(1 << 16):
                if stop.is_set():
                    break
            connection.close()
            status = answer.status
        except OSError:
            status = 0
        except http.client.HTTPException:
            status = 1
        with counts.get_lock():
            counts[min(status, 599)] += 1
        if status in (429, 503):
            stop.wait(0.05)


def reads(host, port, dataset, seconds, source):
    connection = connect(host, port, source)

    def get(path):
        connection.request("GET", path, headers={"Accept": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        assert answer.status == 200, (answer.status, body[:300])
        return body

    streams = [stream["id"] for stream in json.loads(get(f"/v1/datasets/{dataset}/datastreams"))["items"]]
    first = json.loads(get(f"/v1/datasets/{dataset}/observations?limit=1"))["items"][0]["phenomenon_time"]
    year = int(first[:4])
    random.seed(1)
    times = []
    end = time.perf_counter() + seconds
    warm = 50
    while time.perf_counter() < end or len(times) < 100:
        stream, month = random.choice(streams), random.randint(1, 12)
        path = (
            f"/v1/datasets/{dataset}/observations?datastream={stream}"
            f"&datetime={year}-{month:02d}-01/{year}-{month:02d}-28&limit=1000"
        )
        began = time.perf_counter()
        get(path)
        took = time.perf_counter() - began
        if warm:
            warm -= 1
        else:
            times.append(took)
        # A reader, not a load test: the node is not kept busy by it.
        time.sleep(0.005)
    times.sort()
    at = lambda share: times[min(len(times) - 1, int(len(times) * share))] * 1000
    return {"reads": len(times), "p50_ms": at(0.5), "p99_ms": at(0.99), "max_ms": times[-1] * 1000}


def count():
    """Keeps a processor busy at the lowest rank, and does nothing else."""
    os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
    while True:
        pass


def compare(host, port, dataset, seconds=20, rounds=3, connections=8, key=None):
    """Reads of a quiet node, reads beside processes that only count (what the machine itself does to a
    read when its processors are busy), and reads beside the hostile user, round by round."""
    source = "127.0.0.2" if host in ("127.0.0.1", "localhost") else None
    quiet, counting, busy = [], [], []
    for number in range(rounds):
        quiet.append(reads(host, port, dataset, seconds, source))
        counters = [multiprocessing.Process(target=count, daemon=True) for _ in range(os.cpu_count())]
        for counter in counters:
            counter.start()
        counting.append(reads(host, port, dataset, seconds, source))
        for counter in counters:
            counter.kill()
            counter.join()
        stop, counts = multiprocessing.Event(), multiprocessing.Array("l", 600)
        users = [
            multiprocessing.Process(target=hostile, args=(host, port, dataset, key, which, stop, counts), daemon=True)
            for which in range(connections)
        ]
        for user in users:
            user.start()
        time.sleep(2)
        busy.append(reads(host, port, dataset, seconds, source))
        stop.set()
        for user in users:
            user.join(10)
            user.terminate()
        answered = {status: count for status, count in enumerate(counts) if count}
        print(f"round {number + 1}: quiet {shown(quiet[-1])} | counting {shown(counting[-1])} | hostile {shown(busy[-1])} | its answers {answered}", flush=True)
        time.sleep(1)
    return quiet, counting, busy


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("url")
    parser.add_argument("dataset")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--key")
    asked = parser.parse_args()
    url = urllib.parse.urlparse(asked.url)
    quiet, counting, busy = compare(url.hostname, url.port or 80, asked.dataset, asked.seconds, asked.rounds, asked.connections, asked.key)
    middle = lambda rows, name: sorted(row[name] for row in rows)[len(rows) // 2]
    for name in ("p50_ms", "p99_ms"):
        before, beside, after = middle(quiet, name), middle(counting, name), middle(busy, name)
        print(f"{name}: quiet {before:.2f}, beside counting {beside:.2f}, hostile {after:.2f}, moved by {100 * (after / before - 1):+.0f} %")


def shown(row):
    return f"n {row['reads']} p50 {row['p50_ms']:.2f} p99 {row['p99_ms']:.2f} max {row['max_ms']:.1f} ms"


if __name__ == "__main__":
    main()
