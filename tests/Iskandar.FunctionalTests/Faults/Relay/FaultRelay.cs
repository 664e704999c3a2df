using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>
/// What lies between a client and its server, and breaks as a test wants it to: a TCP relay whose connections can be cut, stalled, swallowed,
/// delayed, throttled, cut into single bytes and refused.
/// </summary>
public sealed class FaultRelay : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly int _target;
    private readonly List<RelayConnection> _connections = [];
    private readonly List<Task> _running = [];
    private readonly List<string> _history = [];
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private readonly CancellationTokenSource _stopping = new();
    private int _live;
    private TcpListener? _listener;
    private Task _accepting = Task.CompletedTask;
    private TaskCompletionSource _changed = NewSignal();

    /// <summary>Starts it.</summary>
    /// <param name="target">The loopback port that connections are relayed to.</param>
    public FaultRelay(int target)
    {
        _target = target;
        Port = Ports.Free();
        Url = new Uri($"http://localhost:{Port}/");
        Accept();
    }

    public int Port { get; }

    public Uri Url { get; }

    public Conditions Conditions { get; } = new();

    public Traffic Traffic { get; } = new();

    /// <summary>All connections so far, in order.</summary>
    public IReadOnlyList<RelayConnection> Connections
    {
        get
        {
            lock (_lock)
            {
                return [.. _connections];
            }
        }
    }

    /// <summary>How many cuts there were that cut something.</summary>
    public int Cuts { get; private set; }

    /// <summary>What happened last.</summary>
    public string History
    {
        get
        {
            lock (_lock)
            {
                return string.Join('\n', _history.TakeLast(25));
            }
        }
    }

    /// <summary>What is open at the moment.</summary>
    public string Open
    {
        get
        {
            lock (_lock)
            {
                var open = _connections.Where(static connection => !connection.IsOver);
                return string.Join('\n', open.TakeLast(5).Select(static connection => $"  open: {connection}"));
            }
        }
    }

    /// <summary>Whether no connection is left.</summary>
    public bool IsIdle
    {
        get
        {
            lock (_lock)
            {
                return _live == 0;
            }
        }
    }

    /// <summary>Cuts all connections there are.</summary>
    public void CutNow(Cut cut)
    {
        foreach (var connection in Connections)
        {
            CutOne(connection, cut);
        }
    }

    /// <summary>Cuts the connection that carries the byte, when exactly so many more bytes have passed.</summary>
    public async Task CutAfterAsync(Direction direction, long bytes, Cut cut)
    {
        for (var isCut = false; !isCut; bytes = 1)
        {
            // The byte may be the last of a connection that is over already.
            await Traffic.AfterAsync(direction, bytes, connection => isCut = CutOne(connection, cut));
        }
    }

    /// <summary>Closes the door: attempts to connect are refused.</summary>
    public async Task RefuseAsync()
    {
        _listener?.Stop();
        _listener = null;
        await _accepting;
        Note("refusing");
    }

    /// <summary>Listens, again.</summary>
    public void Accept()
    {
        _listener = new TcpListener(IPAddress.Loopback, Port);
        _listener.Start();
        _accepting = AcceptAsync(_listener);
        Note("accepting");
    }

    /// <summary>Waits for a condition that depends on connections coming and going.</summary>
    public async Task WaitAsync(Func<FaultRelay, bool> condition, string what)
    {
        var token = Bounded.Token();
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                changed = _changed.Task;
            }

            if (condition(this))
            {
                return;
            }

            try
            {
                await changed.WaitAsync(token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Never at the relay: {what}.");
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _listener?.Stop();
        await _stopping.CancelAsync();
        await _accepting;
        foreach (var connection in Connections)
        {
            connection.Dispose();
        }

        Task[] running;
        lock (_lock)
        {
            running = [.. _running];
        }

        await Task.WhenAll(running);
        _stopping.Dispose();
    }

    internal void Note(string what)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _history.Add(string.Create(CultureInfo.InvariantCulture, $"  {TimeProvider.System.GetElapsedTime(_start).TotalSeconds,8:0.000} s {what}"));
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    private bool CutOne(RelayConnection connection, Cut cut)
    {
        if (!connection.End(cut))
        {
            return false;
        }

        lock (_lock)
        {
            Cuts++;
        }

        Note($"{cut}: {connection}");
        return true;
    }

    private async Task AcceptAsync(TcpListener listener)
    {
        try
        {
            while (true)
            {
                var client = await listener.AcceptSocketAsync(CancellationToken.None);
                lock (_lock)
                {
                    _live++;
                    _running.Add(RunAsync(client));
                }
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The door was closed.
        }
    }

    private async Task RunAsync(Socket client)
    {
        await Task.Yield();
        var what = await CarryAsync(client);
        lock (_lock)
        {
            _live--;
        }

        Note(what);
    }

    /// <returns>What became of it.</returns>
    private async Task<string> CarryAsync(Socket client)
    {
        client.NoDelay = true;
        var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        RelayConnection connection;
        try
        {
            await Conditions.Door.PassAsync(_stopping.Token);
            await server.ConnectAsync(IPAddress.Loopback, _target, _stopping.Token);
        }
        catch (Exception fault) when (fault is SocketException or OperationCanceledException)
        {
            client.LingerState = new LingerOption(true, 0);
            client.Dispose();
            server.Dispose();
            return "nobody listens behind the relay";
        }

        lock (_lock)
        {
            connection = new RelayConnection(this, _connections.Count + 1, client, server);
            _connections.Add(connection);
        }

        Note($"connection {connection.Number} opened");
        await connection.RunAsync();
        return $"connection {connection.Number} is gone";
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
