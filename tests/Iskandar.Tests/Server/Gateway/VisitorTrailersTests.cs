using System.Text;
using Iskandar.Protocol.Messages;
using Iskandar.Server.Configuration;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>Trailer sections both ways.</summary>
public sealed class VisitorTrailersTests : IAsyncDisposable
{
    private readonly FakeTunnel _tunnel = new();

    public static TheoryData<string> NotInTrailers =>
    [
        "Content-Length", "content-type", "Host", "Transfer-Encoding", "Authorization", "Set-Cookie", "Cookie", "Trailer", "TE", "Connection", "Keep-Alive",
        "If-None-Match", "Range", "Cache-Control", "Content-Encoding", "Iskandar-Error",
    ];

    [Fact]
    public async Task Request_WithTrailers_TheyFollowTheContent()
    {
        using var visitor = new Visitor("POST").WithContent("hello", declareLength: false).WithTrailer("X-Sum", "1", "2").WithTrailer("X-Empty", "");

        await VisitAsync(visitor);

        Assert.Equal("hello", await _tunnel.Exchange.SentAsync(5));
        Assert.Equal([new Field("X-Sum", "1"), new Field("X-Sum", "2"), new Field("X-Empty", "")], _tunnel.Exchange.RequestTrailers!.Lines.ToArray());
    }

    [Theory]
    [MemberData(nameof(NotInTrailers))]
    [InlineData("X-Forwarded-For")]
    [InlineData("Forwarded")]
    public async Task Request_WithATrailerThatIsNone_Dropped(string name)
    {
        using var visitor = new Visitor("POST").WithContent("x", declareLength: false).WithTrailer(name, "1");

        await VisitAsync(visitor);

        await _tunnel.Exchange.SentAsync(1);
        Assert.Null(_tunnel.Exchange.RequestTrailers);
    }

    [Theory]
    [InlineData(1000 - 7, false)]
    [InlineData(1000 - 6, true)]
    public async Task Request_TrailersAtTheLimitAndBeyond_RequestHeadTooLarge(int length, bool isTooLarge)
    {
        using var visitor = new Visitor("POST", host: "a").WithContent("x", declareLength: false).WithTrailer("X-A", new string('x', length));
        var visit = _tunnel.VisitAsync(visitor, options: new IskandarServerOptions { MaxFields = 1000 });
        await _tunnel.Exchange.HeadAsync();
        _tunnel.Exchange.Respond(204);
        _tunnel.Exchange.End();
        await visit.Within();

        Assert.Equal(isTooLarge ? (431, "request_head_too_large") : (204, null), (visitor.Response.StatusCode, visitor.ErrorCode));
        Assert.Equal(isTooLarge, _tunnel.Exchange.RequestTrailers is null);
    }

    [Fact]
    public async Task Response_WithTrailers_GivenToAVisitorWhoTakesThem()
    {
        using var visitor = new Visitor().TakingTrailers();
        _tunnel.Exchange.Trailers.Add("Server-Timing", "a");
        _tunnel.Exchange.Trailers.Add("server-timing", "b");

        await VisitAsync(visitor);

        Assert.Equal(["a", "b"], Trailers(visitor)["Server-Timing"].ToArray());
    }

    [Theory]
    [MemberData(nameof(NotInTrailers))]
    public async Task Response_WithATrailerThatIsNone_Dropped(string name)
    {
        using var visitor = new Visitor().TakingTrailers();
        _tunnel.Exchange.Trailers.Add(name, "1");
        _tunnel.Exchange.Trailers.Add("X-Stays", "1");

        await VisitAsync(visitor);

        Assert.Equal("X-Stays", Assert.Single(Trailers(visitor)).Key);
    }

    [Theory]
    [InlineData("GET", false)]
    [InlineData("HEAD", true)]
    public async Task Response_WithTrailersWhereThereCanBeNone_CompleteWithoutThem(string method, bool takesTrailers)
    {
        using var visitor = new Visitor(method);
        if (takesTrailers)
        {
            visitor.TakingTrailers();
        }

        _tunnel.Exchange.Trailers.Add("X-Sum", "1");

        await VisitAsync(visitor);

        Assert.Equal((200, true, false), (visitor.Response.StatusCode, visitor.Response.IsComplete, visitor.IsAborted));
        Assert.True(visitor.Context.Features.Get<IHttpResponseTrailersFeature>() is not { Trailers.Count: > 0 });
    }

    [Fact]
    public async Task Request_ChunkedOnTheWire_TrailersCross()
    {
        await using var server = await InMemoryServer.StartAsync();
        var url = server.AttachTunnel(_tunnel);
        await using var visitor = server.Connect();
        await visitor.WriteAsync(
            Encoding.Latin1.GetBytes(
                $"POST / HTTP/1.1\r\nHost: {url.Authority}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n"
                + "5\r\nhello\r\n0\r\nX-Sum: é\r\nContent-Length: 7\r\n\r\n"),
            Bounded.Token);

        await _tunnel.Exchange.HeadAsync();
        Assert.Equal("hello", await _tunnel.Exchange.SentAsync(5));
        await _tunnel.Exchange.EndedAsync();
        Assert.Equal([new Field("X-Sum", "é")], _tunnel.Exchange.RequestTrailers!.Lines.ToArray());
        _tunnel.Exchange.Respond(204);
        _tunnel.Exchange.End();
        await _tunnel.Exchange.Disposed.Within();
    }

    public ValueTask DisposeAsync() => _tunnel.DisposeAsync();

    private static Microsoft.AspNetCore.Http.IHeaderDictionary Trailers(Visitor visitor) =>
        visitor.Context.Features.GetRequiredFeature<IHttpResponseTrailersFeature>().Trailers;

    private async Task VisitAsync(Visitor visitor)
    {
        var visit = _tunnel.VisitAsync(visitor);
        await _tunnel.Exchange.HeadAsync();
        _tunnel.Exchange.Respond(200);
        await _tunnel.Exchange.ReceiveAsync("content");
        _tunnel.Exchange.End();
        await visit.Within();
    }
}
