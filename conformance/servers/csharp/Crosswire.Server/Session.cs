using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http.Features;

namespace Crosswire.Server;

/// <summary>A whole message.</summary>
internal sealed record Message(bool IsText, ReadOnlyMemory<byte> Payload)
{
    public static Message OfText(string text) => new(true, Encoding.UTF8.GetBytes(text));
}

/// <summary>A connection, and the only file that knows the library: what it receives, what it is sent, and how it ends.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Acts may wait for them when the connection has ended. Neither holds a handle.")]
internal sealed class Session(string id, string? tag, HttpContext context, string? subprotocol)
{
    /// <summary>How much is received at a time.</summary>
    private const int Piece = 16 << 10;

    /// <summary>How long a client may take to answer a close frame.</summary>
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Who holds it sends. It is first free behind the welcome.</summary>
    private readonly SemaphoreSlim _sending = new(0);
    private readonly CancellationTokenSource _tooLate = new();
    private WebSocket? _socket;
    private volatile TaskCompletionSource? _pause;
    private volatile bool _hasClosed;
    private Ending? _ending;

    public string Id => id;

    public string? Tag => tag;

    public Journal Journal { get; } = new(new(
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
        [.. context.Request.Headers.SelectMany(header => header.Value, (header, value) => new[] { header.Key, value ?? "" })],
        subprotocol,
        []));

    /// <summary>Receives until the connection has ended, and says how. Each message goes to <paramref name="reply"/>, one after the other.</summary>
    public async Task<Ending> RunAsync(WebSocket socket, int maxMessage, Func<Message, Task> reply, Message? welcome = null)
    {
        _socket = socket;
        using var cutting = _tooLate.Token.Register(() => Cut(Ending.TimedOut));
        try
        {
            if (welcome is not null)
            {
                await SendInFramesAsync(welcome, [welcome.Payload.Length]);
            }

            _sending.Release();
            while (await ReceiveAsync(maxMessage) is { } message)
            {
                Journal.Received(message);
                await reply(message);
            }

            Journal.Closed(new((int?)socket.CloseStatus, socket.CloseStatusDescription ?? ""));
            await CloseAsync((int?)socket.CloseStatus, socket.CloseStatusDescription);
            return _ending ?? (socket.State == WebSocketState.Closed ? Ending.Clean : Ending.Vanished);
        }
        catch (WebSocketException exception) when (exception.WebSocketErrorCode != WebSocketError.ConnectionClosedPrematurely)
        {
            // The library has told the client already.
            return _ending ?? Ending.Violation;
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            return _ending ?? Ending.Vanished;
        }
    }

    /// <summary>Sends a message, in frames of these sizes where there are any. False where the connection is closing or has ended.</summary>
    public async Task<bool> SendAsync(Message message, int[]? sizes = null)
    {
        await _sending.WaitAsync();
        try
        {
            return !_hasClosed && Journal.IsOpen && await SendInFramesAsync(message, sizes ?? [message.Payload.Length]);
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            return false;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Sends a close frame, unless one has been sent: begins the closing handshake, or ends it.</summary>
    public async Task<bool> CloseAsync(int? code, string? reason)
    {
        await _sending.WaitAsync();
        try
        {
            if (_hasClosed || !Journal.IsOpen)
            {
                return false;
            }

            var status = (WebSocketCloseStatus)(code ?? (int)WebSocketCloseStatus.Empty);
            _tooLate.CancelAfter(CloseTimeout);
            await _socket!.CloseOutputAsync(status, reason, CancellationToken.None);
            _hasClosed = true;
            return true;
        }
        catch (Exception exception) when (IsTheEnd(exception))
        {
            return false;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Cuts TCP behind what was sent.</summary>
    public async Task<bool> DropAsync()
    {
        await _sending.WaitAsync();
        try
        {
            var isOpen = Journal.IsOpen;
            Cut(Ending.Cut);
            return isOpen;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Bids goodbye. A client that does not answer is cut by whoever stops the server.</summary>
    public Task GoAwayAsync() => CloseAsync((int)WebSocketCloseStatus.EndpointUnavailable, "the server is going away");

    public void StopReading() => _pause ??= new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void StartReading() => Interlocked.Exchange(ref _pause, null)?.SetResult();

    /// <summary>What the library throws when there is nobody any more. The one that receives finds out how it ended.</summary>
    private static bool IsTheEnd(Exception exception) => exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException;

    private void Cut(Ending ending)
    {
        _ending ??= ending;
        context.Abort();
    }

    private async Task<bool> SendInFramesAsync(Message message, int[] sizes)
    {
        var kind = message.IsText ? WebSocketMessageType.Text : WebSocketMessageType.Binary;
        var start = 0;
        for (var i = 0; i < sizes.Length; i++)
        {
            await _socket!.SendAsync(message.Payload.Slice(start, sizes[i]), kind, endOfMessage: i == sizes.Length - 1, CancellationToken.None);
            start += sizes[i];
        }

        Journal.Sent(message);
        return true;
    }

    /// <summary>The next message, or none when the client closes. What is too long is told so, and read away.</summary>
    private async Task<Message?> ReceiveAsync(int longest)
    {
        var message = new ArrayBufferWriter<byte>(Piece);
        while (true)
        {
            await UntilReadingAsync();
            var piece = await _socket!.ReceiveAsync(message.GetMemory(Piece), CancellationToken.None);
            if (piece.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            message.Advance(piece.Count);
            if (message.WrittenCount > longest)
            {
                _ending ??= Ending.Violation;
                await CloseAsync((int)WebSocketCloseStatus.MessageTooBig, $"a message is at most {longest} bytes long");
            }

            if (_ending is not null)
            {
                message.ResetWrittenCount();
            }
            else if (piece.EndOfMessage)
            {
                // What was on its way when reading stopped is taken when it goes on.
                await UntilReadingAsync();
                return new(piece.MessageType == WebSocketMessageType.Text, message.WrittenMemory);
            }
        }
    }

    private Task UntilReadingAsync() => _pause is { } pause ? pause.Task.WaitAsync(context.RequestAborted) : Task.CompletedTask;
}
