using System.Buffers;
using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace Crosswire.Client;

/// <summary>A connection, and the only file that knows the library.</summary>
/// <remarks>
/// Two loops run: one obeys, one receives, so that writing never keeps it from reading. The receiving one is never cancelled but to cut the
/// connection, because the library aborts the socket with it.
/// </remarks>
internal sealed class Connection(Open open, Func<Event, ValueTask> report) : IDisposable
{
    /// <summary>How many commands may wait for the connection. They cost memory only while they wait.</summary>
    private const int Waiting = 1 << 18;

    /// <summary>The close code where no frame came.</summary>
    private const int NoFrame = 1006;

    /// <summary>How much is received at a time.</summary>
    private const int Piece = 16 << 10;

    /// <summary>How long a peer that closes may keep us from answering: a second longer than the library waits for it to end TCP.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly ClientWebSocket _socket = new();

    /// <summary>Commands in their order. Null stands where the connection was over.</summary>
    private readonly Channel<ConnectionCommand?> _orders = Channel.CreateBounded<ConnectionCommand?>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly ConcurrentQueue<ConnectionCommand> _reactions = [];

    /// <summary>One message at a time is what the library takes.</summary>
    private readonly SemaphoreSlim _sending = new(1);
    private readonly Deadline _cut = new();
    private volatile TaskCompletionSource? _pause = open.Reading ? null : Pause();
    private volatile bool _isOver;
    private volatile bool _hasEnded;
    private bool _shookHands;
    private Closed? _closed;

    /// <summary>Whether it was refused or has been closed.</summary>
    public bool IsOver => _isOver;

    /// <summary>Gives it a command, without waiting. False where too many wait.</summary>
    public bool TryGive(ConnectionCommand order)
    {
        if (order is Close close)
        {
            // From now on, also where a send that is blocked stands before it.
            _cut.After(TimeSpan.FromMilliseconds(close.WithinMs));
        }

        return _orders.Writer.TryWrite(order);
    }

    /// <summary>Lets go of it. Nothing more is carried out.</summary>
    public void End()
    {
        _hasEnded = true;
        _cut.Now();
        _orders.Writer.TryComplete();
    }

    /// <summary>Opens it and carries out commands until <see cref="End"/>.</summary>
    public async Task RunAsync()
    {
        using var cutting = _cut.Token.Register(_socket.Abort);
        var receiving = await OpenAsync() ? ReceiveAsync() : Task.CompletedTask;
        var obeying = ObeyAsync();
        await await Task.WhenAny(receiving, obeying);
        await Task.WhenAll(receiving, obeying);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _sending.Dispose();
        _cut.Dispose();
    }

    private static TaskCompletionSource Pause() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The library's own words.</summary>
    private static string Words(Exception exception) =>
        exception.GetBaseException() is var cause && cause == exception ? exception.Message : $"{exception.Message} ({cause.Message})";

    private async Task<bool> OpenAsync()
    {
        Event answer;
        using var within = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token);
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
            answer = new Opened(_socket.SubProtocol, [.. Extensions()]);
        }
        catch (OperationCanceledException)
        {
            answer = new Refused(open.Abandon ? "given up, as it was told" : $"not open within {open.WithinMs} ms");
        }
        catch (Exception exception)
        {
            answer = new Refused(Words(exception), _socket.HttpStatusCode == default ? null : (int)_socket.HttpStatusCode);
        }

        _isOver = answer is Refused;
        if (_isOver)
        {
            _socket.Dispose();
        }

        await report(answer with { C = open.C });
        return !_isOver;
    }

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

    /// <summary>Carries out commands, each when the one before it is done.</summary>
    /// <remarks>
    /// While a send is blocked, because the peer takes nothing, what changes that or ends it takes effect at once: otherwise a peer that waits
    /// to be read from would wait for ever. It overtakes nothing that is not blocked.
    /// </remarks>
    private async Task ObeyAsync()
    {
        var waiting = new Queue<ConnectionCommand?>();
        while (!_hasEnded && (waiting.Count > 0 || await _orders.Reader.WaitToReadAsync()))
        {
            if (!waiting.TryDequeue(out var order))
            {
                _orders.Reader.TryRead(out order);
            }

            if (order is null)
            {
                await TellTheEndAsync();
                continue;
            }

            var doing = DoAsync(order);
            while (!doing.IsCompleted && waiting.Count < Waiting && await ArrivesBeforeAsync(doing))
            {
                _orders.Reader.TryRead(out var next);
                if (next is Drop or StopReading or StartReading)
                {
                    await AnswerAsync(next, DoAsync(next));
                }
                else
                {
                    waiting.Enqueue(next);
                }
            }

            await AnswerAsync(order, doing);
        }
    }

    /// <summary>Whether another command comes while something is being done.</summary>
    private async Task<bool> ArrivesBeforeAsync(Task doing)
    {
        using var enough = new CancellationTokenSource();
        var arriving = _orders.Reader.WaitToReadAsync(enough.Token).AsTask();
        var first = await Task.WhenAny(doing, arriving);
        await enough.CancelAsync();
        return first == arriving && await arriving;
    }

    private async Task AnswerAsync(ConnectionCommand order, Task doing)
    {
        Event answer;
        try
        {
            await doing;
            answer = new Done();
        }
        catch (Exception exception)
        {
            answer = new Failed(Words(exception));
        }

        await report(answer with { C = order.C });
    }

    private async Task DoAsync(ConnectionCommand order)
    {
        switch (order)
        {
            case Send send:
                await SendAsync(send);
                break;
            case Close close:
                await BeginClosingAsync(close);
                break;
            case var _ when _isOver:
                throw new InvalidOperationException("the connection is over");
            case Drop:
                _cut.Now();
                break;
            case StopReading:
                _pause ??= Pause();
                break;
            case StartReading:
                Interlocked.Exchange(ref _pause, null)?.SetResult();
                break;
            case React react:
                Array.ForEach(react.Commands(), _reactions.Enqueue);
                break;
        }
    }

    private async Task SendAsync(Send send)
    {
        var payload = Payload.Of(send);
        var frames = send.Fragments is { } sizes ? payload.Cut(sizes) : [payload.Bytes];
        await _sending.WaitAsync();
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
    private async Task BeginClosingAsync(Close close)
    {
        await _sending.WaitAsync();
        try
        {
            if (!_shookHands)
            {
                await _socket.CloseOutputAsync((WebSocketCloseStatus)(close.Code ?? (int)WebSocketCloseStatus.Empty), close.Reason, CancellationToken.None);
                _shookHands = true;
            }
        }
        catch (ArgumentException)
        {
            // Nothing has begun that could take too long.
            _cut.Never();
            throw;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Receives until the connection is over.</summary>
    private async Task ReceiveAsync()
    {
        var isComplete = false;
        try
        {
            var message = new ArrayBufferWriter<byte>(Piece);
            while (await ReceiveMessageAsync(message) is { } received)
            {
                await report(received);
                while (_reactions.TryDequeue(out var order))
                {
                    await AnswerAsync(order, DoAsync(order));
                }
            }

            await AnswerCloseAsync();
            isComplete = _socket.State == WebSocketState.Closed && !_cut.Token.IsCancellationRequested;
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // That a peer was gone is told by the event already.
            if (!_cut.Token.IsCancellationRequested && exception is not WebSocketException { WebSocketErrorCode: WebSocketError.ConnectionClosedPrematurely })
            {
                await Console.Error.WriteLineAsync($"test {open.Seq}, connection {open.On}: {Words(exception)}");
            }
        }

        _closed = new Closed((int?)_socket.CloseStatus ?? NoFrame, _socket.CloseStatusDescription ?? "", isComplete);

        // Whatever is still being sent would never end.
        _cut.Now();
        try
        {
            await _orders.Writer.WriteAsync(null);
        }
        catch (ChannelClosedException)
        {
            // The test has ended meanwhile.
        }
    }

    /// <summary>The next message, or none when the peer closes.</summary>
    private async Task<Received?> ReceiveMessageAsync(ArrayBufferWriter<byte> message)
    {
        message.ResetWrittenCount();
        while (true)
        {
            await UntilReadingAsync();
            var piece = await _socket.ReceiveAsync(message.GetMemory(Piece), CancellationToken.None);
            if (piece.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Advance(piece.Count);
            if (piece.EndOfMessage)
            {
                // What was on its way when reading stopped is told when it goes on.
                await UntilReadingAsync();
                return Received.Message(piece.MessageType == WebSocketMessageType.Text, message.WrittenSpan, open.Data is not null);
            }
        }
    }

    private Task UntilReadingAsync() => _pause is { } pause ? pause.Task.WaitAsync(_cut.Token) : Task.CompletedTask;

    private async Task AnswerCloseAsync()
    {
        _cut.After(Rest);
        await _sending.WaitAsync(_cut.Token);
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

    /// <summary>Answers what waits for a message that will not come, and then tells how it ended.</summary>
    private async Task TellTheEndAsync()
    {
        _isOver = true;
        _socket.Dispose();
        while (_reactions.TryDequeue(out var order))
        {
            await AnswerAsync(order, DoAsync(order));
        }

        await report(_closed!);
    }
}
