//! The page as a person has it: what they press and type, and what they see.

use crate::driver::Engine;
use fantoccini::{
    Client, Locator,
    actions::{InputSource as _, KeyAction, KeyActions},
    error::CmdError,
    key::Key,
    wd::WebDriverCompatibleCommand,
};
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::{fmt::Debug, time::Duration};

/// How long the page may take to show something.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the scripts of these tests are written in: `text(id)` is what a person reads there, and nothing where it is hidden;
/// `rows()` are the rows of the log that are in sight.
const WORDS: &str = "
    const at = (id) => document.getElementById(id);
    const isShown = (element) => element !== null && element.checkVisibility();
    const text = (id) => isShown(at(id)) ? at(id).innerText.trim() : '';
    const rows = () => [...document.querySelectorAll('#log-rows .log-row')].filter(isShown)
        .sort((one, other) => one.dataset.row - other.dataset.row);
    const log = () => rows().map((row) => row.innerText.replaceAll('\\n', ' '));
";

/// All scripts have run, and nothing is missing that the page would have to complain of. Firefox shows a driver's scripts the
/// properties of the page's global object, and nothing else that is global there.
const IS_WHOLE: &str =
    "document.readyState === 'complete' && Crosswire.connect !== undefined && !isShown(at('notice'))";

/// A browser that shows the page.
#[derive(Debug)]
pub(crate) struct Page {
    client: Client,
    pub(crate) engine: Engine,
}

impl Page {
    pub(crate) const fn new(client: Client, engine: Engine) -> Self {
        Self { client, engine }
    }

    /// Goes there, and waits until the page can be used.
    pub(crate) async fn open(&self, address: &str) {
        // From one # to another a browser loads nothing.
        self.client.goto("about:blank").await.expect("an empty page");
        self.client.goto(address).await.expect("a page");
        self.until(IS_WHOLE).await;
    }

    pub(crate) async fn reload(&self) {
        self.client.refresh().await.expect("a page");
        self.until(IS_WHOLE).await;
    }

    pub(crate) async fn address_bar(&self) -> String {
        self.client.current_url().await.expect("an address").to_string()
    }

    // What a person does

    /// Clicks on it, with the mouse: it must be in sight, and nothing may lie over it.
    pub(crate) async fn press(&self, id: &str) {
        self.until(&format!("isShown(at('{id}')) && !at('{id}').disabled")).await;
        let element = self.client.find(Locator::Id(id)).await.expect("a part of the page");
        element.click().await.unwrap_or_else(|error| panic!("#{id} cannot be clicked: {error}"));
    }

    /// Clicks on the first thing that this selector finds.
    pub(crate) async fn press_first(&self, selector: &str) {
        let element = self.client.find(Locator::Css(selector)).await.expect("a part of the page");
        element.click().await.unwrap_or_else(|error| panic!("{selector} cannot be clicked: {error}"));
    }

    /// Types this in place of what stands there.
    pub(crate) async fn write(&self, id: &str, words: &str) {
        let field = self.client.find(Locator::Id(id)).await.expect("a field");
        field.clear().await.expect("a field that can be written into");
        field.send_keys(words).await.expect("a field that can be written into");
    }

    /// Gives a field keys as they are; one for files is given a path.
    pub(crate) async fn send_keys(&self, id: &str, keys: &str) {
        let field = self.client.find(Locator::Id(id)).await.expect("a field");
        field.send_keys(keys).await.expect("a field that takes them");
    }

    /// Chooses a kind of message: the radio button itself lies under its label.
    pub(crate) async fn choose(&self, id: &str) {
        self.press_first(&format!("label:has(> #{id})")).await;
    }

    pub(crate) async fn select(&self, id: &str, value: &str) {
        let field = self.client.find(Locator::Id(id)).await.expect("a list");
        field.select_by_value(value).await.expect("a choice");
    }

    /// Presses keys, one after the other, wherever the focus is.
    pub(crate) async fn keys(&self, keys: &[Key]) {
        let mut typing = KeyActions::new("keys".to_owned());
        for key in keys {
            typing = typing
                .then(KeyAction::Down { value: (*key).into() })
                .then(KeyAction::Up { value: (*key).into() });
        }
        self.client.perform_actions(typing).await.expect("a keyboard");
    }

    /// Presses one key while another is held.
    pub(crate) async fn held(&self, held: Key, key: char) {
        let typing = KeyActions::new("keys".to_owned())
            .then(KeyAction::Down { value: held.into() })
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key })
            .then(KeyAction::Up { value: held.into() });
        self.client.perform_actions(typing).await.expect("a keyboard");
    }

    /// Types words, wherever the focus is.
    pub(crate) async fn types(&self, words: &str) {
        let mut typing = KeyActions::new("keys".to_owned());
        for value in words.chars() {
            typing = typing.then(KeyAction::Down { value }).then(KeyAction::Up { value });
        }
        self.client.perform_actions(typing).await.expect("a keyboard");
    }

    // What a person sees

    /// What stands there; nothing where it is hidden.
    pub(crate) async fn text(&self, id: &str) -> String {
        self.value(&format!("text('{id}')")).await
    }

    /// Waits until these words stand there.
    pub(crate) async fn shows(&self, id: &str, words: &str) {
        let holds = format!("text('{id}').includes({})", json!(words));
        if let Err(error) = self.wait(&holds, PATIENCE).await {
            panic!("`{words}` does not stand in #{id}, but `{}`; {error}", self.text(id).await);
        }
    }

    /// Waits until a row of the log that is in sight has these words.
    pub(crate) async fn log_shows(&self, words: &str) {
        let holds = format!("log().some((row) => row.includes({}))", json!(words));
        if let Err(error) = self.wait(&holds, PATIENCE).await {
            panic!("`{words}` is in no row of the log:\n{}\n{error}", self.log().await.join("\n"));
        }
    }

    /// The rows of the log that are in sight.
    pub(crate) async fn log(&self) -> Vec<String> {
        self.value("log()").await
    }

    /// Waits until this holds in the page.
    pub(crate) async fn until(&self, holds: &str) {
        if let Err(error) = self.wait(holds, PATIENCE).await {
            panic!("this does not come to hold: {holds}\n{error}\n{}", self.everything().await);
        }
    }

    /// The same, where it takes its time.
    pub(crate) async fn until_within(&self, patience: Duration, holds: &str) {
        if let Err(error) = self.wait(holds, patience).await {
            panic!("this does not come to hold: {holds}\n{error}\n{}", self.everything().await);
        }
    }

    /// It is looked again with each frame, in the page itself: what is there for a moment only is seen as well.
    async fn wait(&self, holds: &str, patience: Duration) -> Result<(), String> {
        let script = format!(
            "{WORDS}
            const [patience, done] = arguments;
            const end = performance.now() + patience;
            const look = () => {{
                if ({holds}) done(true);
                else if (performance.now() > end) done(false);
                else setTimeout(look, 10);
            }};
            look();"
        );
        match self.client.execute_async(&script, vec![json!(patience.as_millis())]).await {
            Ok(Value::Bool(true)) => Ok(()),
            Ok(_) => Err(format!("waited for {patience:?}")),
            Err(error) => Err(error.to_string()),
        }
    }

    /// A value of the page.
    pub(crate) async fn value<T: DeserializeOwned>(&self, expression: &str) -> T {
        self.execute(&format!("return {expression};"), vec![]).await
    }

    /// What a script gives back; it may use `at`, `text`, `rows` and `log`.
    pub(crate) async fn execute<T: DeserializeOwned>(&self, script: &str, arguments: Vec<Value>) -> T {
        let given = self.client.execute(&format!("{WORDS} {script}"), arguments).await;
        let given = given.unwrap_or_else(|error| panic!("{script}\n{error}"));
        serde_json::from_value(given).unwrap_or_else(|error| panic!("{script}\n{error}"))
    }

    /// What a function that waits gives back.
    pub(crate) async fn finish<T: DeserializeOwned>(&self, body: &str) -> T {
        let script = format!(
            "{WORDS} const done = arguments[arguments.length - 1];
            (async () => {{ {body} }})().then((value) => done({{ value }}), (error) => done({{ error: String(error) }}));"
        );
        let mut given = self
            .client
            .execute_async(&script, vec![])
            .await
            .unwrap_or_else(|error| panic!("{body}\n{error}"));
        assert_eq!(given.get("error"), None, "{body}");
        let value = given.get_mut("value").map_or(Value::Null, Value::take);
        serde_json::from_value(value).unwrap_or_else(|error| panic!("{body}\n{error}"))
    }

    /// All that a person could read, for the words of a test that failed.
    pub(crate) async fn everything(&self) -> String {
        match self.client.execute("return document.body.innerText;", vec![]).await {
            Ok(Value::String(text)) => format!("---- the page ----\n{text}\n---- its end ----"),
            other => format!("the page does not answer: {other:?}"),
        }
    }

    // The browser itself

    /// A command of Chromium's own debugging protocol.
    pub(crate) async fn chromium(&self, command: &str, parameters: Value) -> Value {
        assert_eq!(self.engine, Engine::Chromium, "{command} is Chromium's");
        let body = json!({ "cmd": command, "params": parameters });
        self.vendor("goog/cdp/execute", body).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// What the browser wrote into its console since this was asked last.
    pub(crate) async fn console(&self) -> Vec<String> {
        if self.engine == Engine::Firefox {
            return Vec::new();
        }
        let entries = self.vendor("se/log", json!({ "type": "browser" })).await.expect("the browser's log");
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries.iter().map(|entry| format!("{} {}", entry["level"], entry["message"])).collect()
    }

    async fn vendor(&self, path: &'static str, body: Value) -> Result<Value, CmdError> {
        self.client.issue_cmd(Vendor { path, body }).await
    }

    /// Leaves the tab and all that was done to it for a new one.
    pub(crate) async fn change_tabs(&self) {
        let next = self.client.new_window(true).await.expect("a tab").handle;
        self.client.close_window().await.expect("a tab that ends");
        self.client.switch_to_window(next).await.expect("a tab");
        self.console().await;
    }

    /// Forgets what pages of this origin have kept: a port may have been another server's before.
    pub(crate) async fn forget(&self, origin: &str) {
        if self.engine == Engine::Chromium {
            let whose = json!({ "origin": origin, "storageTypes": "local_storage" });
            self.chromium("Storage.clearDataForOrigin", whose).await;
        }
    }

    /// Ends the browser.
    pub(crate) async fn close(self) {
        let closing = tokio::time::timeout(PATIENCE, self.client.close()).await;
        closing.expect("a browser that ends in time").expect("a browser that ends");
    }
}

/// A command that no standard has.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &url::Url, session: Option<&str>) -> Result<url::Url, url::ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &url::Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
