using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>The driver survives whatever a server does.</summary>
public sealed class FaultyServerTests
{
    private const int Deadline = 60_000;

    [Fact(Timeout = Deadline)]
    public async Task Refuses_a_server_that_speaks_something_else()
    {
        await using var server = new FaultyServer(async (stream, _, over) => await stream.WriteAsync("220 mail.example.org ready\r\n"u8.ToArray(), over));
        await using var driver = new DriverSession();
        var refused = await driver.AskAsync(new { cmd = "open", on = "a", url = server.Url, within_ms = 20_000 });
        Assert.Equal("refused", (string?)refused["is"]);
        Assert.Contains("invalid status line", (string?)refused["error"], StringComparison.Ordinal);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Gives_up_a_server_that_says_nothing()
    {
        await using var server = new FaultyServer((_, _, _) => Task.CompletedTask);
        await using var driver = new DriverSession();
        var refused = await driver.AskAsync(new { cmd = "open", on = "a", url = server.Url, within_ms = 100 });
        Assert.Equal("not open within 100 ms", (string?)refused["error"]);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Gives_up_a_server_that_says_one_byte_a_second()
    {
        await using var server = new FaultyServer((stream, answer, over) => TrickleAsync(stream, answer, TimeSpan.FromSeconds(1), over));
        await using var driver = new DriverSession();
        var refused = await driver.AskAsync(new { cmd = "open", on = "a", url = server.Url, within_ms = 1500 });
        Assert.Equal("not open within 1500 ms", (string?)refused["error"]);
        await driver.FinishAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Waits_for_a_message_that_comes_byte_by_byte_and_is_free_for_others()
    {
        byte[] message = [0x81, 5, .. "hello"u8, 0x88, 2, 3, 0xe8];
        await using var slow = new FaultyServer(async (stream, answer, over) =>
        {
            await stream.WriteAsync(answer, over);
            await TrickleAsync(stream, message, TimeSpan.FromMilliseconds(50), over);
            stream.Socket.Close();
        });
        await using var silent = new FaultyServer(async (stream, answer, over) => await stream.WriteAsync(answer, over));
        await using var driver = new DriverSession();
        await driver.OpenAsync("slow", slow.Url);
        await driver.OpenAsync("silent", silent.Url);
        await driver.SendAsync("silent", "meanwhile");
        Assert.Equal("hello", await driver.ReceiveAsync());
        await driver.ClosedAsync(1000, "", clean: true);
        await driver.FinishAsync();
    }

    [Theory(Timeout = Deadline)]
    [InlineData("ffffffffffffffffffff", "reserved bits and an unknown kind of frame")]
    [InlineData("830161", "a kind of frame that nobody knows")]
    [InlineData("00016180", "a continuation of nothing")]
    [InlineData("8901", "half a ping")]
    [InlineData("897e0100", "a ping of 256 bytes")]
    [InlineData("8101ff", "text that is not UTF-8")]
    [InlineData("880103", "a close frame of one byte")]
    [InlineData("81ff8000000000000000", "a length that is negative")]
    public async Task Survives_garbage(string frames, string what)
    {
        await using var server = new FaultyServer(async (stream, answer, over) =>
        {
            await stream.WriteAsync((byte[])[.. answer, .. Convert.FromHexString(frames)], over);
            stream.Socket.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        });
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.Url);
        TestContext.Current.TestOutputHelper?.WriteLine(what);
        await driver.ClosedAsync(1006, "", clean: false);
        Assert.NotEmpty(await driver.FailedAsync(new { cmd = "send", on = "a", text = "" }));
        await driver.FinishAsync();
    }

    [Theory(Timeout = Deadline)]
    [InlineData("827f0000000005f5e100")]
    [InlineData("827f4000000000000000")]
    public async Task Waits_in_vain_for_the_rest_of_a_frame_that_announces_too_much(string header)
    {
        await using var server = new FaultyServer(async (stream, answer, over) => await stream.WriteAsync((byte[])[.. answer, .. Convert.FromHexString(header), 1, 2, 3], over));
        await using var driver = new DriverSession();
        await driver.OpenAsync("a", server.Url);
        await driver.SendAsync("a", "after the header");
        await driver.DoneAsync(new { cmd = "close", on = "a", code = 1000, within_ms = 200 });
        await driver.ClosedAsync(1006, "", clean: false);
        await driver.FinishAsync();
    }

    private static async Task TrickleAsync(Stream stream, byte[] bytes, TimeSpan pause, CancellationToken cancellationToken)
    {
        foreach (var one in bytes)
        {
            await stream.WriteAsync(new[] { one }, cancellationToken);
            await Task.Delay(pause, cancellationToken);
        }
    }
}
