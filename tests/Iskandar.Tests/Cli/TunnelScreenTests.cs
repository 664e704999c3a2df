using Iskandar.Cli.Rendering;
using Iskandar.Client;
using Spectre.Console.Testing;

namespace Iskandar.Tests.Cli;

public sealed class TunnelScreenTests
{
    private readonly TunnelModel _model = new(new Uri("http://localhost:3000"));

    [Fact]
    public void Online_NoRequestYet_ShowsHowToTryIt()
    {
        Go();

        Assert.Equal(
            [
                "iskandar    online",
                "Public URL  http://abc.localhost:8080",
                "Forwards to http://localhost:3000",
                "Requests    0 finished, 0 failed, 0 in flight",
                "",
                "Try it:  curl http://abc.localhost:8080/",
                "Ctrl+C stops",
            ],
            Draw(80, 24));
    }

    [Fact]
    public void Origin_CertificateNotVerified_IsSaid()
    {
        var model = new TunnelModel(new Uri("https://localhost:5001"), originIsUnverified: true);

        Assert.Contains("Forwards to https://localhost:5001  (certificate not verified)", Draw(80, 24, model));
    }

    [Fact]
    public void Waiting_Problem_IsShown()
    {
        _model.StatusChanged(new TunnelStatus(TunnelState.Waiting, Problem: "broken", RetryIn: TimeSpan.FromSeconds(3.2)));

        Assert.Equal("iskandar    waiting  broken; trying again in 4 s", Draw(80, 24)[0]);
    }

    [Fact]
    public void Requests_ManyAndLittleRoom_NewestAreShownLast()
    {
        Go();
        for (var i = 1; i <= 40; i++)
        {
            Finish("/" + i, 200);
        }

        var lines = Draw(80, 10);

        Assert.True(lines.Length <= 10);
        Assert.Contains("40 finished", lines[3], StringComparison.Ordinal);
        Assert.Contains("/40 ", lines[^2], StringComparison.Ordinal);
        Assert.Contains("/39 ", lines[^3], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(20)]
    [InlineData(40)]
    [InlineData(200)]
    public void LongPath_AnyWidth_NoLineIsTooLong(int width)
    {
        Go();
        Finish("/" + new string('x', 500), 500);
        _model.Notice(new string('n', 500));

        var lines = Draw(width, 24);

        Assert.All(lines, line => Assert.True(line.Length <= Math.Max(width - 3, 1), line));
        Assert.Equal(8, lines.Length);
    }

    [Fact]
    public void Path_MarkupAndControls_AreTextOnly()
    {
        Go();
        Finish("/[red]x[/]\e[2J", 200);
        _model.Notice("[bold]no\rway[/]");

        var text = string.Join('\n', Draw(120, 24));

        Assert.Contains("/[red]x[/]␛[2J", text, StringComparison.Ordinal);
        Assert.Contains("[bold]no␍way[/]", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Counts_FailedAndInFlight_AreCounted()
    {
        Go();
        Finish("/a", 200);
        Finish("/b", 502);
        _model.RequestStarted();

        Assert.Equal("Requests    2 finished, 1 failed, 1 in flight", Draw(80, 24)[3]);
    }

    private void Go() => _model.StatusChanged(new TunnelStatus(TunnelState.Online, new Uri("http://abc.localhost:8080/")));

    private void Finish(string target, int status)
    {
        _model.RequestStarted();
        _model.RequestFinished(new RequestEntry("GET", target, status, Broken: false, TimeSpan.FromMilliseconds(5)));
    }

    private string[] Draw(int width, int height, TunnelModel? model = null)
    {
        using var console = new TestConsole();
        console.Profile.Width = width;
        console.Write(TunnelScreen.Draw((model ?? _model).Snapshot(), width, height));
        return [.. console.Output.TrimEnd('\n').Split('\n').Select(line => line.TrimEnd())];
    }
}
