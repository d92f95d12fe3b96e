using System.Text.Json;
using System.Text.Json.Serialization;

namespace Crosswire;

/// <summary>A line that is no command.</summary>
public sealed class MistakeException(string message) : Exception(message);

/// <summary>What can be told. A capability that you claim in Library.cs brings more commands and fields.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "cmd")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Bye), "bye")]
[JsonDerivedType(typeof(Open), "open")]
[JsonDerivedType(typeof(Send), "send")]
[JsonDerivedType(typeof(Close), "close")]
[JsonDerivedType(typeof(Listen), "listen")]
[JsonDerivedType(typeof(End), "end")]
public abstract record Command
{
    private static readonly JsonSerializerOptions Strict = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        AllowOutOfOrderMetadataProperties = true,
        RespectNullableAnnotations = true,
        AllowDuplicateProperties = false,
    };

    /// <summary>Reads a line. Nothing is carried out of a command that has a field too many, lacks one, or has one of another
    /// type.</summary>
    public static Command Understand(string line)
    {
        try
        {
            Command command = JsonSerializer.Deserialize<Command>(line, Strict) ?? throw new MistakeException("null is no command");
            (command as Send)?.Payload();
            return command;
        }
        catch (Exception error) when (error is JsonException or NotSupportedException or FormatException)
        {
            throw new MistakeException(error.Message);
        }
    }

    /// <summary>What a line has of the numbers of a command.</summary>
    public static Dictionary<string, object?> Numbers(string line)
    {
        Dictionary<string, object?> numbers = [];
        try
        {
            using JsonDocument given = JsonDocument.Parse(line);
            foreach (string name in (string[])["seq", "c"])
            {
                if (given.RootElement.ValueKind == JsonValueKind.Object &&
                    given.RootElement.TryGetProperty(name, out JsonElement value) &&
                    value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number))
                {
                    numbers[name] = number;
                }
            }
        }
        catch (JsonException)
        {
            // A line that is no JSON has no numbers.
        }

        return numbers;
    }
}

/// <summary>Asks who is there.</summary>
public sealed record Hello : Command
{
    public required int Protocol { get; init; }
}

/// <summary>Says goodbye.</summary>
public sealed record Bye : Command;

/// <summary>A command of a test.</summary>
public abstract record OfTest : Command
{
    public required long Seq { get; init; }

    public required long C { get; init; }
}

/// <summary>Connects to an address and ends the connection.</summary>
public sealed record Listen : OfTest
{
    public required string Url { get; init; }
}

/// <summary>Ends a test.</summary>
public sealed record End : OfTest;

/// <summary>A command of a connection.</summary>
public abstract record OfConnection : OfTest
{
    public required string On { get; init; }
}

/// <summary>Opens a connection.</summary>
public sealed record Open : OfConnection
{
    public required string Url { get; init; }

    public required int WithinMs { get; init; }

    public string[] Subprotocols { get; init; } = [];

    public string? Data { get; init; }
}

/// <summary>Closes it.</summary>
public sealed record Close : OfConnection
{
    public required int WithinMs { get; init; }

    public int? Code { get; init; }

    public string Reason { get; init; } = "";
}

/// <summary>Sends a message, which is told in one of three forms.</summary>
public sealed record Send : OfConnection
{
    public string? Text { get; init; }

    public string? Base64 { get; init; }

    public Fill? Fill { get; init; }

    /// <summary>The message.</summary>
    public Message Payload() => (Text, Base64, Fill) switch
    {
        ({ } text, null, null) => new Message(text, []),
        (null, { } base64, null) => new Message(null, Convert.FromBase64String(base64)),
        (null, null, { As: "text" } fill) => new Message(string.Create(fill.Length(), 0, (letters, _) =>
        {
            for (int i = 0; i < letters.Length; i++)
            {
                letters[i] = (char)('a' + (i % 26));
            }
        }), []),
        (null, null, { As: "binary" } fill) =>
            new Message(null, [.. Enumerable.Range(0, fill.Length()).Select(i => (byte)(i % 251))]),
        _ => throw new MistakeException("a payload is exactly one of `text`, `base64` and `fill`, as text or binary"),
    };
}

/// <summary>So many letters or bytes.</summary>
public sealed record Fill
{
    private const int Longest = 256 << 20;

    public required int Len { get; init; }

    public required string As { get; init; }

    /// <summary>How many.</summary>
    public int Length() => Len is >= 0 and <= Longest ? Len : throw new MistakeException($"a `fill` has a `len` of 0 to {Longest}");
}
