using System.ComponentModel;
using System.Diagnostics;

namespace Crosswire.Client.Tests.Support;

/// <summary>The crosswire program, which ends with its standard input.</summary>
internal sealed class CrosswireProgram : IAsyncDisposable
{
    private readonly Process _process;

    public CrosswireProgram(params string[] arguments)
    {
        var start = new ProcessStartInfo(Repository.Crosswire, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            WorkingDirectory = Repository.Root,
        };
        try
        {
            _process = Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException($"{start.FileName} does not start; `./justw build` builds it.", exception);
        }
    }

    public Stream Input => _process.StandardInput.BaseStream;

    public Stream Output => _process.StandardOutput.BaseStream;

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var within = new CancellationTokenSource(TimeSpan.FromSeconds(10));
        try
        {
            await _process.WaitForExitAsync(within.Token);
        }
        finally
        {
            _process.Kill();
            _process.Dispose();
        }
    }
}
