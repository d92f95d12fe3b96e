//! Masking, as RFC 6455 section 5.3 defines it.

/// Takes the mask off (or puts it on) bytes that stand `offset` bytes into their frame.
pub(super) fn apply(bytes: &mut [u8], key: [u8; 4], offset: usize) {
    let turn = offset % 4;
    let key = [key[turn], key[(turn + 1) % 4], key[(turn + 2) % 4], key[(turn + 3) % 4]];
    // Sixteen bytes at a time: the compiler makes one vector instruction of it.
    let wide = u128::from_ne_bytes([key; 4].as_flattened().try_into().unwrap_or_default());
    let (blocks, rest) = bytes.as_chunks_mut::<16>();
    for block in blocks {
        *block = (u128::from_ne_bytes(*block) ^ wide).to_ne_bytes();
    }
    for (byte, key) in rest.iter_mut().zip(key.iter().cycle()) {
        *byte ^= key;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_definition_at_every_length_and_offset() {
        let key = [0x37, 0xfa, 0x21, 0x3d];
        for offset in 0..8 {
            for len in 0..70 {
                let plain: Vec<u8> = (0..len).map(|i| (i * 7) as u8).collect();
                // "transformed-octet-i is the original XOR the octet at index i modulo 4 of the masking key"
                let masked: Vec<u8> =
                    plain.iter().enumerate().map(|(i, byte)| byte ^ key[(offset + i) % 4]).collect();
                let mut bytes = plain.clone();
                apply(&mut bytes, key, offset);
                assert_eq!(bytes, masked, "offset {offset}, length {len}");
            }
        }
    }
}
