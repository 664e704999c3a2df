using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>The limits for fields and exchanges, at their edges.</summary>
public class LimitTests(LimitTests.SmallServer small) : IClassFixture<LimitTests.SmallServer>
{
    private const int MostExchanges = 3;
    private readonly IskandarServer _server = small.Server;

    [Fact]
    public async Task ResponseFields_OfTheLimit_Arrive()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await BeginAsync(raw, client);

        await stream.RespondAsync(200, end: true, FieldsOf(Numbers.LongestFields));

        var head = await raw.ReadHeadAsync();
        Assert.Equal((200, 8), (head.Status, head.Fields.Count(static field => field.Key.StartsWith("x-", StringComparison.OrdinalIgnoreCase))));
    }

    [Theory]
    [InlineData(Numbers.LongestFields + 1)]
    [InlineData(Numbers.LongestHead - 1000)]
    public async Task ResponseFields_OverTheLimit_ResetTheStream(int size)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await BeginAsync(raw, client);

        await stream.RespondAsync(200, end: false, FieldsOf(size));

        Expect.Error(await raw.ReadHeadAsync(), 502, "response_head_too_large");
        Assert.Equal(ErrorCode.HeadTooLarge, await stream.Reset.WithinAsync("RESET"));
        await client.StillServesAsync();
    }

    [Fact]
    public async Task ResponseLines_AsManyAsThereMayBe_Arrive()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await BeginAsync(raw, client);

        await stream.RespondAsync(200, end: true, LinesOf(Numbers.MostFieldLines));

        var head = await raw.ReadHeadAsync();
        Assert.Equal(
            (200, Numbers.MostFieldLines),
            (head.Status, head.Fields.Count(static field => field.Key.StartsWith("x-", StringComparison.OrdinalIgnoreCase))));
    }

    [Fact]
    public async Task ResponseLines_MoreThanThereMayBe_ResetTheStream()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        var stream = await BeginAsync(raw, client);

        await stream.RespondAsync(200, end: false, LinesOf(Numbers.MostFieldLines + 1));

        Expect.Error(await raw.ReadHeadAsync(), 502, "response_invalid");
        Assert.Equal(ErrorCode.ResponseInvalid, await stream.Reset.WithinAsync("RESET"));
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Trailers_OverTheLimit_AbortTheTransfer()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();
        await stream.RespondAsync(200);
        using var response = await visit;

        await stream.SendAsync(Frame.Trailers(stream.Id, FieldsOf(Numbers.LongestFields + 1)));

        await Expect.AbortedAsync(response);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task RequestFields_Many_Arrive()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host, [.. Enumerable.Range(0, 6).Select(static number => $"X-{number}: {new string('a', 10_000)}")]);
        var stream = await client.NextStreamAsync();

        Assert.All(Enumerable.Range(0, 6), number => Assert.Equal(new string('a', 10_000), stream.Request[$"x-{number}"]));
        await stream.AnswerAsync("fine");
        Assert.Equal("fine", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }

    [Fact]
    public async Task RequestFields_OverTheLimit_AreRefusedAndNeverSent()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host, [.. Enumerable.Range(0, 8).Select(static number => $"X-{number}: {new string('a', 9_000)}")]);

        Expect.Error(await raw.ReadHeadAsync(), 431, "request_head_too_large");
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Exchanges_MoreThanAllowed_AreRefusedAndNeverSent()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var visits = new List<(Task<HttpResponseMessage> Visit, BinaryStream Stream)>();
        while (visits.Count < MostExchanges)
        {
            visits.Add(await client.BeginAsync($"/{visits.Count}"));
        }

        using (var refused = await client.VisitAsync("/refused"))
        {
            Expect.ErrorWithRetryAfter(refused, 503, "tunnel_busy");
        }

        foreach (var (visit, stream) in visits)
        {
            await stream.AnswerAsync(stream.Request.Target);
            using var response = await visit;
            await Expect.TextAsync(response, stream.Request.Target);
        }

        // The next REQUEST is the next exchange, not the one that was refused.
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Exchanges_ThatWereReset_TakeNobodysPlace()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        for (var number = 0; number < 3 * MostExchanges; number++)
        {
            var (visit, stream) = await client.BeginAsync();
            await stream.ResetAsync(ErrorCode.OriginFailed);
            using var response = await visit;
            Expect.Error(response, 502, "origin_failed");
        }

        for (var number = 0; number < 3 * MostExchanges; number++)
        {
            await using var raw = await _server.ConnectAsync();
            var stream = await BeginAsync(raw, client);
            raw.Reset();
            await stream.Reset.WithinAsync("RESET", 5);
        }

        await client.StillServesAsync();
    }

    private static async Task<BinaryStream> BeginAsync(RawVisitor raw, BinaryClient client)
    {
        await raw.SendRequestAsync("GET", "/", client.Host);
        return await client.NextStreamAsync();
    }

    /// <summary>Eight lines that count as so many bytes together.</summary>
    private static (string Name, string Value)[] FieldsOf(int size)
    {
        const int Lines = 8;
        const int Overhead = 3 + 4;
        var rest = size - (Lines * Overhead);
        return [.. Enumerable.Range(0, Lines).Select(number => ($"x-{number}", new string('a', (rest / Lines) + (number < rest % Lines ? 1 : 0))))];
    }

    private static (string Name, string Value)[] LinesOf(int count) =>
        [.. Enumerable.Range(0, count).Select(static number => ($"x-{number}", ""))];

    public sealed class SmallServer : IAsyncLifetime
    {
        private IskandarServer? _server;

        public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync() => _server = await IskandarServer.StartAsync("--max-exchanges", $"{MostExchanges}");

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
