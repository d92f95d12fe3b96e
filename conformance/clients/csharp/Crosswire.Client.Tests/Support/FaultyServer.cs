using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace Crosswire.Client.Tests.Support;

/// <summary>A server for one connection, which is answered by hand.</summary>
internal sealed class FaultyServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _over = new();
    private readonly Task _serving;

    /// <summary>Listens. `answer` is given the stream, and the right answer to the handshake, which nobody has sent yet.</summary>
    public FaultyServer(Func<NetworkStream, byte[], CancellationToken, Task> answer)
    {
        _listener.Start();
        _serving = ServeAsync(answer);
    }

    public Uri Url => new($"ws://{_listener.LocalEndpoint}/");

    public async ValueTask DisposeAsync()
    {
        await _over.CancelAsync();
        try
        {
            await _serving;
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException)
        {
            // The client had enough, or the test has.
        }

        _listener.Dispose();
        _over.Dispose();
    }

    [SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "RFC 6455 4.2.2 has it so; it protects nothing.")]
    private async Task ServeAsync(Func<NetworkStream, byte[], CancellationToken, Task> answer)
    {
        using var client = await _listener.AcceptTcpClientAsync(_over.Token);
        var stream = client.GetStream();
        using var reader = new StreamReader(stream, Encoding.ASCII, leaveOpen: true);
        var key = "";
        while (await reader.ReadLineAsync(_over.Token) is { Length: > 0 } line)
        {
            if (line.StartsWith("Sec-WebSocket-Key: ", StringComparison.OrdinalIgnoreCase))
            {
                key = line[19..];
            }
        }

        var accept = Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));
        var right = $"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: {accept}\r\n\r\n";
        await answer(stream, Encoding.ASCII.GetBytes(right), _over.Token);
        await Task.Delay(Timeout.Infinite, _over.Token);
    }
}
