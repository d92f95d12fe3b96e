using System.Net.Sockets;
using System.Text.Json;

namespace Crosswire.Client;

/// <summary>Brings commands to where they belong: a connection's to the connection, which carries them out in their order. None waits for another connection.</summary>
internal sealed class Driver
{
    /// <summary>How long a `listen` may take, which says no time of its own.</summary>
    private static readonly TimeSpan ListenWithin = TimeSpan.FromSeconds(2);

    private readonly Output _output;
    private readonly Dictionary<ulong, RunningTest> _tests = [];
    private readonly TaskCompletionSource _crashed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<Task> _ending = [];

    private Driver(Output output) => _output = output;

    /// <summary>Carries out what <paramref name="input"/> says until it ends or says `bye`. Nothing is left behind.</summary>
    public static async Task RunAsync(Stream input, Stream output, CancellationToken cancellationToken = default)
    {
        var lines = new Output(output);
        var driver = new Driver(lines);
        var writing = lines.RunAsync();
        await await Task.WhenAny(driver.ObeyAsync(input, cancellationToken), writing, driver._crashed.Task);
        driver._ending.AddRange(driver._tests.Values.Select(test => test.EndAsync()));
        await Task.WhenAll(driver._ending);
        lines.Complete();
        await writing;
    }

    private async Task ObeyAsync(Stream input, CancellationToken cancellationToken)
    {
        await foreach (var line in Lines.ReadAsync(input, cancellationToken))
        {
            if (line is null)
            {
                await _output.WriteAsync(new Line(Error: new($"a line is at most {Lines.Longest} bytes long")));
                continue;
            }

            try
            {
                var command = Command.Read(line.Value.Span);
                if (command is Bye)
                {
                    break;
                }

                await CarryOutAsync(command);
            }
            catch (JsonException exception)
            {
                await _output.WriteAsync(new Line(Error: Mistake.In(line.Value, exception.Message)));
            }
        }
    }

    private ValueTask CarryOutAsync(Command command) => command switch
    {
        Hello => _output.WriteAsync(new Line(Hello: Introduction.Own)),
        Open open => OpenAsync(Of(open), open),
        ConnectionCommand order => GiveAsync(Of(order), order),
        Listen listen => Start(Of(listen), ListenAsync(Of(listen), listen)),
        End end => EndAsync(Of(end), end),
        _ => throw new InvalidOperationException($"{command} is carried out by nobody."),
    };

    private RunningTest Of(TestCommand command)
    {
        if (!_tests.TryGetValue(command.Seq, out var test))
        {
            _tests.Add(command.Seq, test = new(command.Seq));
        }

        return test;
    }

    private ValueTask OpenAsync(RunningTest test, Open open)
    {
        if (test.Connections.TryGetValue(open.On, out var former))
        {
            if (!former.IsOver)
            {
                return AnswerAsync(test, open, new Refused($"the test has a connection `{open.On}` already"));
            }

            former.End();
        }

        var connection = new Connection(open, happened => _output.WriteAsync(test.Test, happened with { On = open.On }));
        test.Connections[open.On] = connection;
        return Start(test, RunAsync());

        async Task RunAsync()
        {
            using (connection)
            {
                await connection.RunAsync();
            }
        }
    }

    private ValueTask GiveAsync(RunningTest test, ConnectionCommand order)
    {
        if (!test.Connections.TryGetValue(order.On, out var connection))
        {
            return AnswerAsync(test, order, new Failed($"the test has no connection `{order.On}`"));
        }

        return connection.TryGive(order) ? default : AnswerAsync(test, order, new Failed("too many commands wait for this connection"));
    }

    private ValueTask AnswerAsync(RunningTest test, TestCommand command, Event answer) =>
        _output.WriteAsync(test.Test, answer with { C = command.C, On = (command as ConnectionCommand)?.On });

    private async Task ListenAsync(RunningTest test, Listen listen)
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
        catch (Exception exception) when (exception is SocketException or UriFormatException or ArgumentException)
        {
            answer = new Failed(exception.Message);
        }

        await AnswerAsync(test, listen, answer);
    }

    private ValueTask EndAsync(RunningTest test, End end)
    {
        _tests.Remove(end.Seq);
        _ending.RemoveAll(task => task.IsCompleted);
        _ending.Add(test.EndAsync());
        return AnswerAsync(test, end, new Ended());
    }

    /// <summary>Lets something run beside everything else. Its failure is the driver's: nobody else would hear of it.</summary>
    private ValueTask Start(RunningTest test, Task task)
    {
        test.Running.RemoveAll(running => running.IsCompleted);
        test.Running.Add(Watch());
        return default;

        async Task Watch()
        {
            try
            {
                await task;
            }
            catch (Exception exception)
            {
                _crashed.TrySetException(exception);
            }
        }
    }

    /// <summary>A test that has not ended, and everything of it.</summary>
    private sealed class RunningTest(ulong seq)
    {
        public Test Test { get; } = new(seq);

        public Dictionary<string, Connection> Connections { get; } = [];

        public List<Task> Running { get; } = [];

        /// <summary>Lets go of everything at once. The task is over when nothing is left.</summary>
        public Task EndAsync()
        {
            foreach (var connection in Connections.Values)
            {
                connection.End();
            }

            return Task.WhenAll(Running);
        }
    }
}
