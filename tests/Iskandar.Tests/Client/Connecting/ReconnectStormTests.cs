namespace Iskandar.Tests.Client.Connecting;

public sealed class ReconnectStormTests
{
    private const int Clients = 10_000;

    // The server is away for so many seconds, and accepts so many a second. How many attempts a second reach it once it is back, and when all have to be back.
    [Theory]
    [InlineData(2, 2_000, 6_000, 25)]
    [InlineData(20, 2_000, 1_000, 50)]
    [InlineData(20, 200, 1_000, 90)]
    [InlineData(300, 2_000, 750, 330)]
    public void Server_AwayAndBack_NoStormAndAllBackSoon(int outage, int acceptsPerSecond, int mostAttempts, int allBack)
    {
        var storm = ReconnectStorm.Run(Clients, TimeSpan.FromSeconds(outage), acceptsPerSecond);

        Assert.Equal(Clients, storm.Accepted.Sum());
        Assert.InRange(storm.AllBack, TimeSpan.FromSeconds(outage), TimeSpan.FromSeconds(allBack));
        Assert.InRange(storm.Attempts.Skip(outage).Max(), 1, mostAttempts);

        // While it is away: less than one a second of each client after the first second, and of each fifth after ten.
        Assert.True(storm.Attempts.Skip(1).Max() < Clients);
        Assert.True(storm.Attempts.Skip(10).Max() < Clients / 5);
    }

    [Fact]
    public void Document_Curve_IsWhatHappens()
    {
        var curve = ReconnectStorm.Run(Clients, TimeSpan.FromSeconds(20), acceptsPerSecond: 2_000).ToString();
        TestContext.Current.TestOutputHelper!.WriteLine(curve);

        var document = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "reliability.md"));
        Assert.True(document.Contains($"```\n{curve}```\n", StringComparison.Ordinal), $"docs/reliability.md has another curve than this:\n{curve}");
    }
}
