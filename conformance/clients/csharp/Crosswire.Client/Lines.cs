using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;

namespace Crosswire.Client;

/// <summary>Lines of standard input, none of them longer than the protocol allows.</summary>
internal static class Lines
{
    /// <summary>How long a line may be, in either direction.</summary>
    public const int Longest = 4 << 20;

    private static readonly StreamPipeReaderOptions Pieces = new(bufferSize: 64 << 10);

    /// <summary>Reads lines until there are no more. One that is too long is read away, and null stands for it.</summary>
    public static async IAsyncEnumerable<ReadOnlyMemory<byte>?> ReadAsync(Stream input, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var reader = PipeReader.Create(input, Pieces);
        var isTooLong = false;
        while (true)
        {
            var read = await reader.ReadAsync(cancellationToken);
            var rest = read.Buffer;
            while (rest.PositionOf((byte)'\n') is { } end)
            {
                var line = rest.Slice(0, end);
                yield return isTooLong || line.Length > Longest ? TooLong() : line.ToArray();
                isTooLong = false;
                rest = rest.Slice(rest.GetPosition(1, end));
            }

            if (rest.Length > Longest)
            {
                isTooLong = true;
                rest = rest.Slice(rest.End);
            }

            if (read.IsCompleted)
            {
                if (isTooLong || !rest.IsEmpty)
                {
                    yield return isTooLong ? TooLong() : rest.ToArray();
                }

                break;
            }

            reader.AdvanceTo(rest.Start, read.Buffer.End);
        }

        await reader.CompleteAsync();
    }

    /// <summary>A bare null would take the type of the array beside it, and become an empty line.</summary>
    private static ReadOnlyMemory<byte>? TooLong() => null;
}
