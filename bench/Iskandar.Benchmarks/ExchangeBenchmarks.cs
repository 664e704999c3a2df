using BenchmarkDotNet.Attributes;

namespace Iskandar.Benchmarks;

/// <summary>A small exchange on the server's side: six fields out, seven fields and 128 bytes back, in one message each. Without Kestrel and without sockets.</summary>
[MemoryDiagnoser]
public class ExchangeBenchmarks : IAsyncDisposable
{
    private const int Exchanges = 6_400;

    private ServerEnd _server = null!;

    [Params(TunnelEncoding.Binary, TunnelEncoding.Json)]
    public TunnelEncoding Encoding { get; set; }

    /// <summary>How many at once.</summary>
    [Params(1, 64)]
    public int Concurrency { get; set; }

    [GlobalSetup]
    public Task StartAsync()
    {
        _server = new ServerEnd(Encoding);
        return SmallExchange();
    }

    [GlobalCleanup]
    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    [Benchmark(OperationsPerInvoke = Exchanges)]
    public Task SmallExchange()
    {
        var visitors = new Task[Concurrency];
        for (var i = 0; i < visitors.Length; i++)
        {
            visitors[i] = _server.ExchangeAsync(Exchanges / Concurrency);
        }

        return Task.WhenAll(visitors);
    }
}
