using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>What is peculiar to the library, and what its users have to know.</summary>
public sealed class LibraryTests(ReferenceServer server)
{
    private const int Deadline = 30_000;

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Cancelling_a_receive_aborts_the_connection()
    {
        var (socket, tag) = await ConnectAsync();
        using (socket)
        {
            using var cancel = new CancellationTokenSource();
            var receiving = socket.ReceiveTextAsync(cancel.Token);
            await cancel.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => receiving);
            Assert.Equal(WebSocketState.Aborted, socket.State);
            await Assert.ThrowsAsync<WebSocketException>(() => socket.SendTextAsync("too late", Cancelled));
        }

        Assert.Equal("vanished", await EndedAsync(tag));
    }

    [Fact(Timeout = Deadline)]
    public async Task A_receive_that_takes_too_long_is_not_cancelled_but_waited_for_again()
    {
        var (socket, tag) = await ConnectAsync();
        using (socket)
        {
            var receiving = socket.ReceiveTextAsync(Cancelled);
            for (var i = 0; i < 2; i++)
            {
                await Assert.ThrowsAsync<TimeoutException>(() => receiving.WaitAsync(TimeSpan.FromMilliseconds(20), Cancelled));
            }

            await server.ActAsync(tag, [new JsonObject { ["send"] = new JsonObject { ["text"] = "at last" } }], Cancelled);
            Assert.Equal("at last", await receiving);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancelled);
        }

        Assert.Equal("clean", await EndedAsync(tag));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("drop")]
    [InlineData("finish")]
    public async Task A_peer_that_vanishes_is_an_exception(string act)
    {
        var (socket, tag) = await ConnectAsync();
        using (socket)
        {
            var receiving = socket.ReceiveTextAsync(Cancelled);
            await server.ActAsync(tag, [new JsonObject { [act] = true }], Cancelled);
            var exception = await Assert.ThrowsAsync<WebSocketException>(() => receiving);
            Assert.Equal(WebSocketError.ConnectionClosedPrematurely, exception.WebSocketErrorCode);
            Assert.Equal(WebSocketState.Aborted, socket.State);
            Assert.Null(socket.CloseStatus);
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task A_message_comes_in_pieces_of_the_buffer()
    {
        var (socket, _) = await ConnectAsync();
        using (socket)
        {
            await socket.SendTextAsync("€€€€", Cancelled);
            List<byte> bytes = [];
            List<bool> ends = [];
            while (!ends.Contains(true))
            {
                var piece = new byte[5];
                var received = await socket.ReceiveAsync(piece.AsMemory(), Cancelled);
                bytes.AddRange(piece[..received.Count]);
                ends.Add(received.EndOfMessage);
            }

            // A piece ends in the middle of a character: only the whole is text.
            Assert.Equal("€€€€", Encoding.UTF8.GetString([.. bytes]));
            Assert.Equal([false, false, true], ends);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancelled);
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task A_message_in_frames_comes_in_at_least_as_many_pieces()
    {
        var (socket, tag) = await ConnectAsync();
        using (socket)
        {
            await server.ActAsync(tag, [new JsonObject { ["send"] = new JsonObject { ["text"] = "€!", ["fragments"] = new JsonArray(1, 0, 3) } }], Cancelled);
            List<int> counts = [];
            var piece = new byte[100];
            ValueWebSocketReceiveResult received;
            do
            {
                received = await socket.ReceiveAsync(piece.AsMemory(), Cancelled);
                counts.Add(received.Count);
            }
            while (!received.EndOfMessage);
            Assert.Equal([1, 0, 3], counts);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancelled);
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Half_a_close_leaves_the_other_direction_open()
    {
        var (socket, tag) = await ConnectAsync();
        using (socket)
        {
            await socket.SendTextAsync("before the close", Cancelled);
            await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, "enough", Cancelled);
            Assert.Equal(WebSocketState.CloseSent, socket.State);
            Assert.Equal("before the close", await socket.ReceiveTextAsync(Cancelled));
            var (kind, _) = await socket.ReceiveMessageAsync(Cancelled);
            Assert.Equal(WebSocketMessageType.Close, kind);
            Assert.Equal(WebSocketState.Closed, socket.State);
        }

        Assert.Equal("clean", await EndedAsync(tag));
    }

    [Fact(Timeout = Deadline)]
    public async Task Disposing_ends_the_connection_without_a_close_frame()
    {
        var (socket, tag) = await ConnectAsync();
        socket.Dispose();
        Assert.Equal("vanished", await EndedAsync(tag));
    }

    private async Task<(ClientWebSocket Socket, string Tag)> ConnectAsync()
    {
        var tag = server.Tag();
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(server.At($"/echo?tag={tag}"), Cancelled);
        return (socket, tag);
    }

    private async Task<string?> EndedAsync(string tag) => (string?)(await server.SeenAsync(tag, new() { ["ended"] = true }, Cancelled))["ended"];
}
