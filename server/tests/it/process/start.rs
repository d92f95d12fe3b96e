//! What the program says when it starts, and when it cannot.

use super::{Process, address, ask, open, program, run};
use crate::support::{Client, Frame};
use std::net::TcpListener;
use tokio::net::TcpStream;

#[tokio::test]
async fn under_test_it_prints_one_ready_line_and_nothing_else() {
    let (process, ready) = Process::under_test(&["--journal"]).await;
    assert!(ready.url.starts_with("ws://127.0.0.1:") && !ready.url.ends_with(":0"), "{}", ready.url);
    assert_eq!(ready.urls, [ready.url.as_str()]);
    assert_eq!((&*ready.name, &*ready.version), ("crosswire", env!("CARGO_PKG_VERSION")));
    assert!(
        ["control", "echo", "journal", "welcome"].iter().all(|name| ready.can.iter().any(|can| can == name))
    );
    assert_eq!(ready.limits["max_message"], 1 << 20);
    assert_eq!(ready.limits["head_timeout_ms"], 5000);
    let control = ready.control.as_deref().unwrap();
    let (target, token) = control.strip_prefix(&ready.url).unwrap().split_once("?token=").unwrap();
    assert_eq!(target, "/control");
    assert!(token.len() >= 22, "too short to be secret");

    let mut client = open(&ready, "/ws").await;
    client.welcome().await;
    client.close().await;
    let control = open(&ready, &format!("/control?token={token}")).await;
    control.close().await;
    let left = process.stop().await;
    assert_eq!((left.code, &*left.output, &*left.errors), (Some(0), "", ""));
}

#[tokio::test]
async fn each_start_has_a_token_of_its_own() {
    let (one, ready) = Process::under_test(&[]).await;
    let (other, ready_too) = Process::under_test(&[]).await;
    let token = |control: Option<String>| control.unwrap().split_once("token=").unwrap().1.to_owned();
    assert_ne!(token(ready.control), token(ready_too.control));
    one.stop().await;
    other.stop().await;
}

#[tokio::test]
async fn otherwise_it_greets_on_standard_error_and_prints_nothing() {
    let mut process = Process::start(program(&["--listen", "127.0.0.1:0"]));
    let connect = process.says("connect").await;
    let address = connect.split("ws://").nth(1).unwrap().strip_suffix("/ws").unwrap();
    for word in ["page", "curl", "control", "limits", "open to", "stop"] {
        process.says(word).await;
    }
    // Its standard input means nothing to it.
    drop(process.input.take());
    let mut client = Client::open(TcpStream::connect(address).await.unwrap(), "/ws", &[]).await;
    client.welcome().await;
    client.send(Frame::text("there")).await;
    client.expect(Frame::text("there")).await;
    client.close().await;
    #[cfg(unix)]
    {
        process.signal("TERM").await;
        let left = process.left().await;
        assert_eq!((left.code, &*left.output), (Some(0), ""));
    }
}

#[tokio::test]
async fn listens_on_several_addresses() {
    let flags = ["--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", "--listen", "localhost:0"];
    let (process, ready) = Process::under_test(&flags).await;
    assert!(ready.urls.len() >= 3, "{:?}", ready.urls);
    assert_eq!(ready.url, ready.urls[0]);
    for url in &ready.urls {
        let stream = TcpStream::connect(address(url)).await.unwrap();
        let mut client = Client::open(stream, "/ws", &[]).await;
        client.welcome().await;
        client.close().await;
    }
    assert_eq!(process.stop().await.code, Some(0));
}

#[tokio::test]
async fn listens_on_ipv6() {
    if TcpListener::bind("[::1]:0").is_err() {
        println!("skipped: this machine has no [::1]");
        return;
    }
    let (process, ready) = Process::under_test(&["--listen", "[::1]:0"]).await;
    assert!(ready.url.starts_with("ws://[::1]:"), "{}", ready.url);
    let mut client = open(&ready, "/ws").await;
    client.welcome().await;
    client.close().await;
    let health = ask(&ready, "GET /healthz HTTP/1.1\r\nHost: [::1]\r\n\r\n").await;
    assert_eq!(health.status, 200);
    assert_eq!(process.stop().await.code, Some(0));
}

/// Fails to run, with one line that contains these words.
async fn cannot(code: i32, flags: &[&str], words: &[&str]) {
    let left = run(program(flags)).await;
    assert_eq!((left.code, &*left.output), (Some(code), ""), "{flags:?}: {}", left.errors);
    assert_eq!(left.errors.lines().count(), 1, "{flags:?}: {}", left.errors);
    for word in words {
        assert!(left.errors.contains(word), "{flags:?}: no `{word}` in {}", left.errors);
    }
}

#[tokio::test]
async fn a_port_in_use_is_named_with_what_to_do() {
    let other = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = other.local_addr().unwrap().to_string();
    cannot(1, &["--listen", &address], &[&address, "in use", "--listen"]).await;
    cannot(1, &["--under-test", "--listen", &address], &[&address, "in use"]).await;
    // One address of two is one too few.
    cannot(1, &["--listen", "127.0.0.1:0", "--listen", &address], &[&address]).await;
}

#[tokio::test]
async fn what_is_no_address_is_named_with_what_to_do() {
    for wrong in [
        "9001",
        "localhost",
        ":9001",
        "127.0.0.1:http",
        "127.0.0.1:65536",
        "999.1.1.1:1",
        "ws://127.0.0.1:9001",
        "",
    ] {
        cannot(2, &["--listen", wrong], &[&format!("`{wrong}`"), "host:port"]).await;
    }
}

#[tokio::test]
async fn a_wrong_address_says_where_it_came_from() {
    cannot(2, &["--listen", "foo"], &["--listen is `foo`"]).await;
    for wrong in ["", "foo"] {
        let mut command = program(&[]);
        command.env("CROSSWIRE_SERVER_LISTEN", wrong);
        let left = run(command).await;
        assert_eq!((left.code, left.errors.lines().count()), (Some(2), 1), "{}", left.errors);
        assert!(left.errors.contains(&format!("CROSSWIRE_SERVER_LISTEN is `{wrong}`")), "{}", left.errors);
    }
}

#[tokio::test]
async fn an_address_that_is_given_twice_is_not_blamed_on_another_program() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (address, everywhere) = (free.to_string(), format!("0.0.0.0:{}", free.port()));
    cannot(2, &["--listen", &address, "--listen", &address], &["--listen gives", &address, "twice"]).await;
    cannot(2, &["--listen", &everywhere, "--listen", &address], &[&address, "twice", &everywhere]).await;
}

#[tokio::test]
async fn a_name_of_which_one_address_is_in_use_is_an_error() {
    for ip in ["127.0.0.1", "::1"] {
        let resolved: Vec<_> = tokio::net::lookup_host("localhost:0").await.unwrap().collect();
        if !resolved.iter().any(|address| address.ip().to_string() == ip) {
            println!("skipped: localhost is not {ip} here");
            continue;
        }
        let Ok(other) = TcpListener::bind((ip, 0)) else { continue };
        let address = other.local_addr().unwrap();
        let name = format!("localhost:{}", address.port());
        cannot(1, &["--listen", &name], &[&name, "in use", &address.to_string()]).await;
    }
}

#[tokio::test]
async fn an_address_of_another_machine_is_named_with_what_to_do() {
    // Reserved for documentation (RFC 5737), so that no machine has it.
    cannot(1, &["--listen", "192.0.2.1:0"], &["192.0.2.1:0", "not an address of this machine", "--listen"])
        .await;
}

#[tokio::test]
async fn wrong_usage_is_exit_code_2() {
    cannot(2, &["--max-mesage", "1MiB"], &["--max-mesage"]).await;
    cannot(2, &["serve"], &["serve"]).await;
    cannot(2, &["--max-message"], &["--max-message"]).await;
    cannot(2, &["--max-message", "lots"], &["--max-message", "lots", "1MiB"]).await;
    cannot(2, &["--threads", "20000"], &["--threads", "20000", "1024"]).await;
    cannot(2, &["--max-sessions", "0"], &["--max-sessions", "0", "from 1"]).await;
    cannot(2, &["--max-message", "1KiB", "--max-frame", "2KiB"], &["--max-frame", "--max-message"]).await;
}

#[tokio::test]
async fn a_variable_is_read_and_a_wrong_one_is_named() {
    let mut command = program(&["--under-test"]);
    command.env("CROSSWIRE_SERVER_MAX_MESSAGE", "64KiB");
    let (process, ready) = Process::ready(command).await;
    assert_eq!(ready.limits["max_message"], 64 << 10);
    process.stop().await;
    for (name, value, words) in [
        (
            "CROSSWIRE_SERVER_MAX_MESAGE",
            "1MiB",
            ["CROSSWIRE_SERVER_MAX_MESAGE", "CROSSWIRE_SERVER_MAX_MESSAGE"],
        ),
        ("CROSSWIRE_SERVER_MAX_MESSAGE", "lots", ["CROSSWIRE_SERVER_MAX_MESSAGE", "lots"]),
    ] {
        let mut command = program(&["--under-test"]);
        command.env(name, value);
        let left = run(command).await;
        assert_eq!((left.code, left.errors.lines().count()), (Some(2), 1), "{}", left.errors);
        assert!(words.iter().all(|word| left.errors.contains(word)), "{}", left.errors);
    }
}

#[tokio::test]
async fn help_and_version_are_told_on_standard_output() {
    let help = run(program(&["--help"])).await;
    assert_eq!((help.code, &*help.errors), (Some(0), ""));
    assert!(help.output.lines().all(|line| line.chars().count() <= 80), "wider than 80 columns");
    assert!(help.output.contains("--max-message"));
    let version = run(program(&["--version"])).await;
    assert_eq!(version.code, Some(0));
    assert!(version.output.contains(env!("CARGO_PKG_VERSION")));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn help_that_cannot_be_written_is_exit_code_1() {
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", r#"exec "$0" --help >/dev/full"#, super::PROGRAM]);
    let left = run(command).await;
    assert_eq!((left.code, left.errors.lines().count()), (Some(1), 1), "{}", left.errors);
}

#[cfg(unix)]
#[tokio::test]
async fn says_so_when_too_few_files_may_be_open() {
    let mut command = tokio::process::Command::new("sh");
    command.args(["-c", r#"ulimit -n 200 && exec "$0" --under-test"#, super::PROGRAM]);
    super::without_settings(&mut command);
    let (process, ready) = Process::ready(command).await;
    assert!(ready.limits["max_sessions"] < 200, "{:?}", ready.limits);
    let mut client = open(&ready, "/ws").await;
    client.welcome().await;
    client.close().await;
    let left = process.stop().await;
    assert_eq!((left.code, left.errors.lines().count()), (Some(0), 1), "{}", left.errors);
    assert!(left.errors.contains("200 files") && left.errors.contains("ulimit"), "{}", left.errors);
}
