using System.Text.Json;
using Grpc.Net.Client;

namespace Iskandar.GrpcTests;

/// <summary>The same cases crossed with grpcio: its client before our tunnel, and its server behind it.</summary>
public sealed class PythonTests(GrpcStage stage, PythonServer server) : IClassFixture<PythonServer>
{
    public static TheoryData<string> Cases => InteropTests.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Server_Direct_IsAsItShouldBe(string name) => await CheckAsync(name, await server.ConnectAsync(stage, throughTheTunnel: false));

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task Server_ThroughTheTunnel_IsAsItShouldBe(string name) => await CheckAsync(name, await server.ConnectAsync(stage, throughTheTunnel: true));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Client_DirectAndThroughTheTunnel_AllCasesAreAsTheyShouldBe(bool isDirect)
    {
        var (address, authority) = isDirect ? (stage.AppAddress, stage.AppAddress) : (stage.Address, stage.Authority);
        string[] names = [.. InteropCase.All.Keys];
        await using var client = await PythonPeer.StartAsync("client.py", [address, authority, .. names]);

        var said = (await client.ReadToEndAsync()).Split('\n');

        Assert.Equal(names.Select(static name => $"{name}: {InteropCase.All[name].Expected}"), names.Zip(said, static (name, text) => $"{name}: {JsonSerializer.Deserialize<string>(text)}"));
    }

    private static async Task CheckAsync(string name, GrpcChannel channel)
    {
        var one = InteropCase.All[name];
        Assert.Equal(one.Expected, await one.Run(channel));
    }
}

/// <summary>The app in Python, started when the first test asks for it.</summary>
public sealed class PythonServer : IAsyncDisposable
{
    private readonly Lock _lock = new();
    private Task<(PythonPeer Server, GrpcChannel Direct, GrpcChannel Tunnelled)>? _started;

    /// <summary>A channel to it.</summary>
    public async Task<GrpcChannel> ConnectAsync(GrpcStage stage, bool throughTheTunnel)
    {
        Task<(PythonPeer Server, GrpcChannel Direct, GrpcChannel Tunnelled)> starting;
        lock (_lock)
        {
            starting = _started ??= StartAsync(stage);
        }

        var (_, direct, tunnelled) = await starting;
        return throughTheTunnel ? tunnelled : direct;
    }

    public async ValueTask DisposeAsync()
    {
        if (_started is { IsCompletedSuccessfully: true })
        {
            await (await _started).Server.DisposeAsync();
        }
    }

    private static async Task<(PythonPeer Server, GrpcChannel Direct, GrpcChannel Tunnelled)> StartAsync(GrpcStage stage)
    {
        var (server, port) = await PythonPeer.StartServerAsync();
        var tunnel = await stage.OpenAsync($"127.0.0.1:{port}");
        return (server, stage.Connect(new Uri($"http://127.0.0.1:{port}"), port), stage.Connect(tunnel.Url));
    }
}
