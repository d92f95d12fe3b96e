using System.Diagnostics;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Server.Tests;

/// <summary>The server as the runner starts it.</summary>
public sealed class ServerProgram : IAsyncLifetime
{
    private readonly Process _process;
    private int _tags;

    public ServerProgram()
        : this([])
    {
    }

    private ServerProgram(string[] flags) => _process = Start(flags);

    public JsonNode Ready { get; private set; } = new JsonObject();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static Process Start(params string[] flags)
    {
        // Beside this test's own folder, in the one where everything is built.
        var built = AppContext.BaseDirectory.Replace("Crosswire.Server.Tests", "Crosswire.Server", StringComparison.Ordinal);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(built, "Crosswire.Server.dll"), .. flags])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }

    public static async Task<ServerProgram> StartReadyAsync(params string[] flags)
    {
        var server = new ServerProgram(flags);
        await server.InitializeAsync();
        return server;
    }

    public async ValueTask InitializeAsync() => Ready = JsonNode.Parse((await _process.StandardOutput.ReadLineAsync(Cancelled))!)!["ready"]!;

    /// <summary>A name that no other connection has.</summary>
    public string Tag() => $"t{Interlocked.Increment(ref _tags)}";

    public Uri At(string path) => new((string)Ready["url"]! + path);

    /// <summary>A connection; on `/ws` the welcome has been read.</summary>
    public async Task<ClientWebSocket> ConnectAsync(string path)
    {
        var client = new ClientWebSocket();
        await client.ConnectAsync(At(path), Cancelled);
        if (path.StartsWith("/ws", StringComparison.Ordinal))
        {
            await client.ReceiveTextAsync(Cancelled);
        }

        return client;
    }

    /// <summary>Asks `/control` to act on `TAG`, which stands for the tag, and gives back its answer as it was written.</summary>
    public async Task<string> ControlAsync(string tag, string command)
    {
        using var control = await ConnectAsync("/control");
        await control.SendTextAsync(command.Replace("TAG", tag, StringComparison.Ordinal), Cancelled);
        return await control.ReceiveTextAsync(Cancelled);
    }

    /// <summary>Closes its standard input and waits for its end. The exit code says how it was.</summary>
    public async Task<int> StopAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync(Cancelled);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            using var within = new CancellationTokenSource(TimeSpan.FromSeconds(10));
            await _process.WaitForExitAsync(within.Token);
        }

        _process.Dispose();
    }
}
