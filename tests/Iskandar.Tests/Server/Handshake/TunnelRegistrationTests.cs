using Iskandar.Protocol.Connections;
using Iskandar.Server.Handshake;

namespace Iskandar.Tests.Server.Handshake;

public sealed class TunnelRegistrationTests
{
    private static readonly GatewayConnectionOptions Limits = new()
    {
        Accepted = OptionalMessages.Cancel | OptionalMessages.Credit,
        MaxMessage = 100_000,
        Window = 200_000,
        MaxFields = 30_000,
    };

    [Fact]
    public void Json_EveryLimit_ThoseOfJson()
    {
        var registration = TunnelRegistration.Create("abc123", new Uri("https://tunnel.example.com"), Limits, subprotocol: null);

        Assert.Equal(("abc123", "https://abc123.tunnel.example.com"), (registration.Subdomain, registration.Url));
        Assert.Equal((100_000L, 200_000L, null), (registration.MaxMessage, registration.Window, registration.MaxFields));
    }

    [Fact]
    public void Binary_EveryLimit_MaxFieldsAlone()
    {
        var registration = TunnelRegistration.Create("abc123", new Uri("http://tunnel.example.com:8080"), Limits, TunnelConnection.BinarySubprotocol);

        Assert.Equal(("abc123", "http://abc123.tunnel.example.com:8080"), (registration.Subdomain, registration.Url));
        Assert.Equal((null, null, 30_000L), (registration.MaxMessage, registration.Window, registration.MaxFields));
    }
}
