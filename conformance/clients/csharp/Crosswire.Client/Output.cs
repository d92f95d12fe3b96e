using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace Crosswire.Client;

/// <summary>Standard output: one task writes everything, and flushes as soon as nothing more is ready.</summary>
internal sealed class Output(Stream stream)
{
    /// <summary>How many lines may wait to be written. Whoever has another one then waits, and reads nothing from its socket.</summary>
    private const int Waiting = 256;

    /// <summary>What is ready is written at once, but no more than this.</summary>
    private const int Batch = 64 << 10;

    private readonly Channel<Entry> _lines = Channel.CreateBounded<Entry>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly long _started = Stopwatch.GetTimestamp();

    public ValueTask WriteAsync(Line line) => _lines.Writer.WriteAsync(new(null, line));

    public ValueTask WriteAsync(Test test, Event happened) =>
        _lines.Writer.WriteAsync(new(test, new(Event: happened with { Ms = Math.Round(Stopwatch.GetElapsedTime(_started).TotalMilliseconds, 3) })));

    /// <summary>After this nothing may be written.</summary>
    public void Complete() => _lines.Writer.TryComplete();

    /// <summary>The driver cannot go on.</summary>
    public void Fail(Exception exception) => _lines.Writer.TryComplete(exception);

    /// <summary>Writes until everything is written, or until nobody reads it any more.</summary>
    public async Task RunAsync()
    {
        try
        {
            var ready = new ArrayBufferWriter<byte>(Batch);
            while (await _lines.Reader.WaitToReadAsync())
            {
                while (ready.WrittenCount < Batch && _lines.Reader.TryRead(out var next))
                {
                    Put(next.Test, next.Line, ready);
                }

                await stream.WriteAsync(ready.WrittenMemory);
                await stream.FlushAsync();
                ready.ResetWrittenCount();
            }
        }
        catch (Exception exception)
        {
            Fail(exception);
            throw;
        }
    }

    private static void Put(Test? test, Line line, ArrayBufferWriter<byte> ready)
    {
        if (test is not null)
        {
            if (test.HasEnded)
            {
                return;
            }

            test.HasEnded = line.Event is Ended;
            line = line with { Event = line.Event! with { Seq = test.Seq, N = ++test.Written } };
        }

        using (var writer = new Utf8JsonWriter(ready, new JsonWriterOptions { Encoder = Json.Letters }))
        {
            JsonSerializer.Serialize(writer, line, Json.Protocol.Line);
        }

        ready.Write("\n"u8);
    }

    /// <summary>A line, and the test that it is of.</summary>
    private sealed record Entry(Test? Test, Line Line);
}
