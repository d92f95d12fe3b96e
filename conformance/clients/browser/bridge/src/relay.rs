//! The relay: lines from standard input to the page that they are for, and lines of all pages to standard output.
//!
//! The page that we have opened is the client of the manifest. Whoever opens another browser at the address joins as a client of
//! its own: it is introduced by a second hello, and a test is its when `begin` has said so. A page that is gone is an end for
//! us where it is ours; for a guest, each of its tests is answered with an error.

use crate::{
    arguments::{Arguments, Browser},
    browser::Opened,
    ending::Ending,
    lines::{Line, next_line},
    page::Ends,
    site::{Joined, Site},
    tasks,
};
use serde::Deserialize;
use serde_json::json;
use std::{
    collections::{BTreeMap, HashMap},
    io::{self, Write as _},
    sync::Arc,
    time::Duration,
};
use tokio::{
    io::{AsyncWriteExt as _, BufReader},
    sync::{Notify, mpsc, oneshot},
    time::timeout,
};

/// How many lines may wait on each side: a few, for each may be 4 MiB long.
const WAITING: usize = 8;
/// How long a page may take no line until it is given up.
const TAKEN_WITHIN: Duration = Duration::from_secs(30);
/// How long the first words of a page may take when it is over already.
const FIRST_WORDS: Duration = Duration::from_secs(5);
/// How long the last lines may take when standard input has ended.
const LAST_LINES: Duration = Duration::from_millis(500);

/// What of a line says where it goes; the rest is for the driver to understand.
#[derive(Debug, Default, Deserialize)]
struct Head {
    #[serde(default)]
    cmd: String,
    seq: Option<u64>,
    client: Option<String>,
}

/// A client: a page, and what was said of it.
#[derive(Debug)]
struct Client {
    lines: mpsc::Sender<String>,
}

struct Relay {
    /// The client that the first page is.
    first: String,
    clients: BTreeMap<String, Client>,
    /// Guests whose page is gone: whose, and why.
    gone: BTreeMap<String, String>,
    /// Whose a test is, where it is a guest's.
    tests: HashMap<u64, String>,
    said: mpsc::Sender<String>,
    left: mpsc::Sender<(String, String)>,
    /// Guests that have come before the first page has introduced itself.
    early: Vec<Joined>,
    has_introduced: bool,
    /// Whether the first page was told anything, and so has something to say.
    is_asked: bool,
}

/// Relays until standard input ends, or says `bye`.
///
/// # Errors
/// What is missing, did not come, or is gone.
pub(crate) async fn run(arguments: Arguments, mut site: Site) -> Result<(), Ending> {
    let (said, to_write) = mpsc::channel(WAITING);
    let (read, mut lines) = mpsc::channel(WAITING);
    let writing = tasks::spawn(write(to_write));
    let (ends, input_ends) = oneshot::channel();
    tasks::spawn(async move {
        read_lines(read).await;
        // Only whoever still waits for a browser asks.
        let _ = ends.send(());
    });
    let (left, mut leaving) = mpsc::channel(WAITING);
    let mut relay = Relay {
        first: arguments.browser.client().to_owned(),
        clients: BTreeMap::new(),
        gone: BTreeMap::new(),
        tests: HashMap::new(),
        said,
        left,
        early: Vec::new(),
        has_introduced: false,
        is_asked: false,
    };
    let (mut browser, first) = tokio::select! {
        begun = begin(&arguments, &mut site, &mut relay) => begun?,
        _ = input_ends => return Ok(()),
    };
    let named = browser.as_ref().map_or_else(|| first.named.in_words(), |browser| browser.named.clone());
    let has_spoken = Arc::new(Notify::new());
    relay.take_in(relay.first.clone(), named, first, Arc::clone(&has_spoken));
    let ended = loop {
        tokio::select! {
            biased;
            Some((client, why)) = leaving.recv() => {
                if client == relay.first {
                    break Err(Ending::broken(format!("{client}: {why}")));
                }
                relay.let_go(&client, &why).await;
            }
            () = gone(browser.as_mut()) => break Err(Ending::broken("the WebDriver has ended, and the browser with it")),
            () = has_spoken.notified(), if !relay.has_introduced => {
                relay.has_introduced = true;
                for guest in std::mem::take(&mut relay.early) {
                    relay.welcome(guest).await;
                }
            }
            Some(joined) = site.joining.recv() => relay.welcome(joined).await,
            line = lines.recv() => match line {
                Some(line) => match relay.pass(line).await {
                    Ok(true) => {}
                    Ok(false) => {
                        // Whoever says goodbye behind the first question hears its answer.
                        if relay.is_asked && !relay.has_introduced {
                            let _ = timeout(FIRST_WORDS, has_spoken.notified()).await;
                        }
                        break Ok(());
                    }
                    Err(ending) => break Err(ending),
                },
                None => break Ok(()),
            },
        }
    };
    // The pages are told that it is over when nobody has lines for them.
    relay.clients.clear();
    drop(relay);
    // What was said before the end is written down; a page that is not told in time finds its connection closed.
    let _ = timeout(LAST_LINES, writing).await;
    if let Some(browser) = browser {
        browser.close().await;
    }
    ended
}

/// Opens the browser, or says where one is to be opened, and waits until its page has joined.
async fn begin(
    arguments: &Arguments,
    site: &mut Site,
    relay: &mut Relay,
) -> Result<(Option<Opened>, Joined), Ending> {
    let within = arguments.within();
    let late = || {
        let what = if arguments.browser == Browser::None { "no browser" } else { "the browser's page" };
        Ending::broken(match what {
            "no browser" => format!("no browser was opened within {within:?}"),
            what => format!(
                "{what} has not joined within {within:?}; on a slow machine --within says how long it may take"
            ),
        })
    };
    let opened = async {
        let browser = if arguments.browser == Browser::None {
            // Where nobody reads it nobody opens one, and that is said in time.
            let _ = writeln!(io::stderr(), "open {}/ in a browser", site.origin);
            None
        } else {
            let url = format!("{}/?token={}", site.origin, site.token);
            Some(Opened::at(&url, arguments).await?)
        };
        loop {
            let joined = site.joining.recv().await.ok_or_else(late)?;
            if joined.is_ours || browser.is_none() {
                return Ok((browser, joined));
            }
            relay.early.push(joined);
        }
    };
    timeout(within, opened).await.unwrap_or_else(|_| Err(late()))
}

/// Waits until a browser that we have opened is gone.
async fn gone(browser: Option<&mut Opened>) {
    match browser {
        Some(browser) => browser.ended().await,
        None => std::future::pending().await,
    }
}

impl Relay {
    /// A page becomes the page of a client.
    fn take_in(&mut self, name: String, browser: String, joined: Joined, has_spoken: Arc<Notify>) {
        let (sender, lines) = mpsc::channel(WAITING);
        let ends = Ends { lines, said: self.said.clone(), has_spoken };
        let left = self.left.clone();
        self.clients.insert(name.clone(), Client { lines: sender });
        tasks::spawn(async move {
            let why = joined.socket.attend(&name, &browser, ends).await;
            // Nobody is told where everything is over.
            let _ = left.send((name, format!("{why} ({browser})"))).await;
        });
    }

    /// A guest joins, behind the introduction of the first.
    async fn welcome(&mut self, joined: Joined) {
        if !self.has_introduced {
            self.early.push(joined);
            return;
        }
        let is_taken = |name: &str| self.clients.contains_key(name) || self.gone.contains_key(name);
        let (name, browser) = (joined.named.client(is_taken), joined.named.in_words());
        self.take_in(name.clone(), browser, joined, Arc::default());
        let hello = json!({"cmd": "hello", "protocol": 1}).to_string();
        if let Err(why) = self.tell(&name, hello).await {
            self.let_go(&name, &why).await;
        }
    }

    /// A guest is gone: what was begun with it ends so.
    async fn let_go(&mut self, client: &str, why: &str) {
        self.clients.remove(client);
        self.gone.insert(client.to_owned(), why.to_owned());
        let its: Vec<u64> =
            self.tests.iter().filter(|(_, whose)| *whose == client).map(|(seq, _)| *seq).collect();
        for seq in its {
            self.tests.remove(&seq);
            self.say_gone(client, why, seq).await;
        }
    }

    async fn say_gone(&self, client: &str, why: &str, seq: u64) {
        let message = format!("{client} has left: {why}");
        self.refuse(&message, Some(seq)).await;
    }

    async fn refuse(&self, message: &str, seq: Option<u64>) {
        let mut error = json!({"message": message});
        if let Some(seq) = seq {
            error["seq"] = json!(seq);
        }
        // That nobody listens any more ends us elsewhere.
        let _ = self.said.send(json!({"error": error}).to_string()).await;
    }

    /// Passes on a line. Whether there may be more.
    async fn pass(&mut self, line: Line) -> Result<bool, Ending> {
        let line = match line {
            Line::Whole(line) => line,
            Line::Wrong(why) => {
                self.refuse(&why, None).await;
                return Ok(true);
            }
        };
        // What cannot be read the first page's driver refuses, in its own words.
        let head: Head = serde_json::from_str(&line).unwrap_or_default();
        let client = head.seq.and_then(|seq| self.tests.get(&seq)).cloned();
        match (head.cmd.as_str(), head.seq, client) {
            ("bye", None, _) => return Ok(false),
            ("begin", Some(seq), None) => self.begin(seq, head.client).await,
            (cmd, Some(seq), Some(guest)) => {
                if cmd == "end" {
                    self.tests.remove(&seq);
                }
                if let Err(why) = self.tell(&guest, line).await {
                    self.tests.insert(seq, guest.clone());
                    self.let_go(&guest, &why).await;
                }
            }
            _ => {
                let first = self.first.clone();
                self.is_asked = true;
                self.tell(&first, line).await.map_err(|why| Ending::broken(format!("{first}: {why}")))?;
            }
        }
        Ok(true)
    }

    /// A test is a guest's.
    async fn begin(&mut self, seq: u64, client: Option<String>) {
        let Some(client) = client else {
            return self.refuse("`begin` names the `client` whose test it is", Some(seq)).await;
        };
        if let Some(why) = self.gone.get(&client) {
            return self.say_gone(&client, why, seq).await;
        }
        if !self.clients.contains_key(&client) {
            return self.refuse(&format!("no client `{client}` has joined"), Some(seq)).await;
        }
        if client != self.first {
            self.tests.insert(seq, client);
        }
    }

    async fn tell(&self, client: &str, line: String) -> Result<(), String> {
        let Some(client) = self.clients.get(client) else { return Err("its page is gone".to_owned()) };
        match timeout(TAKEN_WITHIN, client.lines.send(line)).await {
            Ok(sent) => sent.map_err(|_| "its page is gone".to_owned()),
            Err(_) => Err(format!("its page has taken no line for {TAKEN_WITHIN:?}")),
        }
    }
}

/// Reads standard input to its end. What cannot be read is at its end.
async fn read_lines(read: mpsc::Sender<Line>) {
    let mut input = BufReader::with_capacity(64 << 10, tokio::io::stdin());
    while let Ok(Some(line)) = next_line(&mut input).await {
        if read.send(line).await.is_err() {
            return;
        }
    }
}

/// Writes lines, all that are there at once, and flushes.
async fn write(mut lines: mpsc::Receiver<String>) {
    let mut output = tokio::io::stdout();
    let mut all = Vec::new();
    while lines.recv_many(&mut all, WAITING).await > 0 {
        let mut text = String::new();
        for line in all.drain(..) {
            text.push_str(&line);
            text.push('\n');
        }
        // Whoever does not listen any more ends standard input too.
        if output.write_all(text.as_bytes()).await.is_err() || output.flush().await.is_err() {
            return;
        }
    }
}
