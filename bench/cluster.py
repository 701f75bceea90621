#!/usr/bin/env python3
"""A scan on one executor and on two: how much a second one helps.

    bench/cluster.py FOLDER DATASET [--program target/release/cuulong-cluster] [--rounds 3] [--sql TEXT]

FOLDER is the folder of a node that is not running; DATASET one of its datasets of observations, open to all.
Starts a scheduler, a node that sends every query there, and executors of one thread each, all on this machine, and
prints one JSON object: the seconds of each round, the medians, and their ratio. Executors share the machine's
processors, memory and disk with the node: with fewer processors than executors the ratio says nothing.
"""

import argparse
import json
import os
import secrets
import signal
import socket
import statistics
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

SCAN = ("SELECT count(*) AS series, sum(values) AS values, max(mean) AS highest FROM (SELECT datastream, "
        "date_trunc('month', phenomenon_time) AS month, count(result) AS values, avg(result) AS mean, "
        "stddev(result) AS spread, max(quality) AS quality FROM {dataset} GROUP BY 1, 2)")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Parts:
    """The processes, ended in the end."""

    def __init__(self, program, folder, logs):
        self.program, self.folder, self.logs, self.running = program, folder, logs, []
        self.environment = {**os.environ, "CUULONG_CLUSTER_SECRET": secrets.token_hex(32), "CUULONG_CLUSTER_FROM_BYTES": "0",
                            "CUULONG_CLUSTER_PARTITIONS": "8", "CUULONG_QUERY_SECONDS": "600",
                            "CUULONG_BUDGET_SECONDS": "100000", "CUULONG_BUDGET_BYTES": str(1 << 50)}

    def start(self, name, *arguments):
        with open(os.path.join(self.logs, f"{name}.log"), "w") as log:
            process = subprocess.Popen([self.program, "--data", self.folder, *arguments], stdout=log, stderr=log,
                                       env=self.environment, start_new_session=True)
        self.running.append(process)
        return process

    def stop(self, process):
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
        self.running.remove(process)

    def stop_all(self):
        for process in list(self.running):
            process.kill()
            process.wait()


def ask(base, sql):
    request = urllib.request.Request(f"{base}/v1/sql", json.dumps({"sql": sql}).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=900) as answer:
        return json.load(answer)["rows"]


def until_answered(base, sql, seconds=120):
    end = time.monotonic() + seconds
    while True:
        try:
            return ask(base, sql)
        except (urllib.error.URLError, ConnectionError) as error:
            if time.monotonic() > end:
                raise RuntimeError(f"no answer within {seconds} s: {error}") from error
            time.sleep(0.2)


def rounds(base, sql, number):
    """Once to warm up, then the seconds of each round; every answer has to be the same."""
    expected, seconds = until_answered(base, sql), []
    for _ in range(number):
        began = time.perf_counter()
        rows = ask(base, sql)
        seconds.append(round(time.perf_counter() - began, 3))
        if json.dumps(rows)[:40] != json.dumps(expected)[:40]:
            raise RuntimeError(f"the answers differ: {rows} and {expected}")
    return seconds, expected


def measure(program, folder, dataset, number=3, sql=None):
    sql = (sql or SCAN).format(dataset=dataset)
    found = {}
    with tempfile.TemporaryDirectory(prefix="cuulong-bench-") as logs:
        parts = Parts(program, folder, logs)
        try:
            engine = f"ballista://127.0.0.1:{free_port()}"
            port = free_port()
            base = f"http://127.0.0.1:{port}"
            node = parts.start("alone", "serve", "--listen", f"127.0.0.1:{port}")
            found["the node alone, all its threads"], expected = rounds(base, sql, number)
            parts.stop(node)
            parts.start("scheduler", "cluster", "scheduler", "--listen", engine.removeprefix("ballista://"))
            parts.start("node", "serve", "--engine", engine, "--listen", f"127.0.0.1:{port}")
            until_answered(base, "SELECT 1")
            for executors in (1, 2):
                parts.start(f"executor-{executors}", "cluster", "executor", "--engine", engine, "--threads", "1",
                            "--listen", f"127.0.0.1:{free_port()}", "--memory", str(4 << 30))
                time.sleep(3)
                found[f"{executors} executor{'s' * (executors - 1)} of one thread"], rows = rounds(base, sql, number)
                if str(rows)[:30] != str(expected)[:30]:
                    raise RuntimeError(f"the cluster answers {rows}, the node {expected}")
        except Exception:
            for name in sorted(os.listdir(logs)):
                with open(os.path.join(logs, name), errors="replace") as log:
                    print(f"{name}: …{log.read()[-1500:]}")
            raise
        finally:
            parts.stop_all()
    one, two = (statistics.median(found[name]) for name in list(found)[1:])
    return {"sql": sql, "seconds": found, "one_over_two": round(one / two, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("dataset")
    parser.add_argument("--program", default="target/release/cuulong-cluster")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sql")
    options = parser.parse_args()
    print(json.dumps(measure(options.program, options.folder, options.dataset, options.rounds, options.sql), indent=1))


if __name__ == "__main__":
    main()
