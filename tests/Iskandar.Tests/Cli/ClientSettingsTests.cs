using Iskandar.Cli.Configuration;
using Iskandar.Client;
using Microsoft.Extensions.Logging;

namespace Iskandar.Tests.Cli;

public sealed class ClientSettingsTests
{
    [Fact]
    public void Read_NothingSet_IsTheDefaults()
    {
        var (settings, problems) = Read("");

        Assert.Empty(problems);
        Assert.Equal(new ClientSettings(new Uri("http://localhost:8080"), HostField.Rewrite, TunnelEncoding.Binary, LogLevel.Warning), settings);
    }

    [Fact]
    public void Read_File_IsTaken()
    {
        var (settings, problems) = Read("client: { server: https://tunnel.example.com, host-header: preserve, encoding: json, log: none }");

        Assert.Empty(problems);
        Assert.Equal(new ClientSettings(new Uri("https://tunnel.example.com"), HostField.Preserve, TunnelEncoding.Json, LogLevel.None), settings);
    }

    [Fact]
    public void Read_AllBad_AllReported()
    {
        var (_, problems) = Read("client: { server: https://tunnel.example.com/path, host-header: a/b, encoding: xml, log: loud }");

        Assert.Equal(["client.server", "client.host-header", "client.encoding", "client.log"], problems.Select(problem => problem.Split(": ")[1]));
    }

    [Theory]
    [InlineData("rewrite", null)]
    [InlineData("preserve", "public.example.com")]
    [InlineData("app.test:3000", "app.test:3000")]
    public void Choose_EachMode_IsItsHost(string mode, string? expected) =>
        Assert.Equal(expected, HostField.Parse(mode)?.Choose("public.example.com"));

    private static (ClientSettings Settings, List<string> Problems) Read(string file)
    {
        var problems = new List<string>();
        var section = ConfigurationFile.Parse(new StringReader(file), "test.yml", "client", problems);
        var reader = new SettingReader(new Dictionary<string, IReadOnlyList<string>>(), _ => null, section);
        return (ClientSettings.Read(reader, problems), problems);
    }
}
