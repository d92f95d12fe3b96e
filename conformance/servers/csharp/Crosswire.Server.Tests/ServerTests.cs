using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
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
            foreach (var (name, value) in (headers ?? []).Where(header => header.Value is not null))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var response = await client.SendAsync(request, Cancelled);
            var body = JsonNode.Parse(await response.Content.ReadAsStringAsync(Cancelled))!;
            Assert.Equal(((HttpStatusCode)status, error), (response.StatusCode, (string?)body["error"]));
            Assert.NotEmpty((string)body["message"]!);
            Assert.Equal("error message", string.Join(' ', body.AsObject().Select(field => field.Key)));
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Tells_what_is_wrong_with_a_handshake()
    {
        await using var server = await ServerProgram.StartReadyAsync();
        await AnswersAsync(101, null);
        await AnswersAsync(426, "not_an_upgrade", without: "Upgrade");
        await AnswersAsync(426, "not_an_upgrade", without: "Upgrade", with: "Upgrade: h2c");
        await AnswersAsync(426, "not_an_upgrade", without: "Connection");
        await AnswersAsync(426, "not_an_upgrade", with: "Content-Length: 2", body: "hi");
        await AnswersAsync(101, null, without: "Connection", with: "Connection: keep-alive, upgrade");
        await AnswersAsync(426, "version", without: "Sec-WebSocket-Version");
        await AnswersAsync(426, "version", without: "Sec-WebSocket-Version", with: "Sec-WebSocket-Version: 8");
        await AnswersAsync(426, "version", without: "Sec-WebSocket-Version", with: "Sec-WebSocket-Version: 13, 8");
        await AnswersAsync(426, "version", with: "Sec-WebSocket-Version: 13");
        await AnswersAsync(400, "bad_key", without: "Sec-WebSocket-Key");
        await AnswersAsync(400, "bad_key", without: "Sec-WebSocket-Key", with: "Sec-WebSocket-Key: AAAA");
        await AnswersAsync(400, "bad_key", without: "Sec-WebSocket-Key", with: "Sec-WebSocket-Key: AAAAAAAA AAAAAAAAAAAAAA==");
        await AnswersAsync(400, "bad_key", without: "Sec-WebSocket-Key", with: "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAB==");
        await AnswersAsync(400, "bad_key", with: "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==");
        await AnswersAsync(400, "subprotocol", with: "Sec-WebSocket-Protocol: ,,");
        await AnswersAsync(400, "subprotocol", with: "Sec-WebSocket-Protocol:");
        await AnswersAsync(400, "subprotocol", with: "Sec-WebSocket-Protocol: crosswire.v1.plain, a b");
        await AnswersAsync(400, "subprotocol", with: "Sec-WebSocket-Protocol: crosswire.v1.plain, crosswire.v1.plain");
        await AnswersAsync(400, "subprotocol", path: "/echo", with: "Sec-WebSocket-Protocol: ,,");
        await AnswersAsync(400, "subprotocol", path: "/control", with: "Sec-WebSocket-Protocol: a;b");

        // RFC 9110 5.6.1: empty elements are ignored.
        await AnswersAsync(101, null, with: "Sec-WebSocket-Protocol: a,, crosswire.v1.plain");
        await AnswersAsync(505, "http_version", version: "1.0");

        async Task AnswersAsync(int status, string? error, string path = "/ws", string? without = null, string? with = null, string body = "", string version = "1.1")
        {
            string[] headers = ["Host: localhost", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="];
            var lines = headers.Where(header => without is null || !header.StartsWith($"{without}:", StringComparison.Ordinal)).Append(with).OfType<string>();
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, server.At("").Port, Cancelled);
            var stream = client.GetStream();
            await stream.WriteAsync(Encoding.ASCII.GetBytes($"GET {path} HTTP/{version}\r\n{string.Join("\r\n", lines)}\r\n\r\n{body}"), Cancelled);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            var told = await reader.ReadLineAsync(Cancelled);
            Assert.True(told!.StartsWith($"HTTP/1.1 {status} ", StringComparison.Ordinal), $"{told}, where {status} {error} was wanted of {path} without {without} and with {with}");
            if (error is not null)
            {
                Assert.Contains($"\"error\":\"{error}\"", await reader.ReadToEndAsync(Cancelled), StringComparison.Ordinal);
            }
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
