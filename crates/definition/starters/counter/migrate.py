"""Makes the table. It runs before each new version takes traffic, so it must be able to run again.

It runs as the owner of the database; the service itself may only read and write rows.
"""

import psycopg

# The connection comes from the PG… variables.
with psycopg.connect() as connection:
    connection.execute(
        """
        CREATE TABLE IF NOT EXISTS counter (
            single boolean PRIMARY KEY DEFAULT true CHECK (single),  -- one row, never two
            value  bigint NOT NULL DEFAULT 0
        )
        """
    )
    connection.execute("INSERT INTO counter DEFAULT VALUES ON CONFLICT DO NOTHING")
