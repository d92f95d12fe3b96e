using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json.Nodes;

namespace Crosswire.Client.Tests.Support;

/// <summary>`crosswire step`, whose driver is this process. It steps and judges a test whenever a row asks for it.</summary>
public sealed class Stepper : IAsyncLifetime
{
    /// <summary>A machine that builds beside it takes its time. Only waits that run out take longer.</summary>
    private const string TimeScale = "3";

    private readonly CrosswireProgram _program = new("step", "--time-scale", TimeScale, "--client", Path.Combine(Repository.Client, "impl.json"));
    private readonly Pipe _commands = new();
    private readonly Pipe _answers = new();
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<ulong, TaskCompletionSource<JsonNode>> _verdicts = [];
    private readonly TaskCompletionSource<JsonNode> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _running = Task.CompletedTask;
    private ulong _seq;

    /// <summary>Every test that can be asked for.</summary>
    public IReadOnlyDictionary<string, JsonNode> Tests { get; private set; } = FrozenDictionary<string, JsonNode>.Empty;

    public async ValueTask InitializeAsync()
    {
        _running = Task.WhenAll(SortAsync(), AnswerAsync(), DriveAsync());
        var ready = await await Task.WhenAny(_ready.Task, EndedAsync());
        Tests = ready["tests"]!.AsArray().ToDictionary(test => (string)test!["id"]!, test => test!, StringComparer.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _program.DisposeAsync();
        await _running;
        _writing.Dispose();
    }

    /// <summary>Has one test stepped and judged.</summary>
    public async Task<JsonNode> JudgeAsync(string id)
    {
        var seq = Interlocked.Increment(ref _seq);
        var verdict = new TaskCompletionSource<JsonNode>(TaskCreationOptions.RunContinuationsAsynchronously);
        _verdicts[seq] = verdict;
        await WriteAsync(new JsonObject { ["start"] = new JsonObject { ["seq"] = seq, ["test"] = id } }.ToJsonString());
        return await await Task.WhenAny(verdict.Task, EndedAsync());
    }

    private async Task<JsonNode> EndedAsync()
    {
        await _running;
        throw new InvalidOperationException("`crosswire step` has ended.");
    }

    /// <summary>Tells what is for the rows from what is for the driver.</summary>
    private async Task SortAsync()
    {
        await foreach (var line in Lines.ReadAsync(_program.Output))
        {
            var said = JsonNode.Parse(line!.Value.Span)!;
            if (said["ready"] is { } ready)
            {
                _ready.TrySetResult(ready);
            }
            else if (said["verdict"] is { } verdict)
            {
                _verdicts[(ulong)verdict["seq"]!].TrySetResult(verdict);
            }
            else
            {
                await _commands.Writer.WriteAsync((byte[])[.. line.Value.Span, (byte)'\n']);
            }
        }

        await _commands.Writer.CompleteAsync();
    }

    private async Task DriveAsync()
    {
        await Driver.RunAsync(_commands.Reader.AsStream(), _answers.Writer.AsStream());
        await _answers.Writer.CompleteAsync();
    }

    /// <summary>What the driver says goes to the program, between the lines of the rows.</summary>
    private async Task AnswerAsync()
    {
        await foreach (var line in Lines.ReadAsync(_answers.Reader.AsStream()))
        {
            await WriteAsync(Encoding.UTF8.GetString(line!.Value.Span));
        }
    }

    private async Task WriteAsync(string line)
    {
        await _writing.WaitAsync();
        try
        {
            await _program.Input.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"));
            await _program.Input.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }
}
