using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Server.Tests;

/// <summary>What `/control` answers.</summary>
public sealed class ControlTests(ServerProgram server) : IClassFixture<ServerProgram>
{
    private const int Deadline = 60_000;

    private readonly string _tag = server.Tag();

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    [Fact(Timeout = Deadline)]
    public async Task Gives_the_id_back_as_it_was_written()
    {
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        Assert.Equal("""{"id":[1, 2.50, "\u00e4"],"ok":true}""", await server.ControlAsync(_tag, """{"id":[1, 2.50, "\u00e4"],"to":"TAG","act":[]}"""));
        Assert.Equal("""{"id":null,"ok":true}""", await server.ControlAsync(_tag, """{"to":"TAG","act":[{"wait_ms":1}]}"""));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("nonsense", null, "this is no JSON: it goes wrong at byte 2")]
    [InlineData("[]", null, "a list is not an object")]
    [InlineData("""{"id":7,"to":"TAG"}""", 7, "the field `act` is missing")]
    [InlineData("""{"id":7,"to":"TAG","act":[],"more":1}""", 7, "there is no field `more`")]
    [InlineData("""{"to":"TAG","act":[{"send":{"text":1}}],"id":7}""", 7, "act[0].send.text: 1 is not text")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"wait_ms":1},{"ping":{}}]}""", 7, "`ping` is no act of this server")]
    [InlineData("""{"id":7,"to":"TAG","act":[{}]}""", 7, "with one key")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"drop":true,"wait_ms":1}]}""", 7, "with one key")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"drop":false}]}""", 7, "only `true` makes sense")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"wait_ms":2001}]}""", 7, "at most 2000")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"send":{}}]}""", 7, "exactly one of")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"send":{"text":"","text":""}}]}""", 7, "act[0].send: the field `text` is there twice")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"send":{"hex":"0"}}]}""", 7, "`hex`")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"send":{"text":"${j}","times":2}}]}""", 7, "`${j}` is not known")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"send":{"text":"a","fragments":[]}}]}""", 7, "`fragments`")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"send":{"text":"a","fragments":[2]}}]}""", 7, "act[0]: `fragments` do not add up to 1 bytes")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"close":{"code":65536}}]}""", 7, "act[0].close.code: 65536 is not a whole number from 0 to 65535")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"close":{"reason":"why"}}]}""", 7, "a reason needs a code")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"seen":{"until":{"started":true}}}]}""", 7, "act[0].seen.until: there is no field `started`")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"seen":{"within_ms":10001}}]}""", 7, "act[0].seen: `within_ms` is at most 10000")]
    [InlineData("""{"to":"TAG","act":[],"\ud800":1}""", null, "a field has a name that is not Unicode")]
    [InlineData("""{"id":7,"to":"TAG","act":[{"seen":false}]}""", 7, "act[0].seen: `seen` is `true`, or an object")]
    public async Task Names_the_place_of_a_mistake(string command, int? id, string words)
    {
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        var answer = JsonNode.Parse(await server.ControlAsync(_tag, command))!;
        Assert.Equal(("bad_command", id, 0), ((string?)answer["error"], (int?)answer["id"], (int?)answer["done"]));
        Assert.Contains(words, (string?)answer["message"], StringComparison.Ordinal);
        Assert.All((string[])["System.", "Crosswire.", "Path: ", "LineNumber"], ours => Assert.DoesNotContain(ours, (string?)answer["message"], StringComparison.Ordinal));
    }

    [Fact(Timeout = Deadline)]
    public async Task Writes_letters_as_they_are() =>
        Assert.Contains("\"no connection has the tag or id `ä`\"", await server.ControlAsync(_tag, """{"id":1,"to":"ä","act":[]}"""), StringComparison.Ordinal);

    [Theory(Timeout = Deadline)]
    [InlineData(0)]
    [InlineData(999)]
    [InlineData(1004)]
    [InlineData(1005)]
    [InlineData(1006)]
    [InlineData(1015)]
    [InlineData(2999)]
    [InlineData(5000)]
    [InlineData(65535)]
    [InlineData(null)]
    public async Task Refuses_to_close_as_nobody_may(int? code)
    {
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        var close = code is null ? "{}" : $$"""{"code":{{code}} }""";
        var answer = JsonNode.Parse(await server.ControlAsync(_tag, $$"""{"id":7,"to":"TAG","act":[{"close":{{close}} }]}"""))!;
        Assert.Equal(("bad_command", 0), ((string?)answer["error"], (int?)answer["done"]));
        Assert.StartsWith($"act[0].close: `close` with{(code is null ? "out a code" : $" the code {code}")} is no act of this server", (string?)answer["message"], StringComparison.Ordinal);

        // Nothing of it has been sent.
        await client.SendTextAsync("still here", Cancelled);
        Assert.Equal("still here", await client.ReceiveTextAsync(Cancelled));
    }

    [Theory(Timeout = Deadline)]
    [InlineData(1000)]
    [InlineData(1003)]
    [InlineData(1007)]
    [InlineData(1014)]
    [InlineData(3000)]
    [InlineData(4999)]
    public async Task Closes_with_a_code_that_may_be_sent(int code)
    {
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        Assert.Equal("""{"id":7,"ok":true}""", await server.ControlAsync(_tag, $$"""{"id":7,"to":"TAG","act":[{"close":{"code":{{code}},"reason":"bye"} }]}"""));
        await client.ReceiveMessageAsync(Cancelled);
        Assert.Equal((code, "bye"), ((int?)client.CloseStatus, client.CloseStatusDescription));
    }

    [Fact(Timeout = Deadline)]
    public async Task Goes_on_after_a_mistake()
    {
        using var control = await server.ConnectAsync("/control");
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        await control.SendAsync(new byte[1], WebSocketMessageType.Binary, endOfMessage: true, Cancelled);
        Assert.Equal("bad_command", (string?)JsonNode.Parse(await control.ReceiveTextAsync(Cancelled))!["error"]);
        await control.SendTextAsync("""{"id":1,"to":"nobody","act":[{"drop":true}]}""", Cancelled);
        Assert.Equal("unknown_connection", (string?)JsonNode.Parse(await control.ReceiveTextAsync(Cancelled))!["error"]);
        await control.SendTextAsync($$"""{"id":2,"to":"{{_tag}}","act":[]}""", Cancelled);
        Assert.Equal("""{"id":2,"ok":true}""", await control.ReceiveTextAsync(Cancelled));
    }

    [Fact(Timeout = Deadline)]
    public async Task Sends_what_it_is_told_to()
    {
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        await server.ControlAsync(_tag, """{"id":1,"to":"TAG","act":[{"send":{"text":"${i} of $${i}","times":3}},{"send":{"text":"${i}","fragments":[1,0,3]}},{"send":{"hex":"00ff"}},{"send":{"fill":{"len":3,"as":"binary"}}}]}""");
        foreach (var text in (string[])["0 of ${i}", "1 of ${i}", "2 of ${i}", "${i}"])
        {
            Assert.Equal(text, await client.ReceiveTextAsync(Cancelled));
        }

        foreach (var bytes in (byte[][])[[0, 255], [0, 1, 2]])
        {
            Assert.Equal(bytes, (await client.ReceiveMessageAsync(Cancelled)).Payload);
        }
    }

    [Fact(Timeout = Deadline)]
    public async Task Says_how_far_it_came_on_a_connection_that_has_ended()
    {
        using (var client = await server.ConnectAsync($"/ws?tag={_tag}"))
        {
            await client.CloseAsync(WebSocketCloseStatus.NormalClosure, "bye", Cancelled);
        }

        var answer = JsonNode.Parse(await server.ControlAsync(_tag, """{"id":1,"to":"TAG","act":[{"seen":{"until":{"ended":true}}},{"send":{"text":""}},{"wait_ms":1}]}"""))!;
        Assert.Equal(("not_open", 1), ((string?)answer["error"], (int?)answer["done"]));
        var seen = JsonNode.Parse(await server.ControlAsync(_tag, """{"id":1,"to":"TAG","act":[{"wait_ms":1},{"seen":true}]}"""))!["seen"]!;
        Assert.Equal("""{"code":1000,"reason":"bye"}""", seen["close"]!.ToJsonString());
        Assert.Equal(("clean", false), ((string?)seen["ended"], (bool)seen["open"]!));
    }

    [Fact(Timeout = Deadline)]
    public async Task Shows_what_it_saw_also_when_it_did_not_see_enough()
    {
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        await client.SendTextAsync("ä", Cancelled);
        Assert.Equal("ä", await client.ReceiveTextAsync(Cancelled));
        var answer = JsonNode.Parse(await server.ControlAsync(_tag, """{"id":1,"to":"TAG","act":[{"seen":{"until":{"received":{"text":2}},"within_ms":20}}]}"""))!;
        Assert.Equal(("not_reached", 0), ((string?)answer["error"], (int?)answer["done"]));
        var seen = answer["seen"]!;
        Assert.Equal((1, 2), ((int)seen["received"]!["text"]!, (int)seen["received"]!["bytes"]!));
        Assert.Equal($"/ws?tag={_tag}", (string?)seen["handshake"]!["target"]);
        Assert.True(seen.AsObject().ContainsKey("last_pong") && seen["close"] is null);

        // SHA-256 of: `t`, 2 in eight bytes, and the SHA-256 of the two bytes of `ä`.
        Assert.Equal("517915fa3f4fc29c79bd0e5c6841a225aa51bcac9cee1cfb759c4c3a558b5b04", (string?)seen["received"]!["sha256"]);
    }

    [Fact(Timeout = Deadline)]
    public async Task Leaves_a_client_alone_and_comes_back_to_it()
    {
        using var client = await server.ConnectAsync($"/ws?tag={_tag}");
        await server.ControlAsync(_tag, """{"id":1,"to":"TAG","act":[{"stop_reading":true}]}""");
        await client.SendTextAsync("anybody there?", Cancelled);
        var seen = JsonNode.Parse(await server.ControlAsync(_tag, """{"id":1,"to":"TAG","act":[{"wait_ms":20},{"seen":true},{"start_reading":true}]}"""))!["seen"]!;
        Assert.Equal(0, (int)seen["received"]!["text"]!);
        Assert.Equal("anybody there?", await client.ReceiveTextAsync(Cancelled));
    }
}
