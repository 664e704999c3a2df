namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>Stream identifiers, by serial number arithmetic.</summary>
public class CliStreamIdentifierTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Identifiers_Higher_GoAllTheWayRound()
    {
        cli.Origin.Map("/round", "round");

        foreach (var id in (uint[])[1, 2, 5, 0x7fff_ffff, 0x8000_0000, 0xffff_fff0, 0xffff_ffff, 1, 3])
        {
            var stream = await cli.Tunnel.OpenAsync("GET", "/round", id: id, fields: ("host", "abc.example.com"));
            Assert.Equal("round", (await stream.ReadResponseAsync()).Text);
        }

        await cli.Tunnel.PingAsync();
        Assert.False(cli.Tunnel.IsGoneAway);
    }
}
