"""Agencies' formats: a 50 MB workbook against pandas with calamine, and peak memory of files ten times as large.

    python formats.py          needs a release build of the example `read_table`, which it makes
    python formats.py memory   only the memory

The files are synthetic: hours of made-up stations with a made-up level.
"""
import subprocess
import sys
import zipfile

from common import DATA, ROOT, WORK, record, run_measured, size_mb, unavailable

US = "Cửu Long"
READER = WORK / "target/release/examples/read_table"
HEADER = ["station", "time", "level", "salinity", "temperature", "quality"]


def build():
    subprocess.run(["cargo", "build", "--release", "-p", "cuulong-formats", "--example", "read_table", "--target-dir", WORK / "target"],
                   cwd=ROOT, check=True)


def values(row):
    """One made-up row; digits enough that it does not pack to nothing."""
    mixed = (row * 2654435761) & 0xFFFFFFFF
    return (f"station {row % 997:03}", 43831 + row / 24, (mixed % 100003) / 317, (mixed % 30011) / 1009, 20 + (mixed % 15013) / 1001,
            "good" if mixed % 7 else "suspect")


def workbook(path, rows):
    """An .xlsx as spreadsheet programs write it: texts in a list, dates as numbers with a format."""
    if path.exists():
        return
    texts = [*HEADER, *(f"station {n:03}" for n in range(997)), "good", "suspect"]
    at = {text: index for index, text in enumerate(texts)}
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
                      '<Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
                      '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>')
        book.writestr("_rels/.rels", f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="{office}/officeDocument" Target="xl/workbook.xml"/></Relationships>')
        book.writestr("xl/workbook.xml", f'<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="{office}"><sheets><sheet name="levels" sheetId="1" r:id="s1"/></sheets></workbook>')
        book.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
                      f'<Relationship Id="s1" Type="{office}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="s2" Type="{office}/styles" Target="styles.xml"/>'
                      f'<Relationship Id="s3" Type="{office}/sharedStrings" Target="sharedStrings.xml"/></Relationships>')
        book.writestr("xl/styles.xml", '<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="22"/></cellXfs></styleSheet>')
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" uniqueCount="{len(texts)}">'
                      + "".join(f"<si><t>{text}</t></si>" for text in texts) + "</sst>")
        with book.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>')
            sheet.write(('<row r="1">' + "".join(f'<c r="{c}1" t="s"><v>{i}</v></c>' for i, c in enumerate("ABCDEF")) + "</row>").encode())
            for row in range(2, rows + 2):
                name, time, level, salt, heat, flag = values(row)
                sheet.write(f'<row r="{row}"><c r="A{row}" t="s"><v>{at[name]}</v></c><c r="B{row}" s="1"><v>{time!r}</v></c><c r="C{row}"><v>{level!r}</v></c>'
                            f'<c r="D{row}"><v>{salt!r}</v></c><c r="E{row}"><v>{heat!r}</v></c><c r="F{row}" t="s"><v>{at[flag]}</v></c></row>'.encode())
            sheet.write(b"</sheetData></worksheet>")


def text(path, rows, line, head="", tail=""):
    if not path.exists():
        with open(path, "w") as out:
            out.write(head)
            for row in range(rows):
                out.write(line(row, values(row)))
            out.write(tail)


def iso(row):
    return f"2020-{1 + row // 20000 % 12:02}-{1 + row // 700 % 28:02}T{row % 24:02}:00:00Z"


def parquet(path, rows):
    if path.exists():
        return
    import pyarrow as pa
    import pyarrow.parquet as pq
    with pq.ParquetWriter(path, pa.schema([(name, pa.string() if name in ("station", "quality") else pa.float64()) for name in HEADER])) as out:
        for start in range(0, rows, 100_000):
            columns = list(zip(*(values(row) for row in range(start, min(rows, start + 100_000)))))
            out.write_table(pa.table(dict(zip(HEADER, columns)), schema=out.schema))


def csv(path, rows):
    text(path, rows, lambda row, v: f"{v[0]},{iso(row)},{v[2]},{v[3]},{v[4]},{v[5]}\n", ",".join(HEADER) + "\n")


def fixed(path, rows):
    text(path, rows, lambda row, v: f"{v[0]:<14}{iso(row):<22}{v[2]:>10.3f}{v[3]:>10.3f}{v[4]:>10.3f}  {v[5]}\n")


def sensor_things(path, rows):
    text(path, rows, lambda row, v: (",\n" if row else "") + f'{{"phenomenonTime":"{iso(row)}","result":{v[2]},"resultQuality":"{v[5]}"}}',
         '{"name":"level","unitOfMeasurement":{"symbol":"m"},"Observations":[', "]}")


def water_ml(path, rows):
    text(path, rows, lambda row, v: f"<point><MeasurementTVP><time>{iso(row)}</time><value>{v[2]}</value></MeasurementTVP></point>\n",
         '<Collection xmlns="http://www.opengis.net/waterml/2.0"><OM_Observation><observedProperty title="level"/><result><MeasurementTimeseries>',
         "</MeasurementTimeseries></result></OM_Observation></Collection>")


def memory():
    """A file and one ten times as large: the reader's peak must not follow."""
    for name, make, rows in [("csv", csv, 600_000), ("txt", fixed, 600_000), ("xlsx", workbook, 90_000), ("parquet", parquet, 600_000),
                             ("json", sensor_things, 400_000), ("xml", water_ml, 400_000)]:
        peaks = []
        for times in (1, 10):
            path = DATA / f"levels-{times}.{name}"
            make(path, rows * times)
            seconds, _, said = run_measured([READER, path])
            # Its own word: what the system counts begins with the memory of whoever started it.
            mb = round(int(said.split(" kB at most")[0].rsplit(" ", 1)[1]) / 1024, 1)
            peaks.append(mb)
            record(f"memory-{name}", US, f"{size_mb(path)} MB", "MB", [mb], seconds=round(seconds, 2))
        print(f"{name}: {peaks[0]} MB, ten times the file: {peaks[1]} MB ({peaks[1] / peaks[0]:.2f} ×)")


def against_pandas(runs=3):
    path = DATA / "levels-50mb.xlsx"
    workbook(path, 1_000_000)
    seconds = [run_measured([READER, path]) for _ in range(runs)]
    record("workbook", US, f"{size_mb(path)} MB, all cells with their places", "s", [s for s, _, _ in seconds])
    python = WORK / "venv/bin/python"
    if subprocess.run([python, "-c", "import pandas, python_calamine"], stderr=subprocess.DEVNULL, check=False).returncode:
        return unavailable("workbook", "pandas with calamine", "read_excel", "pandas and python-calamine are not installed: bench/setup.sh")
    script = f"import pandas; pandas.read_excel({str(path)!r}, engine='calamine', sheet_name=None)"
    seconds = [run_measured([python, "-c", script]) for _ in range(runs)]
    record("workbook", "pandas with calamine", "read_excel", "s", [s for s, _, _ in seconds])


if __name__ == "__main__":
    build()
    if sys.argv[1:] != ["memory"]:
        against_pandas()
    memory()
