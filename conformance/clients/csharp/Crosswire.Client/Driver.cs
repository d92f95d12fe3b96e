namespace Crosswire.Client;

/// <summary>Brings commands to the tests that they belong to.</summary>
internal sealed class Driver
{
    private readonly Output _output;
    private readonly Dictionary<ulong, Test> _tests = [];

    /// <summary>What of ended tests has not quite gone.</summary>
    private readonly List<Task> _ending = [];

    private Driver(Output output) => _output = output;

    /// <summary>Carries out what <paramref name="input"/> says until it ends or says `bye`. Nothing is left behind.</summary>
    public static async Task RunAsync(Stream input, Stream output, CancellationToken cancellationToken = default)
    {
        var lines = new Output(output);
        var driver = new Driver(lines);
        var writing = lines.RunAsync();
        await await Task.WhenAny(writing, driver.ObeyAsync(input, cancellationToken));
        await Task.WhenAll([.. driver._ending, .. driver._tests.Values.Select(test => test.LetGoAsync())]);
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
            catch (MistakeException exception)
            {
                await _output.WriteAsync(new Line(Error: Mistake.In(line.Value, exception.Message)));
            }
        }
    }

    private async Task CarryOutAsync(Command command)
    {
        if (command is not TestCommand order)
        {
            await _output.WriteAsync(new Line(Hello: Introduction.Own));
            return;
        }

        if (!_tests.TryGetValue(order.Seq, out var test))
        {
            _tests.Add(order.Seq, test = new(order.Seq, _output));
        }

        if (order is End)
        {
            _tests.Remove(order.Seq);
            _ending.RemoveAll(task => task.IsCompleted);
            _ending.Add(test.LetGoAsync());
        }

        await test.CarryOutAsync(order);
    }
}
