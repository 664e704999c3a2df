using System.Net.WebSockets;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>PING, GOAWAY, and the end of the connection, with the real server.</summary>
public class ClosingTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    public enum End
    {
        Close,
        Reset,
    }

    [Fact]
    public async Task Ping_IsAnsweredWithItsBytes()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);

        // Each answer is compared with its question where it is read.
        for (var number = 0; number < 10; number++)
        {
            await client.Tunnel.PingAsync();
        }

        await client.StillServesAsync();
    }

    [Fact]
    public async Task Ping_AmidAnExchange_IsAnswered()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();
        await stream.RespondAsync(200);
        using var response = await visit;
        await stream.SendAsync(Frame.Data(stream.Id, "be"));

        await client.Tunnel.PingAsync();

        await stream.SendAsync(Frame.Data(stream.Id, "gun", end: true));
        await Expect.TextAsync(response, "begun");
    }

    [Fact]
    public async Task Client_SaysGoAway_NewVisitorsAreToldAndOthersFinish()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (waiting, waitingStream) = await client.BeginAsync("/waiting");
        var (begun, begunStream) = await client.BeginAsync("/begun");
        await begunStream.RespondAsync(200);
        using var begunResponse = await begun;

        await client.Tunnel.SendAsync(Frame.GoAway(begunStream.Id, ErrorCode.TunnelClosing, "closing"));
        await client.Tunnel.PingAsync();
        using (var refused = await client.VisitAsync("/refused"))
        {
            Expect.ErrorWithRetryAfter(refused, 503, "tunnel_closing");
        }

        await waitingStream.AnswerAsync("waited");
        await begunStream.SendAsync(Frame.Data(begunStream.Id, "begun"), Frame.Data(begunStream.Id, " finished", end: true));
        using (var response = await waiting)
        {
            await Expect.TextAsync(response, "waited");
        }

        await Expect.TextAsync(begunResponse, "begun finished");
        Assert.False(client.Tunnel.HasOpened);
        await client.Tunnel.CloseAsync();
        using var next = await client.VisitAsync();
        Expect.Error(next, 404, "tunnel_not_found");
    }

    [Fact]
    public async Task Client_SaysGoAway_AnUploadGoesOn()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 11\r\n\r\nhello");
        var stream = await client.NextStreamAsync();
        await stream.ReadAsync(5);

        await client.Tunnel.SendAsync(Frame.GoAway(stream.Id, ErrorCode.TunnelClosing));
        await client.Tunnel.PingAsync();
        await raw.SendAsync(" world");

        Assert.Equal(" world", Encoding.ASCII.GetString(await stream.ReadToEndAsync()));
        await stream.AnswerAsync("fine");
        Assert.Equal("fine", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }

    [Fact]
    public async Task Answers_FollowedByAClose_AreDelivered()
    {
        // Time and again, since the close frame is close behind the last messages.
        for (var attempt = 0; attempt < 20; attempt++)
        {
            await using var client = await BinaryClient.ConnectAsync(_server);
            var (small, smallStream) = await client.BeginAsync("/small", HttpCompletionOption.ResponseContentRead);
            var (large, largeStream) = await client.BeginAsync("/large", HttpCompletionOption.ResponseContentRead);

            await largeStream.RespondAsync(200);
            await largeStream.SendDataAsync(new byte[2_000_000], end: true);
            await smallStream.AnswerAsync("last words");
            await client.Tunnel.CloseAsync();

            using var smallResponse = await small;
            await Expect.TextAsync(smallResponse, "last words");
            using var largeResponse = await large;
            Assert.Equal(2_000_000, (await largeResponse.Content.ReadAsByteArrayAsync(Bounded.Token())).Length);
        }
    }

    [Theory]
    [InlineData(End.Close)]
    [InlineData(End.Reset)]
    public async Task ConnectionEnds_VisitorsInFlight_GetTunnelLostAndTheNameIsFree(End end)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (waiting, _) = await client.BeginAsync("/waiting");
        await using var uploading = await _server.ConnectAsync();
        await uploading.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 100\r\n\r\nbegun");
        await (await client.NextStreamAsync()).ReadAsync(5);
        var (begun, begunStream) = await client.BeginAsync("/begun");
        await begunStream.RespondAsync(200);
        await begunStream.SendAsync(Frame.Data(begunStream.Id, "begun"));
        using var begunResponse = await begun;

        if (end == End.Close)
        {
            await client.Tunnel.CloseAsync();
        }
        else
        {
            client.Reset();
        }

        using (var response = await waiting.WithinAsync("the answer of a visitor in flight", 5))
        {
            Expect.Error(response, 502, "tunnel_lost");
        }

        Expect.Error(await uploading.ReadHeadAsync(), 502, "tunnel_lost");
        await Expect.AbortedAsync(begunResponse, 5);
        using var next = await client.VisitAsync();
        Expect.Error(next, 404, "tunnel_not_found");
    }

    [Fact]
    public async Task Server_StopsIdle_SaysGoAwayAndClosesWith1001()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);

        server.Process.Terminate();

        Assert.Equal(ErrorCode.Stopping, (await client.Tunnel.GoAwayAsync()).Code);
        await client.Tunnel.Ended.WithinAsync("the server's close frame");
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.Tunnel.CloseStatus);
        Assert.Equal(0, await server.Process.ExitAsync());
    }

    [Fact]
    public async Task Server_StopsWithExchangesInFlight_SaysGoAwayAndLetsThemFinish()
    {
        await using var server = await IskandarServer.StartAsync("--drain-timeout", "30s");
        await using var client = await BinaryClient.ConnectAsync(server);
        await using var waiting = await server.ConnectAsync();
        await waiting.SendRequestAsync("GET", "/waiting", client.Host);
        var waitingStream = await client.NextStreamAsync();
        await using var begun = await server.ConnectAsync();
        await begun.SendRequestAsync("GET", "/begun", client.Host);
        var begunStream = await client.NextStreamAsync();
        await begunStream.RespondAsync(200);
        var begunHead = await begun.ReadHeadAsync();

        server.Process.Terminate();
        var goAway = await client.Tunnel.GoAwayAsync();
        Assert.Equal((ErrorCode.Stopping, begunStream.Id), (goAway.Code, goAway.LastStream));
        Assert.False(server.Process.HasExited);
        await begunStream.SendAsync(Frame.Data(begunStream.Id, "finished", end: true));
        await waitingStream.AnswerAsync("waited");

        Assert.Equal("finished", Encoding.ASCII.GetString((await begun.ReadResponseAsync(begunHead)).Body));
        Assert.Equal("waited", Encoding.ASCII.GetString((await waiting.ReadResponseAsync()).Body));
        await client.Tunnel.Ended.WithinAsync("the server's close frame");
        Assert.Equal(WebSocketCloseStatus.EndpointUnavailable, client.Tunnel.CloseStatus);
        Assert.Equal(0, await server.Process.ExitAsync());
    }
}
