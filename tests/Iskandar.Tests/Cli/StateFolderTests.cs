using Iskandar.Cli.Configuration;

namespace Iskandar.Tests.Cli;

public sealed class StateFolderTests
{
    [Fact]
    public void Find_StateHomeIsAbsolute_IsInIt() => Assert.Equal("/var/state/iskandar", Find("/var/state"));

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("relative/state")]
    [InlineData("~/state")]
    public void Find_StateHomeIsNotAbsolute_IsInTheHomeFolder(string? stateHome) =>
        Assert.Equal(Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state", "iskandar"), Find(stateHome));

    private static string? Find(string? stateHome)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "XDG_STATE_HOME is Linux's.");
        return StateFolder.Find(name => name == "XDG_STATE_HOME" ? stateHome : null);
    }
}
