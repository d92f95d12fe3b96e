using System.Diagnostics;
using System.Text.Json.Nodes;
using Crosswire.Client.Tests.Support;

namespace Crosswire.Client.Tests;

/// <summary>What the driver says of itself, and what it says to lines that it does not understand.</summary>
public sealed class ProtocolTests
{
    private const int Deadline = 30_000;

    public static TheoryData<string> Mistakes =>
    [
        """{"cmd":"send","seq":7,"c":9,"on":"a"}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","text":"","loudly":true}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","text":"","base64":""}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","base64":"?"}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","text":1}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","invalid_text":"f"}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","text":"\ud800"}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","text":"","text":""}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","fill":{"len":1,"as":"text","x":1}}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","fill":{"len":1,"as":"letters"}}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","fill":{"len":300000000,"as":"text"}}""",
        """{"cmd":"send","seq":7,"c":9,"on":"a","fill":{"len":-1,"as":"text"}}""",
        """{"cmd":"close","seq":7,"c":9,"on":"a"}""",
        """{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":1,"reason":"why"}""",
        """{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":1,"code":65536}""",
        """{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":-1}""",
        """{"cmd":"open","seq":7,"c":9,"on":"a","url":"ws://x/","within_ms":1,"data":"some"}""",
        """{"cmd":"open","seq":7,"c":9,"on":"a","url":"ws://x/","within_ms":1,"headers":[["one"]]}""",
        """{"cmd":"open","seq":7,"c":9,"on":"a","url":"ws://x/","within_ms":1,"subprotocols":[null]}""",
        """{"cmd":"open","seq":7,"c":9,"on":"a","url":"ws://x/","within_ms":1,"reading":"yes"}""",
        """{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"drop","c":10}]}""",
        """{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"send","c":10,"on":"b","text":""}]}""",
        """{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"send","c":10,"text":"","x":1}]}""",
        """{"cmd":"react","seq":7,"c":9,"on":"a","then":[null]}""",
        """{"cmd":"react","seq":7,"c":9,"on":"a","then":[],"commands":[]}""",
        """{"cmd":"ping","seq":7,"c":9,"on":"a","hex":""}""",
        """{"cmd":"end","seq":7,"c":9,"on":"a"}""",
        """{"cmd":"fly","seq":7,"c":9}""",
        """{"seq":7,"c":9}""",
    ];

    [Fact(Timeout = Deadline)]
    public async Task Introduces_itself_as_often_as_it_is_asked()
    {
        await using var driver = new DriverSession();
        for (var i = 0; i < 2; i++)
        {
            await driver.WriteLineAsync("""{"cmd":"hello","protocol":1}""");
            var hello = (await driver.LineAsync())["hello"]!.AsObject();
            Assert.Equal("csharp", (string?)hello["language"]);
            Assert.True(hello.ContainsKey("origin") && hello["origin"] is null);
        }

        await driver.WriteLineAsync("""{"cmd":"hello","protocol":2}""");
        Assert.StartsWith("this driver speaks protocol 1, not 2", (string?)(await driver.LineAsync())["error"]!["message"], StringComparison.Ordinal);
        await driver.FinishWithUnansweredAsync();
    }

    [Fact]
    public void Has_the_name_of_the_manifest_and_capabilities_of_the_registry()
    {
        var manifest = Repository.Json("conformance", "clients", "csharp", "impl.json");
        Assert.Equal(Introduction.Own.Client, (string?)manifest["clients"]![0]!["name"]);
        var registry = Repository.Json("conformance", "capabilities.json")["client"]!.AsObject();
        Assert.All(Introduction.Own.Capabilities, name => Assert.True(registry.ContainsKey(name), name));
    }

    [Theory(Timeout = Deadline)]
    [MemberData(nameof(Mistakes))]
    public async Task Answers_what_is_no_command_with_its_numbers(string line)
    {
        await using var driver = new DriverSession();
        await driver.WriteLineAsync(line);
        var error = (await driver.LineAsync())["error"]!;
        AssertTellsNothingOfTheProgram((string)error["message"]!);
        Assert.Equal((7, 9), ((int?)error["seq"], (int?)error["c"]));
        await driver.FinishWithUnansweredAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Answers_what_is_not_JSON_and_goes_on()
    {
        await using var driver = new DriverSession();
        foreach (var line in (string[])["garbage", "", "[1]", "null", "7", """{"cmd":"end","seq":7""", """{"cmd":"end","seq":7,"c":1} and more""", """{"cmd":"end","seq":-1,"c":1.5}"""])
        {
            await driver.WriteLineAsync(line);
            var error = (await driver.LineAsync())["error"]!;
            AssertTellsNothingOfTheProgram((string)error["message"]!);
            Assert.Null(error["seq"]);
        }

        await driver.WriteLineAsync("""{"protocol":1,"cmd":"hello"}""");
        Assert.NotNull((await driver.LineAsync())["hello"]);
        await driver.FinishWithUnansweredAsync();
    }

    [Theory(Timeout = Deadline)]
    [InlineData("garbage", "this is no JSON: it goes wrong at byte 1")]
    [InlineData("[1]", "a list is not an object")]
    [InlineData("null", "this is null, and not an object")]
    [InlineData("""{"seq":7,"c":9}""", "the field `cmd` is missing, which is one of hello, open, send, close, drop, stop_reading, start_reading, react, listen, end, bye")]
    [InlineData("""{"cmd":"fly","seq":7,"c":9}""", "cmd: \"fly\" is none of hello, open, send, close, drop, stop_reading, start_reading, react, listen, end, bye")]
    [InlineData("""{"cmd":"end","seq":-1,"c":9}""", "seq: -1 is not a whole number from 0 to 18446744073709551615")]
    [InlineData("""{"cmd":"end","c":9}""", "the field `seq` is missing")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","text":"","volume":11}""", "there is no field `volume`")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","text":"","text":""}""", "the field `text` is there twice")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":null,"text":""}""", "on: null is not text")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","text":"\ud800"}""", "text: \"\\ud800\" is not text")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","text":"","\ud800":1}""", "a field has a name that is not Unicode")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","base64":"?"}""", "base64: \"?\" is not bytes in base64")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","fill":{"len":1}}""", "fill: the field `as` is missing")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","fill":{"len":1,"as":"letters"}}""", "fill: a `fill` is made `as` `text` or `binary`, not `letters`")]
    [InlineData("""{"cmd":"send","seq":7,"c":9,"on":"a","text":"","fragments":[1,"2"]}""", "fragments[1]: \"2\" is not a whole number up to 2147483647")]
    [InlineData("""{"cmd":"close","seq":7,"c":9,"on":"a","within_ms":1,"code":65536}""", "code: 65536 is not a whole number from 0 to 65535")]
    [InlineData("""{"cmd":"open","seq":7,"c":9,"on":"a","url":"ws://x/","within_ms":1,"reading":"yes"}""", "reading: \"yes\" is not `true` or `false`")]
    [InlineData("""{"cmd":"open","seq":7,"c":9,"on":"a","url":"ws://x/","within_ms":1,"headers":{}}""", "headers: an object is not a list")]
    [InlineData("""{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"send","c":10,"text":"","x":1}]}""", "then[0]: there is no field `x`")]
    [InlineData("""{"cmd":"react","seq":7,"c":9,"on":"a","then":[{"cmd":"send","c":10,"text":""},{"c":10}]}""", "then[1]: the field `cmd` is missing, which is one of hello, open, send, close, drop, stop_reading, start_reading, react, listen, end, bye")]
    public async Task Says_what_is_wrong_and_where(string line, string words)
    {
        await using var driver = new DriverSession();
        await driver.WriteLineAsync(line);
        Assert.Equal(words, (string?)(await driver.LineAsync())["error"]!["message"]);
        await driver.FinishWithUnansweredAsync();
    }

    [Theory(Timeout = Deadline)]
    [InlineData(1)]
    [InlineData(1 << 20)]
    public async Task Says_how_long_a_line_may_be(int more)
    {
        await using var driver = new DriverSession();
        await driver.WriteLineAsync(new string('x', Lines.Longest + more));
        Assert.Equal("""{"error":{"message":"a line is at most 4194304 bytes long"}}""", (await driver.LineAsync()).ToJsonString());
        await driver.WriteLineAsync("""{"cmd":"hello","protocol":1}""" + new string(' ', Lines.Longest - 28));
        Assert.NotNull((await driver.LineAsync())["hello"]);
        await driver.FinishWithUnansweredAsync();
    }

    [Fact(Timeout = Deadline)]
    public async Task Fails_what_is_for_nobody()
    {
        await using var driver = new DriverSession();
        Assert.Equal("the test has no connection `nobody`", await driver.FailedAsync(new { cmd = "send", on = "nobody", text = "" }));
        await driver.FinishAsync();
    }

    private static void AssertTellsNothingOfTheProgram(string words)
    {
        Assert.NotEmpty(words);
        Assert.All((string[])["System.", "Crosswire.", "Path: ", "LineNumber"], ours => Assert.DoesNotContain(ours, words, StringComparison.Ordinal));
    }

    [Theory(Timeout = Deadline)]
    [InlineData("""{"cmd":"bye"}""" + "\nnever read", 0)]
    [InlineData("", 0)]
    [InlineData("no new line behind it", 0)]
    [InlineData("", 2, "--help")]
    public async Task Ends_with_a_code_that_says_how(string input, int code, params string[] arguments)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "Crosswire.Client.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath!.Contains("dotnet", StringComparison.Ordinal) ? Environment.ProcessPath : "dotnet", [program, .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(code, process.ExitCode);
        Assert.True(output.Length == 0 || JsonNode.Parse(output)!["error"] is not null, output);
    }
}
