// A list of tasks as somebody writes it in ten minutes.
const http = require("node:http");
const { Pool } = require("pg");

const pool = new Pool();

const server = http.createServer(async (request, response) => {
  try {
    if (request.url === "/healthz") {
      await pool.query("select 1");
      return response.end("ok");
    }
    if (request.method === "POST") {
      await pool.query("insert into tasks (title) values ($1)", [new URL(request.url, "http://x").searchParams.get("title")]);
    }
    const { rows } = await pool.query("select title from tasks order by id");
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(rows.map((row) => row.title)));
  } catch (error) {
    response.statusCode = 500;
    response.end(error.message);
  }
});

pool
  .query("create table if not exists tasks (id serial primary key, title text not null)")
  .then(() => server.listen(process.env.PORT, () => console.log("listening on", process.env.PORT)));
process.on("SIGTERM", () => server.close(() => process.exit(0)));
