using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Crosswire.Client.Tests.Support;

/// <summary>A driver in this process, as the runner speaks with it.</summary>
/// <remarks>Events are checked to be numbered without a gap, and commands to be answered once.</remarks>
internal sealed class DriverSession : IAsyncDisposable
{
    private readonly Pipe _commands = new();
    private readonly Pipe _lines = new();
    private readonly Task _driver;
    private readonly IAsyncEnumerator<ReadOnlyMemory<byte>?> _said;
    private readonly List<JsonNode> _unread = [];
    private readonly HashSet<(ulong Seq, ulong C)> _told = [];
    private readonly HashSet<(ulong Seq, ulong C)> _answered = [];
    private readonly Dictionary<ulong, ulong> _numbers = [];

    public DriverSession()
    {
        _driver = Driver.RunAsync(_commands.Reader.AsStream(), _lines.Writer.AsStream());
        _said = Lines.ReadAsync(_lines.Reader.AsStream(), Cancelled).GetAsyncEnumerator(Cancelled);
    }

    /// <summary>The test that is spoken of.</summary>
    public ulong Seq { get; set; } = 1;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public async Task WriteLineAsync(string line) => await _commands.Writer.WriteAsync(Encoding.UTF8.GetBytes(line + "\n"), Cancelled);

    /// <summary>The next line.</summary>
    public async Task<JsonNode> LineAsync()
    {
        var more = _said.MoveNextAsync().AsTask();
        if (await Task.WhenAny(more, _driver).WaitAsync(Cancelled) == _driver)
        {
            await _driver;
        }

        Assert.True(await more.WaitAsync(Cancelled), "the driver says nothing more");
        var line = JsonNode.Parse(_said.Current!.Value.Span)!;
        if (line["event"] is { } happened)
        {
            var seq = (ulong)happened["seq"]!;
            Assert.Equal(_numbers[seq] = _numbers.GetValueOrDefault(seq) + 1, (ulong)happened["n"]!);
            if (happened["c"] is { } c)
            {
                Assert.Contains((seq, (ulong)c), _told);
                Assert.True(_answered.Add((seq, (ulong)c)), $"a second answer: {happened.ToJsonString()}");
            }
        }

        return line;
    }

    /// <summary>The next event of a kind; others are kept.</summary>
    public Task<JsonNode> EventAsync(string kind) => FindAsync(happened => (string?)happened["is"] == kind);

    public Task<JsonNode> AnswerAsync(ulong c) => FindAsync(happened => (ulong?)happened["c"] == c);

    /// <summary>Gives a command its numbers, and does not wait for its answer.</summary>
    public async Task<ulong> TellAsync(object command)
    {
        var fields = JsonSerializer.SerializeToNode(command)!.AsObject();
        var c = (ulong)_told.Count + 1;
        fields["seq"] = Seq;
        fields["c"] = c;
        _told.Add((Seq, c));
        foreach (var then in fields["then"]?.AsArray() ?? [])
        {
            _told.Add((Seq, (ulong)then!["c"]!));
        }

        await WriteLineAsync(fields.ToJsonString());
        return c;
    }

    public async Task<JsonNode> AskAsync(object command) => await AnswerAsync(await TellAsync(command));

    public async Task DoneAsync(object command)
    {
        var answer = await AskAsync(command);
        Assert.True((string?)answer["is"] is "done", answer.ToJsonString());
    }

    /// <summary>The words of a failure.</summary>
    public async Task<string> FailedAsync(object command)
    {
        var answer = await AskAsync(command);
        Assert.True((string?)answer["is"] is "failed", answer.ToJsonString());
        return (string)answer["error"]!;
    }

    public async Task<JsonNode> OpenAsync(string on, Uri url, bool reading = true, string? data = null)
    {
        var opened = await AskAsync(new { cmd = "open", on, url, within_ms = 20_000, reading, data });
        Assert.True((string?)opened["is"] is "opened", opened.ToJsonString());
        return opened;
    }

    public Task SendAsync(string on, string text) => DoneAsync(new { cmd = "send", on, text });

    public async Task<string> ReceiveAsync() => (string)(await EventAsync("received"))["text"]!;

    public async Task ClosedAsync(int code, string reason, bool clean)
    {
        var closed = await EventAsync("closed");
        Assert.Equal((code, reason, clean), ((int)closed["code"]!, (string)closed["reason"]!, (bool)closed["clean"]!));
    }

    /// <summary>Ends the test.</summary>
    public async Task EndAsync()
    {
        var ended = await AskAsync(new { cmd = "end" });
        Assert.Equal("ended", (string?)ended["is"]);
        Assert.Null(ended["on"]);
    }

    /// <summary>Ends the test and the driver, and looks whether everything was answered and nothing was left.</summary>
    public async Task FinishAsync()
    {
        await EndAsync();
        Assert.Empty(_told.Except(_answered));
        await FinishWithUnansweredAsync();
    }

    public async Task FinishWithUnansweredAsync()
    {
        await WriteLineAsync("""{"cmd":"bye"}""");
        await _driver.WaitAsync(Cancelled);
    }

    public async ValueTask DisposeAsync()
    {
        // A test that has failed leaves the driver in the middle of something.
        await _commands.Writer.CompleteAsync();
        await _lines.Reader.CompleteAsync();
    }

    private async Task<JsonNode> FindAsync(Predicate<JsonNode> isWanted)
    {
        bool Suits(JsonNode happened) => (ulong)happened["seq"]! == Seq && isWanted(happened);
        if (_unread.FindIndex(Suits) is var at and >= 0)
        {
            var found = _unread[at];
            _unread.RemoveAt(at);
            return found;
        }

        while (true)
        {
            var line = await LineAsync();
            var happened = line["event"];
            Assert.True(happened is not null, $"an event was expected: {line.ToJsonString()}");
            if (Suits(happened))
            {
                return happened;
            }

            _unread.Add(happened);
        }
    }
}
