using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Threading.Channels;

namespace Crosswire;

/// <summary>A test that has not ended. Its events are numbered without a gap, and none comes behind its end.</summary>
public sealed class Test(long seq, long started) : IDisposable
{
    private static readonly TimeSpan ListenWithin = TimeSpan.FromSeconds(2); // the command says no time of its own
    private readonly Dictionary<string, Connection> connections = [];
    private readonly CancellationTokenSource over = new();
    private readonly Lock reporting = new();
    private long n;

    public CancellationToken Over => over.Token;

    public void Report(string what, Dictionary<string, object?> more)
    {
        lock (reporting)
        {
            if (over.IsCancellationRequested)
            {
                return;
            }

            double ms = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
            Driver.Say("event", new(more) { ["seq"] = seq, ["n"] = ++n, ["ms"] = ms, ["is"] = what });
            if (what == "ended")
            {
                over.Cancel();
            }
        }
    }

    public void Answer(OfConnection command, string what, string? error = null)
    {
        Dictionary<string, object?> more = new() { ["c"] = command.C, ["on"] = command.On };
        if (error is not null)
        {
            more["error"] = error;
        }

        Report(what, more);
    }

    public async Task Reach(Listen command)
    {
        try
        {
            Uri url = new(command.Url);
            using CancellationTokenSource within = new(ListenWithin);
            using TcpClient client = new();
            await client.ConnectAsync(url.Host, url.Port, within.Token);
            Report("listened", new() { ["c"] = command.C });
        }
        catch (Exception error)
        {
            Report("failed", new() { ["c"] = command.C, ["error"] = error.Message });
        }
    }

    public void Take(OfConnection command)
    {
        if (command is Open opening)
        {
            connections[command.On] = new Connection(this, opening);
        }
        else if (connections.TryGetValue(command.On, out Connection? connection))
        {
            connection.Take(command);
        }
        else
        {
            Answer(command, "failed", $"the test has no connection `{command.On}`");
        }
    }

    public void Dispose() => over.Dispose();
}

/// <summary>One task reads, another carries out commands in their order, and neither waits for the other.</summary>
public sealed class Connection
{
    private const int ShownInFull = 4096; // bytes; a longer message is told by its hash
    private const int MostWaiting = 1 << 14;
    private readonly Test test;
    private readonly Open opening;
    private readonly CancellationTokenSource closed = new();

    private string? refusal;

    // Commands, and behind the last message the end.
    private readonly Channel<object> waiting = Channel.CreateBounded<object>(MostWaiting);

    public Connection(Test test, Open opening)
    {
        (this.test, this.opening) = (test, opening);
        _ = Task.Run(Live);
    }

    public void Take(OfConnection command)
    {
        if (!waiting.Writer.TryWrite(command))
        {
            test.Answer(command, "failed", "too many commands wait for this connection");
        }
    }

    private async Task Live()
    {
        Link? link = null;
        try
        {
            link = await Open();
            if (link is not null)
            {
                _ = Task.Run(() => Read(link));
            }

            await foreach (object turn in waiting.Reader.ReadAllAsync(test.Over))
            {
                await Do(link, turn);
            }
        }
        catch (OperationCanceledException)
        {
            // The test is over.
        }
        finally
        {
            link?.Cut();
        }
    }

    private async Task<Link?> Open()
    {
        using CancellationTokenSource within = CancellationTokenSource.CreateLinkedTokenSource(test.Over);
        within.CancelAfter(opening.WithinMs);
        try
        {
            Link link = await Library.Connect(opening.Url, opening.Subprotocols, within.Token);
            test.Report("opened", new()
            {
                ["c"] = opening.C, ["on"] = opening.On, ["subprotocol"] = link.Subprotocol, ["extensions"] = null,
            });
            return link;
        }
        catch (Exception error)
        {
            refusal = within.IsCancellationRequested ? $"not open within {opening.WithinMs} ms" : error.Message;
            test.Report("refused", new()
            {
                ["c"] = opening.C, ["on"] = opening.On, ["error"] = refusal, ["status"] = null,
            });
            return null;
        }
    }

    private async Task Do(Link? link, object turn)
    {
        if (turn is Ending ending)
        {
            await closed.CancelAsync();
            test.Report("closed", new()
            {
                ["on"] = opening.On, ["code"] = ending.Code, ["reason"] = ending.Reason, ["clean"] = ending.IsClean,
            });
            return;
        }

        OfConnection command = (OfConnection)turn;
        try
        {
            switch (command)
            {
                case var _ when link is null:
                    throw new InvalidOperationException(refusal);
                case Send send:
                    await link.Send(send.Payload());
                    break;
                case Close close:
                    _ = Task.Delay(close.WithinMs, closed.Token).ContinueWith(
                        _ => link.Cut(), TaskContinuationOptions.OnlyOnRanToCompletion);
                    await link.Close(close.Code, close.Reason);
                    break;
            }

            test.Answer(command, "done");
        }
        catch (Exception error)
        {
            test.Answer(command, "failed", error.Message);
        }
    }

    private async Task Read(Link link)
    {
        while (true)
        {
            (Message? message, Ending? ending) = await link.Receive();
            if (message is null)
            {
                await waiting.Writer.WriteAsync(ending!);
                return;
            }

            Dictionary<string, object?> shown = Shown(message);
            shown["on"] = opening.On;
            test.Report("received", shown);
        }
    }

    private Dictionary<string, object?> Shown(Message message)
    {
        byte[] data = message.Text is { } text ? Encoding.UTF8.GetBytes(text) : message.Data;
        if (data.Length > ShownInFull && opening.Data is null)
        {
            return new()
            {
                ["kind"] = message.Text is null ? "binary" : "text",
                ["len"] = data.Length,
                ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(data)),
                ["head"] = Convert.ToHexStringLower(data.AsSpan(0, 64)),
            };
        }

        return message.Text is null
            ? new() { ["base64"] = Convert.ToBase64String(data) }
            : new() { ["text"] = message.Text };
    }
}
