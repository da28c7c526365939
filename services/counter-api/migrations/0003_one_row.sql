-- There is one counter, and it never goes back below its start.
ALTER TABLE counters
    ADD CONSTRAINT counters_one_row CHECK (id = 0),
    ADD CONSTRAINT counters_not_negative CHECK (counter >= 0);
