using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>Whatever a peer sends, the connection goes on, and so do the exchanges that it doesn't concern.</summary>
public sealed class ConnectionFuzzTests
{
    private const int Messages = 2_000;

    private static readonly string[] Seeds =
    [
        """{"type":"response","id":"1","status":200,"headers":{"a":["b",1,null],"set-cookie":"c"},"setCookies":["d","e"],"body":"aGVsbG8=","done":false}""",
        """{"type":"response","id":"1","body":"\/\/\/\/","done":true,"error":"origin_failed"}""",
        """{"type":"request","id":"1","method":"POST","path":"/a?b","headers":{"host":"h"},"body":"aGVsbG8="}""",
        """{"type":"credit","id":"1","bytes":5}""",
        """{"type":"cancel","id":"1"}""",
    ];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Gateway_MutatedMessages_GoesOn(int seed)
    {
        var budget = new ByteBudget(1_000_000);
        await using var stage = await GatewayStage.StartAsync(time => new GatewayConnectionOptions { TimeProvider = time, Budget = budget, MaxMessage = 1_000 });
        var (exchange, id) = await stage.RequestAsync();
        Assert.Equal("1", id);
        var (current, sent) = (1, 0);
        foreach (var message in Mutations(seed))
        {
            var text = Encoding.Latin1.GetString(message.Span).Replace("\"id\":\"1\"", $"\"id\":\"{current}\"", StringComparison.Ordinal);
            await stage.Client.SendAsync(Encoding.Latin1.GetBytes(text), WebSocketMessageType.Binary);
            if (exchange.Error != ExchangeError.None || ++sent % 10 == 0)
            {
                current++;
                exchange.Dispose();
                exchange = stage.Open();
            }
        }

        exchange.Dispose();
        await stage.StillServesAsync();
        Assert.Equal((0, 0L), (stage.Connection.ActiveExchanges, budget.Taken));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Client_MutatedMessages_GoesOn(int seed)
    {
        await using var stage = await ClientStage.StartAsync(options: static time => new ClientConnectionOptions { TimeProvider = time, MaxMessage = 1_000 });
        var sending = Task.Run(
            async () =>
            {
                foreach (var message in Mutations(seed))
                {
                    await stage.Server.SendAsync(message, WebSocketMessageType.Binary);
                }

                await stage.Server.SendAsync("""{"id":"the last","method":"GET","path":"/the-last"}""");
            },
            Bounded.Token);

        IClientExchange exchange;
        do
        {
            exchange = await stage.AcceptAsync();
            await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, default, endOfResponse: true, Bounded.Token);
            exchange.Dispose();
        }
        while (exchange.Request.Target != "/the-last");

        await sending.Within();
        Assert.False(stage.Running.IsCompleted);
    }

    private static IEnumerable<ReadOnlyMemory<byte>> Mutations(int seed)
    {
        var random = new Random(seed);
        for (var i = 0; i < Messages; i++)
        {
            var bytes = Encoding.UTF8.GetBytes(Seeds[random.Next(Seeds.Length)]).ToList();
            for (var change = random.Next(4); change > 0; change--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(4))
                {
                    case 0:
                        bytes[at] = (byte)random.Next(256);
                        break;
                    case 1:
                        bytes.RemoveRange(at, Math.Min(random.Next(10), bytes.Count - at));
                        bytes.Add((byte)'}');
                        break;
                    case 2:
                        bytes.InsertRange(at, bytes.GetRange(0, at));
                        break;
                    default:
                        bytes.InsertRange(at, Enumerable.Repeat((byte)"{[\"0 \\"[random.Next(6)], random.Next(2) == 0 ? 3 : 1_500));
                        break;
                }
            }

            yield return bytes.ToArray();
        }
    }
}
