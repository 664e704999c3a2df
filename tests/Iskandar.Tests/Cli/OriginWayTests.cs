using Iskandar.Cli.Configuration;
using Iskandar.Cli.Forwarding;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Cli;

public sealed class OriginWayTests
{
    [Theory]
    [InlineData("auto", false, "text/plain", "direct")]
    [InlineData("auto", false, null, "direct")]
    [InlineData("auto", false, "application/grpc", "http2")]
    [InlineData("auto", false, "application/grpc+proto", "http2")]
    [InlineData("auto", false, "application/grpc-web", "direct")]
    [InlineData("auto", true, "text/plain", "negotiated")]
    [InlineData("auto", true, "application/grpc", "http2")]
    [InlineData("http1", false, "application/grpc", "direct")]
    [InlineData("http1", true, "application/grpc", "http1")]
    [InlineData("http2", false, "text/plain", "http2")]
    [InlineData("http2", true, "text/plain", "http2")]
    public void Choose_EachProtocol_IsItsWay(string protocol, bool hasTls, string? contentType, string expected)
    {
        var context = new DefaultHttpContext { Request = { ContentType = contentType } };

        Assert.Equal(expected, Choose(context, protocol, hasTls));
    }

    [Theory]
    [InlineData("auto", false, "direct")]
    [InlineData("auto", true, "http1")]
    [InlineData("http2", false, "direct")]
    [InlineData("http2", true, "http1")]
    public void Choose_Upgrade_IsHttp1(string protocol, bool hasTls, string expected)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpUpgradeFeature>(new Upgradable());

        Assert.Equal(expected, Choose(context, protocol, hasTls));
    }

    [Theory]
    [InlineData("application/grpc", true)]
    [InlineData("Application/gRPC; charset=utf-8", true)]
    [InlineData("application/grpc+json", true)]
    [InlineData("application/grpc-web+proto", false)]
    [InlineData("application/grpcx", false)]
    [InlineData("application/json", false)]
    [InlineData("", false)]
    [InlineData(null, false)]
    public void IsType_Grpc_AndNothingLikeIt(string? contentType, bool expected) => Assert.Equal(expected, GrpcContent.IsType(contentType));

    private static string Choose(HttpContext context, string protocol, bool hasTls)
    {
        var config = OriginWay.Choose(context, hasTls, Enum.Parse<UpstreamProtocol>(protocol, ignoreCase: true));
        return config is null ? "direct"
            : config == OriginWay.Http1 ? "http1"
            : config == OriginWay.Http2 ? "http2"
            : "negotiated";
    }

    private sealed class Upgradable : IHttpUpgradeFeature
    {
        public bool IsUpgradableRequest => true;

        public Task<Stream> UpgradeAsync() => throw new InvalidOperationException();
    }
}
