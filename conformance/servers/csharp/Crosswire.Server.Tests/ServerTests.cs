using System.Diagnostics;
using System.Net;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Server.Tests;

/// <summary>How the server starts and stops, whom it lets in, and what it echoes. The list tests the rest.</summary>
public sealed class ServerTests
{
    private const int Deadline = 60_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Says_when_it_is_ready_and_what_it_can_do()
    {
        await using var server = await ServerProgram.StartReadyAsync("--max-message=70000");
        Assert.Equal("csharp-kestrel", (string?)server.Ready["name"]);
        Assert.Equal(server.At("/control").OriginalString, (string?)server.Ready["control"]);
        Assert.Equal(70_000, (int?)server.Ready["limits"]!["max_message"]);
        Assert.Contains("echo", server.Ready["can"]!.AsArray().Select(name => (string?)name), StringComparer.Ordinal);
    }

    [Fact(Timeout = Deadline)]
    public async Task Stops_with_its_standard_input_and_bids_goodbye()
    {
        await using var server = await ServerProgram.StartReadyAsync();
        using var client = await server.ConnectAsync("/ws");
        using var silent = await server.ConnectAsync("/echo");
        var clock = Stopwatch.StartNew();
        var stopping = server.StopAsync();
        var (kind, _) = await client.ReceiveMessageAsync(Cancelled);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.EndpointUnavailable), (kind, client.CloseStatus));
        await client.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, null, Cancelled);
        Assert.Equal(0, await stopping);

        // It promises two seconds. A machine that builds beside it is given more.
        Assert.InRange(clock.ElapsedMilliseconds, 0, 6000);
    }

    [Theory(Timeout = Deadline)]
    [InlineData("--port=1", "--port=1 is no flag")]
    [InlineData("--max-message", "--max-message is no flag")]
    [InlineData("--max-message=1MiB", "a whole number from 1")]
    [InlineData("--max-sessions=0", "a whole number from 1")]
    [InlineData("--allow-origin=", "--allow-origin= is no flag")]
    public async Task Refuses_a_flag_that_it_does_not_know(string flag, string words)
    {
        using var process = ServerProgram.Start(flag);
        var error = await process.StandardError.ReadToEndAsync(Cancelled);
        await process.WaitForExitAsync(Cancelled);
        Assert.Equal(2, process.ExitCode);
        Assert.Contains(words, error, StringComparison.Ordinal);
    }

    [Fact(Timeout = Deadline)]
    public async Task Tells_every_refusal_in_one_form()
    {
        await using var server = await ServerProgram.StartReadyAsync("--max-sessions=2", "--allow-origin=http://localhost:*");
        using var holder = await server.ConnectAsync("/ws?tag=held");
        await RefusesAsync("/nowhere", 404, "unknown_path");
        await RefusesAsync("/WS", 404, "unknown_path");
        await RefusesAsync("/ws", 405, "method", HttpMethod.Post);
        await RefusesAsync("/ws", 426, "not_an_upgrade");
        await RefusesUpgradeAsync("/ws", 403, "origin", origin: "http://evil.example");
        await RefusesUpgradeAsync("/ws", 403, "origin", origin: "http://localhost:80.evil.example");
        await RefusesUpgradeAsync("/control", 403, "origin", origin: "http://localhost:1");
        await RefusesUpgradeAsync("/ws", 400, "subprotocol", subprotocol: "nobody.knows.this");
        await RefusesUpgradeAsync("/ws?tag=a%20b", 400, "bad_tag");
        await RefusesUpgradeAsync("/ws?tag=a&tag=b", 400, "bad_tag");
        await RefusesUpgradeAsync("/ws?tag=held", 409, "tag_in_use");
        using var second = await server.ConnectAsync("/echo");
        await RefusesUpgradeAsync("/ws", 503, "full");

        Task RefusesUpgradeAsync(string path, int status, string error, string? origin = null, string? subprotocol = null)
        {
            var headers = new Dictionary<string, string?>(StringComparer.Ordinal)
            {
                ["Connection"] = "Upgrade",
                ["Upgrade"] = "websocket",
                ["Sec-WebSocket-Version"] = "13",
                ["Sec-WebSocket-Key"] = "AAAAAAAAAAAAAAAAAAAAAA==",
                ["Origin"] = origin,
                ["Sec-WebSocket-Protocol"] = subprotocol,
            };
            return RefusesAsync(path, status, error, headers: headers);
        }

        async Task RefusesAsync(string path, int status, string error, HttpMethod? method = null, Dictionary<string, string?>? headers = null)
        {
            using var client = new HttpClient();
            using var request = new HttpRequestMessage(method ?? HttpMethod.Get, new UriBuilder(server.At(path)) { Scheme = "http" }.Uri);
            foreach (var (name, value) in headers ?? [])
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await client.SendAsync(request, Cancelled);
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancelled))!;
            Assert.Equal(((HttpStatusCode)status, error), (response.StatusCode, (string?)body["error"]));
            Assert.NotEmpty((string)body["message"]!);
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Lets_pages_of_its_own_and_of_listed_origins_in()
    {
        await using var server = await ServerProgram.StartReadyAsync("--allow-origin=http://localhost:*", "--allow-origin=https://example.org");
        foreach (var origin in (string[])["http://localhost:8080", "https://example.org", server.At("").OriginalString.Replace("ws://", "http://", StringComparison.Ordinal)])
        {
            using var client = new ClientWebSocket();
            client.Options.SetRequestHeader("Origin", origin);
            await client.ConnectAsync(server.At("/ws"), Cancelled);
            Assert.Equal(WebSocketState.Open, client.State);
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Closes_with_1009_what_is_longer_than_the_limit()
    {
        await using var server = await ServerProgram.StartReadyAsync("--max-message=10");
        using var client = await server.ConnectAsync("/ws?tag=long");
        await client.SendTextAsync("0123456789", Cancelled);
        Assert.Equal("0123456789", await client.ReceiveTextAsync(Cancelled));
        await client.SendTextAsync("0123456789a", Cancelled);
        await client.SendTextAsync("behind it", Cancelled);
        var (kind, _) = await client.ReceiveMessageAsync(Cancelled);
        Assert.Equal((WebSocketMessageType.Close, WebSocketCloseStatus.MessageTooBig), (kind, client.CloseStatus));
        await client.CloseOutputAsync(WebSocketCloseStatus.MessageTooBig, null, Cancelled);
        var seen = JsonNode.Parse(await server.ControlAsync("long", """{"id":1,"to":"TAG","act":[{"seen":{"until":{"ended":true}}}]}"""))!["seen"]!;
        Assert.Equal("violation", (string?)seen["ended"]);
        Assert.Equal((1, 2), ((int)seen["received"]!["text"]!, (int)seen["sent"]!["text"]!));
    }

    [Fact(Timeout = Deadline)]
    public async Task Gives_a_tag_back_when_its_holder_has_gone()
    {
        await using var server = await ServerProgram.StartReadyAsync();
        for (var i = 0; i < 3; i++)
        {
            using var client = await server.ConnectAsync("/ws?tag=mine");
            client.Abort();
            await server.ControlAsync("mine", """{"id":1,"to":"TAG","act":[{"seen":{"until":{"ended":true}}}]}""");
        }
    }
}
