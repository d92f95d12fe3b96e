using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Crosswire;

/// <summary>What is wrong with JSON that somebody wrote, in words for who has written it.</summary>
internal sealed class MistakeException(string message) : JsonException(message);

/// <summary>Reads JSON that others wrote. The driver and the server share it.</summary>
/// <remarks>
/// The library's words name types of this program, which nobody knows who has written the JSON. So where it has failed, the same metadata that it
/// reads by is gone through once more for what is wrong, and where.
/// </remarks>
internal static class Reading
{
    /// <summary>What somebody wrote is quoted as far as this, so that an answer is not as long as a line.</summary>
    private const int Quoted = 60;

    /// <summary>What a value may be, and whether it is.</summary>
    private static readonly FrozenDictionary<Type, (string Words, Predicate<JsonElement> Holds)> Values = new Dictionary<Type, (string, Predicate<JsonElement>)>
    {
        [typeof(bool)] = ("`true` or `false`", value => value.ValueKind is JsonValueKind.True or JsonValueKind.False),
        [typeof(string)] = ("text", value => TextOf(value) is not null),
        [typeof(byte[])] = ("bytes in base64", value => TextOf(value) is not null && value.TryGetBytesFromBase64(out _)),
        [typeof(ushort)] = ($"a whole number from 0 to {ushort.MaxValue}", value => value.ValueKind is JsonValueKind.Number && value.TryGetUInt16(out _)),
        [typeof(uint)] = ($"a whole number from 0 to {uint.MaxValue}", value => value.ValueKind is JsonValueKind.Number && value.TryGetUInt32(out _)),
        [typeof(ulong)] = ($"a whole number from 0 to {ulong.MaxValue}", value => value.ValueKind is JsonValueKind.Number && value.TryGetUInt64(out _)),
        [typeof(int)] = ($"a whole number up to {int.MaxValue}", value => value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out _)),
        [typeof(JsonObject)] = ("an object", value => value.ValueKind is JsonValueKind.Object),
        [typeof(JsonElement)] = ("any value", _ => true),
    }.ToFrozenDictionary();

    /// <summary>Reads a value that stands at <paramref name="place"/>.</summary>
    /// <exception cref="MistakeException">It is none; the message says what is wrong, and where.</exception>
    public static T Read<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> type, string place = "")
        where T : class
    {
        try
        {
            return JsonSerializer.Deserialize(json, type) ?? throw new MistakeException("this is null, and not an object");
        }
        catch (MistakeException mistake)
        {
            throw new MistakeException(At(place + PlaceOf(mistake), mistake.Message));
        }
        catch (JsonException exception)
        {
            throw new MistakeException(Diagnose(json, type, place) ?? At(place + PlaceOf(exception), "this is not what belongs here"));
        }
        catch (NotSupportedException)
        {
            // The library's word for an object that does not say which of several it is.
            throw new MistakeException(Diagnose(json, type, place) ?? At(place, "this is not what belongs here"));
        }
    }

    private static string? Diagnose(ReadOnlySpan<byte> json, JsonTypeInfo type, string place)
    {
        try
        {
            using var document = JsonDocument.Parse(json.ToArray());
            return Doubled(document.RootElement, place) ?? Wrong(document.RootElement, type, place);
        }
        catch (JsonException exception)
        {
            var line = exception.LineNumber is > 0 and var number ? $" of line {number + 1}" : "";
            return At(place, $"this is no JSON: it goes wrong at byte {exception.BytePositionInLine + 1}{line}");
        }
        catch (InvalidOperationException)
        {
            return At(place, "a field has a name that is not Unicode");
        }
    }

    /// <summary>The first key that is there twice.</summary>
    private static string? Doubled(JsonElement value, string place)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        return value.ValueKind switch
        {
            JsonValueKind.Object => First(value.EnumerateObject().Select(field => names.Add(field.Name)
                ? Doubled(field.Value, Inside(place, field.Name))
                : At(place, $"the field `{Short(field.Name)}` is there twice"))),
            JsonValueKind.Array => First(value.EnumerateArray().Select((item, i) => Doubled(item, $"{place}[{i}]"))),
            _ => null,
        };
    }

    private static string? Wrong(JsonElement value, JsonTypeInfo type, string place) => type.Kind switch
    {
        JsonTypeInfoKind.Object when value.ValueKind is not JsonValueKind.Object => At(place, $"{Quote(value)} is not an object"),
        JsonTypeInfoKind.Object when type.PolymorphismOptions is { } kinds => WrongInOneOf(value, type, kinds, place),
        JsonTypeInfoKind.Object => WrongInFields(value, type, place),
        JsonTypeInfoKind.Enumerable when value.ValueKind is not JsonValueKind.Array => At(place, $"{Quote(value)} is not a list"),
        JsonTypeInfoKind.Enumerable => First(value.EnumerateArray().Select((item, i) => Wrong(item, type.Options.GetTypeInfo(type.ElementType!), $"{place}[{i}]"))),
        _ when Values.TryGetValue(Nullable.GetUnderlyingType(type.Type) ?? type.Type, out var wanted) && !wanted.Holds(value) => At(place, $"{Quote(value)} is not {wanted.Words}"),
        _ => null,
    };

    /// <summary>What is wrong with an object of which a field says what it is.</summary>
    private static string? WrongInOneOf(JsonElement value, JsonTypeInfo type, JsonPolymorphismOptions kinds, string place)
    {
        var key = kinds.TypeDiscriminatorPropertyName;
        var names = string.Join(", ", kinds.DerivedTypes.Select(kind => kind.TypeDiscriminator));
        if (!value.TryGetProperty(key, out var said))
        {
            return At(place, $"the field `{key}` is missing, which is one of {names}");
        }

        var kind = kinds.DerivedTypes.FirstOrDefault(kind => Equals(kind.TypeDiscriminator, TextOf(said)));
        return kind.DerivedType is { } derived
            ? WrongInFields(value, type.Options.GetTypeInfo(derived), place, key)
            : At(Inside(place, key), $"{Quote(said)} is none of {names}");
    }

    private static string? WrongInFields(JsonElement value, JsonTypeInfo type, string place, string? key = null)
    {
        var known = type.Properties.Where(field => !field.IsExtensionData).ToDictionary(field => field.Name, StringComparer.Ordinal);
        var takesOthers = known.Count < type.Properties.Count;
        return First(value.EnumerateObject().Select(field => known.TryGetValue(field.Name, out var property) ? WrongIn(field.Value, property, type, Inside(place, field.Name))
                : takesOthers || field.Name == key ? null
                : At(place, $"there is no field `{Short(field.Name)}`")))
            ?? First(known.Values.Select(field => IsNeeded(field) && !value.TryGetProperty(field.Name, out _) ? At(place, $"the field `{field.Name}` is missing") : null));
    }

    /// <summary>A converter that takes something else in the place of an object says itself what that is.</summary>
    private static string? WrongIn(JsonElement value, JsonPropertyInfo property, JsonTypeInfo type, string place) =>
        (property.CustomConverter is not null && value.ValueKind is not JsonValueKind.Object) || (value.ValueKind is JsonValueKind.Null && MayBeNull(property))
            ? null
            : Wrong(value, type.Options.GetTypeInfo(property.PropertyType), place);

    private static bool IsNeeded(JsonPropertyInfo property) => property.IsRequired || property.AssociatedParameter is { HasDefaultValue: false };

    private static bool MayBeNull(JsonPropertyInfo property) => property.IsSetNullable && property.AssociatedParameter is null or { IsNullable: true };

    private static string? First(IEnumerable<string?> mistakes) => mistakes.FirstOrDefault(mistake => mistake is not null);

    private static string At(string place, string words) => place.Length == 0 ? words : $"{place}: {words}";

    private static string Inside(string place, string name) => place.Length == 0 ? Short(name) : $"{place}.{Short(name)}";

    /// <summary>`$.act[1].close` without what everybody knows.</summary>
    private static string PlaceOf(JsonException exception) => exception.Path is { Length: > 2 } path ? path[2..] : "";

    private static string Quote(JsonElement value) => value.ValueKind is JsonValueKind.Object ? "an object" : value.ValueKind is JsonValueKind.Array ? "a list" : Short(value.GetRawText());

    private static string Short(string text) => text.Length <= Quoted ? text : $"{text[..Quoted]}…";

    /// <summary>A text, unless it is none or has half a character.</summary>
    private static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind is JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}

internal static class Check
{
    public static void That(bool isRight, string otherwise)
    {
        if (!isRight)
        {
            throw new MistakeException(otherwise);
        }
    }
}
