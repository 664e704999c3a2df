using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.ErrorPages;

namespace Iskandar.Tests.Server.ErrorPages;

public sealed class ElsewhereStatusTests
{
    [Theory]
    [InlineData(ExchangeError.TunnelNotFound, 421)]
    [InlineData(ExchangeError.TunnelClosing, 421)]
    [InlineData(ExchangeError.TunnelOffline, 421)]
    [InlineData(ExchangeError.ServerStopping, 421)]
    [InlineData(ExchangeError.TunnelLost, null)]
    [InlineData(ExchangeError.TunnelBusy, null)]
    [InlineData(ExchangeError.ResponseTimeout, null)]
    [InlineData(ExchangeError.OriginUnreachable, null)]
    public void Of_AnotherServerMayBeAsked_OnlyWhatTheAppHasNotSeen(ExchangeError error, int? expected) =>
        Assert.Equal(expected, new ElsewhereStatus(new IskandarServerOptions { MissingTunnelStatus = 421 }).Of(error));

    [Theory]
    [InlineData(ExchangeError.TunnelNotFound)]
    [InlineData(ExchangeError.ServerStopping)]
    public void Of_ServerOnItsOwn_IsTheErrorsOwn(ExchangeError error) => Assert.Null(new ElsewhereStatus(new IskandarServerOptions()).Of(error));
}
