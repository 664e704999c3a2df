using System.Net.Sockets;
using Iskandar.Cli.Forwarding;
using Iskandar.Cli.Forwarding.Http1;
using Iskandar.Client;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Tests.Cli;

public sealed class ForwardingFailureTests
{
    [Theory]
    [InlineData(HttpRequestError.ConnectionError, OriginFailure.Unreachable)]
    [InlineData(HttpRequestError.NameResolutionError, OriginFailure.Unreachable)]
    [InlineData(HttpRequestError.SecureConnectionError, OriginFailure.Unreachable)]
    [InlineData(HttpRequestError.ResponseEnded, OriginFailure.Failed)]
    [InlineData(HttpRequestError.InvalidResponse, OriginFailure.Invalid)]
    [InlineData(HttpRequestError.ConfigurationLimitExceeded, OriginFailure.HeadTooLarge)]
    public void From_RequestError_TellsAConnectionThatCouldNotBeMade(HttpRequestError error, OriginFailure expected)
    {
        var failure = ForwardingFailure.From(ForwarderError.Request, new HttpRequestException(error));

        Assert.Equal(expected, failure.Kind);
        Assert.Equal(502, failure.Status);
    }

    [Theory]
    [InlineData(ForwarderError.RequestTimedOut, OriginFailure.Timeout, 504)]
    [InlineData(ForwarderError.RequestBodyDestination, OriginFailure.Failed, 502)]
    [InlineData(ForwarderError.ResponseHeaders, OriginFailure.Failed, 502)]
    [InlineData(ForwarderError.ResponseBodyDestination, OriginFailure.Failed, 502)]
    [InlineData(ForwarderError.UpgradeRequestDestination, OriginFailure.Failed, 502)]
    [InlineData(ForwarderError.UpgradeResponseDestination, OriginFailure.Failed, 502)]
    [InlineData(ForwarderError.UpgradeResponseClient, OriginFailure.Failed, 502)]
    public void From_ErrorOfTheOrigin_HasAKindAndStatus(ForwarderError error, OriginFailure expected, int status)
    {
        var failure = ForwardingFailure.From(error, new IOException("broken"));

        Assert.Equal((expected, status), (failure.Kind, failure.Status));
        Assert.Equal("broken", failure.Reason);
    }

    [Theory]
    [InlineData(ForwarderError.RequestCanceled)]
    [InlineData(ForwarderError.RequestBodyCanceled)]
    [InlineData(ForwarderError.ResponseBodyCanceled)]
    [InlineData(ForwarderError.ResponseBodyClient)]
    [InlineData(ForwarderError.UpgradeRequestCanceled)]
    [InlineData(ForwarderError.UpgradeRequestClient)]
    [InlineData(ForwarderError.UpgradeResponseCanceled)]
    public void From_VisitorLeft_IsNobodysFailure(ForwarderError error) => Assert.Null(ForwardingFailure.From(error, null).Kind);

    [Theory]
    [InlineData(HttpRequestError.ConnectionError, true, "Is your app running?")]
    [InlineData(HttpRequestError.HttpProtocolError, true, "Does your app speak HTTP/2? If not: --upstream-protocol http1.")]
    [InlineData(HttpRequestError.HttpProtocolError, false, null)]
    [InlineData(HttpRequestError.ResponseEnded, true, "Does your app speak HTTP/2? If not: --upstream-protocol http1.")]
    [InlineData(HttpRequestError.ResponseEnded, false, null)]
    public void From_RequestError_SaysWhatToDo(HttpRequestError error, bool mayLackHttp2, string? expected) =>
        Assert.Equal(expected, ForwardingFailure.From(ForwarderError.Request, new HttpRequestException(error), mayLackHttp2).Advice);

    [Fact]
    public void From_NestedCause_IsTheInnermost() => Assert.Equal(
        new SocketException((int)SocketError.ConnectionRefused).Message,
        ForwardingFailure.From(
            ForwarderError.Request, new HttpRequestException("outer", new SocketException((int)SocketError.ConnectionRefused))).Reason);

    [Theory]
    [InlineData(OriginFailure.Invalid)]
    [InlineData(OriginFailure.HeadTooLarge)]
    public void Malformed_Answer_TheUserIsToldWhatIsWrong(OriginFailure kind)
    {
        var failure = ForwardingFailure.Malformed(new MalformedResponseException("The response is odd.", kind));

        Assert.Equal((kind, "The response is odd.", 502), (failure.Kind, failure.Reason, failure.Status));
        Assert.NotNull(failure.Advice);
    }
}
