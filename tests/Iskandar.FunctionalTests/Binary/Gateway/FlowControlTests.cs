using System.Security.Cryptography;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary.Gateway;

/// <summary>Credit for response content: it comes back as the visitor takes the content, and not before.</summary>
[Collection(HeavyTests.Name)]
public class FlowControlTests
{
    // More than the kernels' buffers hold.
    private const int Large = 32 * 1024 * 1024;

    [Fact]
    public async Task Visitor_TakesTheContent_CreditComesBack()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        var (visit, stream) = await client.BeginAsync();
        await stream.RespondAsync(200);
        using var response = await visit;
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        var window = RandomNumberGenerator.GetBytes(Numbers.Window);

        // The visitor has taken all of each round before the next begins, so all credit of the round comes back.
        for (var round = 1; round <= 8; round++)
        {
            await stream.SendDataAsync(window);
            var received = new byte[window.Length];
            await content.ReadExactlyAsync(received, Bounded.Token());
            Assert.True(received.AsSpan().SequenceEqual(window));
            await stream.CreditedAsync(round * (window.Length / 2));
        }

        await stream.SendDataAsync(default, end: true);
        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token()));
    }

    [Fact]
    public async Task SlowVisitor_StopsItsOwnExchangeOnly()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        await client.StillServesAsync();
        var memory = new Memory(server.Process);
        var content = RandomNumberGenerator.GetBytes(Large);
        await using var slow = await server.ConnectAsync(receiveBuffer: 4096);
        await slow.SendRequestAsync("GET", "/slow", client.Host);
        var stream = await client.NextStreamAsync();
        await stream.RespondAsync(200, fields: ("content-length", $"{content.Length}"));
        var sending = stream.SendDataAsync(content, end: true);

        for (var number = 0; number < 50; number++)
        {
            await client.StillServesAsync();
        }

        // Without the visitor's reading the last byte cannot have been credited.
        Assert.False(sending.IsCompleted, "Credit was given for content that nobody took.");
        Assert.True(stream.Credited < Large / 2, $"Credit of {stream.Credited} bytes for a visitor who reads nothing.");
        memory.IsBounded();
        var response = await slow.ReadResponseAsync();
        await sending;
        Assert.True(response.IsComplete);
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(response.Body));
    }

    [Fact]
    public async Task SlowVisitor_Leaves_StreamIsReset()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        var slow = await server.ConnectAsync(receiveBuffer: 4096);
        await slow.SendRequestAsync("GET", "/slow", client.Host);
        var stream = await client.NextStreamAsync();
        await stream.RespondAsync(200);
        var sending = stream.SendDataAsync(new byte[Large], end: true);
        for (var number = 0; number < 10; number++)
        {
            await client.StillServesAsync();
        }

        Assert.False(sending.IsCompleted, "Credit was given for content that nobody took.");
        slow.Reset();

        Assert.Equal(ErrorCode.Done, await stream.Reset.WithinAsync("RESET", 1));
        await Assert.ThrowsAsync<InvalidOperationException>(() => sending);
        await client.StillServesAsync();
    }

    [Fact]
    public async Task Data_BeyondTheCredit_ResetsTheStream()
    {
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        await client.StillServesAsync();
        var memory = new Memory(server.Process);
        await using var stalled = await server.ConnectAsync(receiveBuffer: 4096);
        await stalled.SendRequestAsync("GET", "/stalled", client.Host);
        var stream = await client.NextStreamAsync();
        await stream.RespondAsync(200);

        // A little would do if the kernels took none of it; more than they can take is always too much.
        var piece = Frame.Data(stream.Id, new byte[Numbers.LongestData]);
        for (var sent = 0; sent < 4 * Large && !stream.Reset.IsCompleted; sent += piece.Payload.Length)
        {
            await stream.SendAsync(piece);
        }

        Assert.Equal(ErrorCode.FlowControlError, await stream.Reset.WithinAsync("RESET"));
        await client.StillServesAsync();
        memory.IsBounded();
        var response = await stalled.ReadResponseAsync();

        // An aborted response, or an error page if nothing had reached the visitor.
        Assert.True(response.Status == 502 || !response.IsComplete);
    }

    [Fact]
    public async Task ManySlowVisitors_AreNoMoreThanTheirWindows()
    {
        const int Many = 40;
        await using var server = await IskandarServer.StartAsync();
        await using var client = await BinaryClient.ConnectAsync(server);
        await client.StillServesAsync();
        var memory = new Memory(server.Process);
        var content = new byte[Large];
        var visitors = new List<RawVisitor>();
        var sendings = new List<Task>();
        try
        {
            for (var number = 0; number < Many; number++)
            {
                var visitor = await server.ConnectAsync(receiveBuffer: 4096);
                visitors.Add(visitor);
                await visitor.SendRequestAsync("GET", $"/slow-{number}", client.Host);
                var stream = await client.NextStreamAsync();
                await stream.RespondAsync(200);
                sendings.Add(stream.SendDataAsync(content, end: true));
            }

            for (var number = 0; number < 50; number++)
            {
                await client.StillServesAsync();
            }

            Assert.All(sendings, static sending => Assert.False(sending.IsCompleted));
            memory.IsBounded();
        }
        finally
        {
            foreach (var visitor in visitors)
            {
                visitor.Reset();
            }
        }

        foreach (var sending in sendings)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(() => sending);
        }

        await client.StillServesAsync();
    }
}
