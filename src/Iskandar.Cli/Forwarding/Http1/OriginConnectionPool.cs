using System.Net;
using System.Net.Sockets;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>Makes connections to the origin, and keeps those that may be used again; the one that was used last first.</summary>
internal sealed class OriginConnectionPool : IDisposable
{
    /// <summary>How long a connection waits for another request.</summary>
    public static readonly TimeSpan MostIdle = TimeSpan.FromSeconds(60);

    /// <summary>How long it may have waited for a request that must not be made twice: an origin may be about to close it.</summary>
    public static readonly TimeSpan MostIdleForOnce = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan MostForConnecting = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan BetweenSweeps = TimeSpan.FromSeconds(10);

    private readonly Lock _gate = new();
    private readonly List<OriginConnection> _idle = [];
    private readonly Func<CancellationToken, ValueTask<Stream>> _connect;
    private readonly TimeProvider _time;
    private readonly ITimer _sweep;
    private bool _isDisposed;

    /// <summary>Starts without a connection.</summary>
    /// <param name="connect">Makes a connection.</param>
    /// <param name="time">The clock.</param>
    public OriginConnectionPool(Func<CancellationToken, ValueTask<Stream>> connect, TimeProvider time)
    {
        (_connect, _time) = (connect, time);
        _sweep = time.CreateTimer(static pool => ((OriginConnectionPool)pool!).Sweep(), this, BetweenSweeps, BetweenSweeps);
    }

    /// <summary>Connects by network.</summary>
    public static Func<CancellationToken, ValueTask<Stream>> To(Uri origin) => async cancellationToken =>
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(new DnsEndPoint(origin.IdnHost, origin.Port), cancellationToken);
            return new OriginSocketStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    };

    /// <summary>Takes a connection that waits, if there is one.</summary>
    /// <param name="mostIdle">How long it may have waited.</param>
    public OriginConnection? TryTake(TimeSpan mostIdle)
    {
        while (true)
        {
            OriginConnection connection;
            lock (_gate)
            {
                if (_idle.Count == 0 || _time.GetElapsedTime(_idle[^1].LastUsed) > mostIdle)
                {
                    return null;
                }

                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }

            if (connection.IsUsable)
            {
                return connection;
            }

            connection.Dispose();
        }
    }

    /// <summary>Makes a connection.</summary>
    /// <exception cref="OriginUnreachableException">It can't be made.</exception>
    /// <exception cref="OperationCanceledException">The request was cancelled meanwhile.</exception>
    public async ValueTask<OriginConnection> ConnectAsync(CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(MostForConnecting, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            return new OriginConnection(await _connect(either.Token));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new OriginUnreachableException($"no connection within {MostForConnecting.TotalSeconds:0} s");
        }
        catch (Exception fault) when (fault is SocketException or IOException)
        {
            throw new OriginUnreachableException(fault.Message, fault);
        }
    }

    /// <summary>Takes back a connection whose exchange is over, or ends it.</summary>
    public void Return(OriginConnection connection)
    {
        if (connection.TryRest(_time.GetTimestamp()))
        {
            lock (_gate)
            {
                if (!_isDisposed)
                {
                    _idle.Add(connection);
                    return;
                }
            }
        }

        connection.Dispose();
    }

    public void Dispose()
    {
        _sweep.Dispose();
        List<OriginConnection> idle;
        lock (_gate)
        {
            _isDisposed = true;
            idle = [.. _idle];
            _idle.Clear();
        }

        idle.ForEach(static connection => connection.Dispose());
    }

    private void Sweep()
    {
        List<OriginConnection>? over = null;
        lock (_gate)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (!_idle[i].IsUsable || _time.GetElapsedTime(_idle[i].LastUsed) >= MostIdle)
                {
                    (over ??= []).Add(_idle[i]);
                    _idle.RemoveAt(i);
                }
            }
        }

        over?.ForEach(static connection => connection.Dispose());
    }
}
