using Iskandar.Server.Tunnels;

namespace Iskandar.Tests.Server.Tunnels;

public sealed class TunnelNameTests
{
    [Fact]
    public void NewRandom_Many_DistinctValidLabelsOfTheWholeAlphabet()
    {
        var names = Enumerable.Range(0, 2_000).Select(static _ => TunnelName.NewRandom()).ToArray();

        Assert.All(names, static name => Assert.Matches("^[a-z0-9]{8}$", name));
        Assert.Equal(names.Length, names.Distinct().Count());
        Assert.Equal(36, names.SelectMany(static name => name).Distinct().Count());
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("0", true)]
    [InlineData("k3v9x2ab", true)]
    [InlineData("my-app", true)]
    [InlineData("a--b", true)]
    [InlineData("", false)]
    [InlineData("-", false)]
    [InlineData("-a", false)]
    [InlineData("a-", false)]
    [InlineData("My-App", false)]
    [InlineData("a.b", false)]
    [InlineData("a_b", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("\u00fc", false)]
    [InlineData("\u0661", false)]
    public void IsValid_Text_JudgedAsALabel(string name, bool expected) => Assert.Equal(expected, TunnelName.IsValid(name));

    [Fact]
    public void IsValid_Length_UpToThatOfALabel()
    {
        Assert.True(TunnelName.IsValid(new string('a', 63)));
        Assert.False(TunnelName.IsValid(new string('a', 64)));
    }
}
