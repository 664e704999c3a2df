using System.Text;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The server's limits, each set so low that a test can pass it.</summary>
public class ClientLimitTests(ClientLimitTests.LimitedServer limited) : IClassFixture<ClientLimitTests.LimitedServer>
{
    private const int ContentLimit = 64 * 1024;
    private const int MessageLimit = 64 * 1024;
    private readonly IskandarServer _server = limited.Server;

    [Fact]
    public async Task Exchanges_MoreThanAllowed_AreRefusedAndNeverSent()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visits = new[] { "/0", "/1" }.Select(path => _server.Visitor.GetStringAsync(new Uri(client.Url, path), Bounded.Token())).ToList();
        DocumentRequest[] requests = [await client.NextRequestAsync(), await client.NextRequestAsync()];

        using (var refused = await _server.Visitor.GetAsync(new Uri(client.Url, "/refused"), Bounded.Token()))
        {
            Expect.ErrorWithRetryAfter(refused, 503, "tunnel_busy");
        }

        foreach (var request in requests)
        {
            await client.AnswerAsync(request, request.Path);
        }

        Assert.Equal(["/0", "/1"], await Task.WhenAll(visits));
        // The next message is the next exchange, not the one that was refused.
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Content_OfTheLimit_IsSent()
    {
        await using var client = await DocumentClient.ConnectAsync(
            _server, answer: static request => Messages.Response(request.Id, 200, $"{request.Body.Length}", done: true));
        using var content = new ByteArrayContent(new byte[ContentLimit]);

        using var response = await _server.Visitor.PostAsync(client.Url, content, Bounded.Token());

        await Expect.TextAsync(response, $"{ContentLimit}");
    }

    [Fact]
    public async Task Content_DeclaredOverTheLimit_Is413AndNeverSent()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();

        // No byte of the content: the length alone is enough to refuse it.
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Url.Authority}\r\nContent-Length: {ContentLimit + 1}\r\n\r\n");

        Expect.Error(await raw.ReadHeadAsync(), 413, "content_too_large");
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Content_ChunkedOverTheLimit_Is413AndNeverSent()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();

        // The last chunk never comes: what was sent is too much already.
        await raw.SendAsync($"POST / HTTP/1.1\r\nHost: {client.Url.Authority}\r\nTransfer-Encoding: chunked\r\n\r\n{ContentLimit + 1:x}\r\n");
        await raw.SendAsync(new byte[ContentLimit + 1]);

        Expect.Error(await raw.ReadHeadAsync(), 413, "content_too_large");
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Message_OverTheLimit_FailsItsExchange()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        Assert.Equal(MessageLimit, (int?)client.Registration["maxMessage"]);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, done: true, body: new byte[MessageLimit]));

        using var response = await visit;
        Expect.Error(response, 502, "response_invalid");
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Message_FarOverTheLimit_FailsItsExchange()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, done: true, body: new byte[8 * 1024 * 1024]));

        using var response = await visit;
        Expect.Error(response, 502, "response_invalid");
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Message_OverTheLimitAfterTheHead_AbortsItsExchange()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();
        await client.SendAsync(Messages.Response(request.Id, 200, "begun"));
        using var response = await visit;

        await client.SendAsync(Messages.Response(request.Id, done: true, body: new byte[MessageLimit]));

        await Expect.AbortedAsync(response);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Message_OverTheLimitWithALateId_IsIgnored()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendTextAsync($$"""{"type":"response","body":"{{new string('A', 2 * MessageLimit)}}","status":200,"done":true,"id":"{{request.Id}}"}""");
        await client.AnswerAsync(request, "fine");

        using var response = await visit;
        await Expect.TextAsync(response, "fine");
    }

    [Fact]
    public async Task Head_NotInTime_IsResponseTimeout()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        using var content = new ByteArrayContent(Encoding.ASCII.GetBytes("slow"));
        var visit = _server.Visitor.PostAsync(client.Url, content, Bounded.Token());
        var request = await client.NextRequestAsync();

        using var response = await visit;
        Expect.Error(response, 504, "response_timeout");

        // Too late is ignored, and takes nobody's place.
        await client.AnswerAsync(request, "late");
        await ClientHandshakeTests.StillServesAsync(_server, client);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Head_InTime_LetsTheContentTakeLonger()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();
        await client.SendAsync(Messages.Response(request.Id, 200, "begun"));
        using var response = await visit;

        // Another exchange, begun later, passes the limit meanwhile.
        var late = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        await client.NextRequestAsync();
        Expect.Error(await late, 504, "response_timeout");

        await client.SendAsync(Messages.Response(request.Id, text: " ended", done: true));
        await Expect.TextAsync(response, "begun ended");
    }

    public sealed class LimitedServer : IAsyncLifetime
    {
        private IskandarServer? _server;

        public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync() => _server = await IskandarServer.StartAsync(
            "--max-exchanges", "2", "--max-request-content", "64KiB", "--max-message", "64KiB", "--head-timeout", "3s");

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
