//! Browsers that somebody opens by hand: here, a second headless one.

use crate::bridge::{Bridge, DEADLINE, in_path};
use serde_json::json;
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
    process::{Child, Command, Stdio},
};

/// A browser that was opened by hand.
struct ByHand(Child);

impl ByHand {
    fn open(bridge: &Bridge, url: &str) -> Self {
        let program =
            ["chromium", "chromium-browser", "google-chrome"].into_iter().find_map(in_path).unwrap();
        let mut command = Command::new(program);
        command.args([
            "--headless=new",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--no-first-run",
        ]);
        command.arg(format!("--user-data-dir={}", bridge.folder.path().join("by-hand").display())).arg(url);
        command.env("HOME", bridge.folder.path());
        Self(command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }

    fn close(mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for ByHand {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub(crate) fn joins_and_leaves() {
    let mut bridge = Bridge::start();
    let origin = bridge.hello()["origin"].as_str().unwrap().to_owned();
    let by_hand = ByHand::open(&bridge, &origin);
    let hello = bridge.line()["hello"].take();
    assert_eq!(hello["client"], "browser-chromium-2");
    assert!(hello["runtime"].as_str().unwrap().starts_with("chromium "), "{hello}");
    bridge.tell(&json!({"cmd": "begin", "seq": 5, "client": "browser-chromium-2"}));
    for seq in [5, 6] {
        let answer = bridge.ask(json!({"cmd": "listen", "seq": seq, "url": "nonsense"}));
        assert_eq!(answer["event"]["is"], "failed", "{answer}");
    }
    by_hand.close();
    // Its test ends with an error, and the other client goes on.
    let error = bridge.line()["error"].take();
    assert_eq!(error["seq"], 5);
    assert!(error["message"].as_str().unwrap().contains("browser-chromium-2 has left"), "{error}");
    bridge.tell(&json!({"cmd": "begin", "seq": 7, "client": "browser-chromium-2"}));
    assert_eq!(bridge.line()["error"]["seq"], 7);
    bridge.tell(&json!({"cmd": "begin", "seq": 8, "client": "nobody"}));
    assert!(bridge.line()["error"]["message"].as_str().unwrap().contains("no client `nobody`"));
    let answer = bridge.ask(json!({"cmd": "listen", "seq": 6, "url": "nonsense"}));
    assert_eq!(answer["event"]["is"], "failed", "{answer}");
}

pub(crate) fn by_hand() {
    let mut bridge = Bridge::start_with(&["--browser=none"]);
    let line = bridge.error_with("http://127.0.0.1:");
    let url = line.split_whitespace().find(|word| word.starts_with("http://")).unwrap().to_owned();
    let _by_hand = ByHand::open(&bridge, &url);
    let hello = bridge.hello();
    assert_eq!(hello["client"], "browser-by-hand");
    assert!(hello["runtime"].as_str().unwrap().starts_with("chromium "), "{hello}");
}

pub(crate) fn strangers() {
    let mut bridge = Bridge::start();
    let origin = bridge.hello()["origin"].as_str().unwrap().to_owned();
    let host = origin.strip_prefix("http://").unwrap();
    let ask = |path: &str, host_header: &str, origin: &str| {
        let mut stream = TcpStream::connect(host).unwrap();
        stream.set_read_timeout(Some(DEADLINE)).unwrap();
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {host_header}\r\nOrigin: {origin}\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        .unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).unwrap();
        String::from_utf8_lossy(&head[9..]).into_owned()
    };
    assert_eq!(ask("/join", host, "http://example.com"), "403");
    assert_eq!(ask("/join", host, "null"), "403");
    assert_eq!(ask("/join", "example.com", &origin), "421");
    assert_eq!(ask("/", "example.com", &origin), "421");
    assert_eq!(ask("/nothing", host, &origin), "404");
    // It is asked for last, for from here on a guest is there.
    assert_eq!(ask("/join", host, &origin), "101");
}
