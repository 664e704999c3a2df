using Iskandar.Cli.Configuration;
using Iskandar.Cli.Forwarding;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Cli.Http1;
using Iskandar.Tests.Client.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Iskandar.Tests.Cli;

public sealed class PublicLocationTests
{
    private const string PublicHost = "abc.example.com:8443";

    [Theory]
    [InlineData("rewrite", "http://localhost:3000/login?next=%2f#x", "https://abc.example.com:8443/login?next=%2f#x")]
    [InlineData("rewrite", "HTTP://LOCALHOST:3000/", "https://abc.example.com:8443/")]
    [InlineData("rewrite", "https://localhost:3000/", "https://abc.example.com:8443/")]
    [InlineData("rewrite", "http://localhost:3000", "https://abc.example.com:8443")]
    [InlineData("rewrite", "http://localhost:3000?a", "https://abc.example.com:8443?a")]
    [InlineData("rewrite", "http://localhost:3000#a", "https://abc.example.com:8443#a")]
    [InlineData("rewrite", "http://localhost:3000/caf\u00E9//../\"", "https://abc.example.com:8443/caf\u00E9//../\"")]
    [InlineData("app.test", "http://app.test/a", "https://abc.example.com:8443/a")]
    public void TheHostThatTheOriginSaw_BecomesThePublicOne(string hostField, string sent, string expected) => Assert.Equal(expected, Apply(hostField, sent));

    [Theory]
    [InlineData("rewrite", "/login")]
    [InlineData("rewrite", "login")]
    [InlineData("rewrite", "")]
    [InlineData("rewrite", "//localhost:3000/")]
    [InlineData("rewrite", "http://localhost:30000/")]
    [InlineData("rewrite", "http://localhost:3000.example.com/")]
    [InlineData("rewrite", "http://localhost:3000@elsewhere.example/")]
    [InlineData("rewrite", "http://localhost:3000\\@elsewhere.example/")]
    [InlineData("rewrite", "http://me@localhost:3000/")]
    [InlineData("rewrite", "http://localhost/")]
    [InlineData("rewrite", "http://xlocalhost:3000/")]
    [InlineData("rewrite", "ftp://localhost:3000/")]
    [InlineData("rewrite", "https://elsewhere.example/?to=http://localhost:3000/")]
    [InlineData("app.test", "http://localhost:3000/")]
    [InlineData("preserve", "http://localhost:3000/")]
    public void AnyOtherValue_StaysAsItIs(string hostField, string sent) => Assert.Equal(sent, Apply(hostField, sent));

    [Fact]
    public void Preserve_StaysAsItIs() => Assert.Null(PublicLocation.For(new OriginSettings(new Uri("http://localhost:3000"), HostField.Rewrite, LocationField: LocationField.Preserve)));

    [Theory]
    [InlineData(null)]
    [InlineData("wss")]
    public void SchemeThatIsNotKnown_IsLeftToTheVisitor(string? scheme) => Assert.Equal("//abc.example.com:8443/a", Apply("rewrite", "http://localhost:3000/a", scheme));

    [Theory]
    [InlineData("https://[::1]:5001", "https://[::1]:5001/a")]
    [InlineData("http://b\u00FCcher.test", "http://xn--bcher-kva.test/a")]
    [InlineData("https://localhost:443", "https://localhost/a")]
    public void Origin_OfAnyKind_IsKnownAsHostSaysIt(string origin, string sent)
    {
        var context = Context("https");
        context.Response.Headers.ContentLocation = sent;

        PublicLocation.For(new OriginSettings(new Uri(origin), HostField.Rewrite))!.Apply(context);

        Assert.Equal("https://abc.example.com:8443/a", context.Response.Headers.ContentLocation.ToString());
    }

    [Theory]
    [InlineData("Http1")]
    [InlineData("Http2")]
    public async Task Response_EachWay_LeadsBackThroughTheTunnel(string protocol)
    {
        await using var stage = await OriginStage.StartAsync(
            static context =>
            {
                context.Response.Redirect($"http://{context.Request.Host}/login");
                context.Response.Headers.ContentLocation = $"http://{context.Request.Host}/here";
                return Task.CompletedTask;
            },
            new OriginSettings(new Uri("http://localhost:3000"), HostField.Rewrite, Enum.Parse<UpstreamProtocol>(protocol)),
            listen => listen.Protocols = Enum.Parse<HttpProtocols>(protocol));
        var exchange = new FakeExchange("GET", "/", "", new Field("host", PublicHost), new Field("x-forwarded-proto", "https"));

        await stage.ForwardAsync(exchange);

        Assert.Equal(
            ("https://abc.example.com:8443/login", "https://abc.example.com:8443/here"),
            (exchange.Head!.Fields.Find("location"), exchange.Head.Fields.Find("content-location")));
    }

    [Fact]
    public async Task TwoLocations_StayAsTheyAre()
    {
        await using var stage = OriginStage.Raw(out var origin);
        var exchange = new FakeExchange("GET", "/", "", new Field("host", PublicHost), new Field("x-forwarded-proto", "https"));
        var forwarding = stage.ForwardAsync(exchange);
        await OriginStage.ReadHeadAsync(origin);

        await origin.SayAsync("HTTP/1.1 302 Found\r\nLocation: http://localhost:3000/a\r\nLocation: http://localhost:3000/b\r\nContent-Length: 0\r\n\r\n");
        await forwarding;

        Assert.Equal(
            ["http://localhost:3000/a", "http://localhost:3000/b"],
            exchange.Head!.Fields.Lines.ToArray().Where(static line => line.Name == "Location").Select(static line => line.Value));
    }

    private static string Apply(string hostField, string sent, string? scheme = "https")
    {
        var context = Context(scheme);
        context.Response.Headers.Location = sent;
        PublicLocation.For(new OriginSettings(new Uri("http://localhost:3000"), HostField.Parse(hostField)!))?.Apply(context);
        return context.Response.Headers.Location.ToString();
    }

    private static DefaultHttpContext Context(string? scheme)
    {
        var context = new DefaultHttpContext();
        context.Request.Headers.Host = PublicHost;
        if (scheme is not null)
        {
            context.Request.Headers["X-Forwarded-Proto"] = scheme;
        }

        return context;
    }
}
