//! One program in every language.

use crate::{connections, metrics, ports, program, read, reads, routes};

#[test]
fn go() {
    let text = r#"
package main

import ("fmt"; "log"; "net/http"; "os"; "github.com/prometheus/client_golang/prometheus")

const defaultPort = "8080"

type Config struct {
    Region string `env:"AWS_REGION,required"`
    Level  string `env:"LOG_LEVEL" envDefault:"info"`
}

func getenv(key, fallback string) string {
    if v, ok := os.LookupEnv(key); ok {
        return v
    }
    return fallback
}

func must(key string) string {
    v := os.Getenv(key)
    if v == "" {
        log.Fatalf("%s is not set", key)
    }
    return v
}

var hits = prometheus.NewCounter(prometheus.CounterOpts{Namespace: "shop", Name: "hits_total"})

func main() {
    port := os.Getenv("PORT")
    if port == "" {
        port = defaultPort
    }
    dsn := fmt.Sprintf("postgres://%s:%s@%s:5432/app?sslmode=disable", getenv("DB_USER", "app"), must("DB_PASSWORD"), os.Getenv("DB_HOST"))
    open(dsn)
    name := os.Getenv("NAME")
    if name == "" {
        log.Fatal("no name")
    }
    mux := http.NewServeMux()
    mux.HandleFunc("GET /users/{id}", user)
    mux.HandleFunc("/static/", static)
    http.HandleFunc("/healthz", func(w http.ResponseWriter, r *http.Request) {})
    http.Get("http://example.com/not-a-route")
    log.Fatal(http.ListenAndServe(":"+port, mux))
}
"#;
    let program = program("svc/main.go", text);
    assert_eq!(
        reads(&program),
        [
            "AWS_REGION!",
            "LOG_LEVEL=info",
            "PORT=",
            "DB_USER=app",
            "DB_PASSWORD!",
            "DB_HOST",
            "NAME!"
        ]
    );
    assert_eq!(
        routes(&program),
        ["GET /users/{id}", "* /static/…", "* /healthz"]
    );
    assert_eq!(metrics(&program), ["shop_hits_total"]);
    assert_eq!(
        connections(&program)[0],
        "postgres ${env.DB_HOST} 5432 disable"
    );
    assert_eq!(program.listens.len(), 1);
    assert!(!program.reads_others);
}

#[test]
fn go_frameworks() {
    let gin = program(
        "a.go",
        r#"package main
import "github.com/gin-gonic/gin"
func main() {
    r := gin.Default()
    api := r.Group("/api")
    v1 := api.Group("/v1")
    v1.GET("/items/:id", get)
    r.POST("/login", login)
    r.Run()
}"#,
    );
    assert_eq!(routes(&gin), ["GET /api/v1/items/:id", "POST /login"]);
    assert_eq!(ports(&gin), ["${env.PORT}|8080"]);
    let echo = program(
        "a.go",
        r#"package main
import "github.com/labstack/echo/v4"
func main() { e := echo.New(); e.GET("/ready", ready); e.Logger.Fatal(e.Start(":1323")) }"#,
    );
    assert_eq!(ports(&echo), ["1323"]);
    let grpc = program(
        "a.go",
        r#"package main
import ("net"; "fmt")
func main() { lis, _ := net.Listen("tcp", fmt.Sprintf(":%d", 50051)); s.Serve(lis) }"#,
    );
    assert_eq!(ports(&grpc), ["50051"]);
}

#[test]
fn python() {
    let text = r#"
import os
from fastapi import FastAPI, APIRouter
from prometheus_client import Counter

app = FastAPI()
router = APIRouter(prefix="/v1")
requests = Counter("orders_created", "help")

DB = f"postgresql://{os.environ['DB_USER']}:{os.environ['DB_PASS']}@{os.getenv('DB_HOST', 'localhost')}:5432/orders?sslmode=require"
TOKEN = os.environ.get("TOKEN")
if not TOKEN:
    raise RuntimeError("TOKEN")

def setting(name, default=None):
    return os.environ.get(name, default)

REGION = setting("REGION", "eu")
ZONE = setting("ZONE")

@app.get("/healthz")
def health():
    return {"ok": True}

@router.post("/orders")
async def create(order: Order):
    pass

if __name__ == "__main__":
    uvicorn.run(app, host="0.0.0.0", port=int(os.environ.get("PORT", 8000)))
"#;
    let program = program("svc/main.py", text);
    assert_eq!(
        reads(&program),
        [
            "DB_USER!",
            "DB_PASS!",
            "DB_HOST=localhost",
            "TOKEN!",
            "REGION=eu",
            "ZONE",
            "PORT=8000"
        ]
    );
    assert_eq!(routes(&program), ["GET /healthz", "POST /v1/orders"]);
    assert_eq!(metrics(&program), ["orders_created"]);
    assert_eq!(ports(&program), ["${env.PORT}|8000"]);
    assert_eq!(
        connections(&program),
        ["postgres ${env.DB_HOST} 5432 require"]
    );
    assert!(!program.reads_others);
}

#[test]
fn python_settings_classes_and_flask() {
    let settings = program(
        "a.py",
        r#"
from pydantic_settings import BaseSettings
class Settings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="APP_")
    database_url: str
    port: int = 8080
    key: str = Field(..., env="SIGNING")
    other: str = Field("x")
"#,
    );
    assert_eq!(
        reads(&settings),
        [
            "APP_DATABASE_URL!",
            "APP_PORT=8080",
            "SIGNING!",
            "APP_OTHER=x"
        ]
    );
    let flask = program(
        "a.py",
        r#"
from flask import Flask, Blueprint
app = Flask(__name__)
shop = Blueprint("shop", __name__, url_prefix="/shop")
@shop.route("/cart", methods=["GET"])
def cart(): return ""
app.run(host="0.0.0.0", debug=True)
"#,
    );
    assert_eq!(routes(&flask), ["* /shop/cart"]);
    assert_eq!(ports(&flask), ["5000"]);
    assert_eq!(flask.debug.len(), 1);
}

#[test]
fn javascript() {
    let text = r#"
const express = require("express");
const { DB_HOST, DB_NAME: name = "shop" } = process.env;
const port = process.env.PORT || 3000;
const secret = process.env["JWT_SECRET"];
if (!secret) { throw new Error("JWT_SECRET"); }
const url = process.env.API_URL ?? "http://api:8080";
const app = express();
app.use(express.json());
app.get("/health", (req, res) => res.send("ok"));
app.post("/orders", create);
const cache = new Map(); cache.get("/not-a-route", 1);
axios.get("/other", {});
const counter = new Counter({ name: "orders_total", help: "x" });
app.listen(port, () => console.log("up"));
"#;
    let program = program("svc/index.js", text);
    assert_eq!(
        reads(&program),
        [
            "DB_HOST",
            "DB_NAME=shop",
            "PORT=3000",
            "JWT_SECRET!",
            "API_URL=http://api:8080"
        ]
    );
    assert_eq!(routes(&program), ["GET /health", "POST /orders"]);
    assert_eq!(ports(&program), ["${env.PORT}|3000"]);
    assert!(!program.routes_others);
}

#[test]
fn typescript() {
    let text = r#"
import { Controller, Get } from "@nestjs/common";
@Controller("users")
export class Users {
    constructor(private readonly configService: ConfigService) {}
    @Get(":id")
    one(@Param("id") id: string): string { return this.configService.getOrThrow<string>("GREETING"); }
    @Get()
    all(): string[] { return []; }
}
const env: string = process.env.NODE_ENV as string;
fastify.listen({ port: Number(process.env.PORT ?? 4000), host: "0.0.0.0" });
"#;
    let program = program("svc/main.ts", text);
    assert_eq!(reads(&program), ["GREETING!", "NODE_ENV", "PORT=4000"]);
    assert_eq!(routes(&program), ["GET /users/:id", "GET /users"]);
    assert_eq!(
        program.listens.len() + usize::from(program.listens_others),
        1
    );
}

#[test]
fn rust() {
    let text = r#"
use std::env;
#[derive(Parser)]
struct Args {
    #[arg(long, env = "LOG_LEVEL", default_value = "info")]
    level: String,
}
async fn main() -> Result<()> {
    let url = env::var("DATABASE_URL").expect("DATABASE_URL");
    let port = std::env::var("PORT").unwrap_or_else(|_| "8080".to_string());
    let name = env::var("NAME")?;
    let other = env::var("OTHER").unwrap_or("x".into());
    let app = Router::new().route("/healthz", get(health)).route("/users/{id}", get(user));
    let listener = tokio::net::TcpListener::bind(format!("0.0.0.0:{port}")).await?;
    axum::serve(listener, app).await
}
#[get("/legacy")]
async fn legacy() {}
#[cfg(test)]
mod tests { fn t() { std::env::var("ONLY_IN_TESTS").unwrap(); } }
"#;
    let program = program("svc/src/main.rs", text);
    assert_eq!(
        reads(&program),
        [
            "LOG_LEVEL=info",
            "DATABASE_URL!",
            "PORT=8080",
            "NAME!",
            "OTHER=x"
        ]
    );
    assert_eq!(
        routes(&program),
        ["* /users/{id}", "* /healthz", "GET /legacy"]
            .map(str::to_owned)
            .to_vec()
            .sorted_like(&routes(&program))
    );
    assert_eq!(ports(&program), ["${env.PORT}|8080"]);
}

#[test]
fn java() {
    let text = r#"
package shop;
import org.springframework.web.bind.annotation.*;
@RestController
@RequestMapping("/api")
public class Orders {
    @Value("${GREETING:hello}") private String greeting;
    private final String host = System.getenv("DB_HOST");
    private final String level = System.getenv().getOrDefault("LEVEL", "info");
    @GetMapping("/orders/{id}")
    public String one(@PathVariable String id) { return id; }
    @PostMapping(path = {"/orders", "/order"})
    public void create() { log.info("made"); }
}
"#;
    let pom = "<project><dependencies><dependency>\n<artifactId>spring-boot-starter-web</artifactId>\n</dependency></dependencies></project>";
    let yaml = "server:\n  port: ${PORT:8081}\nspring:\n  datasource:\n    url: jdbc:postgresql://${DB_HOST:db}:5432/shop\n    password: ${DB_PASSWORD}\n";
    let (_, facts) = read(&[
        ("svc/src/main/java/shop/Orders.java", text),
        ("svc/pom.xml", pom),
        ("svc/src/main/resources/application.yml", yaml),
    ]);
    let program = &facts.code.programs[0];
    assert_eq!(
        reads(program),
        [
            "DB_HOST",
            "LEVEL=info",
            "PORT=8081",
            "DB_HOST=db",
            "DB_PASSWORD!"
        ]
    );
    assert_eq!(
        routes(program),
        [
            "GET /api/orders/{id}",
            "POST /api/orders",
            "POST /api/order"
        ]
    );
    assert_eq!(ports(program), ["${env.PORT}|8081"]);
    assert_eq!(connections(program), ["postgres ${env.DB_HOST} 5432 -"]);
    assert!(program.reads_others);
}

#[test]
fn what_only_a_profile_needs_is_not_required() {
    let yaml = "url: ${URL}\n---\nspring:\n  config:\n    activate:\n      on-profile: cloud\n  datasource:\n    password: ${DB_PASSWORD}\n";
    let pom = "<project><dependencies><dependency>\n<artifactId>spring-boot-starter-web</artifactId>\n</dependency></dependencies></project>";
    let (_, facts) = read(&[
        ("svc/src/main/java/shop/Shop.java", "class Shop {}"),
        ("svc/pom.xml", pom),
        ("svc/src/main/resources/application.yml", yaml),
    ]);
    assert_eq!(reads(&facts.code.programs[0]), ["URL!"]);
}

#[test]
fn csharp() {
    let text = r#"
var host = Environment.GetEnvironmentVariable("DB_HOST") ?? "localhost";
var key = Environment.GetEnvironmentVariable("API_KEY") ?? throw new Exception("API_KEY");
var level = configuration["Logging:Level"];
var dsn = $"postgres://app@{host}:5432/shop";
app.MapGet("/health", () => Results.Ok());
app.MapPost("/orders", (Order o) => o);
app.Run("http://0.0.0.0:8080");
"#;
    let program = program("svc/Program.cs", text);
    assert_eq!(
        reads(&program),
        ["DB_HOST=localhost", "API_KEY!", "Logging__Level"]
    );
    assert_eq!(routes(&program), ["GET /health", "POST /orders"]);
    assert_eq!(ports(&program), ["8080"]);
}

#[test]
fn names_that_are_computed_are_said_to_be() {
    assert!(program("a.py", "import os\nfor k in KEYS:\n    v = os.environ[k]\n").reads_others);
    assert!(program("a.js", "validate(process.env)").reads_others);
    assert!(
        program(
            "a.go",
            "package a\nfunc f(x string) { os.Getenv(\"A_\" + x) }"
        )
        .reads_others
    );
    assert!(!program("a.py", "import os\nx = os.environ['A']\n").reads_others);
}

#[test]
fn programs_are_grouped_by_what_is_built() {
    let (_, facts) = read(&[
        ("apps/api/Dockerfile", "FROM scratch\n"),
        ("apps/api/cmd/main.go", "package main"),
        ("apps/web/package.json", "{}"),
        ("apps/web/src/index.js", "1"),
        ("apps/web/src/index.test.js", "process.env.ONLY_IN_TESTS"),
        ("apps/web/node_modules/x/index.js", "process.env.THEIRS"),
    ]);
    let folders: Vec<&str> = facts
        .code
        .programs
        .iter()
        .map(|program| &*program.folder)
        .collect();
    assert_eq!(folders, ["apps/api", "apps/web"]);
    assert!(facts.code.programs[1].reads.is_empty());
}

trait SortedLike {
    fn sorted_like(self, other: &[String]) -> Vec<String>;
}

impl SortedLike for Vec<String> {
    /// The same, in the order of another: chained calls are noted innermost first.
    fn sorted_like(mut self, other: &[String]) -> Vec<String> {
        self.sort_by_key(|item| other.iter().position(|own| own == item));
        self
    }
}
