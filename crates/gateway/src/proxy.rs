//! One request's way: checked, routed, balanced, sent once, and its answer passed on.

use std::{convert::Infallible, net::SocketAddr, pin::pin, sync::Arc};

use arc_swap::ArcSwap;
use http::{
    HeaderValue, Method, Request, Response, StatusCode, Uri, Version,
    header::{CONNECTION, HOST, UPGRADE},
    uri::{Authority, PathAndQuery, Scheme},
};
use http_body::Body as _;
use hyper::{body::Incoming, upgrade::OnUpgrade};
use tokio::time::Instant;
use tokio_util::task::TaskTracker;

use crate::{
    answer::{Reader, is_grpc},
    body::{RequestBody, ResponseBody, Upload},
    client::Client,
    event::Events,
    exchange::Exchange,
    fault::Fault,
    forward,
    listener::Limits,
    phase::Phases,
    pool::{Pool, Replica},
    route::{Destination, RouteTable, Timeouts},
    tunnel,
    upstream::{self, Connection, SendError},
};

/// What all requests of one listener share.
pub(crate) struct Context {
    pub(crate) target: Target,
    /// Where the listener listens.
    pub(crate) local_addr: SocketAddr,
    pub(crate) events: Events,
    pub(crate) limits: Limits,
    pub(crate) tunnels: TaskTracker,
    pub(crate) phases: Phases,
}

/// Where a listener's requests go.
pub(crate) enum Target {
    /// By host and path, with what a load balancer adds.
    Table(ArcSwap<RouteTable>),
    /// To one service, as if the client had called it directly.
    Service(Arc<Destination>),
}

pub(crate) async fn serve(
    context: Arc<Context>,
    client: Arc<Client>,
    request: Request<Incoming>,
) -> Result<Response<ResponseBody>, Infallible> {
    let mut exchange = Exchange::begin(&client, &context.events, &request);
    let mut reader = Reader::of(request.method(), request.headers());
    Ok(
        match pass(&context, &client, request, &mut exchange, &mut reader).await {
            Ok(passed) => passed.answer(&context, exchange),
            Err(fault) => fault.answer(&reader, exchange),
        },
    )
}

/// A replica's answer, head read.
struct Passed {
    response: Response<Incoming>,
    connection: Option<Connection>,
    upgrade: Option<OnUpgrade>,
    upload: Option<Arc<Upload>>,
    timeouts: Timeouts,
}

async fn pass(
    context: &Context,
    client: &Client,
    mut request: Request<Incoming>,
    exchange: &mut Exchange,
    reader: &mut Reader,
) -> Result<Passed, Fault> {
    if request.method() == Method::CONNECT {
        return Err(Fault::connect());
    }
    let authority = forward::authority(
        request.uri().authority(),
        request.headers(),
        request.version(),
    )
    .map_err(Fault::bad_request)?;

    let destination = find(context, authority.as_ref(), request.uri().path())?;
    let Destination { pool, timeouts } = &*destination;
    exchange.is_for(pool);

    let wants_upgrade =
        forward::upgrade(request.headers()).filter(|_| request.version() != Version::HTTP_2);
    let upgrade = wants_upgrade
        .as_ref()
        .map(|_| hyper::upgrade::on(&mut request));
    let over_http2 = is_grpc(request.headers()) && request.version() == Version::HTTP_2;

    forward::remove_hop_by_hop(request.headers_mut());
    forward::remove_expect(request.headers_mut());
    if let Target::Table(_) = context.target {
        let id = forward::add_forwarding(request.headers_mut(), client, authority.as_ref());
        reader.knows_request_as(id);
    }
    if let Some(protocol) = wants_upgrade {
        let headers = request.headers_mut();
        headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        headers.insert(UPGRADE, protocol);
    }
    readdress(&mut request, authority, context.local_addr, over_http2)
        .map_err(|()| Fault::bad_request("the request's target cannot be passed on"))?;

    let lease = pool.pick().ok_or_else(|| Fault::not_ready(pool))?;
    let replica = Arc::clone(lease.replica());
    exchange.is_asked_of(lease);

    let upload = (!request.body().is_end_stream()).then(Upload::new);
    let request = request.map(|body| RequestBody::new(body, timeouts.idle, upload.clone()));
    let (response, mut connection) = ask(
        pool,
        &replica,
        request,
        upload.as_deref(),
        *timeouts,
        over_http2,
    )
    .await?;
    // The rest of an upload must not wait for a client that does not read the answer yet.
    let uploading = upload.as_ref().is_some_and(|upload| !upload.ended());
    if uploading || response.status() == StatusCode::SWITCHING_PROTOCOLS {
        connection.iter_mut().for_each(Connection::drive_itself);
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS && upgrade.is_none() {
        return Err(Fault::no_upgrade(pool, replica.addr));
    }
    Ok(Passed {
        response,
        connection,
        upgrade,
        upload,
        timeouts: *timeouts,
    })
}

fn find(
    context: &Context,
    authority: Option<&Authority>,
    path: &str,
) -> Result<Arc<Destination>, Fault> {
    match &context.target {
        Target::Service(destination) => Ok(Arc::clone(destination)),
        Target::Table(table) => {
            let host = authority.map_or("", Authority::as_str);
            let table = table.load();
            let found = table.find(host, path).cloned();
            found.ok_or_else(|| Fault::no_route(host, path, table.known()))
        }
    }
}

/// Turns the target into the form that a server gets, without touching a byte of path and query.
fn readdress(
    request: &mut Request<Incoming>,
    authority: Option<Authority>,
    local_addr: SocketAddr,
    over_http2: bool,
) -> Result<(), ()> {
    let path = request
        .uri()
        .path_and_query()
        .cloned()
        .unwrap_or_else(|| PathAndQuery::from_static("/"));
    if over_http2 {
        request.headers_mut().remove(HOST);
        let mut parts = http::uri::Parts::default();
        parts.scheme = Some(Scheme::HTTP);
        parts.authority = Some(authority.ok_or(())?);
        parts.path_and_query = Some(path);
        *request.uri_mut() = Uri::from_parts(parts).map_err(drop)?;
        return Ok(());
    }
    // The target's authority outranks `Host`, and HTTP/2 has no `Host` at all. Who speaks
    // HTTP/1.0 may leave it out, but the HTTP/1.1 that the replica gets must have one.
    let host = match authority {
        Some(authority) if request.uri().authority().is_some() => {
            Some(HeaderValue::from_str(authority.as_str()).map_err(drop)?)
        }
        None if !request.headers().contains_key(HOST) => {
            Some(HeaderValue::from_str(&local_addr.to_string()).map_err(drop)?)
        }
        _ => None,
    };
    if let Some(host) = host {
        request.headers_mut().insert(HOST, host);
    }
    if request.version() == Version::HTTP_2 {
        forward::join_cookies(request.headers_mut());
    }
    *request.uri_mut() = Uri::from(path);
    *request.version_mut() = Version::HTTP_11;
    Ok(())
}

/// Sends the request and waits for the answer's head as long as the route allows.
async fn ask(
    pool: &Arc<Pool>,
    replica: &Arc<Replica>,
    request: Request<RequestBody>,
    upload: Option<&Upload>,
    timeouts: Timeouts,
    over_http2: bool,
) -> Result<(Response<Incoming>, Option<Connection>), Fault> {
    let asking = async {
        if over_http2 {
            let response = upstream::send_http2(replica, request, timeouts.connect).await?;
            return Ok((response, None));
        }
        let (response, connection) = upstream::send(replica, request, timeouts.connect).await?;
        Ok((response, Some(connection)))
    };
    let mut asking = pin!(asking);
    let mut limit = pin!(tokio::time::sleep(timeouts.response));
    loop {
        tokio::select! {
            biased;
            asked = &mut asking => {
                return asked.map_err(|error: SendError| match upload {
                    Some(upload) if upload.client_failed() => Fault::broken_upload(),
                    Some(upload) if upload.client_stalled() => Fault::slow_client(timeouts.idle),
                    _ => Fault::send(error, pool, replica.addr),
                });
            }
            () = &mut limit => {
                let Some(upload) = upload else {
                    return Err(Fault::slow(timeouts.response, pool, replica.addr));
                };
                // The time to answer begins when the request is whole.
                let now = Instant::now();
                match upload.replica_deadline(timeouts.response, timeouts.idle).map(Instant::from_std) {
                    Some(deadline) if deadline > now => limit.as_mut().reset(deadline),
                    Some(_) if upload.ended() => {
                        return Err(Fault::slow(timeouts.response, pool, replica.addr));
                    }
                    Some(_) => {
                        return Err(Fault::slow_upload(timeouts.idle, pool, replica.addr));
                    }
                    None => limit.as_mut().reset(now + timeouts.response),
                }
            }
        }
    }
}

impl Passed {
    fn answer(self, context: &Arc<Context>, mut exchange: Exchange) -> Response<ResponseBody> {
        let Self {
            mut response,
            connection,
            upgrade,
            upload,
            timeouts,
        } = self;
        exchange.answered(response.status().as_u16());
        // What the replica speaks says nothing about what the client speaks.
        *response.version_mut() = Version::HTTP_11;
        if let Some(client) = upgrade
            && response.status() == StatusCode::SWITCHING_PROTOCOLS
        {
            let protocol = response.headers().get(UPGRADE).cloned();
            forward::remove_hop_by_hop(response.headers_mut());
            let headers = response.headers_mut();
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
            if let Some(protocol) = protocol {
                headers.insert(UPGRADE, protocol);
            }
            let replica = hyper::upgrade::on(&mut response);
            let carrying = tunnel::carry(client, replica, exchange, Arc::clone(context));
            context.tunnels.spawn(carrying);
            return response.map(|_| ResponseBody::none());
        }
        forward::remove_hop_by_hop(response.headers_mut());
        response.map(|body| ResponseBody::passed(body, timeouts.idle, exchange, connection, upload))
    }
}
