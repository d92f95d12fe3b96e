using System.Diagnostics;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>The driver at work on connections: how they begin, how they end, and what is left of them.</summary>
public sealed class ConnectionTests(ReferenceServer server)
{
    private const int Deadline = 60_000;

    /// <summary>Timers of .NET go by the kernel's coarse clock, of which a tick takes 4 ms, or 10: so much early may they be.</summary>
    private const int Tick = 10;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Speaks_as_the_example_does()
    {
        await using var driver = new DriverSession { Seq = 7 };
        var opened = await driver.OpenAsync("a", server.At("/echo"));
        Assert.True(opened.AsObject().ContainsKey("subprotocol"));
        Assert.Null(opened["subprotocol"]);
        Assert.Empty(opened["extensions"]!.AsArray());
        Assert.True((double)opened["ms"]! > 0);
        await driver.SendAsync("a", "hello");
        Assert.Equal("hello", await driver.ReceiveAsync());
        await driver.DoneAsync(new { cmd = "close", on = "a", code = 1000, reason = "", within_ms = 20_000 });
        await driver.ClosedAsync(1000, "", clean: true);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Shows_what_was_agreed_on()
    {
        await using var driver = new DriverSession();
        var tag = server.Tag();
        var opened = await driver.AskAsync(new
        {
            cmd = "open",
            on = "a",
            url = server.At($"/echo?tag={tag}"),
            within_ms = 20_000,
            subprotocols = (string[])["chat", "soap"],
            headers = (string[][])[["X-One", "1"], ["x-one", "2"], ["X-Two", "3"]],
        });
        Assert.Equal("chat", (string?)opened["subprotocol"]);
        var seen = await server.SeenAsync(tag, new() { ["received"] = new JsonObject { ["text"] = 0 } }, Cancelled);
        var headers = seen["handshake"]!["headers"]!.AsArray().ToLookup(header => (string)header![0]!, header => (string)header![1]!, StringComparer.OrdinalIgnoreCase);
        Assert.Equal("1, 2", Assert.Single(headers["X-One"]));
        Assert.Equal("3", Assert.Single(headers["X-Two"]));
        Assert.Equal("chat, soap", Assert.Single(headers["Sec-WebSocket-Protocol"]));
        await driver.FinishAsync();
    }

    [Theory(Timeout = Deadline)]
    [InlineData("/scenario/refuse?status=403", 403, "The server returned status code '403'")]
    [InlineData("/scenario/wrong-accept", 101, "'Sec-WebSocket-Accept'")]
    [InlineData("/scenario/unasked-subprotocol", 101, "nobody.asked.for.this")]
    [InlineData("ws://127.0.0.1:1/", null, "Connection refused")]
    [InlineData("http://127.0.0.1:1/", null, "Only Uris starting with")]
    [InlineData("nonsense", null, "Invalid URI")]
    public async Task Reports_why_a_connection_was_refused(string address, int? status, string words)
    {
        await using var driver = new DriverSession();
        var url = address.StartsWith('/') ? server.At(address).AbsoluteUri : address;
        var refused = await driver.AskAsync(new { cmd = "open", on = "a", url, within_ms = 20_000 });
        Assert.Equal("refused", (string?)refused["is"]);
        Assert.Equal(status, (int?)refused["status"]);
        Assert.Contains(words, (string?)refused["error"], StringComparison.Ordinal);
        object[] orders =
        [
            new { cmd = "send", on = "a", text = "" },
            new { cmd = "close", on = "a", code = 1000, within_ms = 1 },
            new { cmd = "drop", on = "a" },
            new { cmd = "stop_reading", on = "a" },
            new { cmd = "react", on = "a", then = Array.Empty<object>() },
        ];
        foreach (var order in orders)
        {
            Assert.Equal($"the connection was refused: {refused["error"]}", await driver.FailedAsync(order));
        }

        await driver.OpenAsync("a", server.At("/echo"));
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Gives_up_what_does_not_open()
    {
        await using var driver = new DriverSession();
        var url = server.At("/scenario/no-answer");
        var clock = Stopwatch.StartNew();
        var refused = await driver.AskAsync(new { cmd = "open", on = "a", url, within_ms = 150 });
        Assert.Equal("not open within 150 ms", (string?)refused["error"]);
        Assert.True(clock.ElapsedMilliseconds >= 150 - Tick);
        refused = await driver.AskAsync(new { cmd = "open", on = "a", url, within_ms = 3_600_000, abandon = true });
        Assert.Equal("given up, as it was told", (string?)refused["error"]);
        await driver.OpenAsync("a", server.At("/echo"));
        refused = await driver.AskAsync(new { cmd = "open", on = "a", url, within_ms = 150 });
        Assert.Equal("the test has a connection `a` already", (string?)refused["error"]);
        await driver.FinishAsync();
    }

    [Theory(Timeout = Deadline)]
    [InlineData("close-after-101", 4001, "closed at once", true)]
    [InlineData("message-then-close", 1000, "that was all", true)]
    [InlineData("vanishes", 1006, "", false)]
    [InlineData("quiet-end", 1006, "", false)]
    [InlineData("masked", 1006, "", false)]
    [InlineData("bad-utf8", 1006, "", false)]
    public async Task Reports_how_the_peer_ended_it(string scenario, int code, string reason, bool clean)
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At($"/scenario/{scenario}"));
        await driver.ClosedAsync(code, reason, clean);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Cuts_what_does_not_answer_a_close()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/scenario/never-answers-close"));
        var clock = Stopwatch.StartNew();
        await driver.DoneAsync(new { cmd = "close", on = "a", code = 1000, within_ms = 200 });
        await driver.ClosedAsync(1006, "", clean: false);
        Assert.True(clock.ElapsedMilliseconds >= 200 - Tick);
        await driver.OpenAsync("b", server.At("/scenario/answers-close-late"));
        await driver.DoneAsync(new { cmd = "close", on = "b", code = 4999, reason = "ä", within_ms = 20_000 });
        await driver.ClosedAsync(4999, "ä", clean: true);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task A_close_that_fails_has_not_begun_and_its_time_does_not_run()
    {
        await using var driver = new DriverSession();
        var tag = server.Tag();
        await driver.OpenAsync("a", server.At($"/echo?tag={tag}"));
        Assert.Contains("'1006' is reserved", await driver.FailedAsync(new { cmd = "close", on = "a", code = 1006, within_ms = 1000 }), StringComparison.Ordinal);
        await server.ActAsync(tag, [new JsonObject { ["wait_ms"] = 1100 }, new JsonObject { ["send"] = new JsonObject { ["text"] = "still here" } }], Cancelled);
        Assert.Equal("still here", await driver.ReceiveAsync());
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Says_in_the_words_of_the_library_what_cannot_be_done_any_more()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/scenario/answers-close-late"));
        await driver.DoneAsync(new { cmd = "close", on = "a", code = 1000, within_ms = 20_000 });
        Assert.Contains("invalid state ('CloseSent')", await driver.FailedAsync(new { cmd = "send", on = "a", text = "late" }), StringComparison.Ordinal);
        await driver.DoneAsync(new { cmd = "close", on = "a", code = 1000, within_ms = 20_000 });
        await driver.ClosedAsync(1000, "", clean: true);
        Assert.Contains("disposed", await driver.FailedAsync(new { cmd = "send", on = "a", text = "later" }), StringComparison.Ordinal);
        await driver.DoneAsync(new { cmd = "close", on = "a", code = 1000, within_ms = 20_000 });
        Assert.Equal("the connection is over", await driver.FailedAsync(new { cmd = "drop", on = "a" }));
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Reads_nothing_until_it_is_told_to()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/ws"), reading: false);
        await driver.OpenAsync("b", server.At("/echo"));
        await driver.SendAsync("b", "meanwhile");
        Assert.Equal("b", (string?)(await driver.EventAsync("received"))["on"]);
        await driver.DoneAsync(new { cmd = "start_reading", on = "a" });
        Assert.Equal("a", (string?)(await driver.EventAsync("received"))["on"]);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Reacts_to_the_next_message_once()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/echo"));
        await driver.DoneAsync(new { cmd = "react", on = "a", then = (object[])[new { cmd = "send", c = 1001, text = "reaction" }] });
        await driver.SendAsync("a", "action");
        Assert.Equal("action", await driver.ReceiveAsync());
        Assert.Equal("done", (string?)(await driver.AnswerAsync(1001))["is"]);
        Assert.Equal("reaction", await driver.ReceiveAsync());
        await driver.DoneAsync(new { cmd = "react", on = "a", then = (object[])[new { cmd = "close", c = 1002, code = 4000, reason = "enough", within_ms = 20_000 }] });
        await driver.SendAsync("a", "action");
        Assert.Equal("done", (string?)(await driver.AnswerAsync(1002))["is"]);
        await driver.ClosedAsync(4000, "enough", clean: true);

        await driver.OpenAsync("b", server.At("/echo"));
        await driver.DoneAsync(new { cmd = "react", on = "b", then = (object[])[new { cmd = "send", c = 1003, text = "" }] });
        await driver.DoneAsync(new { cmd = "close", on = "b", code = 1000, within_ms = 20_000 });
        Assert.Equal("failed", (string?)(await driver.AnswerAsync(1003))["is"]);
        await driver.ClosedAsync(1000, "", clean: true);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Connections_and_tests_do_not_wait_for_one_another()
    {
        await using var driver = new DriverSession();
        foreach (var seq in (ulong[])[1, 2])
        {
            driver.Seq = seq;
            await driver.TellAsync(new { cmd = "open", on = "stuck", url = server.At("/scenario/no-answer"), within_ms = 3_600_000 });
            await driver.TellAsync(new { cmd = "send", on = "stuck", text = "waits" });
            await driver.OpenAsync("a", server.At("/echo"));
            await driver.SendAsync("a", $"in test {seq}");
        }

        foreach (var seq in (ulong[])[1, 2])
        {
            driver.Seq = seq;
            Assert.Equal($"in test {seq}", await driver.ReceiveAsync());
            await driver.EndAsync();
        }

        await driver.FinishWithUnansweredAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Leaves_nothing_behind_when_a_test_ends()
    {
        await using var driver = new DriverSession();
        var tag = server.Tag();
        await driver.OpenAsync("a", server.At($"/scenario/pings?tag={tag}"));
        await driver.OpenAsync("b", server.At("/echo"), reading: false);
        await driver.EndAsync();
        var seen = await server.SeenAsync(tag, new() { ["ended"] = true }, Cancelled);
        Assert.Equal("vanished", (string?)seen["ended"]);
        driver.Seq = 2;
        await driver.OpenAsync("a", server.At("/echo"));
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Survives_tests_that_end_as_soon_as_they_have_begun()
    {
        await using var driver = new DriverSession();
        for (var seq = 1UL; seq <= 100; seq++)
        {
            driver.Seq = seq;
            await driver.OpenAsync("a", server.At("/ws"));
            await driver.TellAsync(new { cmd = "send", on = "a", text = "" });
            await driver.EndAsync();
        }

        await driver.FinishWithUnansweredAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Finds_out_whether_something_listens()
    {
        await using var driver = new DriverSession();
        var listened = await driver.AskAsync(new { cmd = "listen", url = server.At("/ws") });
        Assert.Equal("listened", (string?)listened["is"]);
        Assert.Null(listened["on"]);
        foreach (var url in (string[])["ws://127.0.0.1:1/", "nonsense", "ws://:1/", "mailto:nobody"])
        {
            await driver.FailedAsync(new { cmd = "listen", url });
        }

        await driver.FinishAsync();
    }
}
