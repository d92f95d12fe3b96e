using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;

namespace Crosswire.Client;

/// <summary>A test, as the output knows it: what it counts its events by.</summary>
internal sealed class Test(ulong seq)
{
    public ulong Seq => seq;

    /// <summary>How many events of it were written. The output alone counts, so that the numbers are in the order of the lines.</summary>
    public ulong Written { get; set; }

    /// <summary>Nothing of it is written any more.</summary>
    public bool HasEnded { get; set; }
}

/// <summary>Standard output: one task writes everything, and flushes as soon as nothing more is ready.</summary>
internal sealed class Output(Stream stream)
{
    /// <summary>How many lines may wait to be written. Whoever has another one then waits, and reads nothing from its socket.</summary>
    private const int Waiting = 256;

    /// <summary>What is ready is written at once, but no more than this.</summary>
    private const int Batch = 64 << 10;

    private readonly Channel<(Test? Test, Line Line)> _lines = Channel.CreateBounded<(Test?, Line)>(new BoundedChannelOptions(Waiting) { SingleReader = true });
    private readonly long _started = Stopwatch.GetTimestamp();

    public ValueTask WriteAsync(Line line) => _lines.Writer.WriteAsync((null, line));

    public ValueTask WriteAsync(Test test, Event happened) =>
        _lines.Writer.WriteAsync((test, new Line(Event: happened with { Ms = Math.Round(Stopwatch.GetElapsedTime(_started).TotalMilliseconds, 3) })));

    /// <summary>After this nothing may be written.</summary>
    public void Complete() => _lines.Writer.TryComplete();

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
            _lines.Writer.TryComplete(exception);
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
}
