using System.Collections.Concurrent;
using System.Net.WebSockets;
using System.Threading.Channels;

namespace Crosswire.Client;

/// <summary>A connection: its commands in their order, and what happens to it.</summary>
/// <remarks>Two loops run, one that obeys and one that receives, so that writing never keeps it from reading.</remarks>
internal sealed class Connection : IDisposable
{
    /// <summary>How many commands may wait for the connection. They cost memory only while they wait.</summary>
    private const int Waiting = 1 << 18;

    /// <summary>How long a peer that closes may keep us from answering: a second longer than the library waits for it to end TCP.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(2);

    private readonly Open _open;
    private readonly Func<Event, ValueTask> _report;
    private readonly Deadline _cut = new();
    private readonly LibrarySocket _socket;

    /// <summary>Commands in their order. Null stands where the connection was over.</summary>
    private readonly Channel<ConnectionCommand?> _orders = Channel.CreateBounded<ConnectionCommand?>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly ConcurrentQueue<ConnectionCommand> _reactions = [];
    private volatile bool _isOver;
    private volatile bool _hasEnded;
    private string? _refusal;
    private Closed? _ended;

    public Connection(Open open, Func<Event, ValueTask> report)
    {
        _open = open;
        _report = report;
        _socket = new LibrarySocket(open, _cut.Token);
    }

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
        var answer = await _socket.OpenAsync();
        if (answer is Refused refused)
        {
            _refusal = $"the connection was refused: {refused.Error}";
            LetGo();
        }

        await _report(answer with { C = _open.C });
        var receiving = answer is Opened ? ReceiveAsync() : Task.CompletedTask;
        var obeying = ObeyAsync();
        await await Task.WhenAny(receiving, obeying);
        await Task.WhenAll(receiving, obeying);
    }

    public void Dispose()
    {
        _socket.Dispose();
        _cut.Dispose();
    }

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
            if (exception is NullReferenceException or IndexOutOfRangeException or InvalidCastException)
            {
                // Nobody throws these on purpose, so their words tell nothing: where they come from does.
                await Console.Error.WriteLineAsync($"test {_open.Seq}, connection {_open.On}, {order.GetType().Name}: {exception}");
            }

            answer = new Failed(LibrarySocket.Words(exception));
        }

        await _report(answer with { C = order.C });
    }

    private async Task DoAsync(ConnectionCommand order)
    {
        switch (order)
        {
            case var _ when _refusal is not null:
                throw new InvalidOperationException(_refusal);
            case Send send:
                await _socket.SendAsync(send);
                break;
            case Close close:
                await CloseAsync(close);
                break;
            case var _ when _isOver:
                throw new InvalidOperationException("the connection is over");
            case Drop:
                _cut.Now();
                break;
            case StopReading:
                _socket.StopReading();
                break;
            case StartReading:
                _socket.StartReading();
                break;
            case React react:
                Array.ForEach(react.Commands(), _reactions.Enqueue);
                break;
        }
    }

    private async Task CloseAsync(Close close)
    {
        try
        {
            await _socket.CloseAsync(close);
        }
        catch (ArgumentException)
        {
            // Nothing has begun that could take too long.
            _cut.Never();
            throw;
        }
    }

    /// <summary>Receives until the connection is over.</summary>
    private async Task ReceiveAsync()
    {
        try
        {
            while (await _socket.ReceiveAsync() is { } received)
            {
                await _report(received);
                while (_reactions.TryDequeue(out var order))
                {
                    await AnswerAsync(order, DoAsync(order));
                }
            }

            _cut.After(Rest);
            await _socket.AnswerCloseAsync();
        }
        catch (Exception) when (_cut.Token.IsCancellationRequested)
        {
            // Whatever it says, it was aborted.
        }
        catch (WebSocketException exception)
        {
            // That a peer was gone is told by the event already.
            if (exception.WebSocketErrorCode != WebSocketError.ConnectionClosedPrematurely)
            {
                await Console.Error.WriteLineAsync($"test {_open.Seq}, connection {_open.On}: {LibrarySocket.Words(exception)}");
            }
        }

        _ended = _socket.Ended();

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

    /// <summary>Answers what waits for a message that will not come, and then tells how it ended.</summary>
    private async Task TellTheEndAsync()
    {
        LetGo();
        while (_reactions.TryDequeue(out var order))
        {
            await AnswerAsync(order, DoAsync(order));
        }

        await _report(_ended!);
    }

    private void LetGo()
    {
        _isOver = true;
        _socket.Dispose();
    }
}
