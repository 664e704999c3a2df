using Iskandar.Cli.Rendering;
using Iskandar.Client;

namespace Iskandar.Tests.Cli;

public sealed class LineViewTests
{
    private static readonly Uri Url = new("http://abc.localhost:8080/");

    [Fact]
    public async Task Online_First_IsTheUrlAndNothingElse()
    {
        var (output, error) = await ShowAsync(view => view.StatusChanged(new TunnelStatus(TunnelState.Online, Url)));

        Assert.Equal(["http://abc.localhost:8080"], output);
        Assert.Empty(error);
    }

    [Fact]
    public async Task Waiting_BeforeTheUrl_GoesToStandardError()
    {
        var (output, error) = await ShowAsync(view => view.StatusChanged(new TunnelStatus(
            TunnelState.Waiting, Problem: "can't reach http://localhost:8080: connection refused", RetryIn: TimeSpan.FromSeconds(1.4))));

        Assert.Empty(output);
        Assert.Equal(
            ["Can't reach http://localhost:8080: connection refused. Is the server running? Start one with: iskandar server. Trying again in 2 s."],
            error);
    }

    [Fact]
    public async Task LostAndFound_AfterTheUrl_IsALineEach()
    {
        var (output, error) = await ShowAsync(view =>
        {
            view.StatusChanged(new TunnelStatus(TunnelState.Online, Url));
            view.StatusChanged(new TunnelStatus(TunnelState.Connecting));
            view.StatusChanged(new TunnelStatus(TunnelState.Waiting, Problem: "broken", RetryIn: TimeSpan.FromSeconds(4)));
            view.StatusChanged(new TunnelStatus(TunnelState.Online, Url));
        });

        Assert.Equal(["http://abc.localhost:8080", "reconnecting: broken, next attempt in 4 s", "online http://abc.localhost:8080"], output);
        Assert.Empty(error);
    }

    [Fact]
    public async Task RequestFinished_EachOutcome_IsALine()
    {
        var (output, _) = await ShowAsync(view =>
        {
            view.RequestFinished(new RequestEntry("GET", "/path?a=1", 200, Broken: false, TimeSpan.FromMilliseconds(12.4)));
            view.RequestFinished(new RequestEntry("GET", "/", 404, Broken: false, TimeSpan.FromSeconds(9.9)));
            view.RequestFinished(new RequestEntry("GET", "/events", 200, Broken: true, TimeSpan.FromSeconds(61)));
            view.RequestFinished(new RequestEntry("POST", "/\e[2J", null, Broken: true, TimeSpan.FromMinutes(3)));
        });

        Assert.Equal(["GET /path?a=1 200 12 ms", "GET / 404 9900 ms", "GET /events 200 aborted 61.0 s", "POST /␛[2J aborted 3.0 min"], output);
    }

    [Fact]
    public async Task BrokenOutput_LinesGoOn_NothingIsThrown()
    {
        var error = new StringWriter();
        var view = new LineView(new LineWriter(new BrokenWriter(), error, TimeProvider.System));
        view.StatusChanged(new TunnelStatus(TunnelState.Online, Url));
        view.RequestFinished(new RequestEntry("GET", "/", 200, Broken: false, TimeSpan.Zero));
        view.Notice("still here");

        await view.DisposeAsync();

        Assert.Equal("still here", error.ToString().Trim());
    }

    private static async Task<(string[] Output, string[] Error)> ShowAsync(Action<LineView> show)
    {
        var output = new StringWriter();
        var error = new StringWriter();
        await using (var view = new LineView(new LineWriter(output, error, TimeProvider.System)))
        {
            show(view);
        }

        return (Lines(output), Lines(error));
    }

    private static string[] Lines(StringWriter writer) => writer.ToString().Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);

    private sealed class BrokenWriter : StringWriter
    {
        public override Task WriteLineAsync(string? value) => Task.FromException(new IOException("Broken pipe"));
    }
}
