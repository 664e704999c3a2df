using System.IO.Pipelines;
using Iskandar.Cli.Forwarding;

namespace Iskandar.Tests.Cli;

public sealed class OriginConnectionStreamTests
{
    private readonly Pipe _origin = new();

    [Fact]
    public async Task End_BeforeTheFirstAnswer_IsAnError()
    {
        await using var stream = Connect();
        await stream.WriteAsync("GET"u8.ToArray(), TestContext.Current.CancellationToken);
        await _origin.Writer.CompleteAsync();

        await Assert.ThrowsAsync<IOException>(() => stream.ReadExactlyAsync(new byte[10], TestContext.Current.CancellationToken).AsTask());
    }

    [Fact]
    public async Task End_AfterAnAnswer_IsAnEnd()
    {
        await using var stream = Connect();
        await stream.WriteAsync("GET"u8.ToArray(), TestContext.Current.CancellationToken);
        await _origin.Writer.WriteAsync("ok"u8.ToArray(), TestContext.Current.CancellationToken);
        Assert.Equal(2, await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
        await stream.WriteAsync("GET"u8.ToArray(), TestContext.Current.CancellationToken);
        await _origin.Writer.CompleteAsync();

        Assert.Equal(0, await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task End_NothingAsked_IsAnEnd()
    {
        await using var stream = Connect();
        await _origin.Writer.CompleteAsync();

        Assert.Equal(0, await stream.ReadAsync(new byte[10], TestContext.Current.CancellationToken));
    }

    private OriginConnectionStream Connect() => new(new TwoWayStream(_origin.Reader.AsStream()));

    private sealed class TwoWayStream(Stream reader) : MemoryStream
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => reader.ReadAsync(buffer, cancellationToken);

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) => default;
    }
}
