using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>A tunnel client in the binary encoding: the test plays the origin.</summary>
public sealed class BinaryClient : IAsyncDisposable
{
    private readonly ClientWebSocket _webSocket;
    private readonly FrameSocket _socket;
    private readonly Socket _transport;
    private readonly IskandarServer _server;
    private readonly CancellationTokenSource _stopping = new();
    private readonly Task _reading;

    private BinaryClient(
        ClientWebSocket webSocket, FrameSocket socket, Socket transport, IskandarServer server, JsonObject registration, Func<BinaryStream, Task>? answer)
    {
        _webSocket = webSocket;
        _socket = socket;
        _transport = transport;
        _server = server;
        Registration = registration;
        Tunnel = new BinaryConnection(socket, isClient: true);
        _reading = Tunnel.RunAsync(answer, _stopping.Token);
    }

    public JsonObject Registration { get; }

    public BinaryConnection Tunnel { get; }

    public string Name => (string)Registration["subdomain"]!;

    public Uri Url => new((string)Registration["url"]!);

    public string Host => Url.Authority;

    public string? Subprotocol => _webSocket.SubProtocol;

    /// <param name="server">Where to connect to.</param>
    /// <param name="accept">The optional messages of the JSON encoding that this client would understand.</param>
    /// <param name="answer">Answers each request at once, before anything else is read.</param>
    /// <param name="alsoOffered">A subprotocol to offer before the one of the document.</param>
    public static async Task<BinaryClient> ConnectAsync(
        IskandarServer server, string? accept = null, Func<BinaryStream, Task>? answer = null, string? alsoOffered = null)
    {
        var webSocket = new ClientWebSocket();
        if (alsoOffered is not null)
        {
            webSocket.Options.AddSubProtocol(alsoOffered);
        }

        webSocket.Options.AddSubProtocol(Numbers.Subprotocol);
        if (accept is not null)
        {
            webSocket.Options.SetRequestHeader("Iskandar-Accept", accept);
        }

        var transport = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await transport.ConnectAsync(IPAddress.Loopback, server.Port, Bounded.Token());
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            ConnectCallback = (_, _) => ValueTask.FromResult<Stream>(new NetworkStream(transport, ownsSocket: true)),
        });
        await webSocket.ConnectAsync(new Uri($"ws://localhost:{server.Port}/tunnel/connect"), invoker, Bounded.Token());
        Assert.Equal(Numbers.Subprotocol, webSocket.SubProtocol);
        var socket = new FrameSocket(webSocket);
        var registration = await socket.ReceiveAsync(WebSocketMessageType.Text, Bounded.Token())
            ?? throw new InvalidOperationException("No registration.");
        return new BinaryClient(webSocket, socket, transport, server, JsonNode.Parse(registration)!.AsObject(), answer);
    }

    public Task<BinaryStream> NextStreamAsync() => Tunnel.NextStreamAsync();

    /// <summary>A visitor of this tunnel, whose response is complete when it is returned, or only begun.</summary>
    public Task<HttpResponseMessage> VisitAsync(
        string pathAndQuery = "/", HttpCompletionOption completion = HttpCompletionOption.ResponseContentRead) =>
        _server.Visitor.GetAsync(new Uri(Url, pathAndQuery), completion, Bounded.Token());

    /// <summary>A visitor, and the exchange that it became.</summary>
    public async Task<(Task<HttpResponseMessage> Visit, BinaryStream Stream)> BeginAsync(
        string pathAndQuery = "/", HttpCompletionOption completion = HttpCompletionOption.ResponseHeadersRead)
    {
        var visit = VisitAsync(pathAndQuery, completion);
        return (visit, await NextStreamAsync());
    }

    /// <summary>One more exchange, as proof that the connection is well.</summary>
    public async Task StillServesAsync()
    {
        var path = $"/still-{Guid.NewGuid():N}";
        var (visit, stream) = await BeginAsync(path);
        Assert.Equal(path, stream.Request.Target);
        await stream.AnswerAsync(path);
        using var response = await visit;
        await Expect.TextAsync(response, path);
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
        if (Tunnel.Violation is { } violation)
        {
            throw new InvalidOperationException("The server sent what the document doesn't allow.", violation);
        }
    }
}
