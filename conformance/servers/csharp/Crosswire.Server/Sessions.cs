namespace Crosswire.Server;

/// <summary>Every connection by its names: its id, and its tag where it has one.</summary>
internal sealed class Sessions(int most)
{
    /// <summary>Of how many connections that have ended it is kept what was seen of them.</summary>
    private const int MostKept = 10_000;

    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(60);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Session> _named = new(StringComparer.Ordinal);
    private readonly Queue<(DateTime Until, Session Session)> _ended = new();
    private int _open;
    private int _ids;

    public static bool IsTag(string? tag) =>
        tag is { Length: >= 1 and <= 64 } && tag.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '-' or '_' or '.');

    /// <summary>Takes a session in under its names, before its handshake is answered. Without one the refusal says why.</summary>
    public (Session? Session, Refusal? Refusal) Enter(HttpContext context, string? tag, string? subprotocol)
    {
        lock (_lock)
        {
            if (tag is not null && _named.TryGetValue(tag, out var former) && former.Journal.IsOpen)
            {
                return (null, new(409, "tag_in_use", $"another connection has the tag {tag}"));
            }

            if (_open >= most)
            {
                return (null, new(503, "full", "every session is taken"));
            }

            var session = new Session($"~{++_ids}", tag, context, subprotocol);
            _named[session.Id] = session;
            _named[tag ?? session.Id] = session;
            _open++;
            return (session, null);
        }
    }

    /// <summary>The session has ended. From here on its tag is free, and everybody may know.</summary>
    public void Leave(Session session, Ending ending)
    {
        lock (_lock)
        {
            _open--;
            session.Journal.End(ending);
            _ended.Enqueue((DateTime.UtcNow + KeptFor, session));
            while (_ended.TryPeek(out var oldest) && (_ended.Count > MostKept || oldest.Until < DateTime.UtcNow))
            {
                Forget(_ended.Dequeue().Session);
            }
        }
    }

    public Session? Find(string name)
    {
        lock (_lock)
        {
            return _named.GetValueOrDefault(name);
        }
    }

    public IReadOnlyList<Session> Open()
    {
        lock (_lock)
        {
            return [.. _named.Values.Where(session => session.Journal.IsOpen).Distinct()];
        }
    }

    private void Forget(Session session)
    {
        _named.Remove(session.Id);
        if (session.Tag is { } tag && _named.TryGetValue(tag, out var holder) && holder == session)
        {
            _named.Remove(tag);
        }
    }
}
