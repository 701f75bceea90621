#!/bin/sh
# A private PostgreSQL cluster for the bench, on loopback, never run as root.
#   ./postgres.sh start | stop | drop
# Debian packages: postgresql-15 postgresql-15-postgis-3
set -eu
WORK=${BENCH_WORK:?}/${BENCH_SIZE:?}
PORT=${BENCH_PGPORT:-54339}
OWNER=${BENCH_PGOWNER:-postgres}          # the account that runs it when this script is run as root
BIN=$(ls -d /usr/lib/postgresql/*/bin | tail -1)
PG=$WORK/pg
as() { if [ "$(id -u)" = 0 ]; then runuser -u "$OWNER" -- "$@"; else "$@"; fi; }

case ${1:-} in
start)
    if [ ! -d "$PG" ]; then
        mkdir -p "$PG"
        [ "$(id -u)" != 0 ] || chown "$OWNER" "$PG"
        as "$BIN/initdb" -D "$PG" -U bench --auth=trust --encoding=UTF8 --locale=C.UTF-8 >/dev/null
        # What a careful operator sets for a 24 GiB machine; durability (fsync, synchronous_commit, WAL) stays at its default.
        as sh -c "cat >> '$PG/postgresql.conf'" <<CONF
listen_addresses = '127.0.0.1'
unix_socket_directories = '/tmp'
port = $PORT
timezone = 'UTC'
shared_buffers = 4GB
effective_cache_size = 14GB
work_mem = 128MB
maintenance_work_mem = 1GB
max_wal_size = ${BENCH_WAL:-4GB}
checkpoint_timeout = 15min
random_page_cost = 1.1
effective_io_concurrency = 200
max_connections = 200
CONF
    fi
    as "$BIN/pg_ctl" -D "$PG" status >/dev/null 2>&1 || as "$BIN/pg_ctl" -D "$PG" -l "$PG/server.log" -w start >/dev/null
    as "$BIN/psql" -h 127.0.0.1 -p "$PORT" -U bench -d postgres -Atqc "SELECT 1 FROM pg_database WHERE datname='bench'" | grep -q 1 ||
        as "$BIN/createdb" -h 127.0.0.1 -p "$PORT" -U bench bench
    as "$BIN/psql" -h 127.0.0.1 -p "$PORT" -U bench -d bench -qc "SET client_min_messages=error; CREATE EXTENSION IF NOT EXISTS postgis"
    ;;
stop) as "$BIN/pg_ctl" -D "$PG" -m fast -w stop >/dev/null 2>&1 || true ;;
drop) as "$BIN/pg_ctl" -D "$PG" -m immediate -w stop >/dev/null 2>&1 || true; rm -rf "$PG" ;;
*) echo "usage: $0 start|stop|drop" >&2; exit 2 ;;
esac
