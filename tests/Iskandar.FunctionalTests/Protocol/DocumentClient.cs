using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>A tunnel client written from docs/protocol.md alone.</summary>
public sealed class DocumentClient : IAsyncDisposable
{
    private readonly ClientWebSocket _webSocket;
    private readonly JsonSocket _socket;
    private readonly Socket _transport;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Channel<DocumentRequest> _requests = Channel.CreateUnbounded<DocumentRequest>();
    private readonly Channel<string> _cancels = Channel.CreateUnbounded<string>();
    private readonly Channel<(string Id, long Bytes)> _credits = Channel.CreateUnbounded<(string, long)>();
    private readonly ConcurrentQueue<JsonObject> _received = new();
    private readonly Task _reading;

    private DocumentClient(ClientWebSocket webSocket, Socket transport, JsonObject registration, Func<DocumentRequest, JsonObject>? answer)
    {
        _webSocket = webSocket;
        _socket = new JsonSocket(webSocket);
        _transport = transport;
        Registration = registration;
        _reading = ReadAsync(answer);
    }

    public JsonObject Registration { get; }

    public string Name => (string)Registration["subdomain"]!;

    public Uri Url => new((string)Registration["url"]!);

    public long Window => (long)Registration["window"]!;

    public string? Subprotocol => _webSocket.SubProtocol;

    public WebSocketCloseStatus? CloseStatus => _webSocket.CloseStatus;

    /// <summary>Completes when the server has ended the connection.</summary>
    public Task Ended => _reading;

    /// <summary>Every message received since the registration.</summary>
    public IReadOnlyList<JsonObject> Received => [.. _received];

    /// <param name="server">Where to connect to.</param>
    /// <param name="accept">The optional messages that this client understands.</param>
    /// <param name="host">The server's own host, as the opening handshake names it.</param>
    /// <param name="subprotocol">A subprotocol to offer.</param>
    /// <param name="answer">Answers each request at once, before anything else is read.</param>
    public static async Task<DocumentClient> ConnectAsync(
        IskandarServer server,
        string? accept = null,
        string host = "localhost",
        string? subprotocol = null,
        Func<DocumentRequest, JsonObject>? answer = null)
    {
        var webSocket = new ClientWebSocket();
        if (accept is not null)
        {
            webSocket.Options.SetRequestHeader("Iskandar-Accept", accept);
        }

        if (subprotocol is not null)
        {
            webSocket.Options.AddSubProtocol(subprotocol);
        }

        var transport = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await transport.ConnectAsync(IPAddress.Loopback, server.Port, Bounded.Token());
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(transport, ownsSocket: true)),
        });
        await webSocket.ConnectAsync(new Uri($"ws://{host}:{server.Port}/tunnel/connect"), invoker, Bounded.Token());
        var registration = await new JsonSocket(webSocket).ReceiveAsync(Bounded.Token());
        return new DocumentClient(webSocket, transport, registration ?? throw new InvalidOperationException("No registration."), answer);
    }

    public Task<DocumentRequest> NextRequestAsync() =>
        _requests.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a request message");

    public Task<string> NextCancelAsync() => _cancels.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a cancel message");

    public Task<(string Id, long Bytes)> NextCreditAsync() =>
        _credits.Reader.ReadAsync(CancellationToken.None).AsTask().WithinAsync("a credit message");

    public Task SendAsync(JsonObject message) => _socket.SendAsync(message);

    public Task SendTextAsync(string text) => _socket.SendTextAsync(text);

    public Task SendAsync(byte[] message, WebSocketMessageType type) => _socket.SendAsync(message, type);

    /// <summary>Answers a request with a text, in one message.</summary>
    public Task AnswerAsync(DocumentRequest request, string text, int status = 200) =>
        SendAsync(Messages.Response(request.Id, status, text, done: true));

    /// <summary>Answers a request with one piece after another, each as long as allowed.</summary>
    public async Task SendBodyAsync(DocumentRequest request, byte[] body)
    {
        foreach (var piece in body.Chunk(64 * 1024))
        {
            await SendAsync(Messages.Response(request.Id, body: piece));
        }
    }

    /// <summary>Ends the connection with a close frame.</summary>
    public async Task CloseAsync()
    {
        await _webSocket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Bounded.Token());
        await _reading.WithinAsync("the server's close frame");
    }

    /// <summary>Ends the connection as a process does that was killed: with a reset.</summary>
    public void Reset()
    {
        _transport.LingerState = new LingerOption(true, 0);
        _transport.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _webSocket.Abort();
        await _reading;
        _socket.Dispose();
        _transport.Dispose();
        _stopping.Dispose();
    }

    private async Task ReadAsync(Func<DocumentRequest, JsonObject>? answer)
    {
        while (await _socket.ReceiveAsync(_stopping.Token) is { } message)
        {
            _received.Enqueue(message);
            switch ((string?)message["type"])
            {
                case null or "request" when answer is not null:
                    await SendAsync(answer(new DocumentRequest(message)));
                    break;
                case null or "request":
                    _requests.Writer.TryWrite(new DocumentRequest(message));
                    break;
                case "cancel":
                    _cancels.Writer.TryWrite((string)message["id"]!);
                    break;
                case "credit":
                    _credits.Writer.TryWrite(((string)message["id"]!, (long)message["bytes"]!));
                    break;
                default:
                    // A type this client doesn't know.
                    break;
            }
        }

        await _socket.AnswerCloseAsync(_stopping.Token);

        var ended = new InvalidOperationException("The server ended the tunnel connection.");
        _requests.Writer.TryComplete(ended);
        _cancels.Writer.TryComplete(ended);
        _credits.Writer.TryComplete(ended);
    }
}
