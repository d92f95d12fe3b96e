using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Crosswire.Client;

/// <summary>The protocol in JSON. Unknown fields, missing ones and doubled ones are mistakes.</summary>
[JsonSerializable(typeof(Command))]
[JsonSerializable(typeof(Line))]
internal sealed partial class Json : JsonSerializerContext
{
    /// <summary>What is written goes to programs that read JSON, and nothing of it into a page: so letters of every language stay as they are.</summary>
    public static JavaScriptEncoder Letters => JavaScriptEncoder.UnsafeRelaxedJsonEscaping;

    public static Json Protocol { get; } = new(new JsonSerializerOptions(JsonSerializerOptions.Strict)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        AllowOutOfOrderMetadataProperties = true,
        Encoder = Letters,
    });
}
