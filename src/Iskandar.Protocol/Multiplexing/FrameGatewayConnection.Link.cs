using System.Buffers;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Link;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Multiplexing;

/// <content>The server's end of the link: who may resume it.</content>
internal sealed partial class FrameGatewayConnection
{
    private readonly Lock _secretsGate = new();
    private readonly ResumeSecrets _secrets = new();
    private readonly SemaphoreSlim _resuming = new(1, 1);

    public Task<string> RunAsync(Registration registration, CancellationToken cancellationToken) =>
        RunAsync(_socket, registration, received: 0, cancellationToken);

    public ResumeVerdict CheckResume(string secret, long received)
    {
        lock (_secretsGate)
        {
            if (IsOver || !_secrets.IsValid(secret))
            {
                return ResumeVerdict.Gone;
            }
        }

        return Sender.CanResume(received) ? ResumeVerdict.Granted : ResumeVerdict.OffsetInvalid;
    }

    public async Task<string> ResumeAsync(WebSocket socket, Registration registration, string secret, long received, CancellationToken cancellationToken)
    {
        // 1 One at a time: of two that come at once, the later one displaces the earlier. What is waited for is short, and the socket is ours to end: the token is looked at later.
        await _resuming.WaitAsync(CancellationToken.None).ConfigureAwait(false);
        Task<string>? running = null;
        try
        {
            // 2 The older connection may be half open, or be read still: from here on what has been received stands still.
            if (CheckResume(secret, received) == ResumeVerdict.Granted)
            {
                await TakeOffAsync().ConfigureAwait(false);
                running = TryUse(secret) ? RunAsync(socket, registration with { Received = Received }, received, cancellationToken) : null;
            }
        }
        finally
        {
            _resuming.Release();
        }

        // 3
        if (running is not null)
        {
            return await running.ConfigureAwait(false);
        }

        socket.Abort();
        return "somebody else has resumed the link";
    }

    protected override void OnFirstReceived()
    {
        lock (_secretsGate)
        {
            _secrets.Confirm();
        }
    }

    private bool TryUse(string secret)
    {
        lock (_secretsGate)
        {
            return _secrets.TryUse(secret);
        }
    }

    private Task<string> RunAsync(WebSocket socket, Registration registration, long received, CancellationToken cancellationToken)
    {
        if (Sender.Keeps)
        {
            lock (_secretsGate)
            {
                registration = registration with { Resume = _secrets.Offer(), Keep = (long)Keep.TotalSeconds };
            }
        }

        // Text, in both encodings.
        var greeting = new ArrayBufferWriter<byte>();
        JsonMessageWriter.WriteRegistration(greeting, registration);
        return RunAsync(socket, stream: null, greeting.WrittenSpan.ToArray(), received, "client", "ended by the server", cancellationToken);
    }
}
