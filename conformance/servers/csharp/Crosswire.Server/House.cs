using System.Globalization;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Crosswire.Server;

/// <summary>The first message on `/ws`.</summary>
internal sealed record Welcome(string Type, string Connection, string Server);

/// <summary>Everybody who is there, and the door: who may come in, and which conversation is theirs.</summary>
internal sealed class House(Settings settings)
{
    private const string Plain = "crosswire.v1.plain";

    /// <summary>`/echo` and `/control` take messages of this length.</summary>
    private const int LongMessage = 16 << 20;

    private readonly Sessions _sessions = new(settings.MaxSessions);
    private volatile bool _isClosing;

    /// <summary>Lets nobody in any more, and bids everybody goodbye.</summary>
    public void Close()
    {
        _isClosing = true;
        foreach (var session in _sessions.Open())
        {
            _ = session.GoAwayAsync();
        }
    }

    public async Task ServeAsync(HttpContext context)
    {
        if (Judge(context) is { } refusal)
        {
            await refusal.WriteAsync(context);
            return;
        }

        var path = context.Request.Path.Value!;
        var offered = Upgrade.Offered(context.Request)!;
        var subprotocol = path == "/ws" ? Array.Find(offered, Plain.Equals) : offered.FirstOrDefault();
        var (entered, refused) = _sessions.Enter(context, context.Request.Query["tag"].SingleOrDefault(), subprotocol);
        if (entered is not { } session)
        {
            await refused!.WriteAsync(context);
            return;
        }

        var ending = Ending.Vanished;
        try
        {
            // `/echo` sends nothing of its own, and that includes what the library sends to keep connections alive.
            var accepted = new WebSocketAcceptContext { SubProtocol = subprotocol, KeepAliveInterval = path == "/echo" ? Timeout.InfiniteTimeSpan : null };
            using var socket = await context.WebSockets.AcceptWebSocketAsync(accepted);
            ending = await ConverseAsync(session, socket, path);
        }
        finally
        {
            _sessions.Leave(session, ending);
        }
    }

    private Task<Ending> ConverseAsync(Session session, WebSocket socket, string path)
    {
        switch (path)
        {
            case "/ws":
                var welcome = new Welcome("welcome", session.Id, $"csharp-kestrel/{Environment.Version}");
                return session.RunAsync(socket, settings.MaxMessage, message => session.SendAsync(message), Message.OfText(JsonSerializer.Serialize(welcome, Json.Protocol.Welcome)));
            case "/echo":
                return session.RunAsync(socket, Math.Max(LongMessage, settings.MaxMessage), message => session.SendAsync(message));
            default:
                var control = new Control(_sessions);
                return session.RunAsync(socket, LongMessage, async message => await session.SendAsync(await control.AnswerAsync(message)));
        }
    }

    /// <summary>The first thing that is wrong with a request.</summary>
    private Refusal? Judge(HttpContext context)
    {
        var request = context.Request;
        var tags = request.Query["tag"];
        var offered = Upgrade.Offered(request);
        return request.Path.Value switch
        {
            _ when request.Protocol != HttpProtocol.Http11 => new(505, "http_version", "only HTTP/1.1 is spoken here"),
            not ("/ws" or "/echo" or "/control") => new(404, "unknown_path", "nothing is there; there are /ws, /echo and /control"),
            _ when !HttpMethods.IsGet(request.Method) => new(405, "method", "a handshake is a GET"),
            _ when Upgrade.Judge(context) is { } refusal => refusal,
            var path when !IsWelcome(request, path == "/control") => new(403, "origin", $"pages of {request.Headers.Origin} may not; --allow-origin lets them in"),
            _ when offered is null => new(400, "subprotocol", $"`Sec-WebSocket-Protocol` is not a list of different names; known is {Plain}"),
            "/ws" when offered.Length > 0 && !offered.Contains(Plain, StringComparer.Ordinal) => new(400, "subprotocol", $"none of the subprotocols is known; known is {Plain}"),
            _ when tags.Count > 1 || (tags.Count == 1 && !Sessions.IsTag(tags[0])) => new(400, "bad_tag", "a tag is 1 to 64 of A-Z a-z 0-9 - _ ., and there is one"),
            _ when _isClosing => new(503, "draining", "the server is going away"),
            _ => null,
        };
    }

    /// <summary>Programs name no origin. Pages may be the server's own, or those that were let in; none may control.</summary>
    private bool IsWelcome(HttpRequest request, bool controls)
    {
        var origin = request.Headers.Origin.ToString();
        return origin.Length == 0
            || (!controls && (origin == $"{request.Scheme}://{request.Host}" || settings.AllowOrigins.Any(allowed => IsOf(origin, allowed))));
    }

    private static bool IsOf(string origin, string allowed) =>
        allowed.EndsWith(":*", StringComparison.Ordinal)
            ? origin.StartsWith(allowed[..^1], StringComparison.Ordinal) && ushort.TryParse(origin[(allowed.Length - 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out _)
            : origin == allowed;
}

/// <summary>Why a request is turned away, in the one form that all refusals have.</summary>
internal sealed record Refusal([property: JsonIgnore] int Status, string Error, string Message)
{
    public Task WriteAsync(HttpContext context)
    {
        context.Response.StatusCode = Status;
        switch (Status)
        {
            case 405:
                context.Response.Headers.Allow = "GET";
                break;
            case 426:
                context.Response.Headers.Upgrade = "websocket";
                context.Response.Headers.SecWebSocketVersion = "13";
                break;
            case 503:
                context.Response.Headers.RetryAfter = "1";
                break;
        }

        context.Response.Headers.Connection = "close";
        return context.Response.WriteAsJsonAsync(this, Json.Protocol.Refusal);
    }
}
