using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

[assembly: AssemblyFixture(typeof(ReferenceServer))]

namespace Crosswire.Client.Tests.Support;

/// <summary>The reference server, one for all tests. Each names its connections by tags of its own.</summary>
public sealed class ReferenceServer : IAsyncLifetime
{
    private readonly CrosswireProgram _program = new("serve", "--under-test", "--journal", "--log", "error");
    private JsonNode _ready = new JsonObject();
    private int _tags;

    public string Url => (string)_ready["url"]!;

    public async ValueTask InitializeAsync()
    {
        await foreach (var line in Lines.ReadAsync(_program.Output))
        {
            _ready = JsonNode.Parse(line!.Value.Span)!["ready"]!;
            return;
        }

        throw new InvalidOperationException($"{Repository.Crosswire} serve has ended, and was never ready.");
    }

    public ValueTask DisposeAsync() => _program.DisposeAsync();

    public Uri At(string path) => new(Url + path);

    /// <summary>A name that no other connection has.</summary>
    public string Tag() => $"csharp-{Interlocked.Increment(ref _tags)}";

    /// <summary>Has the server act on a connection, and gives back its answer when it has.</summary>
    public async Task<JsonNode> ActAsync(string tag, JsonArray acts, CancellationToken cancellationToken)
    {
        using var control = new ClientWebSocket();
        await control.ConnectAsync(new Uri((string)_ready["control"]!), cancellationToken);
        await control.SendTextAsync(new JsonObject { ["id"] = 1, ["to"] = tag, ["act"] = acts }.ToJsonString(), cancellationToken);
        var answer = JsonNode.Parse(await control.ReceiveTextAsync(cancellationToken))!;
        Assert.True(answer["ok"] is not null, answer.ToJsonString());
        await control.CloseAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        return answer;
    }

    /// <summary>What the server saw of a connection, once something is true of it.</summary>
    public async Task<JsonNode> SeenAsync(string tag, JsonObject until, CancellationToken cancellationToken)
    {
        var answer = await ActAsync(tag, [new JsonObject { ["seen"] = new JsonObject { ["until"] = until, ["within_ms"] = 10_000 } }], cancellationToken);
        return answer["seen"]!;
    }
}
