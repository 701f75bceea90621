"""Files beyond what a load holds in memory: peak memory of one that just fits, and of one ten times as large.

    python large.py

The node is told to hold few values (`load_memory`), so that a file of some hundred megabytes is large.
"""
import shutil

import numpy as np
import pyarrow as pa

import node
from common import AMOUNT, DATA, OUT, SEED, record, run_measured, size_mb
from generate import PROPERTIES, START, csv_file, decimals, places, signal, stamps

PLACES, KINDS = 40, 5
BYTES_OF_A_VALUE = 100          # as the node reckons


def long(path, values):
    """Long CSV in order of time, as loggers' centres write it; every tenth hour comes late, so that no series is in order."""
    if path.exists():
        return
    codes, names, units = pa.array(places(PLACES)), pa.array([p[0] for p in PROPERTIES[:KINDS]]), pa.array([p[1] for p in PROPERTIES[:KINDS]])
    rng, hours = np.random.default_rng(SEED), values // (PLACES * KINDS)
    columns = ["station_code", "property", "time", "value", "unit"]
    file, write = csv_file(path, columns)
    with file:
        for first in range(0, hours, 250):
            hour = np.arange(first, min(hours, first + 250))
            late = hour % 10 == 3
            hour = np.concatenate([hour[~late], hour[late]])
            cube = np.stack([signal(k, np.arange(PLACES), hour, rng) for k in range(KINDS)], axis=-1)
            out = cube.transpose(1, 0, 2).reshape(-1)
            index = np.arange(len(out))
            write(pa.table([codes.take(index // KINDS % PLACES), names.take(index % KINDS), stamps(START + hour).take(index // (PLACES * KINDS)),
                            decimals(out), units.take(index % KINDS)], columns))


def main():
    held, folder, peaks = AMOUNT["held"], OUT / "node-large", []
    environment = {**node.environment(), "CUULONG_LOAD_MEMORY": str(held * BYTES_OF_A_VALUE)}
    for times in (1, 10):
        path = DATA / f"held-{times}.csv"
        long(path, held * times)
        shutil.rmtree(folder, ignore_errors=True)
        node.add("large", data=folder)
        seconds, peak, said = run_measured([node.BINARY, "--data", folder, "load", path, "--dataset", "large", "--mapping", node.mapping("large", node.LONG)],
                                           env=environment)
        assert " 0 refused" in said, said[-1000:]
        peaks.append(peak)
        record("memory-load", node.PEER, f"{held * times:,} values, {size_mb(path):.0f} MB of CSV; {held:,} are held", "MB", [peak], seconds=round(seconds, 2),
               per_s=round(held * times / seconds), disk_mb=size_mb(folder / "lake"))
    shutil.rmtree(folder, ignore_errors=True)
    print(f"load: {peaks[0]} MB, ten times the file: {peaks[1]} MB ({peaks[1] / peaks[0]:.2f} ×)")


if __name__ == "__main__":
    main()
