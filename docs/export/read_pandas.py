"""Reads an export of a Cửu Long node back, whole, with pandas alone.

    python read_pandas.py FOLDER

Every file is checked against its SHA-256, every table is read to its end, and rows, sums and times
are compared with `export.json`. Nothing of Cửu Long is needed. Needs: pip install pandas pyarrow
"""

import hashlib
import json
import math
import pathlib
import sys

import pandas


def main(folder: pathlib.Path) -> int:
    export = json.loads((folder / "export.json").read_text(encoding="utf-8"))
    wrong = []

    def expect(what, found, expected):
        same = found == expected
        if isinstance(expected, float):
            same = math.isclose(found, expected, rel_tol=1e-9, abs_tol=1e-9)
        if not same:
            wrong.append(f"{what}: {found!r}, the export says {expected!r}")

    for file in export["files"]:
        expect(file["path"], hashlib.sha256((folder / file["path"]).read_bytes()).hexdigest(), file["sha256"])

    values = 0
    for dataset in export["datasets"]:
        if not dataset["file"]:
            continue
        rows = pandas.read_parquet(folder / dataset["file"])
        name = dataset["dataset"]
        expect(f"{name}: rows", len(rows), dataset["rows"])
        values += len(rows)
        if dataset["kind"] == "observations":
            expect(f"{name}: datastreams", rows["datastream"].nunique(), dataset["datastreams"])
            expect(f"{name}: results", int(rows["result"].count()), dataset["results"])
            if dataset["results"]:
                expect(f"{name}: sum of results", float(rows["result"].sum()), float(dataset["sum_result"]))
            if len(rows):
                expect(f"{name}: sum of quality", int(rows["quality"].sum()), dataset["sum_quality"])
                micros = rows["phenomenon_time"].dt.tz_convert("UTC").dt.tz_localize(None)
                micros = micros.astype("datetime64[us]").astype("int64")
                expect(f"{name}: sum of times", str(sum(int(micro) for micro in micros)), dataset["sum_time_us"])
        else:
            geometries = rows["geometry"].dropna()
            expect(f"{name}: geometries", len(geometries), dataset["geometries"])
            expect(f"{name}: bytes of geometry", sum(map(len, geometries)), dataset["geometry_bytes"])

    for table in export["catalogue"]:
        rows = pandas.read_csv(folder / table["file"], dtype=str, keep_default_na=False)
        expect(table["table"], len(rows), table["rows"])

    for line in wrong:
        print(line)
    print(f"{len(export['files'])} files, {values} rows of data, {len(export['catalogue'])} tables of the catalogue")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
