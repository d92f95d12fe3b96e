//! How many connections the operating system lets this process hold.

/// What a server needs besides its sockets: listeners, standard streams, the runtime's own.
const SPARE: u64 = 64;

/// Raises the soft limit of open files as far as the hard one lets. Gives how many sockets that makes room for, and a
/// sentence for the operator where it is fewer than wanted.
pub fn make_room_for(sockets: usize) -> (usize, Option<String>) {
    let wanted = sockets as u64 + SPARE;
    let Ok(limit) = rlimit::increase_nofile_limit(wanted) else {
        return (sockets, None);
    };
    if limit >= wanted {
        return (sockets, None);
    }
    let room = usize::try_from(limit.saturating_sub(SPARE)).unwrap_or(usize::MAX);
    let note = format!(
        "only {limit} files may be open, so that {room} connections fit instead of {sockets}; raise the hard limit \
         (ulimit -Hn {wanted}) or lower --max-sessions"
    );
    (room, Some(note))
}
