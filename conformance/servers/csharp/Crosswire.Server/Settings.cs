using System.Globalization;

namespace Crosswire.Server;

/// <summary>What flags can change.</summary>
internal sealed record Settings
{
    /// <summary>A longer message ends its connection with 1009. Each connection may hold one such message in memory.</summary>
    public int MaxMessage { get; init; } = 1 << 20;

    /// <summary>One more connection is refused with 503.</summary>
    public int MaxSessions { get; init; } = 10_000;

    /// <summary>Pages of these origins may connect, besides those of the server's own.</summary>
    public IReadOnlyList<string> AllowOrigins { get; init; } = [];

    /// <summary>Understands the command line.</summary>
    /// <exception cref="FormatException">A flag is unknown, or has no such value.</exception>
    public static Settings Read(string[] flags) => flags.Aggregate(new Settings(), (settings, flag) => flag.Split('=', 2) switch
    {
        ["--max-message", var bytes] => settings with { MaxMessage = Number(flag, bytes) },
        ["--max-sessions", var count] => settings with { MaxSessions = Number(flag, count) },
        ["--allow-origin", { Length: > 0 } origin] => settings with { AllowOrigins = [.. settings.AllowOrigins, origin] },
        _ => throw new FormatException($"{flag} is no flag; these are: --max-message=BYTES --max-sessions=N --allow-origin=ORIGIN"),
    });

    private static int Number(string flag, string value) =>
        int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"{flag}: a whole number from 1 to {int.MaxValue} was expected");
}
