using System.Net;
using System.Net.Sockets;
using Iskandar.FunctionalTests.Infrastructure;
using Iskandar.FunctionalTests.Protocol;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Wrong input, and where settings come from.</summary>
public class CommandLineTests
{
    [Theory]
    [InlineData("http")]
    [InlineData("http notaport")]
    [InlineData("http 99999")]
    [InlineData("http 0")]
    [InlineData("http -1")]
    [InlineData("http ftp://localhost:21")]
    [InlineData("http 3000 --server nonsense")]
    [InlineData("http 3000 --flag-that-is-none")]
    [InlineData("server --flag-that-is-none")]
    [InlineData("server --public-url http://localhost:1 --listen nonsense")]
    [InlineData("command-that-is-none")]
    public async Task Input_Wrong_IsExplainedAndEndsWith2(string arguments)
    {
        var result = await ProcessUnderTest.RunAsync(arguments.Split(' '));

        Assert.Equal(2, result.ExitCode);
        Assert.NotEmpty(result.Errors);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerOptions_AllWrong_AreAllReported()
    {
        var result = await ProcessUnderTest.RunAsync(["server", "--max-tunnels", "abc", "--head-timeout", "xyz", "--public-url", "ftp://x"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("max-tunnels", result.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("abc", result.Errors, StringComparison.Ordinal);
        Assert.Contains("head-timeout", result.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("xyz", result.Errors, StringComparison.Ordinal);
        Assert.Contains("public-url", result.Errors, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("ftp://x", result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ServerPort_Taken_IsNamedAndEndsWith1()
    {
        using var listener = new TcpListener(IPAddress.Loopback, Ports.Free());
        listener.Start();
        var address = listener.LocalEndpoint.ToString()!;

        var result = await ProcessUnderTest.RunAsync(
            ["server", "--public-url", $"http://localhost:{((IPEndPoint)listener.LocalEndpoint).Port}", "--listen", address]);

        Assert.Equal(1, result.ExitCode);
        Assert.Contains(address, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("http --help")]
    [InlineData("server --help")]
    [InlineData("--version")]
    public async Task Help_IsOutputAndEndsWith0(string arguments)
    {
        var result = await ProcessUnderTest.RunAsync(arguments.Split(' '));

        Assert.Equal((0, ""), (result.ExitCode, result.Errors));
        Assert.NotEmpty(result.Output);
    }

    [Fact]
    public async Task EnvironmentVariable_IsASetting()
    {
        await using var server = await IskandarServer.StartAsync(new Dictionary<string, string> { ["ISKANDAR_MAX_TUNNELS"] = "1" });
        await using var client = await DocumentClient.ConnectAsync(server);

        await Assert.ThrowsAsync<System.Net.WebSockets.WebSocketException>(() => DocumentClient.ConnectAsync(server));
    }

    [Fact]
    public async Task Flag_BesideAnEnvironmentVariable_Wins()
    {
        await using var server = await IskandarServer.StartAsync(new Dictionary<string, string> { ["ISKANDAR_MAX_TUNNELS"] = "1" }, "--max-tunnels", "2");
        await using var first = await DocumentClient.ConnectAsync(server);
        await using var second = await DocumentClient.ConnectAsync(server);

        Assert.NotEqual(first.Name, second.Name);
    }

    [Fact]
    public async Task EnvironmentVariable_Wrong_IsNamedAndEndsWith2()
    {
        var result = await ProcessUnderTest.RunAsync(
            ["server", "--public-url", "http://localhost:1"], new Dictionary<string, string> { ["ISKANDAR_MAX_TUNNELS"] = "many" });

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("ISKANDAR_MAX_TUNNELS", result.Errors, StringComparison.Ordinal);
    }
}
