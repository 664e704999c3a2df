using Iskandar.Client;

namespace Iskandar.Cli.Rendering;

/// <summary>What the live view shows at one moment.</summary>
internal sealed record TunnelSnapshot(
    TunnelStatus Status,
    Uri? PublicUrl,
    Uri Origin,
    bool OriginIsUnverified,
    long Total,
    long Failed,
    int Open,
    IReadOnlyList<RequestEntry> Recent,
    IReadOnlyList<string> Notices);

/// <summary>What has happened in a tunnel so far; bounded, and safe for any thread.</summary>
internal sealed class TunnelModel(Uri origin, bool originIsUnverified = false)
{
    /// <summary>As many requests as are ever shown.</summary>
    public const int MostRequests = 15;

    private const int MostNotices = 3;

    private readonly Lock _lock = new();
    private readonly Queue<RequestEntry> _recent = new();
    private readonly Queue<string> _notices = new();
    private TunnelStatus _status = new(TunnelState.Connecting);
    private Uri? _publicUrl;
    private long _total;
    private long _failed;
    private int _open;

    public void StatusChanged(TunnelStatus status)
    {
        lock (_lock)
        {
            _status = status;
            _publicUrl = status.PublicUrl ?? _publicUrl;
        }
    }

    public void RequestStarted()
    {
        lock (_lock)
        {
            _open++;
        }
    }

    public void RequestFinished(RequestEntry request)
    {
        lock (_lock)
        {
            _open--;
            _total++;
            _failed += request.Failed ? 1 : 0;
            Add(_recent, request, MostRequests);
        }
    }

    public void Notice(string text)
    {
        lock (_lock)
        {
            Add(_notices, text, MostNotices);
        }
    }

    public TunnelSnapshot Snapshot()
    {
        lock (_lock)
        {
            return new TunnelSnapshot(_status, _publicUrl, origin, originIsUnverified, _total, _failed, _open, [.. _recent], [.. _notices]);
        }
    }

    private static void Add<T>(Queue<T> queue, T item, int most)
    {
        if (queue.Count == most)
        {
            queue.Dequeue();
        }

        queue.Enqueue(item);
    }
}
