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
}
