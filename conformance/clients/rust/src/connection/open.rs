//! The opening handshake.

use crate::{command::Open, event::What};
use futures_util::FutureExt as _;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{
        ClientRequestBuilder, Error,
        handshake::client::Response,
        http::{HeaderMap, Uri},
        protocol::WebSocketConfig,
    },
};

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The library clears so much memory before each read. Its default of 128 KiB makes short messages slow.
const READ_BUFFER: usize = 16 << 10;

/// Opens a connection, in the time that it has. What it is answered with comes along.
pub(super) async fn open(open: &Open) -> Result<(Socket, What), What> {
    let handshake = Box::pin(connect(open));
    let result = if open.abandon {
        // Polled once, it has begun; then it is let go of.
        handshake.now_or_never().map(|result| result.and_then(|_| Err(Error::ConnectionClosed)))
    } else {
        timeout(open.within, handshake).await.ok()
    };
    match result {
        Some(Ok((socket, response))) => Ok((socket, agreed(response.headers()))),
        Some(Err(Error::Http(response))) => {
            let status = Some(response.status().as_u16());
            Err(What::Refused { error: Error::Http(response).to_string(), status })
        }
        Some(Err(error)) => Err(What::Refused { error: error.to_string(), status: None }),
        None if open.abandon => {
            Err(What::Refused { error: "given up, as it was told".to_owned(), status: None })
        }
        None => Err(What::Refused { error: format!("not open within {:?}", open.within), status: None }),
    }
}

async fn connect(open: &Open) -> Result<(Socket, Response), Error> {
    let uri: Uri = open.url.parse().map_err(Error::from)?;
    let mut request = ClientRequestBuilder::new(uri);
    for (name, value) in &open.headers {
        request = request.with_header(name, value);
    }
    for subprotocol in &open.subprotocols {
        request = request.with_sub_protocol(subprotocol);
    }
    let mut config = WebSocketConfig::default().read_buffer_size(READ_BUFFER);
    if open.max_message.is_some() {
        config = config.max_message_size(open.max_message).max_frame_size(open.max_message);
    }
    connect_async_with_config(request, Some(config), true).await
}

/// What the server's answer says about the connection.
fn agreed(headers: &HeaderMap) -> What {
    let values = |name| headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    What::Opened {
        subprotocol: values("sec-websocket-protocol").next().map(str::to_owned),
        extensions: values("sec-websocket-extensions")
            .flat_map(|list| list.split(','))
            .map(|extension| extension.trim().to_owned())
            .collect(),
    }
}
