-- The table as the first version of the platform made it, so that its data can be taken over.
CREATE TABLE IF NOT EXISTS counters (
    id integer PRIMARY KEY,
    counter integer NOT NULL DEFAULT 0
);

INSERT INTO counters (id, counter) VALUES (0, 0) ON CONFLICT (id) DO NOTHING;
