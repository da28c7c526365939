-- The roles of one workload in one database, made or completed; run again, it changes nothing.
-- Rendered by Seaworthy. Read by psql, which takes its variables from the environment of the job.

\set ON_ERROR_STOP on
\getenv owner OWNER
\getenv role ROLE
\getenv acts_as_owner ACTS_AS_OWNER
SELECT current_database() AS database, current_database() || '_readwrite' AS group \gset

-- One job at a time; the lock goes with the connection.
SELECT pg_advisory_lock(hashtext('seaworthy roles')) \g /dev/null

SELECT format('CREATE ROLE %I LOGIN', :'owner')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'owner') \gexec
SELECT format('CREATE ROLE %I NOLOGIN', :'group')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'group') \gexec
SELECT format('CREATE ROLE %I LOGIN', :'role')
  WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :'role') \gexec

-- psql sends verifiers: no password reaches a log of the server. It reads each twice from its input.
\password :owner
\password :role

-- Whoever runs this made the owner, and may act for it from now on.
GRANT :"owner" TO CURRENT_USER;
ALTER DATABASE :"database" OWNER TO :"owner";
REVOKE ALL ON DATABASE :"database" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE :"database" TO :"group";

-- What the owner creates from now on; what a migration takes from the group stays taken.
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE ON SCHEMAS TO :"group";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO :"group";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT USAGE, SELECT ON SEQUENCES TO :"group";
ALTER DEFAULT PRIVILEGES FOR ROLE :"owner" GRANT EXECUTE ON FUNCTIONS TO :"group";

GRANT :"group" TO :"role";
\if :acts_as_owner
-- No service of this database has a migration: its services make their tables themselves.
GRANT :"owner" TO :"role";
ALTER ROLE :"role" IN DATABASE :"database" SET role = :'owner';
\endif
