using Iskandar.Protocol.Messages;
using Iskandar.Server.Gateway;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Server.Gateway;

/// <summary>Which of the protocols that a visitor asks for may cross, and when an app has agreed to it.</summary>
public sealed class RequestedUpgradeTests
{
    private static readonly string[] Allowed = ["websocket", "irc/6.9"];

    [Theory]
    [InlineData("websocket", "websocket")]
    [InlineData("WebSocket", "websocket")]
    [InlineData("h2c", null)]
    [InlineData("h2c, websocket", "websocket")]
    [InlineData("irc/6.9, websocket", "irc/6.9")]
    [InlineData("irc", null)]
    [InlineData("websocket/13", null)]
    [InlineData("", null)]
    public void Find_Upgrade_FirstThatIsAllowed(string upgrade, string? expected)
    {
        using var visitor = new Visitor { IsUpgradableRequest = true }.With("Upgrade", upgrade);

        Assert.Equal(expected, RequestedUpgrade.Find(visitor.Context, Allowed)?.Protocol);
    }

    [Fact]
    public void Find_UpgradeWithoutConnection_IsNone()
    {
        using var visitor = new Visitor().With("Upgrade", "websocket");

        Assert.Null(RequestedUpgrade.Find(visitor.Context, Allowed));
    }

    [Theory]
    [InlineData("websocket", "websocket")]
    [InlineData("WEBSOCKET", "websocket")]
    [InlineData("connect-udp", null)]
    public void Find_ExtendedConnect_IfAllowed(string protocol, string? expected)
    {
        using var visitor = new Visitor("CONNECT") { Protocol = protocol };

        Assert.Equal(expected, RequestedUpgrade.Find(visitor.Context, Allowed)?.Protocol);
    }

    [Theory]
    [InlineData("websocket", true)]
    [InlineData("WebSocket", true)]
    [InlineData("irc/6.9", false)]
    [InlineData("h2c", false)]
    [InlineData(null, false)]
    public void IsAgreed_Upgrade_ToWhatWasAskedFor(string? answer, bool expected)
    {
        using var visitor = new Visitor { IsUpgradableRequest = true }.With("Upgrade", "websocket, irc/6.9");
        var response = new FieldSection();
        if (answer is not null)
        {
            response.Add("upgrade", answer);
        }

        Assert.Equal(expected, RequestedUpgrade.Find(visitor.Context, Allowed)!.IsAgreed(response));
    }
}
