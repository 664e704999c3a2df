using Iskandar.Protocol.Connections;

namespace Iskandar.Server.Tunnels;

/// <summary>One name and the connection that serves it.</summary>
/// <param name="name">The name, a DNS label in lower case.</param>
/// <param name="isClaimed">Whether it was asked for, with its key.</param>
internal sealed class Tunnel(string name, bool isClaimed = false)
{
    private readonly TaskCompletionSource _attached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Tunnel?> _successor = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile IGatewayConnection? _connection;
    private volatile Tunnel? _next;

    public string Name => name;

    public bool IsClaimed => isClaimed;

    /// <summary>The connection; null while the opening handshake is still under way.</summary>
    public IGatewayConnection? Connection => _connection;

    public void Attach(IGatewayConnection connection)
    {
        _connection = connection;
        _attached.TrySetResult();
    }

    /// <summary>The tunnel has lost its name.</summary>
    /// <param name="successor">The tunnel that has it now; null: nobody has.</param>
    public void End(Tunnel? successor)
    {
        _next ??= successor;
        _successor.TrySetResult(successor);
        _attached.TrySetResult();
    }

    /// <summary>Waits for the connection.</summary>
    /// <returns>Null when the opening handshake came to nothing.</returns>
    public async Task<IGatewayConnection?> WaitAsync(CancellationToken cancellationToken)
    {
        await _attached.Task.WaitAsync(cancellationToken);
        return _connection;
    }

    /// <summary>Whether a request that this tunnel's connection hasn't taken is to wait for another one: it is lost, or another one has the name already.</summary>
    /// <param name="refusal">Why it wasn't taken.</param>
    public bool HasSuccessorAfter(ExchangeError refusal) =>
        refusal == ExchangeError.TunnelLost || (refusal == ExchangeError.TunnelClosing && _next is not null);

    /// <summary>Waits for the tunnel that has the name after this one.</summary>
    /// <returns>Null when nobody has it.</returns>
    public Task<Tunnel?> SuccessorAsync(CancellationToken cancellationToken) => _successor.Task.WaitAsync(cancellationToken);
}
