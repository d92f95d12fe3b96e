//! A client of the run and its driver, which is started anew when it has broken.

use super::Missing;
use crate::{catalogue::capabilities, driver::Driver, plan::Client};
use crosswire_suite::driver::Hello;
use std::sync::Arc;
use tokio::sync::Mutex;

/// A client of the run.
#[derive(Debug)]
pub struct Seat {
    /// The client, as its manifest describes it.
    pub client: Client,
    /// How its driver introduced itself.
    pub hello: Option<Hello>,
    driver: Mutex<Result<Arc<Driver>, Missing>>,
}

impl Seat {
    /// Starts a client's driver.
    pub async fn take(client: &Client) -> Self {
        let started = match client.build.missing() {
            Some(why) => Err(Missing::not_built(why)),
            None => start(client).await.map(Arc::new),
        };
        let hello = started.as_ref().ok().map(|driver| driver.hello.clone());
        Self { client: client.clone(), hello, driver: Mutex::new(started) }
    }

    /// A client whose driver runs already.
    pub fn taken(client: Client, driver: Arc<Driver>) -> Self {
        Self { client, hello: Some(driver.hello.clone()), driver: Mutex::new(Ok(driver)) }
    }

    /// Why there is no driver.
    pub async fn missing(&self) -> Option<Missing> {
        self.driver.lock().await.as_ref().err().cloned()
    }

    /// The driver, started again where it has broken.
    pub(super) async fn usable(&self) -> Result<Arc<Driver>, String> {
        let mut driver = self.driver.lock().await;
        if let Ok(running) = &*driver
            && running.is_lost()
        {
            running.kill().await;
            *driver = start(&self.client).await.map(Arc::new);
        }
        driver.clone().map_err(|missing| missing.why)
    }

    /// Ends the driver. Says what is to be said about how it went.
    pub async fn stop(&self) -> Option<String> {
        let driver = self.driver.lock().await.as_ref().ok().cloned()?;
        driver.stop().await.map(|note| format!("{}: {note}", self.client.name))
    }
}

async fn start(client: &Client) -> Result<Driver, Missing> {
    let started = Driver::start(&client.start).await;
    let driver = started.map_err(|missing| client.build.advise(missing))?;
    let known = capabilities().client;
    match driver.hello.capabilities.iter().find(|name| !known.contains(name)) {
        Some(name) => Err(Missing::broken(format!(
            "the driver says that it has the capability `{name}`, which is not in the registry; known: {}",
            known.join(", ")
        ))),
        None => Ok(driver),
    }
}
