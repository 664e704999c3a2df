using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>Very many exchanges at once: the real client keeps its own limit, and its origin's.</summary>
[Collection(HeavyTests.Name)]
public class CliFloodTests(CliFixture cli) : IClassFixture<CliFixture>
{
    private const int VeryMany = 10_000;

    // A client may choose its limit; far below what was opened is what counts.
    // What the client takes at once.
    private const int Bound = 4_096;

    [Fact]
    public async Task Requests_VeryManyAtOnce_AreBoundedAndTheRestIsRefused()
    {
        var go = new Gate();
        var load = new Load();
        cli.Origin.Map("/held", async context =>
        {
            using var _ = load.Enter();
            await go.PassAsync("the gate");
            await context.Response.WriteAsync("held", context.RequestAborted);
        });
        await cli.StillServesAsync();
        var memory = new Memory(cli.Client.Process);
        var streams = await OpenAllAsync("/held", static stream => [Request(stream, "/held")]);

        // All have been read, and none has been answered yet: what is more than the limit has been refused.
        await cli.Tunnel.PingAsync();
        memory.IsBounded();
        go.Open();

        var served = 0;
        foreach (var stream in streams)
        {
            try
            {
                Assert.Equal("held", (await stream.ReadResponseAsync()).Text);
                served++;
            }
            catch (StreamResetException reset)
            {
                Assert.Equal(ErrorCode.TunnelBusy, reset.Code);
            }
        }

        Assert.InRange(served, 1, Bound);
        Assert.InRange(load.Peak, 1, Bound);
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task Requests_OpenedAndResetAtOnce_KeepTheOriginsLoadBounded()
    {
        var load = new Load();
        cli.Origin.Map("/reset", async context =>
        {
            using var _ = load.Enter();
            var aborted = new Gate();
            await using var registration = context.RequestAborted.Register(aborted.Open);
            await aborted.PassAsync("the abort");
        });
        await cli.StillServesAsync();
        var memory = new Memory(cli.Client.Process);

        await OpenAllAsync("/reset", static stream => [Request(stream, "/reset"), Frame.Reset(stream.Id, ErrorCode.Done)]);

        await cli.Tunnel.PingAsync();
        await cli.StillServesAsync();
        await load.NoneAsync();
        Assert.InRange(load.Peak, 0, Bound);
        Assert.False(cli.Tunnel.IsGoneAway);
        memory.IsBounded();
    }

    private static Frame Request(BinaryStream stream, string path) => Frame.Request(stream.Id, "GET", path, fields: ("host", "abc.example.com"));

    private async Task<List<BinaryStream>> OpenAllAsync(string path, Func<BinaryStream, Frame[]> frames)
    {
        var head = new RequestHead("GET", path, new FieldSection([]));
        var streams = Enumerable.Range(0, VeryMany).Select(_ => cli.Tunnel.Register(head)).ToList();
        foreach (var batch in streams.Chunk(500))
        {
            await cli.Tunnel.SendAsync([.. batch.SelectMany(frames)]);
        }

        return streams;
    }

    /// <summary>How many requests are at the origin at once.</summary>
    private sealed class Load
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource? _none;
        private int _count;

        public int Peak { get; private set; }

        public IDisposable Enter()
        {
            lock (_lock)
            {
                _count++;
                Peak = Math.Max(Peak, _count);
                return new Exit(this);
            }
        }

        /// <summary>Waits until there is none.</summary>
        public Task NoneAsync()
        {
            lock (_lock)
            {
                _none = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                return _count == 0 ? Task.CompletedTask : _none.Task.WithinAsync("the end of all requests at the origin");
            }
        }

        private void Leave()
        {
            lock (_lock)
            {
                _count--;
                if (_count == 0)
                {
                    _none?.TrySetResult();
                }
            }
        }

        private sealed class Exit(Load load) : IDisposable
        {
            public void Dispose() => load.Leave();
        }
    }
}
