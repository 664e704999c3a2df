using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Protocol.Transports;

namespace Iskandar.Benchmarks;

/// <summary>The server's end of a tunnel connection, as the tunnel server makes it, with a scripted client at the other.</summary>
internal sealed class ServerEnd : IAsyncDisposable
{
    private readonly IGatewayConnection _connection;
    private readonly WebSocket _socket;
    private readonly Task<string> _running;

    public ServerEnd(TunnelEncoding encoding)
    {
        var stream = new BatchingStream(ScriptedClient.Create(encoding), readAhead: 0);
        _socket = WebSocket.CreateFromStream(stream, new WebSocketCreationOptions
        {
            IsServer = true,
            KeepAliveInterval = TimeSpan.Zero,
            SubProtocol = encoding == TunnelEncoding.Binary ? TunnelConnection.BinarySubprotocol : null,
        });
        var options = new GatewayConnectionOptions
        {
            Accepted = OptionalMessages.Cancel | OptionalMessages.Credit,
            Budget = new ByteBudget(512 * 1024 * 1024),
        };
        _connection = TunnelConnection.ForGateway(_socket, options, stream);
        _running = _connection.RunAsync(new Registration { Subdomain = "k3v9x2ab" }, CancellationToken.None);
    }

    /// <summary>A number of exchanges, one after the other, as the gateway does them. The only object of its own is the task.</summary>
    public async Task ExchangeAsync(int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (_connection.TryOpen(out var exchange) != ExchangeError.None)
            {
                throw new InvalidOperationException("The connection takes no exchange.");
            }

            using (exchange!)
            {
                Heads.Fill(exchange!.Request);
                exchange.SendHead(endOfRequest: true, upgrade: false);
                if (!await exchange.ReadHeadAsync().ConfigureAwait(false) || exchange.Response.Fields.Count != 7)
                {
                    throw new InvalidOperationException($"No response: {exchange.Error}.");
                }

                long length = 0;
                bool isLast;
                do
                {
                    var read = await exchange.Content.ReadAsync().ConfigureAwait(false);
                    isLast = read.IsCompleted;
                    var piece = read.Buffer.Length;
                    exchange.Content.AdvanceTo(read.Buffer.End);
                    exchange.Consumed(piece);
                    length += piece;
                }
                while (!isLast);
                if (length != Heads.Content.Length)
                {
                    throw new InvalidOperationException($"{length} bytes of content came.");
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Abort();
        await _running;
        await _connection.DisposeAsync();
    }
}
