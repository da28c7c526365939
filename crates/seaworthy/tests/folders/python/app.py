"""A guestbook as somebody writes it in ten minutes: it makes its own table, and listens on Flask's own port."""

import os

import psycopg
from flask import Flask, request

app = Flask(__name__)


def connect():
    return psycopg.connect(os.environ["DATABASE_URL"])


@app.get("/")
def entries():
    with connect() as db:
        return "\n".join(row[0] for row in db.execute("select text from entries order by id"))


@app.post("/")
def add():
    with connect() as db:
        db.execute("insert into entries (text) values (%s)", (request.get_data(as_text=True),))
    return "thank you", 201


if __name__ == "__main__":
    with connect() as db:
        db.execute("create table if not exists entries (id serial primary key, text text not null)")
    app.run(port=5000)
