using Microsoft.AspNetCore.Http.Features;

namespace Crosswire.Server;

/// <summary>What RFC 6455 4.2.1 asks of a handshake. The library takes more than that, and tells all that it does not take alike.</summary>
internal static class Upgrade
{
    private const int KeyBytes = 16;

    /// <summary>The first thing that is wrong with a request which should be a handshake, but for what it offers.</summary>
    public static Refusal? Judge(HttpContext context)
    {
        var headers = context.Request.Headers;
        return headers switch
        {
            // Kestrel knows whether `Connection` lists the upgrade and whether there is a body.
            _ when context.Features.Get<IHttpUpgradeFeature>() is not { IsUpgradableRequest: true } || !headers.GetCommaSeparatedValues("Upgrade").Contains("websocket", StringComparer.OrdinalIgnoreCase) =>
                new(426, "not_an_upgrade", "this is a WebSocket endpoint; a handshake has `Connection: Upgrade`, `Upgrade: websocket` and no body"),
            { SecWebSocketVersion: not ["13"] } => new(426, "version", "`Sec-WebSocket-Version` is not 13, which alone is spoken here"),
            { SecWebSocketKey.Count: > 1 } => new(400, "bad_key", "there are two `Sec-WebSocket-Key` headers; send one"),
            _ when !IsKey(headers.SecWebSocketKey.ToString()) => new(400, "bad_key", "`Sec-WebSocket-Key` is not sixteen bytes in base64"),
            _ => null,
        };
    }

    /// <summary>The subprotocols that are offered, perhaps none; or null where the header is no list of different names.</summary>
    public static string[]? Offered(HttpRequest request)
    {
        var lists = request.Headers.SecWebSocketProtocol;

        // RFC 9110 5.6.1: empty elements are ignored. RFC 6455 4.1: the others "MUST all be unique strings".
        string[] names = [.. lists.SelectMany(list => list!.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))];
        var isList = lists.Count == 0 || (names.Length > 0 && Array.TrueForAll(names, IsToken) && names.Distinct(StringComparer.Ordinal).Count() == names.Length);
        return isList ? names : null;
    }

    /// <summary>Whether it is what a client would write, to the letter: base64 has other forms of the same bytes, which the library takes.</summary>
    private static bool IsKey(string key)
    {
        var bytes = new byte[KeyBytes];
        return Convert.TryFromBase64String(key, bytes, out var length) && length == KeyBytes && Convert.ToBase64String(bytes) == key;
    }

    /// <summary>RFC 9110 5.6.2.</summary>
    private static bool IsToken(string name) => name.All(letter => char.IsAsciiLetterOrDigit(letter) || "!#$%&'*+-.^_`|~".Contains(letter, StringComparison.Ordinal));
}
