using System.Net.Sockets;

namespace Crosswire.Client;

/// <summary>A test, and everything of it. A connection's commands go to the connection; none waits for another one.</summary>
internal sealed class Test(ulong seq, Output output)
{
    /// <summary>How long a `listen` may take, which says no time of its own.</summary>
    private static readonly TimeSpan ListenWithin = TimeSpan.FromSeconds(2);

    private readonly Dictionary<string, Connection> _connections = [];
    private readonly List<Task> _running = [];

    public ulong Seq => seq;

    /// <summary>How many events were written. The output alone counts, so that the numbers are in the order of the lines.</summary>
    public ulong Written { get; set; }

    /// <summary>Nothing of it is written any more.</summary>
    public bool HasEnded { get; set; }

    public ValueTask CarryOutAsync(TestCommand command)
    {
        switch (command)
        {
            case End:
                return AnswerAsync(command, new Ended());
            case Listen listen:
                Start(ListenAsync(listen));
                return default;
            case Open open when _connections.TryGetValue(open.On, out var former) && !former.IsOver:
                return AnswerAsync(open, new Refused($"the test has a connection `{open.On}` already"));
            case Open open:
                Start(OpenAsync(open));
                return default;
            case ConnectionCommand order when !_connections.ContainsKey(order.On):
                return AnswerAsync(order, new Failed($"the test has no connection `{order.On}`"));
            case ConnectionCommand order when !_connections[order.On].TryGive(order):
                return AnswerAsync(order, new Failed("too many commands wait for this connection"));
            default:
                return default;
        }
    }

    /// <summary>Lets go of everything at once. The task is over when nothing is left.</summary>
    public Task LetGoAsync()
    {
        foreach (var connection in _connections.Values)
        {
            connection.End();
        }

        return Task.WhenAll(_running);
    }

    private ValueTask AnswerAsync(TestCommand command, Event answer) =>
        output.WriteAsync(this, answer with { C = command.C, On = (command as ConnectionCommand)?.On });

    /// <summary>Lets something run beside everything else. Its failure is the driver's: nobody else would hear of it.</summary>
    private void Start(Task task)
    {
        _running.RemoveAll(running => running.IsCompleted);
        _running.Add(WatchAsync());

        async Task WatchAsync()
        {
            try
            {
                await task;
            }
            catch (Exception exception)
            {
                output.Fail(exception);
            }
        }
    }

    private async Task OpenAsync(Open open)
    {
        using var connection = new Connection(open, happened => output.WriteAsync(this, happened with { On = open.On }));
        if (_connections.Remove(open.On, out var former))
        {
            former.End();
        }

        _connections.Add(open.On, connection);
        await connection.RunAsync();
    }

    private async Task ListenAsync(Listen listen)
    {
        Event answer;
        try
        {
            var address = new Uri(listen.Url);
            using var within = new CancellationTokenSource(ListenWithin);
            using var client = new TcpClient();
            await client.ConnectAsync(address.Host, address.Port, within.Token);
            answer = new Listened();
        }
        catch (OperationCanceledException)
        {
            answer = new Failed($"no connection within {ListenWithin.TotalSeconds} s");
        }
        catch (Exception exception) when (exception is SocketException or FormatException or ArgumentException or InvalidOperationException)
        {
            answer = new Failed(exception.Message);
        }

        await AnswerAsync(listen, answer);
    }
}
