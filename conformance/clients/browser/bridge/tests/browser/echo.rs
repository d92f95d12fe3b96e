//! A server that sends back what it is sent, for the browser to talk to.

use std::{net::TcpListener, thread};
use tokio_tungstenite::tungstenite::{accept, protocol::WebSocketConfig};

/// Its address. It serves until the tests are over.
pub(crate) fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            thread::spawn(move || {
                let Ok(mut socket) = accept(stream.unwrap()) else { return };
                socket.set_config(|config: &mut WebSocketConfig| {
                    config.max_message_size = None;
                    config.max_frame_size = None;
                });
                while let Ok(message) = socket.read() {
                    if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
                        return;
                    }
                }
            });
        }
    });
    url
}
