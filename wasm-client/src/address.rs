//! Where a page may connect to.

use crate::OpenError;
use std::net::Ipv4Addr;
use web_sys::Url;

/// The address of a WebSocket server, as the browser writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address(String);

impl Address {
    /// Reads an address that somebody wrote, on a page with an address of its own; a worker may have none.
    ///
    /// A path alone is on the server that the page came from. Nothing else is taken for relative, though a browser would:
    /// what has no scheme is a mistake more often than it is meant.
    pub(crate) fn read(written: &str, page: Option<&str>) -> Result<Self, OpenError> {
        let bad = |why: &str| OpenError::BadUrl { address: written.to_owned(), why: why.to_owned() };
        let parsed = match page {
            Some(page) if written.starts_with('/') => Url::new_with_base(written, page),
            _ => Url::new(written),
        };
        let url = parsed.map_err(|_| bad("no browser can read it"))?;
        let scheme = match &*url.protocol() {
            "ws:" | "http:" => "ws:",
            "wss:" | "https:" => "wss:",
            "file:" if written.starts_with('/') => {
                return Err(bad("this page came from a file, so there is no server for a path alone"));
            }
            other => return Err(bad(&format!("its scheme is {}", other.trim_end_matches(':')))),
        };
        if url.hostname().is_empty() {
            return Err(bad("it names no host"));
        }
        if url.href().contains('#') {
            return Err(bad("a part behind a # is for pages, not for servers"));
        }
        let address = format!("{scheme}//{}{}{}", url.host(), url.pathname(), url.search());
        let is_secure_page = page.is_some_and(|page| page.starts_with("https:"));
        if is_secure_page && scheme == "ws:" && !is_this_machine(&url.hostname()) {
            return Err(OpenError::MixedContent { address });
        }
        Ok(Self(address))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// What needs no TLS because nobody can listen on the way.
fn is_this_machine(host: &str) -> bool {
    let is_loopback = |address: Ipv4Addr| address.is_loopback();
    host == "localhost"
        || host.ends_with(".localhost")
        || host == "[::1]"
        || host.parse().is_ok_and(is_loopback)
}

#[cfg(all(test, target_arch = "wasm32"))]
#[expect(clippy::unwrap_used, reason = "what cannot be read fails its test")]
mod tests {
    use super::*;
    use wasm_bindgen_test::wasm_bindgen_test;

    const PAGE: Option<&str> = Some("http://example.test:8080/docs/index.html?a#b");

    #[wasm_bindgen_test]
    fn reads_addresses_and_paths() {
        for (written, address) in [
            ("ws://127.0.0.1:9001", "ws://127.0.0.1:9001/"),
            ("wss://example.test/ws?tag=a", "wss://example.test/ws?tag=a"),
            ("http://example.test/ws", "ws://example.test/ws"),
            ("https://example.test/ws", "wss://example.test/ws"),
            ("/ws", "ws://example.test:8080/ws"),
            ("//other.test/ws", "ws://other.test/ws"),
            (" ws://[::1]:1/ ", "ws://[::1]:1/"),
        ] {
            assert_eq!(Address::read(written, PAGE).unwrap().as_str(), address, "{written}");
        }
        let secure = Address::read("/ws", Some("https://example.test/")).unwrap();
        assert_eq!(secure.as_str(), "wss://example.test/ws");
        assert_eq!(Address::read("ws://a/", None).unwrap().as_str(), "ws://a/");
    }

    #[wasm_bindgen_test]
    fn refuses_what_is_no_address_and_says_why() {
        for (written, page, why) in [
            ("", PAGE, "no browser can read it"),
            ("not a url ::", PAGE, "no browser can read it"),
            ("echo.example", PAGE, "no browser can read it"),
            ("ws://", PAGE, "no browser can read it"),
            ("ws://a:99999/", PAGE, "no browser can read it"),
            ("/ws", None, "no browser can read it"),
            ("/ws", Some("file:///home/page.html"), "this page came from a file"),
            ("ftp://a/", PAGE, "its scheme is ftp"),
            ("localhost:9001/ws", PAGE, "its scheme is localhost"),
            ("ws://a/#here", PAGE, "a part behind a #"),
        ] {
            match Address::read(written, page) {
                Err(OpenError::BadUrl { address, why: told }) => {
                    assert!(address == written && told.starts_with(why), "{written}: {told}");
                }
                other => panic!("{written}: {other:?}"),
            }
        }
    }

    #[wasm_bindgen_test]
    fn a_secure_page_opens_nothing_without_tls_but_on_this_machine() {
        let page = Some("https://example.test/");
        for address in [
            "ws://example.test/ws",
            "ws://10.0.0.1/",
            "ws://localhost.example.test/",
            "ws://127.example.test/",
        ] {
            let error = Address::read(address, page).unwrap_err();
            assert_eq!(error, OpenError::MixedContent { address: address.to_owned() });
            assert!(Address::read(address, PAGE).is_ok());
            assert!(Address::read(&address.replace("ws:", "wss:"), page).is_ok());
        }
        for address in ["ws://localhost:1/", "ws://a.localhost/", "ws://127.0.0.1:9001/", "ws://[::1]/"] {
            assert!(Address::read(address, page).is_ok(), "{address}");
        }
    }
}
