# Restores the dump into a fresh server that lives and dies with this pod, and counts what came back.
set -eu
data=/dump/data
file="/dump/$PGDATABASE.dump"
export PGHOST=/tmp PGUSER=postgres
initdb --pgdata="$data" --username=postgres --auth=trust --no-sync >/dev/null
pg_ctl --pgdata="$data" --wait --silent --log=/dump/server.log \
  --options="-c listen_addresses= -c unix_socket_directories=/tmp -c fsync=off" start
trap 'pg_ctl --pgdata="$data" --mode=immediate --silent stop' EXIT
createdb --maintenance-db=postgres "$PGDATABASE"
pg_restore --exit-on-error --no-owner --no-privileges --dbname="$PGDATABASE" "$file"
expected=$(pg_restore --list "$file" | grep -c ' TABLE DATA ' || true)
found=$(psql --no-psqlrc --tuples-only --no-align --command="SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')")
echo "restored $found tables, $expected of them with data in the dump"
if [ "$found" -lt "$expected" ] || [ "$found" -eq 0 ]; then
  echo "the dump does not hold what it lists" >&2
  exit 1
fi
