using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The form of the response messages that the real client sends.</summary>
public class CliResponseTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Response_SmallOne_HasItsFieldsInLowerCase()
    {
        cli.Origin.Map("/small", static context =>
        {
            context.Response.StatusCode = 207;
            context.Response.Headers["X-Mixed-Case"] = "caf\u00e9";
            context.Response.Headers["X-Many"] = new(["a", "b"]);
            context.Response.Headers["X-Empty"] = "";
            context.Response.ContentLength = 5;
            return context.Response.WriteAsync("small", context.RequestAborted);
        });

        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "GET", "/small"));

        Assert.Equal((207, "small"), (response.Status, response.Text));
        Assert.Equal("caf\u00e9", response["x-mixed-case"]);
        Assert.Equal("a, b", response["x-many"]);
        Assert.Equal("5", response["content-length"]);
        Assert.All(response.Headers, static field => Assert.Equal(field.Key.ToLowerInvariant(), field.Key));
        Assert.Null(response.Error);
    }

    [Fact]
    public async Task Response_Chunked_HasNoConnectionSpecificField()
    {
        cli.Origin.Map("/chunked", static async context =>
        {
            context.Response.Headers.Connection = "close";
            await context.Response.WriteAsync("a", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await context.Response.WriteAsync("b", context.RequestAborted);
        });

        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "GET", "/chunked"));

        Assert.Equal("ab", response.Text);
        Assert.False(response.Headers.ContainsKey("transfer-encoding"));
        Assert.False(response.Headers.ContainsKey("connection"));
        Assert.False(response.Headers.ContainsKey("keep-alive"));
    }

    [Fact]
    public async Task SetCookie_Several_AreInSetCookies()
    {
        cli.Origin.Map("/cookies", static context =>
        {
            context.Response.Headers.SetCookie = new(["a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT", "b=2"]);
            return Task.CompletedTask;
        });

        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "GET", "/cookies"));

        var cookies = Assert.IsType<JsonArray>(response.Pieces[0]["setCookies"]).Select(static cookie => (string)cookie!);
        Assert.Equal(["a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT", "b=2"], cookies);
    }

    [Fact]
    public async Task SetCookie_Single_IsInHeaders()
    {
        cli.Origin.Map("/cookie", static context =>
        {
            context.Response.Headers.SetCookie = "a=1; Path=/";
            return Task.CompletedTask;
        });

        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "GET", "/cookie"));

        Assert.Equal("a=1; Path=/", response["set-cookie"]);
    }

    [Fact]
    public async Task Response_Streamed_SendsEachPieceAtOnce()
    {
        var gates = Enumerable.Range(0, 5).Select(static _ => new Gate()).ToList();
        cli.Origin.Map("/stream", async context =>
        {
            await context.Response.Body.FlushAsync(context.RequestAborted);
            foreach (var (number, gate) in gates.Index())
            {
                await gate.PassAsync("the gate");
                await context.Response.WriteAsync($"piece {number}", context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        var id = cli.NextId();

        await cli.Tunnel.SendAsync(Messages.Request(id, "GET", "/stream"));
        var head = await cli.Tunnel.NextMessageAsync(id);
        Assert.Equal(200, (int?)head["status"]);
        foreach (var (number, gate) in gates.Index())
        {
            gate.Open();
            var received = new List<byte>();
            while (received.Count < "piece 0".Length)
            {
                var message = await cli.Tunnel.NextMessageAsync(id);
                Assert.False(DocumentTunnel.IsDone(message));
                Assert.Null(message["status"]);
                received.AddRange(DocumentResponse.BodyOf(message));
            }

            Assert.Equal($"piece {number}", Encoding.ASCII.GetString([.. received]));
        }

        while (!DocumentTunnel.IsDone(await cli.Tunnel.NextMessageAsync(id)))
        {
        }

        await cli.StillServesAsync();
        Assert.Empty(cli.Tunnel.Arrived(id));
    }

    [Fact]
    public async Task Response_Large_ComesWholeInSmallPieces()
    {
        var content = RandomNumberGenerator.GetBytes(CliFixture.Window - 1);
        cli.Origin.Map("/large", context => context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask());

        // The form of each message is checked where they are read.
        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "GET", "/large"));

        Assert.Equal(content, response.Body);
        Assert.True(response.Pieces.Count > 1);
    }

    [Fact]
    public async Task Redirect_IsPassedOn()
    {
        cli.Origin.Map("/moved", static context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });

        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "GET", "/moved"));

        Assert.Equal((302, "/elsewhere"), (response.Status, response["location"]));
        Assert.DoesNotContain(cli.Origin.Requests, static request => request.Target == "/elsewhere");
    }

    [Fact]
    public async Task OriginDiesAmidTheContent_LastMessage_CarriesAnError()
    {
        cli.Origin.Map("/dies", static async context =>
        {
            await context.Response.WriteAsync("begun", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            context.Abort();
        });

        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "GET", "/dies"));

        Assert.Equal("origin_failed", response.Error);
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task DeadOrigin_Response_CarriesErrorStatusAndBody()
    {
        await using var server = await DocumentServer.StartAsync(new() { ["subdomain"] = "abc" });
        await using var client = await IskandarClient.StartAsync(server.Url, $"127.0.0.1:{Ports.Free()}");
        var tunnel = await server.AcceptAsync();

        var response = await tunnel.ExchangeAsync(Messages.Request("1", "GET", "/"));

        Assert.Equal((502, "origin_unreachable"), (response.Status, response.Error));
        Assert.NotEmpty(response.Body);
        Assert.NotNull(response["content-type"]);
    }
}
