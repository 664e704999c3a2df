using System.Net;
using System.Net.Sockets;
using Iskandar.Cli.Commands;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli;

/// <summary>A port that is about to be closed: what waits there is taken, and nobody else comes.</summary>
public sealed class ListenSocketsTests
{
    [Fact]
    public async Task TakeNoMore_OneWaits_ItIsTakenWithWhatItSentAndTheNextIsNot()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Only Linux can be told so.");
        using var listening = new ListenSockets(TimeProvider.System).Create(new IPEndPoint(IPAddress.Loopback, 0));
        listening.Listen();
        using var first = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await first.ConnectAsync(listening.LocalEndPoint!, Bounded.Token).Within();

        Assert.True(ListenSockets.TryTakeNoMore(listening));

        using var next = new Socket(SocketType.Stream, ProtocolType.Tcp);
        var connecting = next.ConnectAsync(listening.LocalEndPoint!, Bounded.Token).AsTask();
        await first.SendAsync("hello"u8.ToArray(), Bounded.Token).Within();
        using var accepted = await listening.AcceptAsync(Bounded.Token).Within();
        var received = new byte[5];
        Assert.Equal(5, await accepted.ReceiveAsync(received, Bounded.Token).Within());
        Assert.Equal("hello"u8, received);
        Assert.False(listening.Poll(0, SelectMode.SelectRead));
        Assert.False(connecting.IsCompleted);
    }
}
