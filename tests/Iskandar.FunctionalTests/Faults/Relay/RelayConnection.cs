using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>One connection through a relay.</summary>
public sealed class RelayConnection : IDisposable
{
    private const int KeptBytes = 8 * 1024;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly FaultRelay _relay;
    private readonly Socket _client;
    private readonly Socket _server;
    private readonly CancellationTokenSource _ending = new();
    private readonly StringBuilder[] _firstBytes = [new(), new()];
    private readonly long[] _delivered = new long[2];
    private int _isOver;
    private Cut? _cut;

    internal RelayConnection(FaultRelay relay, int number, Socket client, Socket server)
    {
        _relay = relay;
        _client = client;
        _server = server;
        Number = number;
    }

    /// <summary>1 for the first one.</summary>
    public int Number { get; }

    /// <summary>Whether it was cut, or has ended.</summary>
    internal bool IsOver => Volatile.Read(ref _isOver) != 0;

    /// <summary>What was delivered first, as ISO-8859-1.</summary>
    public string FirstBytes(Direction direction)
    {
        lock (_firstBytes)
        {
            return _firstBytes[(int)direction].ToString();
        }
    }

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"connection {Number} ({_delivered[0]} bytes to the server, {_delivered[1]} to the client)");

    /// <summary>Cuts it, unless it is over.</summary>
    internal bool End(Cut cut)
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0)
        {
            return false;
        }

        _cut = cut;
        switch (cut)
        {
            case Cut.Fin:
                Finish(_client);
                Finish(_server);
                break;
            case Cut.Forsaken:
                Reset(_client);
                break;
            default:
                Reset(_client);
                Reset(_server);
                break;
        }

        _ending.Cancel();
        return true;
    }

    internal void Delivered(Direction direction, ReadOnlySpan<byte> bytes)
    {
        _delivered[(int)direction] += bytes.Length;
        lock (_firstBytes)
        {
            var kept = _firstBytes[(int)direction];
            kept.Append(Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, KeptBytes - kept.Length)]));
        }
    }

    /// <summary>Carries bytes until both directions have ended, or something breaks.</summary>
    internal async Task RunAsync()
    {
        var toServer = new RelayWay(this, Direction.ToServer, _client, _server, _relay.Conditions, _relay.Traffic);
        var toClient = new RelayWay(this, Direction.ToClient, _server, _client, _relay.Conditions, _relay.Traffic);
        var token = _ending.Token;
        Task[] parts = [toServer.ReadAsync(token), toServer.WriteAsync(token), toClient.ReadAsync(token), toClient.WriteAsync(token)];
        await foreach (var part in Task.WhenEach(parts))
        {
            await part.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!part.IsCompletedSuccessfully && End(Cut.Reset))
            {
                _relay.Note($"{this} broke by itself");
            }
        }

        if (_cut == Cut.Fin)
        {
            await Task.WhenAll(DiscardAsync(_client), DiscardAsync(_server));
        }

        if (_cut == Cut.Forsaken)
        {
            // Its server's side is closed with the relay.
            return;
        }

        if (Interlocked.Exchange(ref _isOver, 1) == 0)
        {
            _relay.Note($"{this} ended by itself");
        }

        _client.Dispose();
        _server.Dispose();
    }

    public void Dispose()
    {
        Interlocked.Exchange(ref _isOver, 1);
        _ending.Cancel();
        Reset(_client);
        Reset(_server);
    }

    private static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }

        socket.Dispose();
    }

    private static void Finish(Socket socket)
    {
        try
        {
            socket.Shutdown(SocketShutdown.Send);
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException)
        {
            // The peer was faster.
        }
    }

    /// <summary>Closing while bytes wait to be read would send a reset instead.</summary>
    private static async Task DiscardAsync(Socket socket)
    {
        using var patience = new CancellationTokenSource(Patience);
        var buffer = new byte[64 * 1024];
        try
        {
            while (await socket.ReceiveAsync(buffer.AsMemory(), patience.Token) > 0)
            {
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // It's over either way.
        }
    }
}
