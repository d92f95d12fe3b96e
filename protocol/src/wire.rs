//! How many bytes a server's frames take on the wire.

/// The bytes of a frame with so long a payload: two, four or ten of header, and no mask.
pub const fn frame_len(payload: usize) -> usize {
    let header = match payload {
        0..=125 => 2,
        126..=0xffff => 4,
        _ => 10,
    };
    payload.saturating_add(header)
}

/// The bytes of a message in frames of these sizes, perhaps with an empty ping between each two of them.
pub fn fragments_len(sizes: &[usize], ping_between: bool) -> usize {
    let pings = if ping_between { sizes.len().saturating_sub(1) * frame_len(0) } else { 0 };
    sizes.iter().fold(pings, |sum, size| sum.saturating_add(frame_len(*size)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_is_as_long_as_its_length_needs() {
        for (payload, header) in [(0, 2), (125, 2), (126, 4), (65_535, 4), (65_536, 10), (1 << 20, 10)] {
            assert_eq!(frame_len(payload) - payload, header, "{payload}");
        }
    }

    #[test]
    fn every_fragment_and_every_ping_between_has_a_header() {
        assert_eq!(fragments_len(&[1, 0, 126], false), 3 + 2 + 130);
        assert_eq!(fragments_len(&[1, 0, 126], true), 3 + 2 + 130 + 4);
        assert_eq!(fragments_len(&[usize::MAX, 1], true), usize::MAX);
    }
}
