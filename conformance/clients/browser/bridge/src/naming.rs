//! Which browser a page is in, by the header that every browser sends, and what its row is called.

/// A browser and its version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named {
    /// In lower case, as it stands in a client's name.
    pub(crate) browser: &'static str,
    /// Its version, as far as it tells.
    pub(crate) version: String,
}

/// What a browser writes into `User-Agent`, the most particular first: every one claims to be those below it too.
const MARKS: [(&str, &str); 6] = [
    ("Firefox/", "firefox"),
    ("Edg/", "edge"),
    ("OPR/", "opera"),
    ("HeadlessChrome/", "chromium"),
    ("Chrome/", "chromium"),
    ("Version/", "safari"),
];

impl Named {
    pub(crate) fn of_user_agent(header: &str) -> Self {
        let found = MARKS.iter().find_map(|(mark, browser)| {
            let (_, rest) = header.split_once(mark)?;
            let version: String = rest.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
            Some(Self { browser, version })
        });
        found.unwrap_or_else(|| Self { browser: "unknown", version: String::new() })
    }

    /// `firefox 153.0`
    pub(crate) fn in_words(&self) -> String {
        format!("{} {}", self.browser, self.version).trim_end().to_owned()
    }

    /// The client's name, which no other has.
    pub(crate) fn client(&self, is_taken: impl Fn(&str) -> bool) -> String {
        let name = format!("browser-{}", self.browser);
        let others = (2u64..).map(|number| format!("{name}-{number}"));
        std::iter::once(name.clone()).chain(others).find(|name| !is_taken(name)).unwrap_or(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_what_it_says_first() {
        for (header, words) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0", "firefox 153.0"),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
                "chromium 156.0.0.0",
            ),
            ("… HeadlessChrome/156.0.0.0 Safari/537.36", "chromium 156.0.0.0"),
            ("… Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0", "edge 156.0.0.0"),
            ("… AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1.15", "safari 18.1"),
            ("curl/8.0", "unknown"),
        ] {
            assert_eq!(Named::of_user_agent(header).in_words(), words);
        }
    }

    #[test]
    fn no_two_have_the_same_name() {
        let named = Named::of_user_agent("Firefox/153.0");
        assert_eq!(named.client(|_| false), "browser-firefox");
        let taken = ["browser-firefox", "browser-firefox-2"];
        assert_eq!(named.client(|name| taken.contains(&name)), "browser-firefox-3");
    }
}
