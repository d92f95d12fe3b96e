namespace Crosswire.Client;

/// <summary>How the driver introduces itself.</summary>
internal sealed record Introduction(string Client, string Language, string Runtime, string Library, int MaxConcurrent, string? Origin, string[] Capabilities)
{
    /// <summary>What the public interface of the library lets one do. The README says what it does not.</summary>
    private static readonly string[] OfTheLibrary =
    [
        "abandon",
        "abort",
        "close-any-code",
        "extensions-shown",
        "fragments",
        "handshake-status",
        "headers",
        "invalid-text",
        "react",
        "stop-reading",
    ];

    /// <summary>The library comes with the runtime, and has its version.</summary>
    public static Introduction Own { get; } = new(
        "csharp-clientwebsocket",
        "csharp",
        $".NET {Environment.Version}",
        $"System.Net.WebSockets {Environment.Version}",
        MaxConcurrent: 64,
        Origin: null,
        OfTheLibrary);
}
