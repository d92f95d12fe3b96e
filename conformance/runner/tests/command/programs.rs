//! Manifests, and programs that cannot be started or do not do what they should.

use super::{NOTHING_TO_RUN, Place, USAGE, refused, with_suite};
use serde_json::json;
use socket2::{Domain, Socket, Type};
use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    thread,
};

const HONEST: [&str; 4] = ["--client", "rust-tokio-tungstenite", "--suites", "own"];

/// A run with the client of a manifest of this text is refused, and this is what is said of the file or of the client.
#[track_caller]
fn manifest(name: &str, text: &str, code: i32, says: &str) {
    let place = with_suite(&format!("manifest-{name}"));
    fs::write(place.path("impl.json"), text).unwrap();
    let folder = fs::canonicalize(place.path("")).unwrap();
    let says = says.replace("{folder}", &folder.display().to_string());
    refused(&place, &["run", "--client", "impl.json", "--suites", "own", "--out", "out"], code, &says);
}

fn client(run: &[&str]) -> String {
    let client = json!({"name": "mine", "language": "c", "library": "mine", "homepage": "h", "build": ["make", "mine"], "run": run});
    json!({"format": 1, "clients": [client]}).to_string()
}

#[test]
fn a_manifest_that_is_broken_is_told_with_the_place() {
    manifest("broken", "{", USAGE, "impl.json: EOF while parsing an object at line 1 column 1");
    manifest("format", "{\"format\":2}", USAGE, "impl.json: format 2 is not known; this reads format 1");
    let nobody = "impl.json: `clients` is empty: it lists the libraries of this folder";
    manifest("nobody", "{\"format\":1,\"clients\":[]}", USAGE, nobody);
    let more = client(&["./mine"]).replace("\"run\"", "\"fast\":true,\"run\"");
    let fields =
        "`name`, `language`, `library`, `homepage`, `build`, `made`, `run`, `flags`, `known`, `guests`";
    let at = more.find("\"fast\"").unwrap() + "\"fast\"".len();
    let says = format!("impl.json: unknown field `fast`, expected one of {fields} at line 1 column {at}");
    manifest("field", &more, USAGE, &says);
    let empty = "impl.json: `run` of `mine` is empty: it is the command that starts it";
    manifest("empty-run", &client(&[]), USAGE, empty);
    let known = client(&["./mine"]).replace("\"run\"", "\"known\":\"gone.json\",\"run\"");
    let says = "impl.json: `known` is gone.json, which is not there; write {\"format\":1,\"known\":[]} into it, or leave `known` out";
    manifest("no-known", &known, USAGE, says);
    let says = "other.json: No such file or directory (os error 2)";
    refused(&with_suite("manifest-gone"), &["run", "--suites", "own", "--client", "other.json"], USAGE, says);
}

#[test]
fn a_driver_that_cannot_be_started_is_told_with_how_it_is_built() {
    let no_client = |why: &str| format!("no client can be run\nmine: {why}build it with: make mine");
    let missing = no_client("`./mine` could not be started in {folder}: there is no such program; ");
    manifest("no-program", &client(&["./mine"]), NOTHING_TO_RUN, &missing);
    let hello = "did not introduce itself with a hello";
    let silent = no_client(&format!("`true` {hello}: it ended (exit status: 0) without a word; "));
    manifest("no-driver", &client(&["true"]), NOTHING_TO_RUN, &silent);
    let script = "echo ready; echo no such module >&2";
    let says = no_client(&format!(
        "`sh -c '{script}'` {hello}: it said `ready`: expected value at line 1 column 1\nstandard error: no such module\n"
    ));
    manifest("other-program", &client(&["sh", "-c", script]), NOTHING_TO_RUN, &says);
}

#[test]
fn a_server_that_does_not_say_that_it_is_ready_is_told_with_what_it_said() {
    let place = with_suite("servers");
    let shows = "conformance/servers.md shows one";
    for (command, says) in [
        ("./mine --fast", "`./mine --fast` could not be started: there is no such program".to_owned()),
        ("true", format!("`true`: it ended (exit status: 0) without a ready line; {shows}")),
        (
            "sh -c 'echo the port is taken >&2; exit 4'",
            format!(
                "`sh -c 'echo the port is taken >&2; exit 4'`: it ended (exit status: 4) without a ready line; {shows}\nthe port is taken"
            ),
        ),
        (
            "echo Listening on 8080",
            format!(
                "`echo Listening on 8080`: its first line is not a ready line: expected value at line 1 column 1: `Listening on 8080`; {shows}"
            ),
        ),
        (
            "echo '{\"ready\":{}}'",
            format!(
                "`echo '{{\"ready\":{{}}}}'`: its first line is not a ready line: missing field `url` at line 1 column 11: `{{\"ready\":{{}}}}`; {shows}"
            ),
        ),
        ("sleep 600", format!("`sleep 600`: it printed no ready line in 2s; {shows}")),
    ] {
        let words = ["run", "--out", "out", "--time-scale", "0.1", "--server-command", command];
        refused(
            &place,
            &[&words, &HONEST[..]].concat(),
            NOTHING_TO_RUN,
            &format!("no server can be run\n{says}"),
        );
    }
}

#[test]
fn an_address_where_nobody_listens_is_told_at_once() {
    let place = with_suite("addresses");
    // Bound, so that nobody else is given it, and not listened at.
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.bind(&SocketAddr::from(([127, 0, 0, 1], 0)).into()).unwrap();
    let url = format!("ws://{}/chat", socket.local_addr().unwrap().as_socket().unwrap());
    let words = ["run", "--out", "out", "--server-url", &url];
    let says =
        format!("no server can be run\nnobody listens at {url}; start the server first, or mend the address");
    refused(&place, &[&words, &HONEST[..]].concat(), NOTHING_TO_RUN, &says);
    // Nor is it waited for where it was told what it can do.
    let words = [&words[..], &HONEST, &["--server-can", "echo"]].concat();
    refused(&place, &words, NOTHING_TO_RUN, &says);
}

#[test]
fn an_address_that_speaks_no_websocket_is_told_with_what_it_answers() {
    let place = with_suite("no-websocket");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("ws://{}/chat", listener.local_addr().unwrap());
    let answering = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte).unwrap();
            head.extend(byte);
        }
        stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n").unwrap();
    });
    let says = format!(
        "no server can be run\n{url} answers a handshake with 404 Not Found; the address must be one that speaks WebSocket, \
         path and all"
    );
    let words = ["run", "--out", "out", "--server-url", &url];
    refused(&place, &[&words, &HONEST[..]].concat(), NOTHING_TO_RUN, &says);
    answering.join().unwrap();
}

#[test]
fn what_speaks_something_else_at_an_address_is_named() {
    let place = with_suite("no-http");
    for (greeting, says) in [
        (
            &b"SSH-2.0-server\r\n"[..],
            "an SSH server listens there; mend the address, or start the server that it should be",
        ),
        (
            b"\x15\x03\x01\x00\x02\x02\x46",
            "it speaks TLS, which is not supported yet; give the address at which it speaks ws:// without it",
        ),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}/chat", listener.local_addr().unwrap());
        let greeting = greeting.to_vec();
        let speaking = thread::spawn(move || {
            // The handshake, and whoever looks what that was.
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().unwrap();
                let mut head = [0; 16];
                stream.read_exact(&mut head).unwrap();
                stream.write_all(&greeting).unwrap();
            }
        });
        let says = format!("no server can be run\n{url} does not answer in HTTP: {says}");
        let words = ["run", "--out", "out", "--server-url", &url];
        refused(&place, &[&words, &HONEST[..]].concat(), NOTHING_TO_RUN, &says);
        speaking.join().unwrap();
    }
}

#[test]
fn a_head_that_does_not_end_is_named() {
    let place = with_suite("endless-head");
    for more in ["x", "X-More: and more\r\n"] {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("ws://{}", listener.local_addr().unwrap());
        let speaking = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\n");
            while stream.write_all(more.repeat(100).as_bytes()).is_ok() {}
        });
        let says = format!(
            "no server can be run\n{url} answers a handshake with headers that do not end; what speaks there is no WebSocket server, \
         or sends more than anybody reads"
        );
        let words = ["run", "--out", "out", "--server-url", &url];
        refused(&place, &[&words, &HONEST[..]].concat(), NOTHING_TO_RUN, &says);
        speaking.join().unwrap();
    }
}

#[test]
fn without_the_program_that_is_wrong_on_demand_no_test_is_proven() {
    let how = "cargo build --release --workspace --features crosswire-server/mutants --bin crosswire-mutant";
    let says = format!("crosswire-mutant is not there; build it with: {how}");
    refused(&Place::new("mutants"), &["mutants", "--program", "nowhere"], NOTHING_TO_RUN, &says);
}
