"""What every script of the bench shares: sizes, folders, how time and memory are taken, where results go."""
import json
import os
import platform
import statistics
import subprocess
import threading
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = Path(os.environ.get("BENCH_WORK", ROOT / "target" / "bench"))   # everything generated or installed
SIZE = os.environ.get("BENCH_SIZE", "S")
SEED = int(os.environ.get("BENCH_SEED", "20"))
DATA = WORK / SIZE / "data"              # generated inputs, the same for every peer
OUT = WORK / SIZE / "out"                # what embedded peers write
NODE = WORK / SIZE / "node"              # the folder of the Cửu Long node that is asked
ROWS = WORK / SIZE / "rows.json"         # one row a measurement
CORES = os.cpu_count()

# load: places x 5 properties, hours. series: places, properties, hours, files (each a stretch of time).
SIZES = {
    "S": dict(held=200_000, layers=20_000, load=(200, 500), series=(20, 5, 10_000, 1), parcels=20_000, points=20_000, polygons=100, latest=(125, 8, 20),
              minutes=100_000, rows=36_000, seconds=1, runs=3, catalogue=(10_000, 20), planning=(10, 1_000, 10_000), commits=500),
    "M": dict(held=2_000_000, layers=1_000_000, load=(200, 10_000), series=(400, 5, 50_000, 10), parcels=1_000_000, points=1_000_000, polygons=1_000,
              latest=(1_250, 8, 100), minutes=1_000_000, rows=360_000, seconds=4, runs=3, catalogue=(100_000, 100), planning=(10, 1_000, 100_000),
              commits=10_000),
    "L": dict(held=2_000_000, layers=1_000_000, load=(200, 10_000), series=(1_000, 10, 100_000, 50), parcels=1_000_000, points=1_000_000, polygons=1_000,
              latest=(1_250, 8, 100), minutes=1_000_000, rows=360_000, seconds=6, runs=3, catalogue=(100_000, 100), planning=(10, 1_000, 100_000),
              commits=10_000),
}
AMOUNT = SIZES[SIZE]
for folder in (DATA, OUT):
    folder.mkdir(parents=True, exist_ok=True)

COMPILERS = ("rustc", "cargo", "ld", "ld.lld", "cc1", "cc1plus", "clippy-driver")


def others():
    """Whether a compiler runs on the machine now: what disturbs a figure most on a maker's machine."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, state = stat.read_text().split("(", 1)[1].rsplit(")", 1)
            if name in COMPILERS and state.split()[0] != "T":         # one that is stopped disturbs nothing
                return True
        except OSError:
            pass
    return False


class Watch:
    """Looks for compilers every second; a figure taken while one ran is marked `busy` and is no baseline."""

    def __init__(self):
        self.seen = False
        threading.Thread(target=self.look, daemon=True).start()

    def look(self):
        while True:
            self.seen |= others()
            time.sleep(1)

    def take(self):
        seen, self.seen = self.seen or others(), False
        return seen


watch = Watch()


def tree(root):
    """The process ids of `root` and all its descendants."""
    children = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text()
        except OSError:
            continue
        pid, ppid = int(text.split()[0]), int(text.rsplit(")", 1)[1].split()[1])
        children.setdefault(ppid, []).append(pid)
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def pss_mb(root):
    """Proportional set size of a process tree in MB: shared pages are counted once."""
    total = 0
    for pid in tree(root):
        try:
            for line in open(f"/proc/{pid}/smaps_rollup"):
                if line.startswith("Pss:"):
                    total += int(line.split()[1])
        except OSError:
            pass
    return round(total / 1024, 1)


@contextmanager
def peak_memory(root, every=2.0):
    """Samples the tree's PSS while the block runs (rarely: reading it costs the kernel time); yields a dict that holds `mb`."""
    peak, stop = {"mb": pss_mb(root)}, threading.Event()

    def sample():
        while not stop.wait(every):
            peak["mb"] = max(peak["mb"], pss_mb(root))

    sampler = threading.Thread(target=sample, daemon=True)
    sampler.start()
    try:
        yield peak
    finally:
        stop.set()
        sampler.join()
        peak["mb"] = max(peak["mb"], pss_mb(root))


def run_measured(command, **options):
    """Runs a program to its end: seconds, its peak resident memory in MB, and what it printed."""
    log = WORK / SIZE / "last-command.log"
    with open(log, "w") as out:
        start = time.perf_counter()
        process = subprocess.Popen(list(map(str, command)), stdout=out, stderr=subprocess.STDOUT, **options)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(errors="replace")
    if process.returncode:
        raise RuntimeError(f"{' '.join(map(str, command))[:200]} failed:\n{text[-2000:]}")
    return seconds, round(usage.ru_maxrss / 1024, 1), text


def times(action, runs=3, before=None):
    """Runs `action` `runs` times; returns the seconds of each run."""
    seconds = []
    for _ in range(runs):
        if before:
            before()
        start = time.perf_counter()
        action()
        seconds.append(time.perf_counter() - start)
    return seconds


def spread(values, digits=3):
    """Median, minimum and maximum."""
    return {"median": round(statistics.median(values), digits), "min": round(min(values), digits),
            "max": round(max(values), digits), "runs": len(values)}


def percentile(values, p):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(p / 100 * len(ordered)))]


def latencies(ms):
    """The spread of many single requests in milliseconds."""
    return {"median": round(percentile(ms, 50), 3), "p99": round(percentile(ms, 99), 3), "min": round(min(ms), 3),
            "max": round(max(ms), 3), "runs": len(ms)}


def size_mb(*paths):
    """Size of files, or of all files of folders, in MB (10^6 bytes)."""
    total = 0
    for path in map(Path, paths):
        files = [path] if path.is_file() else [f for f in path.rglob("*") if f.is_file()]
        total += sum(f.stat().st_size for f in files)
    return round(total / 1e6, 1)


def sync(path):
    """Makes what was written durable, as a database commit would."""
    for file in [path] if Path(path).is_file() else [f for f in Path(path).rglob("*") if f.is_file()]:
        handle = os.open(file, os.O_RDONLY)
        os.fsync(handle)
        os.close(handle)


def record(line, peer, what, unit, values, **extra):
    """Adds one measurement (replacing an older one of the same key) and prints it. `line` is a line of report.py."""
    row = {"line": line, "peer": peer, "what": what, "unit": unit,
           **(spread(values) if isinstance(values, list) else values or {}), **extra,
           "busy": watch.take(), "load": round(os.getloadavg()[0], 2), "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}
    book = json.loads(ROWS.read_text()) if ROWS.exists() else []
    key = (line, peer, what)
    book = [r for r in book if (r["line"], r["peer"], r["what"]) != key] + [row]
    ROWS.write_text(json.dumps(book, indent=1, ensure_ascii=False) + "\n")
    print(json.dumps(row, ensure_ascii=False), flush=True)
    return row


def unavailable(line, peer, what, reason):
    """A line that could not be measured, with the reason."""
    record(line, peer, what, "", None, missing=reason)


def machine():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "")
    memory = next(int(line.split()[1]) for line in open("/proc/meminfo") if line.startswith("MemTotal"))
    return {"cpu": cpu, "cores": CORES, "memory_gib": round(memory / 2**20, 1), "kernel": platform.release(),
            "python": platform.python_version()}
