//! Messages on their way to the driver: one by one, or many on a line.

use super::{
    Stepper, Wait,
    begin::{Begun, LOCAL_MS},
};
use crate::{
    driver::{Message, Order, Sent},
    judgement::Reason,
    stepper::{payload, program::Doing},
    suite::Payload,
};

/// So many bytes of messages are told on one line. A text is up to six times as long in JSON, and a line has 4 MiB at most.
const BATCH: u64 = 64 << 10;

/// What is sent.
pub(super) struct Sending<'a> {
    pub payload: &'a Payload,
    pub times: Option<u64>,
    pub fragments: Option<&'a Vec<usize>>,
    pub tasks: Option<u64>,
    pub may_fail: bool,
}

impl Stepper {
    pub(super) fn begin_send(
        &mut self,
        sending: &Sending<'_>,
        connection: usize,
        on: &str,
        round: Option<u64>,
        doing: &Doing,
    ) -> Begun {
        let made = self.make_all(sending, round)?;
        let is_awaited = doing.must_fail || sending.may_fail;
        let (on, fragments) = (on.to_owned(), sending.fragments);
        let orders: Vec<(Order, Vec<Message>)> = if let Some(senders) = sending.tasks {
            self.connections[connection].sent_at_once = true;
            let (messages, sends) = made.into_iter().unzip();
            vec![(Order::SendMany { on, senders, messages }, sends)]
        } else if !is_awaited && fragments.is_none() && self.world.client.contains("many-senders") {
            // What is sent without waiting goes out as fast as the library sends, and not as fast as lines are read.
            let batches = batches(made).into_iter().map(|batch| batch.into_iter().unzip());
            batches.map(|(messages, sends)| (one_after_another(on.clone(), messages), sends)).collect()
        } else {
            let one = |payload| Order::Send { on: on.clone(), payload, fragments: fragments.cloned() };
            made.into_iter().map(|(payload, message)| (one(payload), vec![message])).collect()
        };
        let first = self.commands.len() as u64 + 1;
        let mut last = first;
        for (order, sends) in orders {
            last = self.tell(order, Some(connection), &doing.at, sends, is_awaited);
        }
        Ok(is_awaited.then(|| (Wait::Answers { first, last }, self.scaled(LOCAL_MS))))
    }

    /// Every message of a step: made once, where all are the same.
    fn make_all(&self, sending: &Sending<'_>, round: Option<u64>) -> Result<Vec<(Sent, Message)>, Reason> {
        let mut made: Vec<(Sent, Message)> = Vec::new();
        let counts = payload::counts(sending.payload);
        for i in 0..sending.times.unwrap_or(1) {
            let round = if sending.times.is_some() { Some(i) } else { round };
            let one = match made.last() {
                Some(same) if !counts => same.clone(),
                _ => {
                    let (sent, message) = self.make(sending.payload, round)?;
                    (sent, message.without_payload())
                }
            };
            made.push(one);
        }
        Ok(made)
    }
}

/// One task sends them in their order; a single message is sent as ever.
fn one_after_another(on: String, mut messages: Vec<Sent>) -> Order {
    if messages.len() > 1 {
        return Order::SendMany { on, senders: 1, messages };
    }
    Order::Send { on, payload: messages.remove(0), fragments: None }
}

/// In their order, as many together as fit on a line. One that is longer stands alone.
fn batches(made: Vec<(Sent, Message)>) -> Vec<Vec<(Sent, Message)>> {
    let mut batches: Vec<Vec<_>> = Vec::new();
    let mut room = 0;
    for one in made {
        let length = one.1.length;
        match batches.last_mut() {
            Some(batch) if length <= room => batch.push(one),
            _ => {
                batches.push(vec![one]);
                room = BATCH;
            }
        }
        room = room.saturating_sub(length);
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;
    use crosswire_protocol::digest::Kind;

    fn of_length(length: usize) -> (Sent, Message) {
        let text = "x".repeat(length);
        (Sent::Text(text.clone()), Message::whole(Kind::Text, text.into_bytes()))
    }

    #[test]
    fn a_line_has_as_many_as_fit() {
        let batch = usize::try_from(BATCH).unwrap();
        let shape = |lengths: &[usize]| -> Vec<usize> {
            batches(lengths.iter().map(|length| of_length(*length)).collect()).iter().map(Vec::len).collect()
        };
        assert_eq!(shape(&[]), [0; 0]);
        assert_eq!(shape(&[1; 1000]), [1000]);
        assert_eq!(shape(&[batch / 2, batch / 2, 1]), [2, 1]);
        assert_eq!(shape(&[batch, 0, 1]), [2, 1]);
        assert_eq!(shape(&[1, batch + 1, 1, 1]), [1, 1, 2]);
    }

    #[test]
    fn a_single_message_is_sent_as_ever() {
        let order = |n| one_after_another("a".to_owned(), vec![Sent::Text("x".to_owned()); n]);
        assert!(matches!(order(1), Order::Send { fragments: None, .. }));
        assert!(matches!(order(2), Order::SendMany { senders: 1, messages, .. } if messages.len() == 2));
    }
}
