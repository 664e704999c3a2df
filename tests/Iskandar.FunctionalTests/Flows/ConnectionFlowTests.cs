using System.Text.RegularExpressions;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>The first flow: a client connects, gets a name, and says what happens.</summary>
public partial class ConnectionFlowTests(Stage stage)
{
    [Fact]
    public void Client_FirstLine_IsThePublicUrlAndNothingElse()
    {
        var line = stage.Client.Process.Output.Lines[0];

        Assert.Matches($"^http://[a-z0-9]{{8}}\\.localhost:{stage.Server.Port}/?$", line);
    }

    [Fact]
    public async Task Client_Request_IsOneLineOfOutput()
    {
        stage.Origin.Map("/logged", "logged");
        var from = stage.Client.Process.Output.Lines.Count;

        using var response = await stage.Visitor.GetAsync(stage.Url("/logged?a=1"), Bounded.Token());

        var line = await stage.Client.Process.Output.WaitForAsync(static line => line.Contains("/logged", StringComparison.Ordinal), "the request", from);
        Assert.Matches(RequestLine(), line);
    }

    [Fact]
    public async Task Client_TargetsOfAnyForm_ReachTheSameOrigin()
    {
        foreach (var target in (string[])[$"{stage.Origin.Port}", $"localhost:{stage.Origin.Port}", $"http://127.0.0.1:{stage.Origin.Port}"])
        {
            await using var client = await IskandarClient.StartAsync(stage.Server.Url, target);
            using var response = await stage.Visitor.GetAsync(client.Url, Bounded.Token());
            await Expect.TextAsync(response, "origin");
        }
    }

    [Fact]
    public async Task Clients_Two_HaveTheirOwnNamesAndOrigins()
    {
        await using var otherOrigin = await TestOrigin.StartAsync();
        await using var other = await IskandarClient.StartAsync(stage.Server, otherOrigin.Port);
        otherOrigin.Map("/who", "other");
        stage.Origin.Map("/who", "first");

        using var first = await stage.Visitor.GetAsync(stage.Url("/who"), Bounded.Token());
        using var second = await stage.Visitor.GetAsync(new Uri(other.Url, "/who"), Bounded.Token());

        await Expect.TextAsync(first, "first");
        await Expect.TextAsync(second, "other");
    }

    [GeneratedRegex(@"^GET /logged(\?a=1)? 200 \d+(\.\d+)? m?s$")]
    private static partial Regex RequestLine();
}
