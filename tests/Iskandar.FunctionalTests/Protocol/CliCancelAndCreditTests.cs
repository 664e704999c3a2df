using System.Security.Cryptography;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The optional messages, sent to the real client.</summary>
public class CliCancelAndCreditTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Cancel_BeforeTheHead_AbortsTheOriginsRequest()
    {
        var arrived = new Gate();
        var aborted = new Gate();
        cli.Origin.Map("/waiting", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            arrived.Open();
            await aborted.PassAsync("the abort");
        });
        var id = cli.NextId();
        await cli.Tunnel.SendAsync(Messages.Request(id, "GET", "/waiting"));
        await arrived.PassAsync("the request");

        await cli.Tunnel.SendAsync(new() { ["type"] = "cancel", ["id"] = id });

        await aborted.PassAsync("the abort", 1);
        await cli.StillServesAsync();
        Assert.All(cli.Tunnel.Arrived(id), static message => Assert.Fail($"Sent after the cancel: {Messages.Text(message)}"));
    }

    [Fact]
    public async Task Cancel_AmidTheContent_AbortsTheOriginsRequest()
    {
        var aborted = new Gate();
        cli.Origin.Map("/streaming", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            await context.Response.WriteAsync("begun", CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
            await aborted.PassAsync("the abort");
        });
        var id = cli.NextId();
        await cli.Tunnel.SendAsync(Messages.Request(id, "GET", "/streaming"));
        var received = 0;
        while (received < "begun".Length)
        {
            received += DocumentResponse.BodyOf(await cli.Tunnel.NextMessageAsync(id)).Length;
        }

        await cli.Tunnel.SendAsync(new() { ["type"] = "cancel", ["id"] = id });

        await aborted.PassAsync("the abort", 1);
        await cli.StillServesAsync();
        Assert.All(cli.Tunnel.Arrived(id), static message => Assert.Fail($"Sent after the cancel: {Messages.Text(message)}"));
    }

    [Fact]
    public async Task Credit_IsSpentAndNeverOverspent()
    {
        var content = RandomNumberGenerator.GetBytes(1024 * 1024);
        cli.Origin.Map("/big", context => context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask());
        var id = cli.NextId();
        var allowed = (long)CliFixture.Window;
        var received = new List<byte>();
        await cli.Tunnel.SendAsync(Messages.Request(id, "GET", "/big"));

        var isDone = false;
        while (!isDone)
        {
            while (!isDone && received.Count < Math.Min(allowed, content.Length))
            {
                isDone = Take(await cli.Tunnel.NextMessageAsync(id), received);
            }

            // What the client sends after this exchange it would have sent before, had it overspent.
            await cli.StillServesAsync();
            foreach (var message in cli.Tunnel.Arrived(id))
            {
                isDone |= Take(message, received);
            }

            Assert.True(received.Count <= allowed, $"{received.Count} bytes with credit for {allowed}.");
            if (received.Count == content.Length && !isDone)
            {
                isDone = Take(await cli.Tunnel.NextMessageAsync(id), received);
            }

            allowed += 150_001;
            await cli.Tunnel.SendAsync(new() { ["type"] = "credit", ["id"] = id, ["bytes"] = 150_001 });
        }

        Assert.True(content.AsSpan().SequenceEqual([.. received]));
    }

    [Fact]
    public async Task Credit_WindowAbsent_IsUnlimited()
    {
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, cli.Origin.Authority);
        var tunnel = await server.AcceptAsync();
        var content = RandomNumberGenerator.GetBytes(4 * 1024 * 1024);
        cli.Origin.Map("/unlimited", context => context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask());

        var response = await tunnel.ExchangeAsync(Messages.Request("1", "GET", "/unlimited"));

        Assert.True(content.AsSpan().SequenceEqual(response.Body));
    }

    [Fact]
    public async Task MaxMessage_IsObeyed()
    {
        const int Limit = 16 * 1024;
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc", ["maxMessage"] = Limit });
        await using var client = await IskandarClient.StartAsync(server.Url, cli.Origin.Authority);
        var tunnel = await server.AcceptAsync();
        var content = RandomNumberGenerator.GetBytes(256 * 1024);
        cli.Origin.Map("/limited", context => context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask());

        var response = await tunnel.ExchangeAsync(Messages.Request("1", "GET", "/limited"));

        Assert.True(content.AsSpan().SequenceEqual(response.Body));
        // Written as compactly as JSON can be, no message may be longer than the limit.
        Assert.All(response.Pieces, static piece => Assert.True(Messages.Text(piece).Length <= Limit));
    }

    private static bool Take(System.Text.Json.Nodes.JsonObject message, List<byte> received)
    {
        Assert.Null(message["error"]);
        received.AddRange(DocumentResponse.BodyOf(message));
        return DocumentTunnel.IsDone(message);
    }
}
