using System.Text.Json.Nodes;

namespace Crosswire.Client.Tests.Support;

/// <summary>What the tests look up in the repository that they are of.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    public static string Client => Path.Combine(Root, "conformance", "clients", "csharp");

    /// <summary>The program that serves and steps: the one that is named, or the one that was built, or the one in the path.</summary>
    public static string Crosswire
    {
        get
        {
            var built = Path.Combine(Root, "target", "release", "crosswire");
            return Environment.GetEnvironmentVariable("CROSSWIRE") ?? (File.Exists(built) ? built : "crosswire");
        }
    }

    public static JsonNode Json(params string[] path) => JsonNode.Parse(File.ReadAllText(Path.Combine([Root, .. path])))!;

    /// <summary>Every test of the list.</summary>
    public static IEnumerable<(string Profile, JsonNode Test)> Listed() =>
        from file in Directory.EnumerateFiles(Path.Combine(Root, "conformance", "suites"), "*.json").Order(StringComparer.Ordinal)
        let suite = Json("conformance", "suites", Path.GetFileName(file))
        from test in suite["tests"]!.AsArray()
        select ((string)suite["profile"]!, test);

    private static string Find(DirectoryInfo? folder) =>
        folder is null
            ? throw new InvalidOperationException($"{AppContext.BaseDirectory} is in no repository with a folder conformance/suites")
            : Directory.Exists(Path.Combine(folder.FullName, "conformance", "suites")) ? folder.FullName : Find(folder.Parent);
}
