//! How it ends, and what is left behind: nothing.

use crate::bridge::Bridge;
#[cfg(target_os = "linux")]
use crate::processes::{Tree, kill};
use serde_json::json;
use std::time::{Duration, Instant};

pub(crate) fn no_webdriver() {
    let mut bridge = Bridge::start_with(&["--webdriver=/nowhere/chromedriver"]);
    let (status, errors) = bridge.end();
    assert_eq!(status.code(), Some(3), "{errors}");
    assert!(errors.contains("there is no program /nowhere/chromedriver; get it with: "), "{errors}");
    bridge.leaves_no_file();
}

pub(crate) fn no_driver() {
    let mut bridge = Bridge::start_with(&["--browser=none"]);
    drop(bridge.input.take());
    assert!(bridge.end().0.success(), "the end of its input is an end like `bye`");
    let mut bridge = Bridge::start_with(&["--driver=/nowhere"]);
    let (status, errors) = bridge.end();
    assert_eq!(status.code(), Some(3), "{errors}");
    assert!(errors.contains("/nowhere/driver.js") && errors.contains("just build-browser"), "{errors}");
}

pub(crate) fn silent_webdriver() {
    let began = Instant::now();
    let mut bridge = Bridge::start_with(&["--webdriver=/bin/true"]);
    let (status, errors) = bridge.end();
    assert_eq!(status.code(), Some(1), "{errors}");
    assert!(errors.contains("/bin/true") && began.elapsed() < Duration::from_secs(20), "{errors}");
    bridge.leaves_no_file();
}

pub(crate) fn nobody_comes() {
    let mut bridge = Bridge::start_with(&["--browser=none", "--within=1"]);
    let (status, errors) = bridge.end();
    assert_eq!(status.code(), Some(1), "{errors}");
    assert!(errors.contains("no browser was opened within 1s"), "{errors}");
}

#[cfg(target_os = "linux")]
pub(crate) fn bye() {
    let (mut bridge, tree) = opened();
    bridge.tell(&json!({"cmd": "bye"}));
    let (status, errors) = bridge.end();
    assert!(status.success(), "{errors}");
    tree.is_gone();
    bridge.leaves_no_file();
}

pub(crate) fn bye_behind_hello() {
    let mut bridge = Bridge::start();
    bridge.tell_text("{\"cmd\":\"hello\",\"protocol\":1}\n{\"cmd\":\"bye\"}");
    assert_eq!(bridge.line()["hello"]["client"], "browser-chromium");
    let (status, errors) = bridge.end();
    assert!(status.success(), "{errors}");
}

#[cfg(target_os = "linux")]
pub(crate) fn input_ends() {
    let (mut bridge, tree) = opened();
    drop(bridge.input.take());
    let (status, errors) = bridge.end();
    assert!(status.success(), "{errors}");
    tree.is_gone();
    bridge.leaves_no_file();
}

#[cfg(target_os = "linux")]
pub(crate) fn killed() {
    let (mut bridge, tree) = opened();
    bridge.child.kill().unwrap();
    bridge.end();
    tree.is_gone();
    bridge.leaves_no_file();
}

#[cfg(target_os = "linux")]
pub(crate) fn browser_killed() {
    is_told(|tree| tree.browser());
}

#[cfg(target_os = "linux")]
pub(crate) fn page_crashes() {
    is_told(|tree| tree.pages());
}

#[cfg(target_os = "linux")]
pub(crate) fn webdriver_killed() {
    is_told(|tree| tree.webdriver());
}

/// What is killed ends the bridge with words, and with it everything else.
#[cfg(target_os = "linux")]
fn is_told(victims: impl Fn(&Tree) -> Vec<u32>) {
    let (mut bridge, tree) = opened();
    let victims = victims(&tree);
    assert!(!victims.is_empty());
    for victim in victims {
        kill(victim);
    }
    let (status, errors) = bridge.end();
    assert_eq!(status.code(), Some(1), "{errors}");
    let told = ["browser-chromium: its page", "the WebDriver has ended"];
    assert!(told.iter().any(|words| errors.contains(words)), "{errors}");
    tree.is_gone();
    bridge.leaves_no_file();
}

#[cfg(target_os = "linux")]
fn opened() -> (Bridge, Tree) {
    let mut bridge = Bridge::start();
    bridge.hello();
    let tree = Tree::below(bridge.child.id());
    assert!(tree.browser().len() == 1 && tree.webdriver().len() == 1, "a browser runs below it");
    (bridge, tree)
}
