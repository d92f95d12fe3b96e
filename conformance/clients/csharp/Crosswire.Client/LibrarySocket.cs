using System.Buffers;
using System.Net.WebSockets;

namespace Crosswire.Client;

/// <summary>The library as its users use it, and the only file that knows it.</summary>
/// <remarks>
/// To cancel a receive or a send is to abort the socket. So neither is given a token: what cuts a connection calls <see cref="Abort"/>, and a
/// receive that takes long is waited for.
/// </remarks>
internal sealed class LibrarySocket(Open open, CancellationToken cut) : IDisposable
{
    /// <summary>The close code where no frame came.</summary>
    private const int NoFrame = 1006;

    /// <summary>How much is received at a time.</summary>
    private const int Piece = 16 << 10;

    private readonly ClientWebSocket _socket = new();
    private readonly ArrayBufferWriter<byte> _message = new(Piece);

    /// <summary>One message at a time is what the library takes.</summary>
    private readonly SemaphoreSlim _sending = new(1);
    private volatile TaskCompletionSource? _pause = open.Reading ? null : Pause();
    private bool _shookHands;

    /// <summary>The library's own words.</summary>
    public static string Words(Exception exception) =>
        exception.GetBaseException() is var cause && cause == exception ? exception.Message : $"{exception.Message} ({cause.Message})";

    /// <summary>Opens the connection, or says why not.</summary>
    public async Task<Event> OpenAsync()
    {
        using var within = CancellationTokenSource.CreateLinkedTokenSource(cut);
        try
        {
            within.CancelAfter(open.WithinMs);
            Configure(_socket.Options);
            var opening = _socket.ConnectAsync(new Uri(open.Url), within.Token);
            if (open.Abandon)
            {
                await within.CancelAsync();
            }

            await opening;
            within.Token.ThrowIfCancellationRequested();
            return new Opened(_socket.SubProtocol, [.. Extensions()]);
        }
        catch (OperationCanceledException)
        {
            return new Refused(open.Abandon ? "given up, as it was told" : $"not open within {open.WithinMs} ms");
        }
        catch (Exception exception)
        {
            return new Refused(Words(exception), _socket.HttpStatusCode == default ? null : (int)_socket.HttpStatusCode);
        }
    }

    public async Task SendAsync(Send send)
    {
        var payload = Payload.Of(send);
        var frames = send.Fragments is { } sizes ? payload.Cut(sizes) : [payload.Bytes];
        await _sending.WaitAsync(CancellationToken.None);
        try
        {
            for (var i = 0; i < frames.Length; i++)
            {
                await _socket.SendAsync(frames[i], payload.Kind, endOfMessage: i == frames.Length - 1, CancellationToken.None);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Begins the closing handshake, unless there has been one: the library refuses a second close frame, but what was wanted is happening.</summary>
    /// <exception cref="ArgumentException">The library refuses such a frame, and nothing has begun.</exception>
    public async Task CloseAsync(Close close)
    {
        await _sending.WaitAsync(CancellationToken.None);
        try
        {
            if (!_shookHands)
            {
                await _socket.CloseOutputAsync((WebSocketCloseStatus)(close.Code ?? (int)WebSocketCloseStatus.Empty), close.Reason, CancellationToken.None);
                _shookHands = true;
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next message, or none when the peer closes.</summary>
    public async Task<Received?> ReceiveAsync()
    {
        _message.ResetWrittenCount();
        while (true)
        {
            await UntilReadingAsync();
            var piece = await _socket.ReceiveAsync(_message.GetMemory(Piece), CancellationToken.None);
            if (piece.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            _message.Advance(piece.Count);
            if (piece.EndOfMessage)
            {
                // What was on its way when reading stopped is told when it goes on.
                await UntilReadingAsync();
                return Received.Message(piece.MessageType == WebSocketMessageType.Text, _message.WrittenSpan, open.Data is not null);
            }
        }
    }

    /// <summary>Ends the closing handshake: answers the peer, where it began.</summary>
    public async Task AnswerCloseAsync()
    {
        await _sending.WaitAsync(cut);
        try
        {
            _shookHands = true;
            if (_socket.State == WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(_socket.CloseStatus ?? WebSocketCloseStatus.NormalClosure, _socket.CloseStatusDescription, CancellationToken.None);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>How it ended, when it has.</summary>
    public Closed Ended() => new(
        (int?)_socket.CloseStatus ?? NoFrame,
        _socket.CloseStatusDescription ?? "",
        _socket is { State: WebSocketState.Closed, CloseStatus: not null } && !cut.IsCancellationRequested);

    public void Abort() => _socket.Abort();

    public void StopReading() => _pause ??= Pause();

    public void StartReading() => Interlocked.Exchange(ref _pause, null)?.SetResult();

    /// <summary>What is called behind it fails with the library's words.</summary>
    public void Dispose() => _socket.Dispose();

    private static TaskCompletionSource Pause() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Configure(ClientWebSocketOptions options)
    {
        options.CollectHttpResponseDetails = true;

        // What is tested listens on this machine, whatever proxy the environment names.
        options.Proxy = null;
        foreach (var subprotocol in open.Subprotocols ?? [])
        {
            options.AddSubProtocol(subprotocol);
        }

        // The library keeps one value of a name. As a list they say the same.
        foreach (var header in (open.Headers ?? []).GroupBy(header => header[0], header => header[1], StringComparer.OrdinalIgnoreCase))
        {
            options.SetRequestHeader(header.Key, string.Join(", ", header));
        }
    }

    private IEnumerable<string> Extensions() =>
        _socket.HttpResponseHeaders?.TryGetValue("Sec-WebSocket-Extensions", out var lists) is true
            ? lists.SelectMany(list => list.Split(',', StringSplitOptions.TrimEntries))
            : [];

    private Task UntilReadingAsync() => _pause is { } pause ? pause.Task.WaitAsync(cut) : Task.CompletedTask;
}
