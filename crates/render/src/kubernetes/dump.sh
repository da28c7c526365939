# Dumps the database, and hands the file over only when it is whole.
set -eu
pg_dump --format=custom --no-password --file="/dump/part"
pg_restore --list /dump/part >/dev/null
mv /dump/part "/dump/$PGDATABASE.dump"
