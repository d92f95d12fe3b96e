//! The load generator: one thread, one readiness queue, no task and no allocation while it measures.
//!
//! Every connection sends a window of messages in one write, waits for all their answers, and sends the next one.

use std::io::{self, ErrorKind, Read as _, Write as _};
use std::net;
use std::time::{Duration, Instant};

use mio::net::TcpStream;
use mio::{Events, Interest, Poll, Token};

use crate::window::Window;

/// So long without a byte from any connection, and the server hangs.
const SILENCE: Duration = Duration::from_secs(5);

/// So long after its end a stretch is given up although bytes still trickle.
const OVERTIME: Duration = Duration::from_secs(30);

/// A read takes whatever is there: larger than any usual window.
const BLOCK: usize = 256 << 10;

/// Where a short read proves that nothing more is there, so that the next byte raises a new event. On Windows only a
/// read that would block arms the socket again.
const SHORT_READ_IS_THE_LAST: bool = cfg!(unix);

/// Why a stretch could not be finished.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoadError {
    #[error("the readiness queue failed: {0}")]
    Poll(io::Error),
    #[error("connection {number}: {error}")]
    Connection { number: usize, error: io::Error },
    #[error("connection {number} was closed by the server")]
    Closed { number: usize },
    #[error("connection {number}: byte {at} of the answer is not what was sent")]
    Altered { number: usize, at: usize },
    #[error("connection {number}: {extra} bytes came that nothing was sent for")]
    Excess { number: usize, extra: usize },
    #[error("no answer for {} s, {waiting} connections wait", SILENCE.as_secs())]
    Silent { waiting: usize },
    #[error("answers still outstanding {} s after the end, {waiting} connections wait", OVERTIME.as_secs())]
    Overtime { waiting: usize },
}

/// What one stretch of load gave.
#[derive(Debug)]
pub(crate) struct Stretch {
    pub(crate) elapsed: Duration,
    /// How long each window took from its write to its last answer, in no order.
    pub(crate) windows: Vec<Duration>,
}

#[derive(Debug)]
pub(crate) struct Load {
    poll: Poll,
    events: Events,
    links: Vec<Link>,
    windows: Vec<Window>,
    block: Box<[u8]>,
}

#[derive(Debug)]
struct Link {
    stream: TcpStream,
    begun: Instant,
    sent: usize,
    received: usize,
}

impl Load {
    /// Over connections whose handshakes are done.
    pub(crate) fn new(streams: Vec<net::TcpStream>, windows: Vec<Window>) -> Result<Self, LoadError> {
        let poll = Poll::new().map_err(LoadError::Poll)?;
        let mut links = Vec::with_capacity(streams.len());
        for (number, stream) in streams.into_iter().enumerate() {
            let register = |stream: net::TcpStream| {
                stream.set_nonblocking(true)?;
                let mut stream = TcpStream::from_std(stream);
                poll.registry().register(
                    &mut stream,
                    Token(number),
                    Interest::READABLE | Interest::WRITABLE,
                )?;
                Ok(stream)
            };
            let stream = register(stream).map_err(|error| LoadError::Connection { number, error })?;
            links.push(Link { stream, begun: Instant::now(), sent: 0, received: 0 });
        }
        let events = Events::with_capacity(links.len().max(16));
        Ok(Self { poll, events, links, windows, block: vec![0; BLOCK].into() })
    }

    /// Keeps every connection busy for `time`, then lets what is under way end.
    ///
    /// Afterwards nothing is in flight: a counter that is read before and after has counted exactly these messages.
    pub(crate) fn run(&mut self, time: Duration) -> Result<Stretch, LoadError> {
        let Self { poll, events, links, windows, block } = self;
        let window_of = |number: usize| &windows[number % windows.len()];
        let mut durations = Vec::with_capacity(1 << 16);
        let begun = Instant::now();
        let mut now = begun;
        let mut waiting = links.len();
        for (number, link) in links.iter_mut().enumerate() {
            link.begin(window_of(number), begun, number)?;
        }
        while waiting > 0 {
            match poll.poll(events, Some(SILENCE)) {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                outcome => outcome.map_err(LoadError::Poll)?,
            }
            if events.is_empty() {
                return Err(LoadError::Silent { waiting });
            }
            if now.duration_since(begun) > time + OVERTIME {
                return Err(LoadError::Overtime { waiting });
            }
            for event in &*events {
                let number = event.token().0;
                let window = window_of(number);
                let link = &mut links[number];
                if event.is_writable() {
                    link.write(window, number)?;
                }
                while let Some(read) = link.read(block, number)? {
                    if link.take(&block[..read], window, number)? {
                        now = Instant::now();
                        durations.push(now.duration_since(link.begun));
                        if now.duration_since(begun) < time {
                            link.begin(window, now, number)?;
                        } else {
                            waiting -= 1;
                        }
                    }
                    if SHORT_READ_IS_THE_LAST && read < block.len() {
                        break;
                    }
                }
            }
            if durations.is_empty() {
                now = Instant::now();
            }
        }
        Ok(Stretch { elapsed: now.duration_since(begun), windows: durations })
    }
}

impl Link {
    fn begin(&mut self, window: &Window, now: Instant, number: usize) -> Result<(), LoadError> {
        self.begun = now;
        self.sent = 0;
        self.received = 0;
        self.write(window, number)
    }

    /// Sends what is left of the window, as far as the kernel takes it.
    fn write(&mut self, window: &Window, number: usize) -> Result<(), LoadError> {
        while self.sent < window.request.len() {
            match self.stream.write(&window.request[self.sent..]) {
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(LoadError::Connection { number, error }),
            }
        }
        Ok(())
    }

    /// How many bytes came, if any did.
    fn read(&mut self, block: &mut [u8], number: usize) -> Result<Option<usize>, LoadError> {
        loop {
            match self.stream.read(block) {
                Ok(0) => return Err(LoadError::Closed { number }),
                Ok(read) => return Ok(Some(read)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(LoadError::Connection { number, error }),
            }
        }
    }

    /// Compares what came with what must come; true when the window is answered to its last byte.
    fn take(&mut self, bytes: &[u8], window: &Window, number: usize) -> Result<bool, LoadError> {
        let expected = &window.reply[self.received..];
        let Some(expected) = expected.get(..bytes.len()) else {
            return Err(LoadError::Excess { number, extra: bytes.len() - expected.len() });
        };
        if bytes != expected {
            let same = bytes.iter().zip(expected).take_while(|(byte, expected)| byte == expected).count();
            return Err(LoadError::Altered { number, at: self.received + same });
        }
        self.received += bytes.len();
        Ok(self.received == window.reply.len())
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;
    use std::thread;

    use super::*;
    use crate::case::Case;
    use crate::connect::Wire;
    use crate::window::windows;

    /// One connection whose other end does as it is told with every block that arrives.
    fn load(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> Load {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let stream = net::TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut block = [0; 1024];
            loop {
                let read = stream.read(&mut block).unwrap_or(0);
                let answer = answer(&block[..read]);
                if read == 0 || answer.is_empty() || stream.write_all(&answer).is_err() {
                    break;
                }
            }
        });
        Load::new(vec![stream], windows(Case::new(1, 4, 5), Wire::Raw)).unwrap()
    }

    #[test]
    fn counts_the_windows_that_were_answered() {
        let stretch = load(<[u8]>::to_vec).run(Duration::from_millis(20)).unwrap();
        assert!(stretch.windows.len() > 1);
        assert!(stretch.elapsed >= Duration::from_millis(20));
    }

    #[test]
    fn a_second_stretch_begins_where_the_first_one_ended() {
        let mut load = load(<[u8]>::to_vec);
        for _ in 0..3 {
            assert!(!load.run(Duration::from_millis(5)).unwrap().windows.is_empty());
        }
    }

    #[test]
    fn an_altered_byte_is_found_where_it_is() {
        let mut load = load(|bytes| {
            let mut bytes = bytes.to_vec();
            bytes[13] ^= 1;
            bytes
        });
        let error = load.run(Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.to_string(), "connection 0: byte 13 of the answer is not what was sent");
    }

    #[test]
    fn bytes_too_many_are_an_error() {
        let error = load(|bytes| [bytes, b"more"].concat()).run(Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.to_string(), "connection 0: 4 bytes came that nothing was sent for");
    }

    #[test]
    fn a_closed_connection_is_an_error() {
        let error = load(|_| Vec::new()).run(Duration::from_millis(20)).unwrap_err();
        assert_eq!(error.to_string(), "connection 0 was closed by the server");
    }
}
