"""Asking servers over HTTP: starting and stopping them, and `wrk` as the client."""
import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

from common import AMOUNT, CORES, SIZE, WORK, peak_memory, pss_mb, record, spread, unavailable

started = []


def get(base, path, timeout=120, **headers):
    with urllib.request.urlopen(urllib.request.Request(base + path, headers=headers), timeout=timeout) as answer:
        return answer.read()


def post(base, path, body, timeout=120, **headers):
    """Status and bytes of the answer, also of a refusal."""
    request = urllib.request.Request(base + path, json.dumps(body).encode(), {"Content-Type": "application/json", **headers})
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def wrk(base, paths, clients, seconds, script="wrk.lua", **env):
    """One run of wrk: what its script printed, and the CPU seconds that the client used."""
    file = WORK / SIZE / f"paths-{os.getpid()}.txt"
    file.write_text("\n".join(paths) + "\n")
    log = WORK / SIZE / f"wrk-{os.getpid()}.log"
    with open(log, "w") as out:
        process = subprocess.Popen(["wrk", "-t1", f"-c{clients}", f"-d{seconds}s", "--timeout", "120s", "-s", script, base],
                                   cwd=Path(__file__).resolve().parent, env={**os.environ, "PATHS": str(file), **env}, stdout=out, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text()
    file.unlink()
    if process.returncode:
        raise RuntimeError(f"wrk failed: {text}")
    return {**json.loads(text.strip().splitlines()[-1]), "client_cpu": usage.ru_utime + usage.ru_stime}


def measure(line, server, what, paths, clients=1, **extra):
    """Runs of wrk against a warm server: the median of their p50 and of their p99."""
    for path in paths[:20] if SIZE == "S" else paths[:200]:
        get(server.base, path)                       # warm; and an error shows itself as one
    runs = []
    with peak_memory(server.pid) as peak:
        for _ in range(AMOUNT["runs"]):
            runs.append(wrk(server.base, paths, clients, AMOUNT["seconds"]))
    requests = sum(r["requests"] for r in runs)
    if requests == 0:
        unavailable(line, server.peer, what, f"no answer within {AMOUNT['seconds']} s")
        return
    failed = sum(r["not_2xx"] + r["broken"] for r in runs)
    seconds = sum(r["seconds"] for r in runs)
    record(line, server.peer, what, "ms", [r["p50"] for r in runs if r["requests"]], p99=spread([r["p99"] for r in runs]), clients=clients, requests=requests,
           per_s=round(requests / seconds, 1), answer_kb=round(sum(r["kb"] for r in runs) / requests, 1), failed=failed,
           peak_mb=peak["mb"], client_cpu=round(sum(r["client_cpu"] for r in runs) / seconds, 2), **extra)


def whole(line, server, what, path, runs=3, check=None, **extra):
    """One large answer, read to its end by curl: seconds, and until its first byte."""
    seconds, first, size = [], [], 0
    with peak_memory(server.pid, 0.5) as peak:
        for _ in range(runs):
            out = subprocess.run(["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code} %{time_total} %{time_starttransfer} %{size_download}",
                                  "--max-time", "120", *(path if isinstance(path, list) else [server.base + path])],
                                 capture_output=True, text=True)
            code, total, begin, size = out.stdout.split() if out.stdout else ("000", 0, 0, 0)
            if code != "200":
                return unavailable(line, server.peer, what, f"answered {code} after {float(total):.1f} s {out.stderr.strip()[:200]}")
            seconds.append(float(total))
            first.append(float(begin))
    return record(line, server.peer, what, "s", seconds, first_byte_s=spread(first), answer_kb=round(int(size) / 1e3, 1), peak_mb=peak["mb"], **extra)


def launch(peer, command, base, first, log, **env):
    """Starts a server and waits for its first answer; the seconds that took are `started_s`."""
    with open(log, "w") as out:
        start = time.perf_counter()
        server = subprocess.Popen(list(map(str, command)), env={**os.environ, **env}, stdout=out, stderr=out, process_group=0)
    started.append(server)
    while True:
        try:
            get(base, first)
            break
        except OSError as error:
            if server.poll() is not None or time.perf_counter() - start > 300:
                stop(server)
                raise RuntimeError(f"{peer} did not start: {error}\n{Path(log).read_text()[-2000:]}") from error
            time.sleep(0.005)
    server.started_s, server.base, server.peer = time.perf_counter() - start, base, peer
    return server


def serve(peer, command, base, first, log, **env):
    """Starts a server three times and leaves it running; its start and its idle memory are lines of their own."""
    seconds, server = [], None
    for _ in range(3):
        if server:
            stop(server)
        server = launch(peer, command, base, first, log, **env)
        seconds.append(server.started_s)
    record("start", peer, "start to first answer", "s", seconds)
    time.sleep(3)
    record("idle", peer, "idle memory (PSS)", "MB", [pss_mb(server.pid)], workers=CORES)
    return server


def stop(server):
    if server.poll() is not None:
        return
    os.killpg(server.pid, signal.SIGTERM)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()


def stop_all():
    for server in started:
        stop(server)
