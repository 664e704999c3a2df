using System.Net.WebSockets;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>The end of a connection, as the client's end sees it.</summary>
public sealed class ClientEndTests
{
    [Theory]
    [InlineData("lost")]
    [InlineData("closed")]
    [InlineData("stopped")]
    public async Task Connection_EndsAnyhow_AllExchangesCancelled(string end)
    {
        await using var stage = await ClientStage.StartAsync("""{"subdomain":"abc123","window":1}""");
        var idle = await stage.RequestAsync("a");
        var waiting = await stage.RequestAsync("b");
        var sending = waiting.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[100], endOfResponse: true, Bounded.Token).AsTask();

        switch (end)
        {
            case "lost":
                stage.Server.Socket.Abort();
                break;
            case "closed":
                await stage.Server.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);
                break;
            default:
                await stage.Stop.CancelAsync();
                break;
        }

        Assert.NotEqual("", await stage.Running.Within());
        Assert.True(idle.Cancelled.IsCancellationRequested);
        await sending.Within();
        await idle.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[100], endOfResponse: true, Bounded.Token).Within();
    }

    [Fact]
    public async Task Server_Closes_ItsWordsAreTheReason()
    {
        await using var stage = await ClientStage.StartAsync();

        await stage.Server.Socket.CloseOutputAsync(WebSocketCloseStatus.EndpointUnavailable, "The server is stopping.", Bounded.Token).Within();

        Assert.Equal("The server is stopping.", await stage.Running.Within());
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await stage.Server.CloseFrameAsync());
    }

    [Fact]
    public async Task Close_AfterResponses_AllOfThemAndThen1000()
    {
        await using var stage = await ClientStage.StartAsync();
        for (var i = 0; i < 10; i++)
        {
            var exchange = await stage.RequestAsync($"{i}");
            await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, new byte[10_000], endOfResponse: true, Bounded.Token);
        }

        var closing = stage.Connection.CloseAsync(Bounded.Token);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal($"{i}", (string)(await stage.Server.MessageAsync("response"))["id"]!);
        }

        Assert.Equal(WebSocketCloseStatus.NormalClosure, await stage.Server.CloseFrameAsync());
        await stage.Server.CloseAsync();
        await closing.Within();
        await stage.Running.Within();
    }

    [Fact]
    public async Task Close_ServerDoesNotAnswer_AbortedAfterAWhile()
    {
        await using var stage = await ClientStage.StartAsync();
        var closing = stage.Connection.CloseAsync(CancellationToken.None);
        Assert.Equal(WebSocketCloseStatus.NormalClosure, await stage.Server.CloseFrameAsync());
        Assert.False(closing.IsCompleted);

        stage.Time.Advance(TimeSpan.FromSeconds(2));

        await closing.Within();
        await stage.Running.Within();
    }

    [Fact]
    public async Task Close_TokenFires_Aborted()
    {
        await using var stage = await ClientStage.StartAsync();
        using var impatient = new CancellationTokenSource();
        var closing = stage.Connection.CloseAsync(impatient.Token);

        await impatient.CancelAsync();

        await closing.Within();
        await stage.Running.Within();
    }
}
