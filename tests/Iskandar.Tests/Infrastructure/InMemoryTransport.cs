using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Tests.Infrastructure;

/// <summary>A transport for Kestrel without sockets: real HTTP over pipes.</summary>
internal sealed class InMemoryTransport : IConnectionListenerFactory, IConnectionListener
{
    private readonly Channel<ConnectionContext> _connections = Channel.CreateUnbounded<ConnectionContext>();

    public EndPoint EndPoint { get; private set; } = new IPEndPoint(IPAddress.Loopback, 8080);

    /// <summary>Connects to the server.</summary>
    public Stream Connect()
    {
        var (there, back) = (new Pipe(), new Pipe());
        var connection = new Connection(there.Reader, back.Writer, EndPoint);
        Assert.True(_connections.Writer.TryWrite(connection));
        return new DuplexStream(back.Reader, there.Writer) { OnClosed = connection.OnPeerClosed };
    }

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default)
    {
        EndPoint = endpoint;
        return new(this);
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
        await _connections.Reader.WaitToReadAsync(cancellationToken) && _connections.Reader.TryRead(out var connection) ? connection : null;

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        _connections.Writer.TryComplete();
        return default;
    }

    public ValueTask DisposeAsync() => default;

    private sealed class Connection : ConnectionContext, IDuplexPipe, IMemoryPoolFeature
    {
        private readonly CancellationTokenSource _closed = new();

        public Connection(PipeReader input, PipeWriter output, EndPoint local)
        {
            Input = input;
            Output = output;
            LocalEndPoint = local;
            RemoteEndPoint = new IPEndPoint(IPAddress.Parse("192.0.2.7"), 50_000);
            ConnectionClosed = _closed.Token;
            Transport = this;
            Features.Set<IMemoryPoolFeature>(this);
        }

        public MemoryPool<byte> MemoryPool { get; } = new BlockPool();

        public PipeReader Input { get; }

        public PipeWriter Output { get; }

        public override IDuplexPipe Transport { get; set; }

        public override string ConnectionId { get; set; } = Guid.NewGuid().ToString();

        public override IFeatureCollection Features { get; } = new FeatureCollection();

        public override IDictionary<object, object?> Items { get; set; } = new Dictionary<object, object?>();

        public override void Abort(ConnectionAbortedException abortReason)
        {
            Input.CancelPendingRead();
            Output.CancelPendingFlush();
            Output.Complete(new ConnectionResetException("Aborted.", abortReason));
            OnPeerClosed();
        }

        /// <summary>As a socket does when its peer is gone.</summary>
        public void OnPeerClosed() => ThreadPool.UnsafeQueueUserWorkItem(
            static closed =>
            {
                try
                {
                    closed.Cancel();
                }
                catch (ObjectDisposedException)
                {
                    // Both ends at once.
                }
            },
            _closed,
            preferLocal: false);

        public override async ValueTask DisposeAsync()
        {
            await Output.CompleteAsync();
            await Input.CompleteAsync();
            await _closed.CancelAsync();
            _closed.Dispose();
            await base.DisposeAsync();
        }
    }

    // Kestrel counts on blocks of some size, whatever it asks for.
    private sealed class BlockPool : MemoryPool<byte>
    {
        public override int MaxBufferSize => 4096;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(MaxBufferSize);

        protected override void Dispose(bool disposing)
        {
        }
    }
}
