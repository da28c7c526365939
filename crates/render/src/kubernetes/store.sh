# Stores the dump under the time it was made at.
set -eu
file="/dump/$PGDATABASE.dump"
aws s3 cp --only-show-errors "$file" "s3://$BUCKET/$PGDATABASE/$(date -u +%Y-%m-%dT%H%M%SZ).dump"
