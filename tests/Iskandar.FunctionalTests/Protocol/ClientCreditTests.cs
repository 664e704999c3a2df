using System.Security.Cryptography;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The <c>credit</c> message, slow visitors, and clients that know nothing of it.</summary>
public class ClientCreditTests(ClientCreditTests.SmallServer small) : IClassFixture<ClientCreditTests.SmallServer>
{
    private readonly IskandarServer _server = small.Server;

    [Fact]
    public async Task Visitor_TakesTheContent_CreditComesBack()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "credit");
        var content = RandomNumberGenerator.GetBytes(4 * 1024 * 1024);
        var visit = _server.Visitor.GetByteArrayAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await SendWithCreditAsync(client, request, content);

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(await visit));
        Assert.True(client.Window < content.Length, "The window is larger than the content: this test shows nothing.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(1_000_000)]
    public async Task Client_SendsBeyondItsCredit_IsAborted(int excess)
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "credit, cancel");
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();
        await client.SendAsync(Messages.Response(request.Id, 200));
        using var response = await visit;

        await client.SendAsync(Messages.Response(request.Id, body: new byte[client.Window + excess]));
        await client.SendAsync(Messages.Response(request.Id, done: true));

        await Expect.AbortedAsync(response);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Client_SpendsItsCreditExactly_IsFine()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "credit");
        var visit = _server.Visitor.GetByteArrayAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, body: new byte[client.Window]));
        await client.SendAsync(Messages.Response(request.Id, done: true));

        Assert.Equal(client.Window, (await visit).Length);
    }

    [Fact]
    public async Task SlowVisitor_WithCredit_StopsItsOwnExchangeOnly()
    {
        await using var client = await DocumentClient.ConnectAsync(_server, "credit");
        var content = RandomNumberGenerator.GetBytes(24 * 1024 * 1024);
        await using var slow = await _server.ConnectAsync(receiveBuffer: 4096);
        await slow.SendRequestAsync("GET", "/slow", client.Url.Authority);
        var request = await client.NextRequestAsync();
        var sending = SendWithCreditAsync(client, request, content);

        for (var number = 0; number < 50; number++)
        {
            await ClientHandshakeTests.StillServesAsync(_server, client);
        }

        // More than the kernels' buffers hold: without the visitor's reading the last byte cannot have been credited.
        Assert.False(sending.IsCompleted, "Credit was given for content that nobody took.");
        var response = await slow.ReadResponseAsync();
        await sending;
        Assert.True(response.IsComplete);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(response.Body));
    }

    [Fact]
    public async Task StalledVisitor_WithoutCredit_LosesItsExchangeOnly()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var stalled = await _server.ConnectAsync(receiveBuffer: 4096);
        await stalled.SendRequestAsync("GET", "/stalled", client.Url.Authority);
        var request = await client.NextRequestAsync();

        // The limit is 1 MiB; the rest is what the kernels' buffers can take.
        await client.SendAsync(Messages.Response(request.Id, 200));
        await client.SendBodyAsync(request, new byte[24 * 1024 * 1024]);
        await client.SendAsync(Messages.Response(request.Id, done: true));

        await ClientHandshakeTests.StillServesAsync(_server, client);
        var response = await stalled.ReadResponseAsync();
        Assert.Equal(200, response.Status);
        Assert.False(response.IsComplete);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task QuickVisitor_WithoutCredit_GetsMoreThanTheBufferHolds()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var content = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();
        await client.SendAsync(Messages.Response(request.Id, 200));
        using var response = await visit;
        await using var stream = await response.Content.ReadAsStreamAsync(Bounded.Token());

        // As much at a time as the server is bound to hold; the visitor takes it before more comes.
        foreach (var part in content.Chunk(512 * 1024))
        {
            await client.SendBodyAsync(request, part);
            var received = new byte[part.Length];
            await stream.ReadExactlyAsync(received, Bounded.Token());
            Assert.True(received.AsSpan().SequenceEqual(part));
        }

        await client.SendAsync(Messages.Response(request.Id, done: true));
        Assert.Equal(0, await stream.ReadAsync(new byte[1], Bounded.Token()));
    }

    private static async Task SendWithCreditAsync(DocumentClient client, DocumentRequest request, byte[] content)
    {
        var credit = client.Window;
        await client.SendAsync(Messages.Response(request.Id, 200, headers: new() { ["content-length"] = $"{content.Length}" }));
        var sent = 0;
        while (sent < content.Length)
        {
            while (credit == 0)
            {
                var more = await client.NextCreditAsync();
                Assert.True(more.Bytes > 0);
                credit += more.Id == request.Id ? more.Bytes : 0;
            }

            var count = (int)Math.Min(Math.Min(credit, 64 * 1024), content.Length - sent);
            await client.SendAsync(Messages.Response(request.Id, body: content[sent..(sent + count)]));
            sent += count;
            credit -= count;
        }

        await client.SendAsync(Messages.Response(request.Id, done: true));
    }

    public sealed class SmallServer : IAsyncLifetime
    {
        private IskandarServer? _server;

        public IskandarServer Server => _server ?? throw new InvalidOperationException("Not started.");

        public async ValueTask InitializeAsync() => _server = await IskandarServer.StartAsync("--max-buffered-responses", "1MiB");

        public async ValueTask DisposeAsync() => await Server.DisposeAsync();
    }
}
