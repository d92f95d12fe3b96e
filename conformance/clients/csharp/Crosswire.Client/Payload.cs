using System.Net.WebSockets;
using System.Text;

namespace Crosswire.Client;

/// <summary>What is sent: bytes, and as what.</summary>
internal sealed record Payload(WebSocketMessageType Kind, ReadOnlyMemory<byte> Bytes)
{
    public static Payload Of(Send send) => send switch
    {
        { Text: { } text } => new(WebSocketMessageType.Text, Encoding.UTF8.GetBytes(text)),
        { Base64: { } bytes } => new(WebSocketMessageType.Binary, bytes),
        { InvalidText: { } digits } => new(WebSocketMessageType.Text, Convert.FromHexString(digits)),
        { Fill: { As: "text" } fill } => new(WebSocketMessageType.Text, Filled(fill.Len, (byte)'a', 26)),
        { Fill: { } fill } => new(WebSocketMessageType.Binary, Filled(fill.Len, 0, 251)),
        _ => throw new InvalidOperationException("A payload that was read is one of these."),
    };

    /// <summary>The same in frames of these sizes.</summary>
    public ReadOnlyMemory<byte>[] Cut(int[] sizes)
    {
        if (sizes.Length == 0 || Array.Exists(sizes, size => size < 0) || sizes.Sum(size => (long)size) != Bytes.Length)
        {
            throw new FormatException($"the sizes of the fragments do not add up to {Bytes.Length} bytes");
        }

        var start = 0;
        return Array.ConvertAll(sizes, size => Bytes.Slice((start += size) - size, size));
    }

    private static byte[] Filled(uint length, byte first, int period)
    {
        var bytes = new byte[length];
        for (var i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)(first + (i % period));
        }

        return bytes;
    }
}
