using System.Text;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Crosswire.Client;

/// <summary>What the driver can be told. What is not here, or has a field that is not here, is a mistake.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "cmd")]
[JsonDerivedType(typeof(Hello), "hello")]
[JsonDerivedType(typeof(Open), "open")]
[JsonDerivedType(typeof(Send), "send")]
[JsonDerivedType(typeof(Close), "close")]
[JsonDerivedType(typeof(Drop), "drop")]
[JsonDerivedType(typeof(StopReading), "stop_reading")]
[JsonDerivedType(typeof(StartReading), "start_reading")]
[JsonDerivedType(typeof(React), "react")]
[JsonDerivedType(typeof(Listen), "listen")]
[JsonDerivedType(typeof(End), "end")]
[JsonDerivedType(typeof(Bye), "bye")]
internal abstract record Command
{
    /// <summary>Reads one line.</summary>
    /// <exception cref="MistakeException">It is no command; the message says why.</exception>
    public static Command Read(ReadOnlySpan<byte> line) => Reading.Read(line, Json.Protocol.Command);
}

internal sealed record Hello(uint Protocol) : Command, IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized() =>
        Check.That(Protocol == 1, $"this driver speaks protocol 1, not {Protocol}");
}

internal sealed record Bye : Command;

/// <summary>A command of a test, which is answered once, under its number.</summary>
internal abstract record TestCommand : Command
{
    public required ulong Seq { get; init; }

    public required ulong C { get; init; }
}

internal sealed record Listen(string Url) : TestCommand;

internal sealed record End : TestCommand;

/// <summary>A command for one connection.</summary>
internal abstract record ConnectionCommand : TestCommand
{
    public required string On { get; init; }
}

/// <summary>How a connection is opened. `max_message` changes nothing: the library has no limit, so it takes messages of that length too.</summary>
internal sealed record Open(
    string Url,
    int WithinMs,
    string[]? Subprotocols = null,
    string[][]? Headers = null,
    ulong? MaxMessage = null,
    bool Reading = true,
    string? Data = null,
    bool Abandon = false) : ConnectionCommand, IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized()
    {
        Check.That(WithinMs >= 0, "`within_ms` is not negative");
        Check.That(Subprotocols?.Contains(null) is not true, "each of `subprotocols` is a text");
        Check.That(Headers?.All(header => header is [not null, not null]) is not false, "each of `headers` is a pair of a name and a value");
        Check.That(Data is null or "full", $"`data` may be `full`, not `{Data}`");
    }
}

internal sealed record Send(
    string? Text = null,
    byte[]? Base64 = null,
    Fill? Fill = null,
    string? InvalidText = null,
    int[]? Fragments = null) : ConnectionCommand, IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized()
    {
        object?[] payloads = [Text, Base64, Fill, InvalidText];
        Check.That(payloads.Count(payload => payload is not null) == 1, "a payload is exactly one of `text`, `base64`, `fill` and `invalid_text`");
        Check.That(InvalidText is null || (InvalidText.Length % 2 == 0 && InvalidText.All(char.IsAsciiHexDigit)), "`invalid_text` is bytes in hexadecimal digits");
    }
}

/// <summary>So many bytes or letters. They are made in memory, so their number must be one that memory has.</summary>
internal sealed record Fill(uint Len, string As) : IJsonOnDeserialized
{
    private const uint Longest = 256 << 20;

    void IJsonOnDeserialized.OnDeserialized()
    {
        Check.That(As is "text" or "binary", $"a `fill` is made `as` `text` or `binary`, not `{As}`");
        Check.That(Len <= Longest, $"a `fill` may be {Longest} bytes long, and this one is {Len}");
    }
}

internal sealed record Close(int WithinMs, ushort? Code = null, string? Reason = null) : ConnectionCommand, IJsonOnDeserialized
{
    void IJsonOnDeserialized.OnDeserialized()
    {
        Check.That(WithinMs >= 0, "`within_ms` is not negative");
        Check.That(Code is not null || Reason is null, "a close frame has no `reason` without a `code`");
    }
}

internal sealed record Drop : ConnectionCommand;

internal sealed record StopReading : ConnectionCommand;

internal sealed record StartReading : ConnectionCommand;

internal sealed record React(JsonObject?[] Then) : ConnectionCommand, IJsonOnDeserialized
{
    private ConnectionCommand[] _commands = [];

    /// <summary>What is to be done. A property would be a field that lines may have.</summary>
    public ConnectionCommand[] Commands() => _commands;

    void IJsonOnDeserialized.OnDeserialized() => _commands = [.. Then.Select(Understand)];

    /// <summary>Its test and its connection are those of the reaction, and need not be said again.</summary>
    private ConnectionCommand Understand(JsonObject? then, int i)
    {
        then?.TryAdd("seq", Seq);
        then?.TryAdd("on", On);
        var command = Reading.Read(Encoding.UTF8.GetBytes(then?.ToJsonString() ?? "null"), Json.Protocol.Command, $"then[{i}]");
        Check.That(command is Send or Close, "what `then` does is `send` or `close`");
        var order = (ConnectionCommand)command;
        Check.That(order.Seq == Seq && order.On == On, "what `then` does belongs to the connection of its `react`");
        return order;
    }
}
