using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace Crosswire;

/// <summary>The driver of {{name}}: it reads commands, has Library.cs carry them out, and reports, as conformance/drivers.md
/// says.</summary>
public static class Driver
{
    private static readonly Lock Saying = new();
    private static readonly Stream Output = Console.OpenStandardOutput();
    private static readonly byte[] Newline = [(byte)'\n'];

    /// <summary>Writes a line.</summary>
    public static void Say(string what, Dictionary<string, object?> said)
    {
        byte[] line = JsonSerializer.SerializeToUtf8Bytes(new Dictionary<string, object?> { [what] = said });
        lock (Saying)
        {
            Output.Write(line);
            Output.Write(Newline);
            Output.Flush();
        }
    }

    public static int Main()
    {
        long started = Stopwatch.GetTimestamp();
        Dictionary<long, Test> tests = [];
        using StreamReader lines = new(Console.OpenStandardInput());
        while (lines.ReadLine() is { } line)
        {
            try
            {
                switch (Command.Understand(line))
                {
                    case Bye:
                        return 0;
                    case Hello { Protocol: 1 }:
                        Say("hello", new()
                        {
                            ["client"] = "{{name}}", ["language"] = "{{language}}",
                            ["runtime"] = RuntimeInformation.FrameworkDescription, ["library"] = Library.Version,
                            ["max_concurrent"] = 16, ["origin"] = null, ["capabilities"] = Library.Capabilities,
                        });
                        break;
                    case OfTest command:
                        if (!tests.TryGetValue(command.Seq, out Test? test))
                        {
                            tests[command.Seq] = test = new Test(command.Seq, started);
                        }

                        Begin(command, test, tests);
                        break;
                    default:
                        throw new MistakeException("protocol 1 is spoken here, and no other");
                }
            }
            catch (MistakeException mistake)
            {
                Say("error", new(Command.Numbers(line)) { ["message"] = mistake.Message });
            }
        }

        return 0;
    }

    /// <summary>Begins what a command says; nothing waits for its end.</summary>
    private static void Begin(OfTest command, Test test, Dictionary<long, Test> tests)
    {
        switch (command)
        {
            case End:
                tests.Remove(command.Seq);
                test.Report("ended", new() { ["c"] = command.C });
                break;
            case Listen listen:
                _ = test.Reach(listen);
                break;
            case OfConnection order:
                test.Take(order);
                break;
        }
    }
}
