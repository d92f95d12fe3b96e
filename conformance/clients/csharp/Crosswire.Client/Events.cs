using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Crosswire.Client;

/// <summary>A line that the driver writes: one of the three.</summary>
internal sealed record Line(
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Introduction? Hello = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Event? Event = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Mistake? Error = null);

/// <summary>The answer to what is no command, with the command's numbers as far as they could be read.</summary>
internal sealed record Mistake(
    string Message,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ulong? Seq = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ulong? C = null)
{
    public static Mistake In(ReadOnlyMemory<byte> line, string message)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return new(message, Number("seq"), Number("c"));

            ulong? Number(string name) =>
                document.RootElement is { ValueKind: JsonValueKind.Object } root
                && root.TryGetProperty(name, out var value)
                && value.ValueKind == JsonValueKind.Number
                && value.TryGetUInt64(out var number) ? number : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // It is no JSON, or has a field whose name has half a character.
            return new(message);
        }
    }
}

/// <summary>Something that happened.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "is")]
[JsonDerivedType(typeof(Opened), "opened")]
[JsonDerivedType(typeof(Refused), "refused")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(Received), "received")]
[JsonDerivedType(typeof(Closed), "closed")]
[JsonDerivedType(typeof(Listened), "listened")]
[JsonDerivedType(typeof(Ended), "ended")]
internal abstract record Event
{
    public ulong Seq { get; init; }

    public ulong N { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public ulong? C { get; init; }

    public double Ms { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? On { get; init; }
}

internal sealed record Opened(string? Subprotocol, string[] Extensions) : Event;

internal sealed record Refused(string Error, int? Status = null) : Event;

internal sealed record Done : Event;

internal sealed record Failed(string Error) : Event;

internal sealed record Closed(int Code, string Reason, bool Clean) : Event;

internal sealed record Listened : Event;

internal sealed record Ended : Event;

/// <summary>A message that has come: all of it, or what tells it from every other.</summary>
internal sealed record Received : Event
{
    /// <summary>A message that is longer is told by its hash, unless it was asked for in full.</summary>
    private const int ShownInFull = 4 << 10;

    /// <summary>What of such a message is shown.</summary>
    private const int HeadLength = 64;

    /// <summary>Room on a line for everything but the payload.</summary>
    private const int Around = 1 << 10;

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Text { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public byte[]? Base64 { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Kind { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Len { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Sha256 { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Head { get; init; }

    public static Received Message(bool isText, ReadOnlySpan<byte> payload, bool inFull)
    {
        if (payload.Length <= ShownInFull || (inFull && Length(isText, payload) + Around <= Lines.Longest))
        {
            return isText ? new() { Text = Encoding.UTF8.GetString(payload) } : new() { Base64 = payload.ToArray() };
        }

        return new()
        {
            Kind = isText ? "text" : "binary",
            Len = payload.Length,
            Sha256 = Convert.ToHexStringLower(SHA256.HashData(payload)),
            Head = Convert.ToHexStringLower(payload[..HeadLength]),
        };
    }

    /// <summary>How long a payload is on a line.</summary>
    private static int Length(bool isText, ReadOnlySpan<byte> payload) =>
        isText
            ? JsonEncodedText.Encode(payload, Json.Letters).EncodedUtf8Bytes.Length
            : System.Buffers.Text.Base64.GetMaxEncodedToUtf8Length(payload.Length);
}
