namespace Crosswire.Client;

/// <summary>When something is cut: the earliest time of those that were named.</summary>
internal sealed class Deadline : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly Lock _lock = new();
    private long _at = long.MaxValue;

    public CancellationToken Token => _source.Token;

    public void Now() => _source.Cancel();

    public void After(TimeSpan within)
    {
        lock (_lock)
        {
            var at = Environment.TickCount64 + (long)within.TotalMilliseconds;
            if (at < _at)
            {
                _at = at;
                _source.CancelAfter(within);
            }
        }
    }

    /// <summary>Forgets every time that was named.</summary>
    public void Never()
    {
        lock (_lock)
        {
            _at = long.MaxValue;
            _source.CancelAfter(Timeout.InfiniteTimeSpan);
        }
    }

    public void Dispose() => _source.Dispose();
}
