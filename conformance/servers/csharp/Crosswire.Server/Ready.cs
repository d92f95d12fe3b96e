using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Crosswire.Server;

/// <summary>What the server says of itself when it listens.</summary>
internal sealed record Ready(string Url, string Control, string Name, string Version, string[] Can, Limits Limits)
{
    /// <summary>What the public interface of the library lets one do. The README says what it does not.</summary>
    private static readonly string[] OfTheLibrary =
    [
        "welcome",
        "echo",
        "bare-echo",
        "routes",
        "subprotocols",
        "origins",
        "no-extensions",
        "control",
        "control-drop",
        "control-fragments",
        "control-reading",
        "journal",
    ];

    public static string Line(string url, Settings settings)
    {
        var ready = new Ready(url, $"{url}/control", "csharp-kestrel", $"Kestrel {Environment.Version}", OfTheLibrary, new(settings.MaxMessage));
        return JsonSerializer.Serialize(new ReadyLine(ready), Json.Protocol.ReadyLine);
    }
}

internal sealed record ReadyLine(Ready Ready);

internal sealed record Limits(int MaxMessage);

/// <summary>Everything that is written in JSON. Unknown fields, missing ones and doubled ones are mistakes.</summary>
[JsonSerializable(typeof(ReadyLine))]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(Welcome))]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(SeenWhen))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class Json : JsonSerializerContext
{
    /// <summary>What is written goes to programs that read JSON, and nothing of it into a page: so backticks and letters of every language stay as they are.</summary>
    public static Json Protocol { get; } = new(new JsonSerializerOptions(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });
}
