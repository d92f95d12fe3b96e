using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Crosswire.Server;

/// <summary>What `/control` can be told: acts, one after the other, on the connection of a name.</summary>
internal sealed record Command(string To, Act[] Act, JsonElement Id = default) : IJsonOnDeserialized
{
    private const int MostActs = 1000;

    void IJsonOnDeserialized.OnDeserialized() => Check.That(Act.Length <= MostActs, $"a command has at most {MostActs} acts");
}

/// <summary>One thing to do: exactly one of these is there.</summary>
internal sealed record Act(
    SendAct? Send = null,
    CloseAct? Close = null,
    int? WaitMs = null,
    bool? Drop = null,
    bool? StopReading = null,
    bool? StartReading = null,
    [property: JsonConverter(typeof(TrueOrWhen))] SeenWhen? Seen = null) : IJsonOnDeserialized
{
    private const int LongestWait = 2000;

    /// <summary>What this server cannot do, or nobody can.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Others { get; set; }

    void IJsonOnDeserialized.OnDeserialized()
    {
        Check.That(Others is null, $"`{Others?.Keys.FirstOrDefault()}` is no act of this server; it has send, close, wait_ms, drop, stop_reading, start_reading and seen");
        object?[] acts = [Send, Close, WaitMs, Drop, StopReading, StartReading, Seen];
        Check.That(acts.Count(act => act is not null) == 1, "each act is an object of its own, with one key, its name");
        Check.That(Drop is not false && StopReading is not false && StartReading is not false, "only `true` makes sense here; leave the act out instead");
        Check.That(WaitMs is null or (>= 0 and <= LongestWait), $"`wait_ms` is at most {LongestWait}");
    }
}

/// <summary>A message, or many.</summary>
internal sealed partial record SendAct(string? Text = null, string? Hex = null, Fill? Fill = null, int? Times = null, int[]? Fragments = null) : IJsonOnDeserialized
{
    private const int MostTimes = 1_000_000;
    private const int MostFragments = 65_536;

    void IJsonOnDeserialized.OnDeserialized()
    {
        object?[] payloads = [Text, Hex, Fill];
        Check.That(payloads.Count(payload => payload is not null) == 1, "a payload is exactly one of `text`, `hex` and `fill`");
        Check.That(Hex is null || (Hex.Length % 2 == 0 && Hex.All(char.IsAsciiHexDigit)), "`hex` is not hexadecimal");
        Check.That(Times is null or (>= 0 and <= MostTimes), $"`times` is at most {MostTimes}");
        Check.That(Fragments is null or { Length: > 0 and <= MostFragments }, $"`fragments` names from 1 to {MostFragments} frames");
        Check.That(Fragments is null || Array.TrueForAll(Fragments, size => size >= 0), "a frame has no negative size");
        foreach (var variable in Variable().EnumerateMatches(Times is null ? "" : Text))
        {
            var name = Text!.Substring(variable.Index, variable.Length);
            Check.That(name is "$${" or "${i}", $"`{name}` is not known: `${{i}}` counts, and `$${{` is a literal");
        }
    }

    /// <summary>The messages, of which variables are only known one by one.</summary>
    public IEnumerable<Message> Messages()
    {
        var first = Text is not null ? Message.OfText(Text) : Hex is not null ? new(false, Convert.FromHexString(Hex)) : Fill!.Message();
        var counts = Times is not null && Text is not null && Variable().IsMatch(Text);
        for (var i = 0; i < (Times ?? 1); i++)
        {
            yield return counts ? Message.OfText(Variable().Replace(Text!, variable => variable.Value is "$${" ? "${" : i.ToString(CultureInfo.InvariantCulture))) : first;
        }
    }

    [GeneratedRegex(@"\$\$\{|\$\{[^}]*\}?", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();
}

/// <summary>So many bytes, or letters.</summary>
internal sealed record Fill(int Len, string As) : IJsonOnDeserialized
{
    private const int Longest = 64 << 20;

    void IJsonOnDeserialized.OnDeserialized()
    {
        Check.That(Len is >= 0 and <= Longest, $"a `fill` is at most {Longest} bytes long");
        Check.That(As is "text" or "binary", "a `fill` is made `as` `text` or `binary`");
    }

    public Message Message()
    {
        var (isText, first, period) = As is "text" ? (true, 'a', 26) : (false, '\0', 251);
        var bytes = new byte[Len];
        for (var i = 0; i < Len; i++)
        {
            bytes[i] = (byte)(first + (i % period));
        }

        return new(isText, bytes);
    }
}

internal sealed record CloseAct(ushort? Code = null, string? Reason = null) : IJsonOnDeserialized
{
    private const int LongestReason = 123;

    /// <summary>The library would send most other codes as they stand, and 1005 where there is to be none: neither is an act that this server has.</summary>
    void IJsonOnDeserialized.OnDeserialized()
    {
        Check.That(Code is not null || string.IsNullOrEmpty(Reason), "a reason needs a code before it");
        Check.That(Reason is null || Encoding.UTF8.GetByteCount(Reason) <= LongestReason, $"{LongestReason} bytes of a reason fit into a close frame");
        Check.That(Code is not null, "`close` without a code is no act of this server; say the code, which is 1000 where nothing is wrong");
        Check.That(
            Code is (>= 1000 and <= 1003) or (>= 1007 and <= 1014) or (>= 3000 and <= 4999),
            $"`close` with the code {Code} is no act of this server; the codes that may be sent are 1000 to 1003, 1007 to 1014 and 3000 to 4999");
    }
}

/// <summary>When something is looked at.</summary>
internal sealed record SeenWhen(Until? Until = null, int WithinMs = 2000) : IJsonOnDeserialized
{
    private const int LongestWait = 10_000;

    void IJsonOnDeserialized.OnDeserialized() => Check.That(WithinMs is >= 0 and <= LongestWait, $"`within_ms` is at most {LongestWait}");
}

/// <summary>`true` means now.</summary>
internal sealed class TrueOrWhen : JsonConverter<SeenWhen>
{
    public override SeenWhen? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType switch
        {
            JsonTokenType.True => new(WithinMs: 0),
            JsonTokenType.StartObject => ReadWhen(ref reader),
            _ => throw new MistakeException("`seen` is `true`, or an object with `until` and `within_ms`"),
        };

    public override void Write(Utf8JsonWriter writer, SeenWhen value, JsonSerializerOptions options) => throw new NotSupportedException("It is only ever read.");

    private static SeenWhen? ReadWhen(ref Utf8JsonReader reader)
    {
        try
        {
            return JsonSerializer.Deserialize(ref reader, Json.Protocol.SeenWhen);
        }
        catch (MistakeException mistake)
        {
            // That one has its place already, as if the command began here.
            throw new MistakeException(mistake.Message);
        }
    }
}
