using Iskandar.Cli.Configuration;

namespace Iskandar.Tests.Cli;

public sealed class ConfigurationFileTests
{
    [Theory]
    [InlineData("")]
    [InlineData("# only a comment")]
    [InlineData("server:")]
    [InlineData("server: {}")]
    [InlineData("client: { log: debug }")]
    public void Parse_SectionAbsentOrEmpty_IsEmpty(string text)
    {
        var problems = new List<string>();

        Assert.Empty(ConfigurationFile.Parse(new StringReader(text), "x.yml", "server", problems));
        Assert.Empty(problems);
    }

    [Theory]
    [InlineData("server: [", "not YAML")]
    [InlineData("server: { log: a, log: b }", "not YAML")]
    [InlineData("just text", "expected one mapping")]
    [InlineData("a: 1\n---\nb: 2", "expected one mapping")]
    [InlineData("servers: {}", "expected one of the sections client, server")]
    [InlineData("server: text", "expected settings under server")]
    [InlineData("server: { nope: 1 }", "server has no setting \"nope\"")]
    [InlineData("server: { log: }", "server.log: expected a value")]
    [InlineData("server: { log: [a] }", "server.log: expected a value")]
    [InlineData("server: { listen: { a: b } }", "server.listen: expected a value or a list of values")]
    [InlineData("client: { nope: 1 }", "client has no setting \"nope\"")]
    public void Parse_WhatIsNotKnown_IsReported(string text, string expected)
    {
        var problems = new List<string>();

        ConfigurationFile.Parse(new StringReader(text), "x.yml", "server", problems);

        Assert.Contains(expected, Assert.Single(problems), StringComparison.Ordinal);
        Assert.StartsWith("x.yml", problems[0], StringComparison.Ordinal);
    }

    [Fact]
    public void Find_FileAskedForIsAbsent_IsReported()
    {
        var problems = new List<string>();

        Assert.Null(ConfigurationFileSearch.Find("a.yml", _ => null, _ => false, problems));
        Assert.Null(ConfigurationFileSearch.Find(null, name => name == "ISKANDAR_CONFIG" ? "b.yml" : null, _ => false, problems));

        Assert.Equal(["--config: there is no file \"a.yml\".", "ISKANDAR_CONFIG: there is no file \"b.yml\"."], problems);
    }

    [Fact]
    public void Find_NothingAskedForAndNothingThere_IsNothing()
    {
        var problems = new List<string>();

        Assert.Null(ConfigurationFileSearch.Find(null, _ => null, _ => false, problems));
        Assert.Empty(problems);
    }
}
