//! A client of the run and its driver, which is started anew when it has broken.

use super::Missing;
use crate::{
    catalogue::capabilities,
    driver::{Begun, Driver, Unfit},
    fate::Fate,
    plan::Client,
    results::{By, Fault},
};
use crosswire_suite::driver::Hello;
use std::{sync::Arc, time::Duration};
use tokio::sync::Mutex;

/// So many drivers in a row may break without having carried out one test; then the client is given up.
const IN_VAIN: usize = 5;

/// A client of the run.
#[derive(Debug)]
pub struct Seat {
    /// The client, as its manifest describes it.
    pub client: Client,
    /// How its driver introduced itself.
    pub hello: Option<Hello>,
    /// Whether its driver is a process that can be started again.
    is_ours: bool,
    /// Whether it has joined a driver that is another client's.
    is_guest: bool,
    time_scale: f64,
    taken: Mutex<Taken>,
}

/// A driver, and what became of those before it.
#[derive(Debug)]
struct Taken {
    driver: Result<Arc<Driver>, Unfit>,
    past: Vec<Arc<Fate>>,
}

impl Seat {
    /// Starts a client's driver.
    pub async fn take(client: &Client, time_scale: f64) -> Self {
        let driver = match client.build.missing() {
            Some(why) => Err(Unfit::Missing(Missing::not_built(why))),
            None => start(client, time_scale).await,
        };
        let hello = match &driver {
            Ok(driver) => Some(driver.hello.clone()),
            Err(Unfit::Pretends(hello, _)) => Some(hello.as_ref().clone()),
            Err(Unfit::Missing(_)) => None,
        };
        let taken = Mutex::new(Taken { driver, past: Vec::new() });
        Self { client: client.clone(), hello, is_ours: true, is_guest: false, time_scale, taken }
    }

    /// A client whose driver runs already.
    pub fn taken(client: Client, driver: Arc<Driver>) -> Self {
        let hello = Some(driver.hello.clone());
        let taken = Mutex::new(Taken { driver: Ok(driver), past: Vec::new() });
        Self { client, hello, is_ours: false, is_guest: false, time_scale: 1.0, taken }
    }

    /// Clients that have joined this one's driver.
    pub(super) async fn guests(&self) -> Vec<Self> {
        let Ok(driver) = self.taken.lock().await.driver.clone() else { return Vec::new() };
        let hellos = driver.guests.borrow().clone();
        let seat = |hello: Hello| Self {
            client: self.client.guest(&hello.client),
            hello: Some(hello),
            is_ours: false,
            is_guest: true,
            time_scale: self.time_scale,
            taken: Mutex::new(Taken { driver: Ok(Arc::clone(&driver)), past: Vec::new() }),
        };
        hellos.into_iter().map(seat).collect()
    }

    /// Waits until so many have joined it.
    pub(super) async fn has_guests(&self, count: usize) {
        let driver = self.taken.lock().await.driver.clone();
        match driver {
            // Nobody joins a driver that is gone.
            Ok(driver) => {
                let mut guests = driver.guests.subscribe();
                let _ = guests.wait_for(|guests| guests.len() >= count).await;
            }
            Err(_) => std::future::pending().await,
        }
    }

    /// Begins a test with its driver.
    pub(super) async fn begin(&self, driver: &Driver) -> Begun {
        if self.is_guest { driver.begin_for(&self.client.name).await } else { driver.begin() }
    }

    /// Whether it is a browser: only these send an origin. They open one connection to an address at a time.
    pub(super) fn is_browser(&self) -> bool {
        self.hello.as_ref().is_some_and(|hello| hello.origin.is_some())
    }

    /// Why there is no driver that is of any use.
    pub async fn unfit(&self) -> Option<Unfit> {
        self.taken.lock().await.driver.as_ref().err().cloned()
    }

    /// Why there is no driver.
    pub async fn missing(&self) -> Option<Missing> {
        match self.unfit().await {
            Some(Unfit::Missing(missing)) => Some(missing),
            _ => None,
        }
    }

    /// The driver; another one, where it has broken.
    pub(super) async fn usable(&self) -> Result<Arc<Driver>, Unfit> {
        let mut taken = self.taken.lock().await;
        if let Ok(driver) = &taken.driver
            && self.is_ours
            && driver.fate.is_past()
        {
            if driver.fate.is_lost() {
                driver.kill().await;
            }
            let fate = Arc::clone(&driver.fate);
            taken.past.push(fate);
            taken.driver = self.start_again(&taken.past).await;
        }
        taken.driver.clone()
    }

    /// What the driver has had of the processors. Of a guest nobody knows, and of one before it neither.
    pub async fn processor_time(&self) -> Option<Duration> {
        let driver = self.taken.lock().await.driver.clone().ok().filter(|_| !self.is_guest)?;
        driver.processor_time().await
    }

    /// Ends the driver. Says what it, or one before it, did wrong that no result tells.
    pub async fn stop(&self) -> Vec<Fault> {
        if self.is_guest {
            return Vec::new();
        }
        let taken = self.taken.lock().await;
        let mut messages: Vec<String> = taken.past.iter().filter_map(|fate| fate.untold()).collect();
        if let Ok(driver) = &taken.driver {
            messages.extend(driver.fate.untold());
            messages.extend(driver.stop().await);
        }
        let fault = |message| Fault { by: By::Client(self.client.name.clone()), message };
        messages.into_iter().map(fault).collect()
    }

    async fn start_again(&self, past: &[Arc<Fate>]) -> Result<Arc<Driver>, Unfit> {
        let broken = |why: String| Unfit::Missing(Missing::broken(why));
        let in_vain = past.iter().rev().take_while(|fate| !fate.has_judged()).count();
        if in_vain >= IN_VAIN {
            return Err(broken(format!(
                "the driver broke {in_vain} times in a row without having carried out one test, and was given up"
            )));
        }
        let driver = start(&self.client, self.time_scale)
            .await
            .map_err(|unfit| broken(format!("the driver broke, and could not be started again: {unfit}")))?;
        if Some(&driver.hello) != self.hello.as_ref() {
            driver.kill().await;
            let why = "the driver broke, and introduced itself as another when it was started again";
            return Err(broken(why.to_owned()));
        }
        Ok(driver)
    }
}

async fn start(client: &Client, time_scale: f64) -> Result<Arc<Driver>, Unfit> {
    let driver = Driver::start(&client.start, time_scale).await.map_err(|unfit| match unfit {
        Unfit::Missing(missing) => Unfit::Missing(client.build.advise(missing)),
        pretends @ Unfit::Pretends(..) => pretends,
    })?;
    if let Some(why) = wrong_with(&driver.hello, client) {
        driver.kill().await;
        return Err(Unfit::Missing(Missing::broken(why)));
    }
    Ok(Arc::new(driver))
}

/// What a hello says and may not.
fn wrong_with(hello: &Hello, client: &Client) -> Option<String> {
    if hello.client != client.name {
        return Some(format!(
            "the driver introduces itself as `{}`, and its manifest calls it `{}`; the two must be the same",
            hello.client, client.name
        ));
    }
    let known = capabilities().client;
    let unknown = hello.capabilities.iter().find(|name| !known.contains(name))?;
    Some(format!(
        "the driver says that it has the capability `{unknown}`, which is not in the registry; known: {}",
        known.join(", ")
    ))
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use crate::{child::Start, known::Known, manifest::Entry};
    use tokio::time::timeout;

    /// Introduces itself, refuses what it should, and breaks before any test.
    const BREAKS: &str = r#"
        read hello; echo '{"hello":{"client":"breaks","language":"sh","runtime":"sh","library":"none","max_concurrent":1,
            "origin":null,"capabilities":[]}}' | tr -d '\n'; echo
        read first; echo '{"error":{"message":"what?","seq":1,"c":1}}'
        read second; echo '{"error":{"message":"what?","seq":1,"c":2}}'
        echo "and then there was $0"; cat > /dev/null"#;

    #[tokio::test]
    async fn what_breaks_beside_every_test_is_replaced_and_told_in_the_end() {
        let command = ["sh", "-c", BREAKS, "nothing"].map(Into::into).to_vec();
        let client = Entry::of_command("breaks".to_owned(), Start { command, folder: None });
        let seat = Seat::take(&client, 1.0).await;
        let mut seen: Vec<Arc<Driver>> = Vec::new();
        for _ in 0..2 {
            let driver = seat.usable().await.unwrap();
            assert!(seen.iter().all(|before| !Arc::ptr_eq(before, &driver)));
            timeout(Duration::from_secs(20), driver.fate.lost()).await.unwrap();
            seen.push(driver);
        }
        // Of this one a result tells already.
        let third = seat.usable().await.unwrap();
        timeout(Duration::from_secs(20), third.fate.lost()).await.unwrap();
        third.fate.told_in_a_result();
        let faults = seat.stop().await;
        assert_eq!(faults.len(), 2, "{faults:?}");
        assert!(
            faults[0].by == By::Client("breaks".to_owned())
                && faults[0].message.ends_with("`and then there was nothing`")
        );
    }

    /// Has somebody join between the two questions, and ends the test that is begun for whoever that is.
    const HOSTS: &str = r#"
        hello() {
            echo '{"hello":{"client":"'$1'","language":"sh","runtime":"sh","library":"none","max_concurrent":1,"origin":"http://me","capabilities":[]}}'
        }
        read asked; hello host
        read first; echo '{"error":{"message":"what?","seq":1,"c":1}}'
        hello early
        read second; echo '{"error":{"message":"what?","seq":1,"c":2}}'
        hello late
        read begin
        [ "$begin" = '{"client":"late","cmd":"begin","seq":2}' ] && echo '{"event":{"seq":2,"n":1,"c":1,"ms":0,"is":"ended"}}'
        cat > /dev/null"#;

    fn known(reason: &str) -> Known {
        let [any, reason, link] = ["*", reason, "https://example.org"].map(str::to_owned);
        Known { test: any.clone(), server: any.clone(), client: any, sometimes: false, reason, link }
    }

    #[tokio::test]
    async fn who_joins_a_driver_has_a_seat_and_tests_of_its_own() {
        let command = ["sh", "-c", HOSTS].map(Into::into).to_vec();
        let mut client = Entry::of_command("host".to_owned(), Start { command, folder: None });
        client.known = vec![known("of the host")];
        client.guests = [("late".to_owned(), vec![known("of those who are late")])].into();
        let seat = Seat::take(&client, 1.0).await;
        assert!(seat.missing().await.is_none() && seat.is_browser());
        timeout(Duration::from_secs(20), seat.has_guests(2)).await.unwrap();
        let guests = seat.guests().await;
        let names: Vec<_> = guests.iter().map(|guest| guest.client.name.as_str()).collect();
        assert_eq!(names, ["early", "late"]);
        let reasons: Vec<_> = guests.iter().map(|guest| guest.client.known[0].reason.as_str()).collect();
        assert_eq!(reasons, ["of the host", "of those who are late"]);
        let reason_of = |name: &str| client.guest(name).known.remove(0).reason;
        assert_eq!([reason_of("late-2"), reason_of("later")], ["of those who are late", "of the host"]);
        let driver = guests[1].usable().await.unwrap();
        let mut begun = guests[1].begin(&driver).await;
        let told = timeout(Duration::from_secs(20), begun.events.recv()).await.unwrap();
        assert!(matches!(told, Some(crate::driver::Told::Event(_))), "{told:?}");
        assert!(guests[1].stop().await.is_empty(), "it is not a guest's to end the driver");
        assert!(!driver.fate.is_lost());
    }

    #[tokio::test]
    async fn what_is_not_installed_says_so_itself() {
        let words = "chromedriver is missing; get it with: a command";
        let command = ["sh", "-c", "echo \"$0\" >&2; exit 3", words].map(Into::into).to_vec();
        let client = Entry::of_command("nobody".to_owned(), Start { command, folder: None });
        let missing = Seat::take(&client, 1.0).await.missing().await.unwrap();
        assert_eq!(missing, Missing::not_built(words.to_owned()));
    }
}
