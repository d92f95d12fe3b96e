using System.Text.Json;
using System.Text.Json.Serialization;

namespace Crosswire.Server;

/// <summary>The answer to a command.</summary>
internal sealed record Answer(
    [property: JsonConverter(typeof(AsWritten))] JsonElement Id,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] bool? Ok = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Message = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] int? Done = null,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] Seen? Seen = null);

/// <summary>Keeps a value as it was written, spaces and all.</summary>
internal sealed class AsWritten : JsonConverter<JsonElement>
{
    public override JsonElement Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => JsonElement.ParseValue(ref reader);

    public override void Write(Utf8JsonWriter writer, JsonElement value, JsonSerializerOptions options) =>
        writer.WriteRawValue(value.ValueKind == JsonValueKind.Undefined ? "null" : value.GetRawText());
}

/// <summary>`/control`: scripted acts on other connections, and what the server saw of them.</summary>
internal sealed class Control(Sessions sessions)
{
    /// <summary>A client that takes nothing for so long makes an act fail.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Carries out one command. Whatever is wrong with it is said in the answer.</summary>
    public async Task<Message> AnswerAsync(Message message) => Message.OfText(JsonSerializer.Serialize(await AnswerAsync(message.Payload, message.IsText), Json.Protocol.Answer));

    private async Task<Answer> AnswerAsync(ReadOnlyMemory<byte> payload, bool isText)
    {
        if (!isText)
        {
            return new(default, Error: "bad_command", Message: "a command is a text message with one JSON object", Done: 0);
        }

        Command command;
        try
        {
            command = Reading.Read(payload.Span, Json.Protocol.Command);
        }
        catch (MistakeException mistake)
        {
            return new(IdOf(payload), Error: "bad_command", Message: mistake.Message, Done: 0);
        }

        return await CarryOutAsync(command);
    }

    /// <summary>The name is looked up once: a script stays with the connection that it began on.</summary>
    private async Task<Answer> CarryOutAsync(Command command)
    {
        if (sessions.Find(command.To) is not { } session)
        {
            return new(command.Id, Error: "unknown_connection", Message: $"no connection has the tag or id `{command.To}`", Done: 0);
        }

        Seen? seen = null;
        for (var i = 0; i < command.Act.Length; i++)
        {
            try
            {
                seen = await ActAsync(session, command.Act[i]) ?? seen;
            }
            catch (ActException failed)
            {
                return new(command.Id, Error: failed.Error, Message: $"act[{i}]: {failed.Message}", Done: i, Seen: failed.Seen);
            }
            catch (TimeoutException)
            {
                return new(command.Id, Error: "no_room", Message: $"act[{i}]: the client takes nothing", Done: i);
            }
        }

        return new(command.Id, Ok: true, Seen: seen);
    }

    private static async Task<Seen?> ActAsync(Session session, Act act)
    {
        switch (act)
        {
            case { Send: { } send }:
                foreach (var message in send.Messages())
                {
                    if (send.Fragments is { } sizes && sizes.Sum(size => (long)size) != message.Payload.Length)
                    {
                        throw new ActException("bad_command", $"`fragments` do not add up to {message.Payload.Length} bytes");
                    }

                    MustBeOpen(await session.SendAsync(message, send.Fragments).WaitAsync(Patience));
                }

                return null;
            case { Close: { } close }:
                MustBeOpen(await session.CloseAsync(close.Code, close.Reason).WaitAsync(Patience));
                return null;
            case { WaitMs: { } wait }:
                await Task.Delay(wait);
                return null;
            case { Drop: true }:
                MustBeOpen(await session.DropAsync().WaitAsync(Patience));
                return null;
            case { StopReading: true }:
                MustBeOpen(session.Journal.IsOpen);
                session.StopReading();
                return null;
            case { StartReading: true }:
                MustBeOpen(session.Journal.IsOpen);
                session.StartReading();
                return null;
            default:
                return await SeeAsync(session, act.Seen!);
        }
    }

    private static async Task<Seen> SeeAsync(Session session, SeenWhen when)
    {
        var (seen, isReached) = await session.Journal.SeeAsync(when.Until ?? new(), TimeSpan.FromMilliseconds(when.WithinMs));
        return isReached ? seen : throw new ActException("not_reached", $"what `until` names was not reached in {when.WithinMs} ms; `seen` is how far it came", seen);
    }

    private static void MustBeOpen(bool isOpen)
    {
        if (!isOpen)
        {
            throw new ActException("not_open", "the connection is closing or has ended; nothing more can be done on it");
        }
    }

    /// <summary>The id of something that is no command, where it can be read.</summary>
    private static JsonElement IdOf(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using var document = JsonDocument.Parse(payload);
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("id", out var id) ? id.Clone() : default;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            // It is no JSON, or has a field whose name has half a character.
            return default;
        }
    }

    /// <summary>An act that could not be carried out.</summary>
    private sealed class ActException(string error, string message, Seen? seen = null) : Exception(message)
    {
        public string Error => error;

        public Seen? Seen => seen;
    }
}
