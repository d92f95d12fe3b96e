//! Giving each pattern an element of its own, where that can be done.

/// Finds a different element for every pattern; `fits[pattern][element]` says which will do.
///
/// A greedy choice is wrong: with the patterns "any" and "a" and the elements "a" and "b", "any" must not take "a". So
/// each pattern may move those before it along (augmenting paths, as Kuhn's algorithm has them).
pub(super) fn assign(fits: &[Vec<bool>]) -> Option<Vec<usize>> {
    let elements = fits.first().map_or(0, Vec::len);
    let mut taken_by: Vec<Option<usize>> = vec![None; elements];
    for pattern in 0..fits.len() {
        if !find(pattern, fits, &mut taken_by, &mut vec![false; elements]) {
            return None;
        }
    }
    let mut chosen = vec![0; fits.len()];
    for (element, pattern) in taken_by.into_iter().enumerate() {
        if let Some(pattern) = pattern {
            chosen[pattern] = element;
        }
    }
    Some(chosen)
}

fn find(pattern: usize, fits: &[Vec<bool>], taken_by: &mut [Option<usize>], tried: &mut [bool]) -> bool {
    for element in 0..taken_by.len() {
        if !fits[pattern][element] || std::mem::replace(&mut tried[element], true) {
            continue;
        }
        let is_free = match taken_by[element] {
            None => true,
            Some(other) => find(other, fits, taken_by, tried),
        };
        if is_free {
            taken_by[element] = Some(pattern);
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_make_room_for_one_another() {
        let fits = [vec![true, true, false], vec![true, false, false], vec![true, true, true]];
        assert_eq!(assign(&fits), Some(vec![1, 0, 2]));
    }

    #[test]
    fn nothing_is_given_twice() {
        assert_eq!(assign(&[vec![true], vec![true]]), None);
        assert_eq!(assign(&[vec![false, true], vec![false, true]]), None);
        assert_eq!(assign(&[]), Some(vec![]));
    }
}
