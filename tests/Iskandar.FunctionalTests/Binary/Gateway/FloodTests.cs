using System.Net.WebSockets;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>Many frames that have no use, sent to the real server as fast as it takes them.</summary>
[Collection(HeavyTests.Name)]
public class FloodTests
{
    public enum Useless
    {
        ResetOfAStreamThatIsOver,
        DataForAStreamThatIsOver,
        DataWithoutPayload,
        CreditForADirectionThatHasEnded,
        PongNobodyAskedFor,
    }

    [Theory]
    [InlineData(Useless.ResetOfAStreamThatIsOver)]
    [InlineData(Useless.DataForAStreamThatIsOver)]
    [InlineData(Useless.DataWithoutPayload)]
    [InlineData(Useless.CreditForADirectionThatHasEnded)]
    [InlineData(Useless.PongNobodyAskedFor)]
    public async Task UselessFrames_FarMoreThanAllowed_EndTheConnection(Useless kind)
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        await client.StillServesAsync();
        var memory = new Memory(server.Process);
        var (over, open) = await StreamsAsync(client);

        // Five times the limit: however the second is counted, some second has more than the limit.
        await client.Tunnel.TrySendAsync([.. Enumerable.Repeat(FrameOf(kind, over, open), 50_000)]);

        var goAway = await client.Tunnel.GoAwayAsync();
        Assert.Equal(ErrorCode.ProtocolError, goAway.Code);
        await client.Tunnel.Ended.WithinAsync("the server's close frame");
        Assert.Equal(WebSocketCloseStatus.ProtocolError, client.Tunnel.CloseStatus);
        await using var another = await BinaryClient.ConnectAsync(server);
        await another.StillServesAsync();
        memory.IsBounded();
    }

    [Theory]
    [InlineData(Useless.ResetOfAStreamThatIsOver)]
    [InlineData(Useless.DataForAStreamThatIsOver)]
    [InlineData(Useless.DataWithoutPayload)]
    [InlineData(Useless.CreditForADirectionThatHasEnded)]
    [InlineData(Useless.PongNobodyAskedFor)]
    public async Task UselessFrames_AsManyAsAllowed_AreIgnored(Useless kind)
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        var (over, open) = await StreamsAsync(client);

        await client.Tunnel.SendAsync([.. Enumerable.Repeat(FrameOf(kind, over, open), 9_000)]);

        await client.StillServesAsync();
        Assert.False(client.Tunnel.IsGoneAway);
    }

    [Fact]
    public async Task DataOfOneByte_VeryMany_IsOfUse()
    {
        const int Count = 100_000;
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        var (visit, stream) = await client.BeginAsync(completion: HttpCompletionOption.ResponseContentRead);

        await client.Tunnel.SendAsync(
            [Frame.Response(stream.Id, 200), .. Enumerable.Repeat(Frame.Data(stream.Id, "x"), Count), Frame.Data(stream.Id, "", end: true)]);

        using var response = await visit;
        await Expect.TextAsync(response, new string('x', Count));
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Pings_VeryMany_AreBoundedInMemory()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        await client.StillServesAsync();
        var memory = new Memory(server.Process);
        var ping = Frame.Ping(new byte[8]);

        for (var round = 0; round < 20; round++)
        {
            if (!await client.Tunnel.TrySendAsync([.. Enumerable.Repeat(ping, 10_000)]))
            {
                break;
            }
        }

        await using var another = await BinaryClient.ConnectAsync(server);
        await another.StillServesAsync();
        memory.IsBounded();
    }

    [Fact]
    public async Task Message_OfVeryManyFrames_IsNeverHeldWhole()
    {
        const int Piece = 32 * 1024;
        const int Size = 192 * 1024 * 1024;
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        await client.StillServesAsync();
        var memory = new Memory(server.Process);
        var (visit, stream) = await client.BeginAsync();

        // One WebSocket message from here to the end, whose frames are dealt with as they come.
        await client.Tunnel.SendBytesAsync(Frame.Response(stream.Id, 200).ToBytes(), isWhole: false);
        using var response = await visit;
        var reading = CountAsync(response);
        var piece = Frame.Data(stream.Id, new byte[Piece]).ToBytes();
        for (var sent = 0; sent < Size; sent += Piece)
        {
            await stream.CreditedAsync(sent + Piece - Numbers.Window);
            await client.Tunnel.SendBytesAsync(piece, isWhole: false);
        }

        await client.Tunnel.SendBytesAsync(Frame.Data(stream.Id, "", end: true).ToBytes());
        Assert.Equal(Size, await reading);
        memory.IsBounded();
    }

    private static async Task<long> CountAsync(HttpResponseMessage response)
    {
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        var buffer = new byte[64 * 1024];
        var count = 0L;
        while (await content.ReadAsync(buffer, Bounded.Token()) is var read and > 0)
        {
            count += read;
        }

        return count;
    }

    private static Frame FrameOf(Useless kind, BinaryStream over, BinaryStream open) => kind switch
    {
        Useless.ResetOfAStreamThatIsOver => Frame.Reset(over.Id, ErrorCode.Done),
        Useless.DataForAStreamThatIsOver => Frame.Data(over.Id, "x"),
        Useless.DataWithoutPayload => Frame.Data(open.Id, ""),
        Useless.CreditForADirectionThatHasEnded => Frame.Credit(open.Id, 1),
        _ => Frame.Pong(new byte[8]),
    };

    /// <summary>A stream that is over, and one whose response has begun.</summary>
    private static async Task<(BinaryStream Over, BinaryStream Open)> StreamsAsync(BinaryClient client)
    {
        var (first, over) = await client.BeginAsync();
        await over.AnswerAsync("over");
        using (var response = await first)
        {
            await Expect.TextAsync(response, "over");
        }

        var (_, open) = await client.BeginAsync();
        await open.RespondAsync(200);
        return (over, open);
    }
}
