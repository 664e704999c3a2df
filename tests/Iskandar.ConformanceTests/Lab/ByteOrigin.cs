using System.Net;
using System.Net.Sockets;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>An app that reads requests by itself and answers them with given bytes, whatever HTTP would have it do.</summary>
public sealed class ByteOrigin : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _accepting;
    private ByteScript? _script;

    public ByteOrigin()
    {
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>From now on requests are answered so.</summary>
    public ByteScript Play(Func<ByteExchange, Task> answer) => _script = new ByteScript(answer);

    /// <summary>From now on requests are answered with these bytes, ISO-8859-1, and the connection is kept.</summary>
    public ByteScript Play(string answer) => Play(exchange => exchange.SendAsync(answer));

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Stop();
        await _accepting;
        _stopping.Dispose();
    }

    private async Task AcceptAsync()
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ServeAsync(await _listener.AcceptSocketAsync(_stopping.Token)));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        socket.NoDelay = true;
        await using var stream = new NetworkStream(socket, ownsSocket: true);
        var exchange = new ByteExchange(socket, stream, _stopping.Token);
        try
        {
            while (!exchange.IsOver && await exchange.ReadHeadAsync())
            {
                var script = _script ?? throw new InvalidOperationException("Nobody said how to answer.");
                script.Add(exchange.Head);
                await script.Answer(exchange);
            }
        }
        catch (Exception fault) when (fault is IOException or OperationCanceledException or EndOfStreamException)
        {
            // Whoever was at the other end has left, or the lab closes.
        }
    }
}

/// <summary>How requests are answered for a while, and which ones came.</summary>
public sealed class ByteScript(Func<ByteExchange, Task> answer)
{
    private readonly Lock _lock = new();
    private readonly List<string> _heads = [];

    public Func<ByteExchange, Task> Answer => answer;

    /// <summary>The heads of the requests that came, each as it was on the wire.</summary>
    public IReadOnlyList<string> Heads
    {
        get
        {
            lock (_lock)
            {
                return [.. _heads];
            }
        }
    }

    internal void Add(string head)
    {
        lock (_lock)
        {
            _heads.Add(head);
        }
    }
}
