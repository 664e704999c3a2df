using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Multiplexing;

/// <content>The client's end of the link: it resumes.</content>
internal sealed partial class FrameClientConnection
{
    // A day: what a server says must not become an overflow.
    private const long MostKeep = 24 * 60 * 60;

    // The server may have noticed the loss later, and then keeps the link that much longer.
    private static readonly TimeSpan KeepLonger = TimeSpan.FromSeconds(15);

    private readonly TaskCompletionSource<bool> _goingAway = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private WebSocket? _next;
    private BatchingStream? _stream;
    private long _offset;

    public LinkResumption? Resumption => IsDetached && Registration.Resume is { } secret ? new LinkResumption(Registration.Subdomain, secret, Received) : null;

    public Task<bool> GoingAway => _goingAway.Task;

    public bool IsDisplaced { get; private set; }

    public async Task<string> RunAsync(IExchangeHandler handler, CancellationToken cancellationToken)
    {
        _handler = handler;
        return Interlocked.Exchange(ref _next, null) is { } socket
            ? await RunAsync(socket, _stream, greeting: null, _offset, "server", "stopped", cancellationToken).ConfigureAwait(false)
            : "there is no WebSocket to run on";
    }

    /// <summary>Takes a WebSocket on which the server has resumed the link; <see cref="RunAsync"/> goes on with it.</summary>
    /// <param name="socket">An open WebSocket; owned by the connection if it can be used.</param>
    /// <param name="stream">The stream under it; null: there is none to be used.</param>
    /// <param name="registration">What the server said on it.</param>
    /// <returns>False: what the server says that it has received can't be, or the link is over.</returns>
    public bool TryResume(WebSocket socket, BatchingStream? stream, Registration registration)
    {
        if (registration.Received is not { } received || registration.Resume is null || !IsDetached || !Sender.CanResume(received))
        {
            return false;
        }

        Registration = registration;
        _offset = received;
        _stream = stream;
        _next = socket;
        return true;
    }

    public void Sweep() => SweepLink();

    public void Probe() => ProbeLink();

    public void GiveUp()
    {
        TryEndDetached();
        Interlocked.Exchange(ref _next, null)?.Dispose();
    }
}
