//! The site: the page with the driver, and the address at which a page joins.

use crate::{arguments::Arguments, ending::Ending, naming::Named, page::Socket, tasks};
use bytes::Bytes;
use http_body_util::{BodyExt as _, Empty, Full, combinators::BoxBody};
use hyper::{
    Method, Request, Response, StatusCode,
    body::Incoming,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderValue, ORIGIN, USER_AGENT},
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use std::{convert::Infallible, env, fs, net::Ipv4Addr, path::PathBuf, sync::Arc};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::mpsc,
};
use tokio_tungstenite::tungstenite::{handshake::server::create_response, protocol::Role};

/// How many pages may have joined and not been looked at.
const JOINING: usize = 16;

/// Scripts and the wasm are ours; connections go wherever the runner says.
const POLICY: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; connect-src 'self' ws: http:";

/// A site that is served.
#[derive(Debug)]
pub(crate) struct Site {
    /// Where, such as `http://127.0.0.1:41233`: the origin of its pages.
    pub(crate) origin: String,
    /// What the page that we open carries, and no other can know.
    pub(crate) token: String,
    /// Pages that have joined.
    pub(crate) joining: mpsc::Receiver<Joined>,
}

/// A page that has joined.
#[derive(Debug)]
pub(crate) struct Joined {
    pub(crate) socket: Socket,
    /// Whether it is the one that we have opened.
    pub(crate) is_ours: bool,
    /// Which browser it says that it is in.
    pub(crate) named: Named,
}

/// What every connection is served from.
#[derive(Debug)]
struct Served {
    files: [(&'static str, &'static str, Bytes); 5],
    hosts: [String; 2],
    token: String,
    join: mpsc::Sender<Joined>,
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

impl Site {
    /// Serves the page on a free port.
    ///
    /// # Errors
    /// Where the driver is not built, or there is no port.
    pub(crate) async fn open(arguments: &Arguments) -> Result<Self, Ending> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener =
            listener.map_err(|error| Ending::broken(format!("there is no port on 127.0.0.1: {error}")))?;
        let port = listener.local_addr().map_err(|error| Ending::broken(error.to_string()))?.port();
        let mut random = [0; 16];
        getrandom::fill(&mut random)
            .map_err(|error| Ending::broken(format!("there is no randomness: {error}")))?;
        let token = hex::encode(random);
        let (join, joining) = mpsc::channel(JOINING);
        let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        let served = Served { files: files(arguments)?, hosts, token: token.clone(), join };
        tasks::spawn(accept(listener, Arc::new(served)));
        Ok(Self { origin: format!("http://127.0.0.1:{port}"), token, joining })
    }
}

/// What is served: the page stands in this program, the driver beside it.
fn files(arguments: &Arguments) -> Result<[(&'static str, &'static str, Bytes); 5], Ending> {
    let beside = || Some(env::current_exe().ok()?.parent()?.join("driver"));
    let folder = arguments.driver.clone().or_else(beside).unwrap_or_else(|| PathBuf::from("driver"));
    let read = |name: &str| {
        let path = folder.join(name);
        fs::read(&path).map(Bytes::from).map_err(|error| {
            let path = path.display();
            Ending::missing(format!(
                "the driver for the page is not built: {path}: {error}; get it with: just build-browser"
            ))
        })
    };
    let ours = |text: &'static str| Bytes::from_static(text.as_bytes());
    Ok([
        ("/", "text/html; charset=utf-8", ours(include_str!("../page/page.html"))),
        ("/page.css", "text/css; charset=utf-8", ours(include_str!("../page/page.css"))),
        ("/page.js", "text/javascript; charset=utf-8", ours(include_str!("../page/page.js"))),
        ("/driver.js", "text/javascript; charset=utf-8", read("driver.js")?),
        ("/driver_bg.wasm", "application/wasm", read("driver_bg.wasm")?),
    ])
}

async fn accept(listener: TcpListener, served: Arc<Served>) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                tasks::spawn(serve(stream, Arc::clone(&served)));
            }
            // Too many open files, say: one that is given back wakes whoever waits for it.
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

async fn serve(stream: TcpStream, served: Arc<Served>) {
    // A line that waits for company is a line that is late.
    let _ = stream.set_nodelay(true);
    let service = service_fn(|request| {
        let served = Arc::clone(&served);
        async move { Ok::<_, Infallible>(served.answer(request)) }
    });
    let connection =
        hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    // A browser that goes away has nothing to hear.
    let _ = connection.with_upgrades().await;
}

impl Served {
    fn answer(&self, request: Request<Incoming>) -> Answer {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        // Another name that leads here is somebody else's page.
        if !header(HOST).is_some_and(|host| self.hosts.iter().any(|known| known == host)) {
            return refusal(StatusCode::MISDIRECTED_REQUEST, "this is not the address of the bridge");
        }
        if request.method() != Method::GET {
            return refusal(StatusCode::METHOD_NOT_ALLOWED, "only GET is understood here");
        }
        if request.uri().path() == "/join" {
            return self.join(request);
        }
        match self.files.iter().find(|(path, ..)| *path == request.uri().path()) {
            Some((_, kind, content)) => {
                let mut answer = Response::new(Full::new(content.clone()).boxed());
                let headers = answer.headers_mut();
                headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
                // The next bridge may have the same port and another page.
                headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
                headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
                answer
            }
            None => refusal(StatusCode::NOT_FOUND, "there is nothing here; the page is at /"),
        }
    }

    /// A page joins. A page from elsewhere could otherwise pretend to be a browser's driver.
    fn join(&self, mut request: Request<Incoming>) -> Answer {
        let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
        let is_own = header(ORIGIN)
            .and_then(|origin| origin.strip_prefix("http://"))
            .is_some_and(|origin| self.hosts.iter().any(|known| known == origin));
        if !is_own {
            return refusal(StatusCode::FORBIDDEN, "only the page that is served here may join");
        }
        let named = Named::of_user_agent(header(USER_AGENT).unwrap_or_default());
        let is_ours = request.uri().query() == Some(&format!("token={}", self.token));
        let mut head = Request::new(());
        *head.method_mut() = request.method().clone();
        *head.uri_mut() = request.uri().clone();
        *head.version_mut() = request.version();
        *head.headers_mut() = request.headers().clone();
        let answer = match create_response(&head) {
            Ok(answer) => answer.map(|()| Empty::new().boxed()),
            Err(error) => return refusal(StatusCode::BAD_REQUEST, &format!("this is no handshake: {error}")),
        };
        let join = self.join.clone();
        tasks::spawn(async move {
            // A page that is gone already has not joined.
            let Ok(upgraded) = hyper::upgrade::on(&mut request).await else { return };
            let socket = Socket::of(TokioIo::new(upgraded), Role::Server).await;
            let _ = join.send(Joined { socket, is_ours, named }).await;
        });
        answer
    }
}

fn refusal(status: StatusCode, why: &str) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(format!("{why}\n"))).boxed());
    *answer.status_mut() = status;
    answer
}
