using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>RESET, from either side, and what the visitor makes of it.</summary>
public class ResetTests(ResetTests.ImpatientServer impatient) : IClassFixture<ResetTests.ImpatientServer>
{
    private readonly IskandarServer _server = impatient.Server;

    [Theory]
    [InlineData(0, 502, "origin_failed")]
    [InlineData(1, 502, "response_invalid")]
    [InlineData(3, 502, "response_invalid")]
    [InlineData(4, 502, "response_head_too_large")]
    [InlineData(5, 400, "request_invalid")]
    [InlineData(7, 502, "origin_unreachable")]
    [InlineData(8, 502, "origin_failed")]
    [InlineData(9, 504, "origin_timeout")]
    [InlineData(12, 502, "response_overflow")]
    [InlineData(15, 502, "origin_invalid")]
    [InlineData(16, 502, "origin_failed")]
    [InlineData(0xffff, 502, "origin_failed")]
    public async Task Client_ResetsBeforeTheHead_VisitorGetsThePageOfTheCode(int code, int status, string error)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host, "Accept: application/json");
        var stream = await client.NextStreamAsync();

        await stream.ResetAsync((ErrorCode)code);

        Expect.Problem(await raw.ReadResponseAsync(), status, error);
        await client.StillServesAsync();
    }

    [Theory]
    [InlineData(ErrorCode.TunnelBusy, "tunnel_busy")]
    [InlineData(ErrorCode.TunnelClosing, "tunnel_closing")]
    public async Task Client_TakesNoMore_VisitorIsToldWhenToTryAgain(ErrorCode code, string error)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.ResetAsync(code);

        using var response = await visit;
        Expect.ErrorWithRetryAfter(response, 503, error);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Client_ResetsAfterAnInformationalHead_VisitorGetsAPage()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.RespondAsync(103, fields: ("link", "</a.css>"));
        await stream.ResetAsync(ErrorCode.OriginFailed);

        using var response = await visit;
        Expect.Error(response, 502, "origin_failed");
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Client_ResetsAmidAnUpload_VisitorGetsAPage()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Host}\r\nContent-Length: 100\r\n\r\nbegun");
        var stream = await client.NextStreamAsync();
        await stream.ReadAsync(5);

        await stream.ResetAsync(ErrorCode.OriginFailed);

        Expect.Error(await raw.ReadHeadAsync(), 502, "origin_failed");
        await client.StillServesAsync();
    }

    [Theory]
    [InlineData(ErrorCode.OriginFailed, false)]
    [InlineData(ErrorCode.OriginFailed, true)]
    [InlineData(ErrorCode.Done, false)]
    [InlineData(ErrorCode.TunnelClosing, true)]
    public async Task Client_ResetsAfterTheHead_TransferIsAborted(ErrorCode code, bool withLength)
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        await stream.RespondAsync(200, fields: withLength ? [("content-length", "100")] : []);
        using var response = await visit;
        await stream.SendAsync(Frame.Data(stream.Id, "begun"));
        await stream.ResetAsync(code);

        await Expect.AbortedAsync(response, 5);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Client_ResetsAfterTheHead_ChunkedTransferHasNoCleanEnd()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host);
        var stream = await client.NextStreamAsync();
        await stream.RespondAsync(200);
        var head = await raw.ReadHeadAsync();

        await stream.SendAsync(Frame.Data(stream.Id, "begun"), Frame.Reset(stream.Id, ErrorCode.OriginFailed));

        Assert.Equal("chunked", head["Transfer-Encoding"]);
        Assert.False((await raw.ReadResponseAsync(head)).IsComplete);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Visitor_LeavesBeforeTheHead_StreamIsReset()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host);
        var stream = await client.NextStreamAsync();

        raw.Reset();

        Assert.Equal(ErrorCode.Done, await stream.Reset.WithinAsync("RESET", 1));
        // What is still on its way is ignored.
        await stream.AnswerAsync("late");
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Visitor_LeavesAmidTheContent_StreamIsReset()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Host);
        var stream = await client.NextStreamAsync();
        await stream.RespondAsync(200);
        await stream.SendAsync(Frame.Data(stream.Id, "begun"));
        await raw.ReadHeadAsync();

        raw.Reset();

        Assert.Equal(ErrorCode.Done, await stream.Reset.WithinAsync("RESET", 1));
        await stream.SendAsync(Frame.Data(stream.Id, "more"), Frame.Data(stream.Id, "", end: true));
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Exchange_EndsWell_NobodySendsReset()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();
        await stream.AnswerAsync("fine");
        using var response = await visit;
        await Expect.TextAsync(response, "fine");

        await client.StillServesAsync();
        await client.Tunnel.PingAsync();

        Assert.False(stream.Reset.IsCompleted);
    }

    [Fact]
    public async Task Head_NotInTime_StreamIsResetWithTimeout()
    {
        await using var client = await BinaryClient.ConnectAsync(_server);
        var (visit, stream) = await client.BeginAsync();

        using var response = await visit;

        Expect.Error(response, 504, "response_timeout");
        Assert.Equal(ErrorCode.Timeout, await stream.Reset.WithinAsync("RESET"));
        await stream.AnswerAsync("late");
        await client.StillServesAsync();
    }

    public sealed class ImpatientServer : IAsyncLifetime
    {
        private IskandarServer? _server;

        public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync() => _server = await IskandarServer.StartAsync("--head-timeout", "4s");

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
