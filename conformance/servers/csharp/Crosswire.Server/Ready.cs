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
        return JsonSerializer.Serialize(new ReadyLine(ready), Json.Default.ReadyLine);
    }
}

internal sealed record ReadyLine(Ready Ready);

internal sealed record Limits(int MaxMessage);

/// <summary>Everything that is written in JSON. Unknown fields, missing ones and doubled ones are mistakes.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Strict, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(ReadyLine))]
[JsonSerializable(typeof(Refusal))]
[JsonSerializable(typeof(Welcome))]
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(SeenWhen))]
[JsonSerializable(typeof(Answer))]
internal sealed partial class Json : JsonSerializerContext;
