using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>A client that takes nothing: what is pending for it stays bounded, and nobody waits for it longer than the time limit.</summary>
public sealed class GatewayBackPressureTests
{
    [Fact]
    public async Task Client_TakesNothing_NoNewExchangeAndNoWaitBeyondTheTimeLimit()
    {
        await using var stage = await GatewayStage.StartAsync(
            static time => new GatewayConnectionOptions { TimeProvider = time, HeadTimeout = TimeSpan.FromSeconds(10) });
        var content = new ReadOnlySequence<byte>(new byte[2 * 1024 * 1024]);
        var exchanges = Enumerable.Range(0, 4).Select(_ => stage.Open()).ToArray();
        var ends = new List<Task>();
        foreach (var exchange in exchanges)
        {
            exchange.SendHead(endOfRequest: false, upgrade: false);
            Assert.Equal(ExchangeError.None, await exchange.SendContentAsync(content, Bounded.Token));
            ends.Add(exchange.EndContentAsync(null, Bounded.Token).AsTask());
        }

        // One message is on its way, one is pending, and two wait.
        await ends[0].Within();
        await Task.WhenAny(ends[1..]).Within();
        Assert.Equal(ExchangeError.TunnelBusy, stage.Connection.TryOpen(out _));

        stage.Time.Advance(TimeSpan.FromSeconds(10));
        stage.Connection.EnforceDeadlines();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(ends).Within());
        Assert.Equal(2, ends.Count(static end => end.IsCanceled));
        foreach (var exchange in exchanges)
        {
            Assert.False(await exchange.ReadHeadAsync().Within());
            Assert.Equal(ExchangeError.ResponseTimeout, exchange.Error);
            exchange.Dispose();
        }
    }
}
