//! Where a connection goes.

use super::{Stepper, begin::broken};
use crate::{judgement::Reason, suite::Connect};

impl Stepper {
    /// Where a connection goes, and its name for the server: a new one for each, unless the test names it.
    pub(super) fn url_of(
        &self,
        connect: &Connect,
        on: &str,
        path: &str,
        round: Option<u64>,
    ) -> Result<(String, Option<String>), Reason> {
        let base = match &connect.at {
            None => &self.world.url,
            Some(at) => {
                self.world.others.get(at).ok_or_else(|| broken(format!("the run has no server `{at}`")))?
            }
        };
        let mut query = Vec::new();
        for (name, value) in &connect.query {
            query.push((name.clone(), self.fill(value, round)?));
        }
        // Of another server's control endpoint nothing is known.
        let takes_acts = connect.at.is_none() && self.world.server.contains("control");
        let mut tag = query.iter().find(|(name, _)| name == "tag").map(|(_, tag)| tag.clone());
        if tag.is_none() && takes_acts {
            // Whoever comes back when the server has said that it saw the end comes back under the same tag: it is free.
            let before = self.named.get(on).map(|before| &self.connections[*before]);
            let before = before.filter(|before| before.is_let_go).and_then(|before| before.tag.clone());
            let made = before.unwrap_or_else(|| format!("{}-{}", self.world.unique, self.connections.len()));
            query.push(("tag".to_owned(), made.clone()));
            tag = Some(made);
        }
        let mut url = match connect.path {
            // A path is one of the server's, wherever its address leads.
            Some(_) => format!("{}{path}", origin(base)),
            None if path.is_empty() => base.clone(),
            None => format!("{}{path}", base.trim_end_matches('/')),
        };
        if !query.is_empty() && origin(&url) == url {
            url.push('/');
        }
        let mut sign = if url.contains('?') { '&' } else { '?' };
        for (name, value) in query {
            url.push(sign);
            url.push_str(&encoded(&name));
            url.push('=');
            url.push_str(&encoded(&value));
            sign = '&';
        }
        Ok((url, tag.filter(|_| takes_acts)))
    }
}

/// `ws://host:port` of an address.
fn origin(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[host..].find(['/', '?']).map_or(url.len(), |path| host + path);
    &url[..end]
}

/// Percent-encoding that leaves alone what RFC 3986 allows in a query, but for what would end a value.
fn encoded(text: &str) -> String {
    use std::fmt::Write as _;
    let mut made = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$'()*+,;:@/?".contains(&byte) {
            made.push(char::from(byte));
        } else {
            // A string takes whatever is written to it.
            let _ = write!(made, "%{byte:02X}");
        }
    }
    made
}
