namespace Crosswire;

/// <summary>How a connection ended.</summary>
/// <param name="Code">Of the peer's close frame; 1005 where it had none, 1006 where no close frame came.</param>
/// <param name="IsClean">Whether close frames went both ways, and TCP then ended without being cut.</param>
public sealed record Ending(int Code, string Reason, bool IsClean);

/// <summary>A message: text, or bytes.</summary>
public sealed record Message(string? Text, byte[] Data);

/// <summary>The library. This is the file to write: the others do everything else.</summary>
public static class Library
{
    /// <summary>Its name and its version, such as "ClientWebSocket 10.0".</summary>
    public const string Version = "no library yet";

    /// <summary>What it lets one do besides, by the names of conformance/capabilities.json. What you claim you are held to.</summary>
    public static readonly string[] Capabilities = [];

    internal const string NotWritten = "not written yet: connect with your library here, in Library.cs";

    /// <summary>Opens a connection, however long it takes: it is cancelled when time is over.</summary>
    public static Task<Link> Connect(string url, string[] subprotocols, CancellationToken cancellation) =>
        throw new NotImplementedException(NotWritten);
}

/// <summary>A connection that is open. One task receives while another sends.</summary>
public sealed class Link
{
    /// <summary>The one that was agreed on.</summary>
    public string? Subprotocol { get; init; }

    /// <summary>The next message; behind the last one the end, when TCP is over.</summary>
    public Task<(Message? Message, Ending? Ending)> Receive() => throw new NotImplementedException(Library.NotWritten);

    /// <summary>Is over when the library has taken the message.</summary>
    public Task Send(Message message) => throw new NotImplementedException(Library.NotWritten);

    /// <summary>Carries out, or begins, the closing handshake.</summary>
    public Task Close(int? code, string reason) => throw new NotImplementedException(Library.NotWritten);

    /// <summary>Ends TCP without a closing handshake, at once. What waits for this connection then goes on.</summary>
    public void Cut() => throw new NotImplementedException(Library.NotWritten);
}
