"""A counter on a page, kept in PostgreSQL.

It answers on $PORT, connects by the PG… variables, and finishes what it is doing when it is asked to stop.
"""

import os
import signal
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import psycopg
from psycopg_pool import ConnectionPool, PoolTimeout

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>counter</title>
<h1 id="count">…</h1>
<button>count</button>
<script>
  const show = (text) => (document.getElementById("count").textContent = text);
  const ask = async (method) => {
    const answer = await fetch("/count", { method });
    show(answer.ok ? await answer.text() : "not available, try again");
  };
  document.querySelector("button").onclick = () => ask("POST");
  ask("GET");
</script>
</html>
"""

# A connection is looked at before it is used, so that a restart of the database costs no request.
pool = ConnectionPool(
    kwargs={"connect_timeout": 2, "options": "-c statement_timeout=2000"},
    min_size=1,
    max_size=8,
    reconnect_timeout=4,  # then the next request tries again: never minutes of waiting
    check=ConnectionPool.check_connection,
    open=False,
)


def query(sql, patience):
    """The one value that a statement returns; it is committed when this returns."""
    with pool.connection(timeout=patience) as connection:
        return connection.execute(sql).fetchone()[0]


class Handler(BaseHTTPRequestHandler):
    timeout = 10  # seconds for a client to send its request

    def do_GET(self):
        if self.path == "/":
            self.answer(200, PAGE, "text/html")
        elif self.path == "/count":
            self.answer_from_database("SELECT value FROM counter")
        elif self.path == "/ready":
            self.answer_from_database("SELECT 'ready'", patience=0.5)  # a probe waits a second
        elif self.path == "/alive":
            self.answer(200, "alive\n")
        else:
            self.answer(404, "not found\n")

    def do_POST(self):
        if self.path == "/count":
            # One statement: two clicks at once are two numbers. It is never tried twice, so none counts twice.
            self.answer_from_database("UPDATE counter SET value = value + 1 RETURNING value")
        else:
            self.answer(404, "not found\n")

    def answer_from_database(self, sql, patience=2):
        try:
            text = str(query(sql, patience))
        except (psycopg.Error, PoolTimeout) as error:
            print(f"the database did not answer: {' '.join(str(error).split())}", flush=True)
            self.answer(503, "the database is not available\n")
        else:
            self.answer(200, text)

    def answer(self, status, text, kind="text/plain"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        if self.path not in ("/ready", "/alive"):
            print(f"{self.address_string()} {format % args}", flush=True)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing waits for requests that are being answered
    request_queue_size = 128

    def handle_error(self, request, client_address):
        print(f"{client_address[0]} went away: {sys.exc_info()[1]}", flush=True)


def main():
    server = Server(("0.0.0.0", int(os.environ["PORT"])), Handler)

    def stop(*_):
        # `shutdown` waits for the loop that this signal interrupts, so it needs a thread of its own.
        threading.Thread(target=server.shutdown).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    pool.open()  # does not wait: without a database the service lives, and says that it is not ready
    print(f"listening on port {server.server_port}", flush=True)
    server.serve_forever(poll_interval=0.1)
    server.server_close()
    pool.close()


if __name__ == "__main__":
    main()
