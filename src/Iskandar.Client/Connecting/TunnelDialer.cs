using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Transports;

namespace Iskandar.Client.Connecting;

/// <summary>Makes one attempt to open a tunnel connection, and puts what went wrong into words.</summary>
/// <param name="options">Where to, and with which limits.</param>
internal sealed class TunnelDialer(IskandarClientOptions options)
{
    private const string NameKeyField = "Iskandar-Name-Key";
    private const int ReadAhead = 32 * 1024;
    private readonly Uri _server = options.Server ?? throw new InvalidOperationException("No tunnel server is configured: set IskandarClientOptions.Server.");

    /// <summary>Dials once.</summary>
    /// <param name="name">The name to ask for; null for any.</param>
    /// <param name="lost">A connection whose link is to be resumed; null for a new connection.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>A result whose connection is <paramref name="lost"/> when its link was resumed.</returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public async Task<DialResult> DialAsync(KeptName? name, IClientConnection? lost, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.ConnectTimeout, options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var socket = NewSocket(name, lost?.Resumption);
        BatchingStream? stream = null;
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            PlaintextStreamFilter = (context, _) => ValueTask.FromResult<Stream>(stream = new BatchingStream(context.PlaintextStream, ReadAhead)),
        });
        try
        {
            await socket.ConnectAsync(Endpoint(), invoker, either.Token).ConfigureAwait(false);
            var limits = new ClientConnectionOptions
            {
                MaxMessage = options.MaxMessage,
                PingInterval = options.PingInterval,
                PingTimeout = options.PingTimeout,
                RegistrationTimeout = options.ConnectTimeout,
                Scheduler = options.Scheduler,
                MoreExpected = options.MoreExpected,
                TimeProvider = options.TimeProvider,
            };
            return new DialResult(await TunnelConnection.ForClientAsync(socket, limits, stream, lost, either.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            socket.Dispose();
            return new DialResult(null, $"{_server.GetLeftPart(UriPartial.Authority)} didn't answer within {options.ConnectTimeout.TotalSeconds:0.#} s");
        }
        catch (Exception fault) when (fault is WebSocketException or TimeoutException)
        {
            using (socket)
            {
                return Explain(socket, fault);
            }
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private ClientWebSocket NewSocket(KeptName? name, LinkResumption? link)
    {
        var socket = new ClientWebSocket();

        // Frames have pings of their own, which come before these do.
        socket.Options.KeepAliveInterval = options.Encoding == TunnelEncoding.Binary ? options.PingTimeout : options.PingInterval;
        socket.Options.KeepAliveTimeout = options.Encoding == TunnelEncoding.Binary ? options.PingTimeout : options.PingTimeout - options.PingInterval;
        socket.Options.CollectHttpResponseDetails = true;
        foreach (var subprotocol in options.Encoding == TunnelEncoding.Binary ? TunnelConnection.SupportedSubprotocols : [])
        {
            socket.Options.AddSubProtocol(subprotocol);
        }

        socket.Options.SetRequestHeader(OptionalMessageList.FieldName, OptionalMessageList.All);
        if (link is not null)
        {
            socket.Options.SetRequestHeader(LinkResumption.NameField, link.Name);
            socket.Options.SetRequestHeader(LinkResumption.SecretField, link.Secret);
            socket.Options.SetRequestHeader(LinkResumption.ReceivedField, link.Received.ToString(CultureInfo.InvariantCulture));
        }
        else if (name is not null)
        {
            socket.Options.SetRequestHeader(LinkResumption.NameField, name.Name);
            socket.Options.SetRequestHeader(NameKeyField, name.Key);
        }

        return socket;
    }

    private Uri Endpoint() =>
        new UriBuilder(_server) { Scheme = _server.Scheme == Uri.UriSchemeHttps ? "wss" : "ws", Path = TunnelConnection.Path }.Uri;

    private DialResult Explain(ClientWebSocket socket, Exception fault)
    {
        var server = _server.GetLeftPart(UriPartial.Authority);
        if (socket.HttpStatusCode is 0 or HttpStatusCode.SwitchingProtocols)
        {
            return new DialResult(null, $"can't reach {server}: {Cause(fault)}");
        }

        var wait = RetryAfter.Parse(Header(socket, "Retry-After"), options.TimeProvider);
        return Refusal.Explain(server, (int)socket.HttpStatusCode, Header(socket, ExchangeErrors.FieldName), wait);
    }

    private static string? Header(ClientWebSocket socket, string name)
    {
        if (socket.HttpResponseHeaders is not { } headers)
        {
            return null;
        }

        foreach (var (key, values) in headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                return values.FirstOrDefault();
            }
        }

        return null;
    }

    // The innermost cause is the one that a person can do something about.
    private static string Cause(Exception fault)
    {
        var cause = fault;
        while (cause.InnerException is { } inner)
        {
            cause = inner;
        }

        return cause is SocketException { SocketErrorCode: SocketError.ConnectionRefused } ? "connection refused" : cause.Message;
    }
}
