-- 32 bits end at 2147483647.
ALTER TABLE counters ALTER COLUMN counter TYPE bigint;
