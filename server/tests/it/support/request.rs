//! Requests by hand: in order until a test spoils them.

/// A request, line by line.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) version: String,
    /// Header lines as they are sent.
    pub(crate) lines: Vec<String>,
    pub(crate) body: Vec<u8>,
}

impl Request {
    /// A request that is in order for a page.
    pub(crate) fn new(method: &str, target: &str) -> Self {
        Self {
            method: method.to_owned(),
            target: target.to_owned(),
            version: "HTTP/1.1".to_owned(),
            lines: vec!["Host: 127.0.0.1:9001".to_owned()],
            body: Vec::new(),
        }
    }

    pub(crate) fn get(target: &str) -> Self {
        Self::new("GET", target)
    }

    /// A handshake that is in order.
    pub(crate) fn handshake(target: &str) -> Self {
        Self::get(target)
            .with("Upgrade", "websocket")
            .with("Connection", "Upgrade")
            .with("Sec-WebSocket-Version", "13")
            .with("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    /// A push that is in order.
    pub(crate) fn push(target: &str, body: impl AsRef<[u8]>) -> Self {
        let body = body.as_ref().to_vec();
        let request = Self::new("POST", target).with("Content-Length", &body.len().to_string());
        Self { body, ..request }
    }

    pub(crate) fn method(self, method: &str) -> Self {
        Self { method: method.to_owned(), ..self }
    }

    pub(crate) fn version(self, version: &str) -> Self {
        Self { version: version.to_owned(), ..self }
    }

    /// One more line, just as it is.
    pub(crate) fn line(mut self, line: impl Into<String>) -> Self {
        self.lines.push(line.into());
        self
    }

    pub(crate) fn with(self, name: &str, value: &str) -> Self {
        self.line(format!("{name}: {value}"))
    }

    /// None of the lines with this name.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.lines.retain(|line| !line.split(':').next().is_some_and(|it| it.eq_ignore_ascii_case(name)));
        self
    }

    /// This value instead of every other.
    pub(crate) fn set(self, name: &str, value: &str) -> Self {
        self.without(name).with(name, value)
    }

    /// One more parameter in the query.
    pub(crate) fn query(mut self, parameter: &str) -> Self {
        self.target.push(if self.target.contains('?') { '&' } else { '?' });
        self.target.push_str(parameter);
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let Self { method, target, version, lines, body } = self;
        let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
        [format!("{method} {target} {version}\r\n{lines}\r\n").as_bytes(), body].concat()
    }
}
