using System.Net.WebSockets;
using Iskandar.Protocol.Link;
using Iskandar.Tests.Infrastructure;
using Iskandar.Tests.Protocol.Transports;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Link;

public sealed class LinkSenderGreetingTests
{
    [Fact]
    public async Task Greeting_NothingElseToSendForLong_TheConnectionGoesOn()
    {
        var time = new FakeTimeProvider();
        using var socket = new HeldWebSocket();
        var sender = new LinkSender(time);
        using var attachment = new LinkAttachment(socket, [1, 2, 3]);
        Assert.True(sender.TryAttach(attachment, 0));
        await socket.Sending.Task.Within();

        // The writer goes on here, until it has nothing left to do.
        await Task.Run(socket.Release.SetResult, Bounded.Token);
        time.Advance(TimeSpan.FromDays(1));
        sender.EnforceProgress();

        Assert.Null(sender.Fault);
    }

    [Fact]
    public async Task Greeting_PeerTakesNothing_GivenUp()
    {
        var time = new FakeTimeProvider();
        using var socket = new HeldWebSocket();
        var sender = new LinkSender(time);
        using var attachment = new LinkAttachment(socket, [1, 2, 3]);
        Assert.True(sender.TryAttach(attachment, 0));
        await socket.Sending.Task.Within();

        time.Advance(TimeSpan.FromSeconds(30));
        sender.EnforceProgress();
        Assert.Null(sender.Fault);

        time.Advance(TimeSpan.FromSeconds(1));
        sender.EnforceProgress();

        Assert.IsType<TimeoutException>(sender.Fault);
    }

    // A send ends when the test says so, and the sender goes on at once.
    private sealed class HeldWebSocket : RecordingWebSocket
    {
        public TaskCompletionSource Sending { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Release { get; } = new();

        public override Task SendAsync(ArraySegment<byte> buffer, WebSocketMessageType messageType, bool endOfMessage, CancellationToken cancellationToken)
        {
            Sending.TrySetResult();
            return Release.Task;
        }
    }
}
