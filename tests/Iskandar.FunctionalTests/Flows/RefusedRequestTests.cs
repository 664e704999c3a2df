using Iskandar.FunctionalTests.Infrastructure;
using Iskandar.FunctionalTests.Protocol;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Requests that the gateway answers itself.</summary>
public class RefusedRequestTests(Stage stage)
{
    [Theory]
    [InlineData("abc.example.com")]
    [InlineData("example.com")]
    [InlineData("NAME.localhost.evil.com")]
    [InlineData("x.NAME.localhost")]
    [InlineData("NAMElocalhost")]
    public async Task ForeignHost_IsMisdirected(string host)
    {
        var head = await VisitAsync("GET", "/", host.Replace("NAME", stage.Client.Name, StringComparison.Ordinal));

        Expect.Error(head, 421, "host_not_served");
    }

    [Fact]
    public async Task UnknownName_IsNotFound() => Expect.Error(await VisitAsync("GET", "/", "nobody00.localhost"), 404, "tunnel_not_found");

    [Fact]
    public async Task Name_InUpperCase_IsTheSame()
    {
        var head = await VisitAsync("GET", "/", stage.Client.Name.ToUpperInvariant() + ".LocalHost");

        Assert.Equal((200, null), (head.Status, head["Iskandar-Error"]));
    }

    [Fact]
    public async Task Connect_IsUnsupported()
    {
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendAsync($"CONNECT {stage.Host} HTTP/1.1\r\nHost: {stage.Host}\r\n\r\n");

        Expect.Error(await raw.ReadHeadAsync(), 405, "method_unsupported");
    }

    [Fact]
    public async Task WebSocket_ThroughATunnelThatSpeaksJson_IsUnsupported()
    {
        await using var client = await DocumentClient.ConnectAsync(stage.Server);
        var head = await VisitAsync(
            "GET",
            "/socket",
            client.Url.Authority,
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");

        Expect.Error(head, 501, "upgrade_unsupported");
        // The next message is the next exchange, not the one that was refused.
        await ClientHandshakeTests.StillServesAsync(stage.Server, client);
    }

    [Fact]
    public async Task Refusal_ForPrograms_IsAProblem()
    {
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", "nobody00.localhost", "Accept: application/json");

        Expect.Problem(await raw.ReadResponseAsync(), 404, "tunnel_not_found");
    }

    [Fact]
    public async Task Refusal_NameInThePage_IsEscaped()
    {
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/<script>alert(1)</script>", "nobody00.localhost", "Accept: text/html");

        var response = await raw.ReadResponseAsync();

        Assert.Equal(404, response.Status);
        Assert.DoesNotContain("<script>alert", System.Text.Encoding.UTF8.GetString(response.Body), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Refusal_OfHead_HasNoContent()
    {
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync("HEAD", "/", "nobody00.localhost");
        Expect.Error((await raw.ReadResponseAsync(isHead: true)).Head, 404, "tunnel_not_found");

        await raw.SendRequestAsync("GET", "/", stage.Host);

        Assert.Equal(200, (await raw.ReadResponseAsync()).Status);
    }

    private async Task<RawHead> VisitAsync(string method, string target, string host, params string[] fields)
    {
        await using var raw = await stage.Server.ConnectAsync();
        await raw.SendRequestAsync(method, target, host, fields);
        return await raw.ReadHeadAsync();
    }
}
