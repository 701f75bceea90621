#!/bin/sh
# Installs the peers: Debian packages (needs root) and one Python environment each. What is there is left as it is.
#   ./setup.sh            everything but Martin
#   ./setup.sh martin     Martin with its PostGIS source only (a long build)
set -eu
WORK=${BENCH_WORK:-$(cd "$(dirname "$0")/.." && pwd)/target/bench}
mkdir -p "$WORK"
if [ "${1:-}" = martin ]; then
    cargo install --locked --root "$WORK/cargo" --target-dir "$WORK/cargo-target" --no-default-features --features postgres martin@1.14.0
    exit
fi
missing=
command -v wrk >/dev/null || missing="$missing wrk"
command -v ogr2ogr >/dev/null || missing="$missing gdal-bin"
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql-15"
ls /usr/share/postgresql/*/extension/postgis.control >/dev/null 2>&1 || missing="$missing postgresql-15-postgis-3"
[ -z "$missing" ] || apt-get install -y --no-install-recommends $missing || echo "install by hand:$missing; without them the lines that need them are left out" >&2
environment() {
    name=$1; shift
    [ ! -x "$WORK/$name/bin/python" ] || return 0
    python3 -m venv "$WORK/$name"
    "$WORK/$name/bin/pip" install -q --disable-pip-version-check "$@" || { rm -rf "$WORK/$name"; return 1; }
}
environment venv duckdb pytz numpy pyarrow scipy shapely "psycopg[binary]" pandas python-calamine
environment venv-spatial pytz duckdb==1.5.5 duckdb-extension-spatial==1.5.5 numpy pyarrow scipy shapely   # a repackaging by a third party: DuckDB checks the extension file's signature
environment venv-tipg tipg "uvicorn[standard]"
environment venv-pygeoapi pygeoapi gunicorn psycopg2-binary sqlalchemy geoalchemy2
