using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text.Json.Serialization;

namespace Crosswire.Server;

/// <summary>How a connection ended.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Ending>))]
internal enum Ending
{
    /// <summary>Close frames went both ways.</summary>
    [JsonStringEnumMemberName("clean")]
    Clean,

    /// <summary>The client was gone without a close frame.</summary>
    [JsonStringEnumMemberName("vanished")]
    Vanished,

    /// <summary>The client broke the protocol or a limit, and was told so in a close frame.</summary>
    [JsonStringEnumMemberName("violation")]
    Violation,

    /// <summary>A close frame was not answered in time.</summary>
    [JsonStringEnumMemberName("timed_out")]
    TimedOut,

    /// <summary>The server cut the connection because it was told to.</summary>
    [JsonStringEnumMemberName("cut")]
    Cut,
}

/// <summary>The server's view of a connection. The library shows no pings and no pongs.</summary>
internal sealed record Seen(Handshake Handshake, Tally Received, Tally Sent, string? LastPong, CloseFrame? Close, bool Open, Ending? Ended);

internal sealed record Handshake(string Target, string[][] Headers, string? Subprotocol, string[] Extensions);

internal sealed record Tally(ulong Text, ulong Binary, ulong Ping, ulong Pong, ulong Bytes, string Sha256);

internal sealed record CloseFrame(int? Code, string Reason);

/// <summary>What is waited for: everything that it names.</summary>
internal sealed record Until(bool? Ended = null, bool? Close = null, AtLeast? Received = null, AtLeast? Sent = null)
{
    public bool IsReached(Seen seen) =>
        (Ended is null || Ended == seen.Ended is not null)
        && (Close is null || Close == seen.Close is not null)
        && Received?.IsReached(seen.Received) is not false
        && Sent?.IsReached(seen.Sent) is not false;
}

internal sealed record AtLeast(ulong Text = 0, ulong Binary = 0, ulong Ping = 0, ulong Pong = 0, ulong Bytes = 0)
{
    public bool IsReached(Tally tally) =>
        Text <= tally.Text && Binary <= tally.Binary && Ping <= tally.Ping && Pong <= tally.Pong && Bytes <= tally.Bytes;
}

/// <summary>What is seen of a connection while it lives.</summary>
internal sealed class Journal(Handshake handshake)
{
    private readonly Lock _lock = new();
    private readonly Direction _received = new();
    private readonly Direction _sent = new();
    private CloseFrame? _close;
    private Ending? _ended;
    private TaskCompletionSource _changed = NextChange();

    public bool IsOpen => _ended is null;

    public void Received(Message message) => Note(() => _received.Count(message));

    public void Sent(Message message) => Note(() => _sent.Count(message));

    /// <summary>The client's close frame has come.</summary>
    public void Closed(CloseFrame close) => Note(() => _close = close);

    public void End(Ending ending) => Note(() => _ended ??= ending);

    /// <summary>The view once something is true of it, or when the time is over.</summary>
    public async Task<(Seen Seen, bool IsReached)> SeeAsync(Until until, TimeSpan within)
    {
        using var time = new CancellationTokenSource(within);
        while (true)
        {
            var (seen, changed) = Look();
            if (until.IsReached(seen))
            {
                return (seen, true);
            }

            if (await Task.WhenAny(changed, Task.Delay(Timeout.Infinite, time.Token)) != changed)
            {
                return (seen, false);
            }
        }
    }

    private static TaskCompletionSource NextChange() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private (Seen Seen, Task Changed) Look()
    {
        lock (_lock)
        {
            return (new(handshake, _received.Tally(), _sent.Tally(), null, _close, _ended is null, _ended), _changed.Task);
        }
    }

    private void Note(Action change)
    {
        lock (_lock)
        {
            change();
            _changed.SetResult();
            _changed = NextChange();
        }
    }

    /// <summary>The messages of one direction.</summary>
    private sealed class Direction
    {
        private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        private ulong _text;
        private ulong _binary;
        private ulong _bytes;

        public void Count(Message message)
        {
            _text += message.IsText ? 1UL : 0;
            _binary += message.IsText ? 0 : 1UL;
            _bytes += (ulong)message.Payload.Length;
            Span<byte> entry = stackalloc byte[1 + sizeof(ulong) + SHA256.HashSizeInBytes];
            entry[0] = message.IsText ? (byte)'t' : (byte)'b';
            BinaryPrimitives.WriteUInt64BigEndian(entry[1..], (ulong)message.Payload.Length);
            SHA256.HashData(message.Payload.Span, entry[9..]);
            _digest.AppendData(entry);
        }

        public Tally Tally() => new(_text, _binary, 0, 0, _bytes, Convert.ToHexStringLower(_digest.GetCurrentHash()));
    }
}
