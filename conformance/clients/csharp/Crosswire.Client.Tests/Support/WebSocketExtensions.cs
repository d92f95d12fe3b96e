using System.Net.WebSockets;
using System.Text;

namespace Crosswire.Client.Tests.Support;

/// <summary>What every user of the library writes first: whole messages.</summary>
internal static class WebSocketExtensions
{
    public static Task SendTextAsync(this WebSocket socket, string text, CancellationToken cancellationToken) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, cancellationToken);

    /// <summary>The next message, however many pieces it comes in.</summary>
    public static async Task<(WebSocketMessageType Kind, byte[] Payload)> ReceiveMessageAsync(this WebSocket socket, CancellationToken cancellationToken)
    {
        using var message = new MemoryStream();
        var piece = new byte[4096];
        while (true)
        {
            var received = await socket.ReceiveAsync(piece.AsMemory(), cancellationToken);
            message.Write(piece.AsSpan(0, received.Count));
            if (received.EndOfMessage)
            {
                return (received.MessageType, message.ToArray());
            }
        }
    }

    public static async Task<string> ReceiveTextAsync(this WebSocket socket, CancellationToken cancellationToken)
    {
        var (kind, payload) = await socket.ReceiveMessageAsync(cancellationToken);
        Assert.Equal(WebSocketMessageType.Text, kind);
        return Encoding.UTF8.GetString(payload);
    }
}
