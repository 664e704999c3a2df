using System.Globalization;
using System.Net;
using Iskandar.FunctionalTests.Faults.App;
using Iskandar.FunctionalTests.Faults.Relay;
using Iskandar.FunctionalTests.Infrastructure;
using Xunit.Sdk;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>Both real processes, an app, and a relay between client and server, with a state folder that outlives the processes.</summary>
public sealed class FaultStage : IAsyncDisposable
{
    private readonly DirectoryInfo _state = Directory.CreateTempSubdirectory("iskandar-test-state-");
    private readonly CancellationTokenSource _stopping = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
    private readonly List<IAsyncDisposable> _parts = [];

    private readonly LossyNetwork? _network;
    private readonly int _networkPort = Ports.Free();

    private FaultStage(LossyNetwork? network) => _network = network;

    /// <summary>What both processes have in their environment.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string> { ["XDG_STATE_HOME"] = _state.FullName };

    public IskandarServer Server { get; private set; } = null!;

    public FaultApp App { get; private set; } = null!;

    public FaultRelay Relay { get; private set; } = null!;

    public IskandarClient Client { get; private set; } = null!;

    /// <summary>Visits the server directly, and waits as long as it takes.</summary>
    public HttpClient Visitor { get; private set; } = null!;

    public Random Random { get; } = FaultSeed.ForThisTest();

    /// <summary>Cancelled with the test, and when the stage is left.</summary>
    public CancellationToken Token => _stopping.Token;

    /// <summary>Runs a test. Its failure says the seed, and what happened between the processes.</summary>
    /// <param name="test">The test.</param>
    /// <param name="network">Where the client is, instead of behind the relay.</param>
    public static async Task RunAsync(Func<FaultStage, Task> test, LossyNetwork? network = null)
    {
        await using var stage = new FaultStage(network);
        try
        {
            await stage.StartAsync();
            await test(stage);
        }
        catch (Exception fault) when (!TestContext.Current.CancellationToken.IsCancellationRequested)
        {
            throw new XunitException(stage.Describe(fault), fault);
        }
    }

    public Uri Url(string pathAndQuery) => new(Client.Url, pathAndQuery);

    /// <summary>Starts a client with the same command line as the first.</summary>
    public async Task<IskandarClient> StartClientAsync()
    {
        var client = _network is null
            ? await IskandarClient.StartAsync(Environment, Relay.Url, $"127.0.0.1:{App.Port}")
            : await IskandarClient.WhenOpenAsync(ProcessUnderTest.Start(
                _network.Command, ["http", $"{_network.AppAddress}:{App.Port}", "--server", $"http://{_network.ServerAddress}:{_networkPort}"], Environment));
        _parts.Add(client);
        return client;
    }

    /// <summary>Ends the client as <c>kill -9</c> does, and waits until the server knows: nothing it sent is on its way any more.</summary>
    public async Task KillClientAsync()
    {
        await Client.Process.KillAsync();
        await Relay.WaitAsync(static relay => relay.IsIdle, "the end of the killed client's connection");
    }

    /// <summary>Starts the client again, with the same command line.</summary>
    public async Task StartClientAgainAsync() => Client = await StartClientAsync();

    /// <summary>One more small request.</summary>
    /// <param name="within">How long its answer may take; by default as long as any wait.</param>
    public async Task ServesAsync(TimeSpan? within = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(within ?? Bounded.Limit);
        using var response = await Visitor.GetAsync(Url("/small?n=0"), limit.Token);
        Assert.Equal((200, "small 0"), ((int)response.StatusCode, Expect.ErrorCode(response) ?? await response.Content.ReadAsStringAsync(limit.Token)));
    }

    /// <summary>Waits until clients have written so many names into their state folder.</summary>
    public Task NamesKeptAsync(int count) => Eventually.TrueAsync(
        async () =>
        {
            await ServesAsync();
            return Directory.EnumerateFiles(_state.FullName, "*.json", SearchOption.AllDirectories).Count() >= count;
        },
        $"{count} kept names");

    /// <summary>One more small request, as soon as there is a tunnel again.</summary>
    public Task ServesAgainAsync() => Eventually.TrueAsync(
        async () =>
        {
            using var response = await Visitor.GetAsync(Url("/small?n=0"), Bounded.Token());
            return response.IsSuccessStatusCode;
        },
        "an answer");

    /// <summary>A request that the app answers when it may.</summary>
    public async Task GatedAsync(string id)
    {
        using var response = await Visitor.GetAsync(Url($"/gated?id={id}"), Token);
        await Expect.TextAsync(response, $"gated {id}");
        Assert.Equal(1, App.Counts[id]);
    }

    /// <summary>Cuts the tunnel again and again, each time after a number of bytes in a direction; both are random.</summary>
    /// <param name="times">How often.</param>
    /// <param name="most">The most bytes between two cuts.</param>
    /// <param name="directions">Where the bytes are counted.</param>
    public async Task CutAsync(int times, int most, params Direction[] directions)
    {
        for (var number = 0; number < times; number++)
        {
            var direction = directions[Random.Next(directions.Length)];

            // Some come while the client is about to resume.
            var bytes = Random.Next(10) == 0 ? Random.Next(1, 1_000) : Random.Next(1_000, most);
            var cut = Random.Next(10) switch
            {
                < 5 => Cut.Reset,
                < 8 => Cut.Fin,
                _ => Cut.Forsaken,
            };
            await Relay.CutAfterAsync(direction, bytes, cut);
        }
    }

    /// <summary>One line about a run that went well.</summary>
    public static void Say(string figures)
    {
        var line = $"{TestContext.Current.TestMethod?.MethodName}: {figures} ({FaultSeed.Text})";
        TestContext.Current.TestOutputHelper?.WriteLine(line);
        Console.WriteLine($"    {line}");
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        foreach (var part in _parts.AsEnumerable().Reverse())
        {
            await part.DisposeAsync();
        }

        Visitor?.Dispose();
        _stopping.Dispose();
        _state.Delete(recursive: true);
    }

    private async Task StartAsync()
    {
        Server = await IskandarServer.StartAsync(Environment, _network is null ? [] : ["--listen", $"{_network.ServerAddress}:{_networkPort}"]);
        _parts.Add(Server);
        App = await FaultApp.StartAsync(_network is null ? null : IPAddress.Parse(_network.AppAddress));
        _parts.Add(App);
        Relay = new FaultRelay(Server.Port);
        _parts.Add(Relay);
        Visitor = VisitorFactory.Create(Server.Port);
        Visitor.Timeout = Timeout.InfiniteTimeSpan;
        Client = await StartClientAsync();
    }

    private string Describe(Exception fault) => string.Create(
        CultureInfo.InvariantCulture,
        $"""
         {FaultSeed.Text}
         {fault.GetType().Name}: {fault.Message}
         The relay ({Relay?.Cuts} cuts, {Relay?.Connections.Count} connections):
         {Relay?.History}
         {Relay?.Open}
         The client:
         {Tail(Client?.Process.Output)}
         {Tail(Client?.Process.Errors)}
         The server:
         {Tail(Server?.Errors)}
         """);

    private static string Tail(OutputLog? log) => string.Join('\n', (log?.Lines ?? []).TakeLast(10).Select(static line => $"  {line}"));
}
