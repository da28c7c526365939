# Fetches the newest dump, and fails when it is older than it may be.
set -eu
newest=$(aws s3api list-objects-v2 --bucket "$BUCKET" --prefix "$PGDATABASE/" \
  --query 'sort_by(Contents, &LastModified)[-1].[Key, LastModified]' --output text)
if [ -z "$newest" ] || [ "$newest" = None ]; then
  echo "there is no dump of $PGDATABASE in $BUCKET" >&2
  exit 1
fi
key=$(printf '%s' "$newest" | cut -f 1)
made=$(date -d "$(printf '%s' "$newest" | cut -f 2)" +%s)
age=$(($(date +%s) - made))
echo "newest dump: $key, $((age / 3600)) hours old"
if [ "$age" -gt "$MAX_AGE_SECONDS" ]; then
  echo "that is more than $((MAX_AGE_SECONDS / 3600)) hours" >&2
  exit 1
fi
aws s3 cp --only-show-errors "s3://$BUCKET/$key" "/dump/$PGDATABASE.dump"
