"""What `cargo xtask bench` runs: inputs, preparation, the work group by group, the table.

    python run.py prepare | run | report          BENCH_SIZE, BENCH_ONLY and BENCH_WITHOUT say how much of it
"""
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from common import AMOUNT, NODE, OUT, ROWS, SIZE, WORK

HERE = Path(__file__).resolve().parent
GROUPS = ["load", "read", "space", "write", "catalogue", "growth", "start", "fairness", "leaving", "cluster", "formats", "large", "outlets"]
PEERS = ["duckdb", "postgres", "tipg", "pygeoapi", "martin"]
ONLY = [g for g in os.environ.get("BENCH_ONLY", "").split(",") if g] or GROUPS
WITHOUT = os.environ.get("BENCH_WITHOUT", "").split(",")
ENVIRONMENT = {**os.environ, "BENCH_WORK": str(WORK), "BENCH_SIZE": SIZE}
DONE = WORK / SIZE / "done"


def python(script, *arguments, required=False):
    print(f"— {script} {' '.join(map(str, arguments))}", flush=True)
    code = subprocess.run([WORK / "venv/bin/python", script, *map(str, arguments)], cwd=HERE, env=ENVIRONMENT, check=False).returncode
    if code and required:
        raise SystemExit(f"{script} {' '.join(map(str, arguments))} failed: see above")
    return code == 0


def has(peer):
    return peer not in WITHOUT


def postgres(what):
    return has("postgres") and subprocess.run([HERE / "postgres.sh", what], env=ENVIRONMENT, check=False).returncode == 0


def once(name, action):
    """Does a step of the preparation unless it is done; what it did stays usable for later runs."""
    DONE.mkdir(exist_ok=True)
    if not (DONE / name).exists():
        start = time.perf_counter()
        action()
        (DONE / name).write_text(f"{time.perf_counter() - start:.0f} s\n")


def prepare():
    python("generate.py", required=True)
    once("node", lambda: python("node.py", "prepare", required=True))
    once("series", series)
    if has("postgres"):
        once("postgres", lambda: (postgres("start") or sys.exit("PostgreSQL did not start"), python("postgres.py", "prepare", required=True)))


def series():
    """The series come and go file by file: at a billion values they would not fit on a disk beside what is made of them."""
    from generate import series_files
    (WORK / SIZE / "series.json").unlink(missing_ok=True)
    (OUT / "series.duckdb").unlink(missing_ok=True)
    for number, file in enumerate(series_files()):
        python("generate.py", "series", number, required=True)
        python("node.py", "series", file, required=True)
        python("embedded.py", "series", file, required=True)
        file.unlink()
    python("node.py", "settle", required=True)
    python("embedded.py", "settle", required=True)


def run():
    postgres_runs = (DONE / "postgres").exists() and postgres("start")
    for group in GROUPS:
        if group not in ONLY:
            continue
        if group == "formats":
            python("formats.py")
            python("layers.py", AMOUNT["layers"])
            continue
        if group == "large":
            python("large.py")
            continue
        if group == "outlets":
            for name in ("tiles", "stac", "raster", "things", "download"):
                python("outlets.py", name)
            postgres_runs = (DONE / "postgres").exists() and postgres("start")
            continue
        if has("node"):
            python("node.py", {"fairness": "fair", "cluster": "shared"}.get(group, group))
        if has("duckdb") and group in ("load", "read", "space"):
            python("embedded.py", group)
        if postgres_runs and group in ("load", "read", "space", "write"):
            python("postgres.py", group)
        if postgres_runs and group == "space":
            for peer in ("tipg", "pygeoapi", "martin"):
                if has(peer):
                    python("http_peers.py", peer)
    if postgres_runs:
        postgres("stop")
    report()


def report():
    python("report.py", required=True)


if __name__ == "__main__":
    for step in sys.argv[1:] or ["prepare", "run"]:
        globals()[step]()
