using System.Net.WebSockets;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Protocol.Connections;

public sealed class ClientRegistrationTests : IDisposable
{
    private readonly InMemoryWebSockets _sockets = new();
    private readonly FakeTimeProvider _time = new();
    private readonly JsonPeer _server;

    public ClientRegistrationTests() => _server = new JsonPeer(_sockets.Server);

    [Theory]
    [InlineData("""{"subdomain":"abc123"}""", "abc123", null, null, null)]
    [InlineData("""{"window":7,"subdomain":"https://abc123.example.com","version":{"a":[1]},"url":"https://x.example.com","maxMessage":100}""", "https://abc123.example.com", "https://x.example.com", 100L, 7L)]
    public async Task Registration_Variants_Taken(string text, string subdomain, string? url, long? maxMessage, long? window)
    {
        await _server.SendAsync(text);

        await using var connection = await OpenAsync().Within();

        var registration = connection.Registration;
        Assert.Equal((subdomain, url, maxMessage, window), (registration.Subdomain, registration.Url, registration.MaxMessage, registration.Window));
    }

    [Fact]
    public async Task Registration_BinaryMessage_Taken()
    {
        await _server.SendAsync("""{"subdomain":"abc123"}"""u8.ToArray(), WebSocketMessageType.Binary);

        await using var connection = await OpenAsync().Within();

        Assert.Equal("abc123", connection.Registration.Subdomain);
    }

    [Fact]
    public async Task Registration_InFragments_Taken()
    {
        var bytes = Encoding.UTF8.GetBytes("""{"subdomain":"abc123"}""");
        await _sockets.Server.SendAsync(bytes.AsMemory(0, 5), WebSocketMessageType.Text, endOfMessage: false, Bounded.Token).Within();
        await _sockets.Server.SendAsync(bytes.AsMemory(5), WebSocketMessageType.Text, endOfMessage: true, Bounded.Token).Within();

        await using var connection = await OpenAsync().Within();

        Assert.Equal("abc123", connection.Registration.Subdomain);
    }

    [Theory]
    [InlineData("hello")]
    [InlineData("{}")]
    [InlineData("""{"type":"request","id":"1","method":"GET","path":"/"}""")]
    public async Task FirstMessage_NoRegistration_Throws(string text)
    {
        await _server.SendAsync(text);

        var fault = await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync().Within());

        Assert.Contains("registration", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task FirstMessage_TooLong_Throws()
    {
        await _server.SendAsync($$"""{"subdomain":"abc123","padding":"{{new string('x', 10_000)}}"}""");

        await Assert.ThrowsAsync<WebSocketException>(
            () => TunnelConnection.ForClientAsync(_sockets.Client, new ClientConnectionOptions { MaxMessage = 5_000 }, null, null, Bounded.Token).Within());
    }

    [Fact]
    public async Task Server_ClosesFirst_Throws()
    {
        await _server.CloseAsync(WebSocketCloseStatus.EndpointUnavailable);

        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync().Within());
    }

    [Fact]
    public async Task Server_GoneFirst_Throws()
    {
        _sockets.Server.Dispose();

        await Assert.ThrowsAsync<WebSocketException>(() => OpenAsync().Within());
    }

    [Fact]
    public async Task Registration_NotInTime_Throws()
    {
        var opening = OpenAsync();
        _time.Advance(TimeSpan.FromSeconds(15) - TimeSpan.FromMilliseconds(1));
        Assert.False(opening.IsCompleted);

        _time.Advance(TimeSpan.FromMilliseconds(1));

        await Assert.ThrowsAsync<TimeoutException>(() => opening.Within());
    }

    [Fact]
    public async Task Registration_TokenFires_Cancelled()
    {
        using var impatient = new CancellationTokenSource();
        var opening = TunnelConnection.ForClientAsync(_sockets.Client, new ClientConnectionOptions { TimeProvider = _time }, null, null, impatient.Token);

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => opening.Within());
    }

    public void Dispose() => _sockets.Dispose();

    private Task<IClientConnection> OpenAsync() =>
        TunnelConnection.ForClientAsync(_sockets.Client, new ClientConnectionOptions { TimeProvider = _time }, _sockets.ClientStream, null, Bounded.Token);
}
