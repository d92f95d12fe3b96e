using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>The driver at work on messages.</summary>
public sealed class SendingTests(ReferenceServer server)
{
    private const int Deadline = 60_000;
    private const int Mebibyte = 1 << 20;

    /// <summary>More than the buffers between two programs hold, each way.</summary>
    private const int Flood = 32;

    /// <summary>Of bytes that are their place modulo 251.</summary>
    private const string Sha256OfFiveMillion = "d9b380b7e7b4216832cfebb75dbef64d95d592bcad101548204a03d9e0ddce70";

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Sends_every_payload()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/echo"));
        await SendsAsync(new { cmd = "send", on = "a", text = "ä😀\0" }, "text", "ä😀\0");
        await SendsAsync(new { cmd = "send", on = "a", text = "" }, "text", "");
        await SendsAsync(new { cmd = "send", on = "a", base64 = "AP8=" }, "base64", "AP8=");
        await SendsAsync(new { cmd = "send", on = "a", fill = new { len = 28, @as = "text" } }, "text", "abcdefghijklmnopqrstuvwxyzab");
        await SendsAsync(new { cmd = "send", on = "a", fill = new { len = 3, @as = "binary" } }, "base64", "AAEC");
        await SendsAsync(new { cmd = "send", on = "a", invalid_text = "e282ac" }, "text", "€");
        await SendsAsync(new { cmd = "send", on = "a", text = "äbc", fragments = (int[])[1, 0, 3] }, "text", "äbc");
        await SendsAsync(new { cmd = "send", on = "a", base64 = "AP8=", fragments = (int[])[2] }, "base64", "AP8=");
        foreach (var fragments in (int[][])[[1, 1], [], [-1, 4], [int.MaxValue, int.MaxValue, 5]])
        {
            Assert.Equal("the sizes of the fragments do not add up to 3 bytes", await driver.FailedAsync(new { cmd = "send", on = "a", text = "abc", fragments }));
        }

        await driver.FinishAsync();

        async Task SendsAsync(object command, string field, string value)
        {
            await driver.DoneAsync(command);
            Assert.Equal(value, (string?)(await driver.EventAsync("received"))[field]);
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Tells_long_messages_by_their_hash_unless_they_are_asked_for_in_full()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/echo"));
        var told = await EchoedAsync("a", "binary", 5_000_000);
        Assert.Equal(("binary", 5_000_000, Sha256OfFiveMillion), ((string?)told["kind"], (int?)told["len"], (string?)told["sha256"]));
        Assert.Equal(128, ((string)told["head"]!).Length);
        Assert.Null(told["base64"]);
        Assert.Equal(4096, ((string)(await EchoedAsync("a", "text", 4096))["text"]!).Length);
        Assert.Equal("text", (string?)(await EchoedAsync("a", "text", 4097))["kind"]);
        await driver.OpenAsync("full", server.At("/echo"), data: "full");
        Assert.Equal(2_000_000, ((string)(await EchoedAsync("full", "text", 2_000_000))["text"]!).Length);
        Assert.Equal("binary", (string?)(await EchoedAsync("full", "binary", 4 * Mebibyte))["kind"]);
        await driver.FinishAsync();

        async Task<JsonNode> EchoedAsync(string on, string @as, int len)
        {
            await driver.DoneAsync(new { cmd = "send", on, fill = new { len, @as } });
            return await driver.EventAsync("received");
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task A_thousand_sends_are_a_thousand_answers_and_echoes_in_order()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/echo"));
        var sent = new List<ulong>();
        for (var i = 0; i < 1000; i++)
        {
            sent.Add(await driver.TellAsync(new { cmd = "send", on = "a", text = $"message {i}" }));
        }

        await driver.TellAsync(new { cmd = "close", on = "a", code = 1000, within_ms = 20_000 });
        for (var i = 0; i < sent.Count; i++)
        {
            Assert.Equal("done", (string?)(await driver.AnswerAsync(sent[i]))["is"]);
            Assert.Equal($"message {i}", await driver.ReceiveAsync());
        }

        await driver.ClosedAsync(1000, "", clean: true);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Reads_while_it_writes()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/echo"));
        await ComesBackAsync(driver, await FloodAsync(driver, "a"));
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Starts_reading_while_a_send_is_blocked()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/echo"), reading: false);
        var sent = await FloodAsync(driver, "a");
        await driver.DoneAsync(new { cmd = "start_reading", on = "a" });
        await driver.DoneAsync(new { cmd = "stop_reading", on = "a" });
        await driver.DoneAsync(new { cmd = "start_reading", on = "a" });
        await ComesBackAsync(driver, sent);
        await driver.DoneAsync(new { cmd = "close", on = "a", code = 1000, within_ms = 20_000 });
        await driver.ClosedAsync(1000, "", clean: true);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Ends_while_a_send_is_blocked()
    {
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.At("/scenario/never-reads"));
        await driver.OpenAsync("b", server.At("/scenario/never-reads"));
        await driver.EventAsync("received");
        await driver.EventAsync("received");
        var onA = await FloodAsync(driver, "a");
        var onB = await FloodAsync(driver, "b");
        await driver.DoneAsync(new { cmd = "drop", on = "a" });
        Assert.Equal("failed", (string?)(await driver.AnswerAsync(onA[^1]))["is"]);
        await driver.ClosedAsync(1006, "", clean: false);
        Assert.Equal("failed", (string?)(await driver.AskAsync(new { cmd = "close", on = "b", code = 1000, within_ms = 200 }))["is"]);
        Assert.Equal("failed", (string?)(await driver.AnswerAsync(onB[^1]))["is"]);
        await driver.ClosedAsync(1006, "", clean: false);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Leaves_the_socket_alone_while_it_does_not_read()
    {
        await using var driver = new DriverSession();
        var tag = server.Tag();
        await driver.OpenAsync("a", server.At($"/echo?tag={tag}"));
        await driver.DoneAsync(new { cmd = "stop_reading", on = "a" });
        var sent = await FloodAsync(driver, "a");

        // The server has no room left for echoes, so it has stopped reading, and a later send is blocked.
        var seen = await server.SeenAsync(tag, new() { ["received"] = new JsonObject { ["binary"] = 1 } }, Cancelled);
        Assert.InRange((int)seen["received"]!["binary"]!, 1, Flood - 1);
        await driver.DoneAsync(new { cmd = "start_reading", on = "a" });
        await ComesBackAsync(driver, sent);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Drops_behind_what_was_sent()
    {
        await using var driver = new DriverSession();
        var tag = server.Tag();
        await driver.OpenAsync("a", server.At($"/echo?tag={tag}"));
        for (var i = 0; i < 200; i++)
        {
            await driver.TellAsync(new { cmd = "send", on = "a", text = "x" });
        }

        await driver.DoneAsync(new { cmd = "drop", on = "a" });
        await driver.ClosedAsync(1006, "", clean: false);
        var seen = await server.SeenAsync(tag, new() { ["ended"] = true }, Cancelled);
        Assert.Equal("vanished", (string?)seen["ended"]);
        Assert.Null(seen["close"]);
        await driver.FinishAsync();
    }

    private static async Task<List<ulong>> FloodAsync(DriverSession driver, string on)
    {
        var told = new List<ulong>();
        for (var i = 0; i < Flood; i++)
        {
            told.Add(await driver.TellAsync(new { cmd = "send", on, fill = new { len = Mebibyte, @as = "binary" } }));
        }

        return told;
    }

    private static async Task ComesBackAsync(DriverSession driver, List<ulong> sent)
    {
        foreach (var c in sent)
        {
            Assert.Equal("done", (string?)(await driver.AnswerAsync(c))["is"]);
            Assert.Equal(Mebibyte, (int?)(await driver.EventAsync("received"))["len"]);
        }
    }
}
