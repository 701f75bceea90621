"""Reads an export of a Cửu Long node back, whole, with DuckDB alone.

    python read_duckdb.py FOLDER

Every file is checked against its SHA-256, every table is read to its end, and rows, sums and times
are compared with `export.json`. Nothing of Cửu Long is needed. Needs: pip install duckdb
"""

import hashlib
import json
import math
import pathlib
import sys

import duckdb


def main(folder: pathlib.Path) -> int:
    export = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    wrong = []

    def expect(what, found, expected):
        same = found == expected
        if isinstance(expected, float):
            same = found is not None and math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
        if not same:
            wrong.append(f"{what}: {found!r}, the export says {expected!r}")

    for file in export["files"]:
        expect(file["path"], hashlib.sha256((folder / file["path"]).read_bytes()).hexdigest(), file["sha256"])

    # The answers are whole numbers and UTC; no extension and no network is needed.
    db = duckdb.connect(config={"autoinstall_known_extensions": "false"})
    values = 0
    for dataset in export["datasets"]:
        if not dataset["file"]:
            continue
        path = str(folder / dataset["file"])
        name = dataset["dataset"]
        if dataset["kind"] == "observations":
            rows, streams, results, total, quality, times = db.execute(
                """
                SELECT count(*), count(DISTINCT datastream), count(result), sum(result), sum(quality)::BIGINT,
                       sum(epoch_us(phenomenon_time)::HUGEINT)::VARCHAR
                FROM read_parquet(?)
                """,
                [path],
            ).fetchone()
            expect(f"{name}: datastreams", streams, dataset["datastreams"])
            expect(f"{name}: results", results, dataset["results"])
            if results:
                expect(f"{name}: sum of results", total, float(dataset["sum_result"]))
            if rows:
                expect(f"{name}: sum of quality", quality, dataset["sum_quality"])
                expect(f"{name}: sum of times", times, dataset["sum_time_us"])
        else:
            rows, geometries, size = db.execute(
                "SELECT count(*), count(geometry), coalesce(sum(octet_length(geometry::BLOB)), 0)::BIGINT "
                "FROM read_parquet(?)",
                [path],
            ).fetchone()
            expect(f"{name}: geometries", geometries, dataset["geometries"])
            expect(f"{name}: bytes of geometry", size, dataset["geometry_bytes"])
        expect(f"{name}: rows", rows, dataset["rows"])
        values += rows

    for table in export["catalogue"]:
        rows = db.execute(
            "SELECT count(*) FROM read_csv(?, header = true, all_varchar = true, delim = ',', quote = '\"', "
            "escape = '\"', strict_mode = true, max_line_size = 16777216)",
            [str(folder / table["file"])],
        ).fetchone()[0]
        expect(table["table"], rows, table["rows"])

    for line in wrong:
        print(line)
    print(f"{len(export['files'])} files, {values} rows of data, {len(export['catalogue'])} tables of the catalogue")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
