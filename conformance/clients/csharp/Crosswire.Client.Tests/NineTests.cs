using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>The study's nine tests, as a user of the library would write them: no list, no driver.</summary>
public sealed class NineTests(ReferenceServer server)
{
    private const int Deadline = 30_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    /// <summary>The server listens on its port.</summary>
    [Fact(Timeout = Deadline)]
    public async Task Listens()
    {
        using var client = new TcpClient();
        await client.ConnectAsync(server.At("/").Host, server.At("/").Port, Cancelled);
        Assert.True(client.Connected);
    }

    /// <summary>A client connects.</summary>
    [Fact(Timeout = Deadline)]
    public async Task Connects()
    {
        using var client = new ClientWebSocket();
        client.Options.CollectHttpResponseDetails = true;
        await client.ConnectAsync(server.At("/ws"), Cancelled);
        Assert.Equal(WebSocketState.Open, client.State);
        Assert.Equal(HttpStatusCode.SwitchingProtocols, client.HttpStatusCode);
        await CloseAsync(client);
    }

    /// <summary>The first message from the server is the welcome.</summary>
    [Fact(Timeout = Deadline)]
    public async Task Welcome()
    {
        using var client = new ClientWebSocket();
        await client.ConnectAsync(server.At("/ws"), Cancelled);
        var welcome = JsonNode.Parse(await client.ReceiveTextAsync(Cancelled))!;
        Assert.Equal("welcome", (string?)welcome["type"]);
        Assert.Equal(JsonValueKind.String, welcome["connection"]!.GetValueKind());
        Assert.Equal(JsonValueKind.String, welcome["server"]!.GetValueKind());
        await NothingElseCameAsync(client);
        await CloseAsync(client);
    }

    /// <summary>A client sends a message and gets it back unchanged.</summary>
    [Fact(Timeout = Deadline)]
    public async Task Echo()
    {
        using var client = await ConnectAsync("/ws");
        foreach (var text in (string[])["hello", "ä😀\0", ""])
        {
            await client.SendTextAsync(text, Cancelled);
            Assert.Equal(text, await client.ReceiveTextAsync(Cancelled));
        }

        byte[] bytes = [0, 255];
        await client.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, Cancelled);
        var (kind, payload) = await client.ReceiveMessageAsync(Cancelled);
        Assert.Equal(WebSocketMessageType.Binary, kind);
        Assert.Equal(bytes, payload);
        await NothingElseCameAsync(client);
        await CloseAsync(client);
    }

    /// <summary>The server sends a message that nobody asked for.</summary>
    [Fact(Timeout = Deadline)]
    public async Task Push()
    {
        var tag = server.Tag();
        using var a = await ConnectAsync($"/ws?tag={tag}");
        using var b = await ConnectAsync("/ws");
        await server.ActAsync(tag, [Send("news")], Cancelled);
        Assert.Equal("news", await a.ReceiveTextAsync(Cancelled));
        await NothingElseCameAsync(b);
        await CloseAsync(a);
        await CloseAsync(b);
    }

    /// <summary>A client closes with 1000, gets 1000 back, and the connection ends cleanly.</summary>
    [Fact(Timeout = Deadline)]
    public async Task Close1000()
    {
        var tag = server.Tag();
        using var client = await ConnectAsync($"/ws?tag={tag}");
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", Cancelled);
        Assert.Equal(WebSocketState.Closed, client.State);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, client.CloseStatus);
        Assert.Equal("done", client.CloseStatusDescription);
        var seen = await server.SeenAsync(tag, new() { ["ended"] = true }, Cancelled);
        Assert.Equal("clean", (string?)seen["ended"]);
    }

    /// <summary>Many messages sent without waiting come back complete and in order.</summary>
    [Fact(Timeout = Deadline)]
    public async Task ManyToServer()
    {
        using var client = await ConnectAsync("/ws");
        await Task.WhenAll(SendAllAsync(), ReceiveManyAsync(client));
        await NothingElseCameAsync(client);
        await CloseAsync(client);

        async Task SendAllAsync()
        {
            for (var i = 0; i < 1000; i++)
            {
                await client.SendTextAsync($"message {i}", Cancelled);
            }
        }
    }

    /// <summary>Many messages pushed by the server arrive complete and in order.</summary>
    [Fact(Timeout = Deadline)]
    public async Task ManyToClient()
    {
        var tag = server.Tag();
        using var client = await ConnectAsync($"/ws?tag={tag}");
        await Task.WhenAll(server.ActAsync(tag, [Send("message ${i}", times: 1000)], Cancelled), ReceiveManyAsync(client));
        await NothingElseCameAsync(client);
        await CloseAsync(client);
    }

    /// <summary>Many clients are independent of one another.</summary>
    [Fact(Timeout = Deadline)]
    public async Task ManyClients()
    {
        var clients = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => ConnectAsync("/ws")));
        for (var i = 0; i < clients.Length; i++)
        {
            await clients[i].SendTextAsync($"from {i}", Cancelled);
        }

        clients[7].Abort();
        for (var i = 0; i < clients.Length; i++)
        {
            using var client = clients[i];
            if (i != 7)
            {
                Assert.Equal($"from {i}", await client.ReceiveTextAsync(Cancelled));
                await NothingElseCameAsync(client);
                await CloseAsync(client);
            }
        }
    }

    [Fact]
    public void These_are_the_nine_of_the_list()
    {
        var listed = Repository.Json("conformance", "suites", "core.json")["tests"]!.AsArray()
            .Select(test => ((string)test!["id"]!).Replace("core/", "", StringComparison.Ordinal).Replace("-", "", StringComparison.Ordinal));
        var here = typeof(NineTests).GetMethods(BindingFlags.Public | BindingFlags.Instance | BindingFlags.DeclaredOnly)
            .Where(method => method.ReturnType == typeof(Task))
            .Select(method => method.Name);
        Assert.Equal(listed.Order(StringComparer.OrdinalIgnoreCase), here.Order(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase);
    }

    private static JsonObject Send(string text, int times = 1) => new() { ["send"] = new JsonObject { ["text"] = text, ["times"] = times } };

    private static async Task ReceiveManyAsync(ClientWebSocket client)
    {
        for (var i = 0; i < 1000; i++)
        {
            Assert.Equal($"message {i}", await client.ReceiveTextAsync(Cancelled));
        }
    }

    /// <summary>The echo of a last word is the very next message.</summary>
    private static async Task NothingElseCameAsync(ClientWebSocket client)
    {
        await client.SendTextAsync("last word", Cancelled);
        Assert.Equal("last word", await client.ReceiveTextAsync(Cancelled));
    }

    private static async Task CloseAsync(ClientWebSocket client)
    {
        await client.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancelled);
        Assert.Equal(WebSocketState.Closed, client.State);
    }

    /// <summary>A connection whose welcome has been read.</summary>
    private async Task<ClientWebSocket> ConnectAsync(string path)
    {
        var client = new ClientWebSocket();
        await client.ConnectAsync(server.At(path), Cancelled);
        await client.ReceiveTextAsync(Cancelled);
        return client;
    }
}
