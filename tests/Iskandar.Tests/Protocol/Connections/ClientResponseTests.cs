using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>Responses as the client's end sends them.</summary>
public sealed class ClientResponseTests
{
    private const int MostPiece = 64 * 1024;

    [Fact]
    public async Task Response_Small_OneMessage()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();
        var head = new ResponseHead { Status = 200 };
        head.Fields.Add("Content-Type", "text/plain");

        await exchange.SendHeadAsync(head, "hello\n"u8.ToArray(), endOfResponse: true, Bounded.Token);
        exchange.Dispose();

        Assert.Equal(
            """{"type":"response","id":"1","status":200,"headers":{"content-type":"text/plain"},"body":"aGVsbG8K","done":true}""",
            await stage.Server.TextAsync());
        await NothingSentAsync(stage);
    }

    [Fact]
    public async Task Response_InPieces_EachSentAtOnce()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();

        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, default, endOfResponse: false, Bounded.Token);
        Assert.Equal("""{"type":"response","id":"1","status":200,"headers":{},"done":false}""", await stage.Server.TextAsync());
        await exchange.SendContentAsync("one"u8.ToArray(), endOfResponse: false, Bounded.Token);
        Assert.Equal("""{"type":"response","id":"1","body":"b25l","done":false}""", await stage.Server.TextAsync());
        await exchange.SendContentAsync(default, endOfResponse: false, Bounded.Token);
        await exchange.SendContentAsync(default, endOfResponse: true, Bounded.Token);
        Assert.Equal("""{"type":"response","id":"1","done":true}""", await stage.Server.TextAsync());
    }

    [Theory]
    [InlineData(null, 32 * 1024)]
    [InlineData(16 * 1024 * 1024, MostPiece)]
    [InlineData(64 * 1024, MostPiece)]
    public async Task Content_Large_CutIntoPiecesUnderTheLimits(int? maxMessage, int mostPiece)
    {
        await using var stage = await ClientStage.StartAsync(Registration(maxMessage));
        var exchange = await stage.RequestAsync();
        var content = Enumerable.Range(0, 300_000).Select(static i => (byte)(i * 7)).ToArray();

        var sending = Task.Run(
            async () =>
            {
                await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, content.AsMemory(0, 150_000), endOfResponse: false, Bounded.Token);
                await exchange.SendContentAsync(content.AsMemory(150_000), endOfResponse: true, Bounded.Token);
            },
            Bounded.Token);

        Assert.Equal(content, await ReadAsync(stage, maxMessage ?? int.MaxValue, mostPiece));
        await sending.Within();
    }

    [Theory]
    [InlineData(4 * 1024)]
    [InlineData(1024)]
    public async Task Content_ServerTakesShortMessagesOnly_EachUnderTheLimit(int maxMessage)
    {
        await using var stage = await ClientStage.StartAsync(Registration(maxMessage));
        var exchange = await stage.RequestAsync();
        var content = new byte[10_000];

        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, content, endOfResponse: true, Bounded.Token);

        Assert.Equal(content, await ReadAsync(stage, maxMessage, maxMessage));
    }

    [Fact]
    public async Task Content_BehindALargeHead_EachMessageUnderTheLimit()
    {
        const int MaxMessage = 64 * 1024;
        await using var stage = await ClientStage.StartAsync(Registration(MaxMessage));
        var exchange = await stage.RequestAsync();
        var head = new ResponseHead { Status = 200 };
        head.Fields.Add("Content-Security-Policy", new string('x', 24 * 1024));
        var content = new byte[MaxMessage];

        await exchange.SendHeadAsync(head, content, endOfResponse: true, Bounded.Token);

        Assert.Equal(content, await ReadAsync(stage, MaxMessage, MaxMessage));
    }

    [Fact]
    public async Task Fail_BeforeTheHead_ResponseOfAGateway()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();

        exchange.Fail(ExchangeError.OriginTimeout);
        exchange.Fail(ExchangeError.OriginFailed);
        exchange.Dispose();

        var answer = await stage.Server.MessageAsync("response");
        Assert.Equal((504, "origin_timeout", true), ((int)answer["status"]!, (string)answer["error"]!, (bool)answer["done"]!));
        await NothingSentAsync(stage);
    }

    [Fact]
    public async Task Fail_AfterTheHead_ContentBroken()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();
        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, default, endOfResponse: false, Bounded.Token);
        await stage.Server.MessageAsync("response");

        exchange.Fail(ExchangeError.OriginFailed);

        Assert.Equal("""{"type":"response","id":"1","done":true,"error":"origin_failed"}""", await stage.Server.TextAsync());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Dispose_NotEnded_ServerToldThatItFailed(bool headSent)
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync();
        if (headSent)
        {
            await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, "part"u8.ToArray(), endOfResponse: false, Bounded.Token);
            await stage.Server.MessageAsync("response");
        }

        exchange.Dispose();

        var answer = await stage.Server.MessageAsync("response");
        Assert.Equal(("1", "origin_failed", true, !headSent), ((string)answer["id"]!, (string)answer["error"]!, (bool)answer["done"]!, answer.ContainsKey("status")));
        await NothingSentAsync(stage);
    }

    [Fact]
    public async Task Exchanges_Many_AnsweredInAnyOrder()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchanges = new List<IClientExchange>();
        for (var i = 0; i < 20; i++)
        {
            exchanges.Add(await stage.RequestAsync($"id {i}"));
        }

        for (var i = 19; i >= 0; i--)
        {
            await exchanges[i].SendHeadAsync(new ResponseHead { Status = 200 }, Encoding.UTF8.GetBytes($"{i}"), endOfResponse: true, Bounded.Token);
            var answer = await stage.Server.MessageAsync("response");
            Assert.Equal(($"id {i}", $"{i}"), ((string)answer["id"]!, JsonPeer.Body(answer)));
        }
    }

    private static string Registration(int? maxMessage) =>
        maxMessage is null ? """{"subdomain":"abc123"}""" : $$"""{"subdomain":"abc123","maxMessage":{{maxMessage}}}""";

    private static async Task<byte[]> ReadAsync(ClientStage stage, int maxMessage, int mostPiece)
    {
        using var content = new MemoryStream();
        while (true)
        {
            var text = await stage.Server.TextAsync();
            Assert.NotNull(text);
            Assert.True(Encoding.UTF8.GetByteCount(text) <= maxMessage, $"A message of {text.Length} bytes, though the server takes {maxMessage} at most.");
            var message = System.Text.Json.Nodes.JsonNode.Parse(text)!.AsObject();
            var piece = JsonPeer.BodyBytes(message);
            Assert.InRange(piece.Length, 0, mostPiece);
            content.Write(piece);
            if ((bool)message["done"]!)
            {
                return content.ToArray();
            }
        }
    }

    private static async Task NothingSentAsync(ClientStage stage)
    {
        var next = await stage.RequestAsync("next");
        next.Fail(ExchangeError.OriginUnreachable);
        Assert.Equal("next", (string)(await stage.Server.MessageAsync("response"))["id"]!);
    }
}
