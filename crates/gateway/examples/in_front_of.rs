//! Puts a gateway in front of servers that run already, and says where it listens:
//!
//!     cargo run --release -p seaworthy-gateway --example in_front_of -- 127.0.0.1:3000 127.0.0.1:3001

use std::{error::Error, net::SocketAddr, time::Duration};

use seaworthy_gateway::{Gateway, Pool, Route, RouteTable, Routes};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let pool = Pool::new("example");
    for server in std::env::args().skip(1) {
        let addr: SocketAddr = server.parse()?;
        pool.add(&server, addr);
        pool.set_ready(&server, true);
    }
    let table = RouteTable::builder().route(Route::to(&pool)).build()?;
    let listener = Gateway::new().bind(([127, 0, 0, 1], 0).into(), Routes::Table(table))?;
    #[expect(clippy::print_stdout, reason = "an example for the terminal")]
    {
        println!("http://{}", listener.local_addr());
    }
    tokio::signal::ctrl_c().await?;
    listener.shutdown(Duration::from_secs(10)).await;
    Ok(())
}
