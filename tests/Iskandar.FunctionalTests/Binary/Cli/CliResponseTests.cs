using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>Responses of the origin, as the real client passes them on. Their form is checked where they are read.</summary>
public class CliResponseTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Response_SmallOne_HasItsStatusAndFields()
    {
        cli.Origin.Map("/small", static context =>
        {
            context.Response.StatusCode = 207;
            context.Response.Headers["X-Latin"] = "caf\u00e9\u0080\u00ff";
            context.Response.Headers["X-Many"] = new(["a", "b, c"]);
            context.Response.Headers["X-Empty"] = "";
            context.Response.Headers.SetCookie = new(["a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT", "b=2"]);
            context.Response.ContentLength = 5;
            return context.Response.WriteAsync("small", context.RequestAborted);
        });

        var response = await GetAsync("/small");

        Assert.Equal((207, "small"), (response.Status, response.Text));
        Assert.Equal("caf\u00e9\u0080\u00ff", response["x-latin"]);
        Assert.Equal("a, b, c", string.Join(", ", response.Head.Fields.All("x-many")));
        Assert.Equal("", response["x-empty"]);
        Assert.Equal(["a=1; Expires=Thu, 01 Jan 2037 00:00:00 GMT", "b=2"], response.Head.Fields.All("set-cookie"));
        Assert.Equal("5", response["content-length"]);
        Assert.Null(response.Trailers);
    }

    [Fact]
    public async Task Response_Chunked_HasNoConnectionSpecificField()
    {
        cli.Origin.Map("/chunked", static async context =>
        {
            context.Response.Headers.Connection = "x-private";
            context.Response.Headers["X-Private"] = "1";
            context.Response.Headers["Keep-Alive"] = "timeout=5";
            await context.Response.WriteAsync("a", context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await context.Response.WriteAsync("b", context.RequestAborted);
        });

        var response = await GetAsync("/chunked");

        Assert.Equal("ab", response.Text);
        Assert.All((string[])["connection", "transfer-encoding", "keep-alive", "x-private"], name => Assert.Null(response[name]));
    }

    [Fact]
    public async Task Response_Streamed_SendsEachPieceAtOnce()
    {
        var gates = Enumerable.Range(0, 10).Select(static _ => new Gate()).ToList();
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
        var stream = await OpenAsync("/stream");

        Assert.Equal(200, (await stream.ReadHeadAsync()).Status);
        foreach (var (number, gate) in gates.Index())
        {
            gate.Open();
            Assert.Equal($"piece {number}", Encoding.ASCII.GetString(await stream.ReadAsync("piece 0".Length)));
        }

        Assert.Empty(await stream.ReadToEndAsync());
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 304)]
    public async Task ContentLength_WithoutContent_IsPassedOn(string method, int status)
    {
        await using var origin = RawOrigin.Answering($"HTTP/1.1 {status} X\r\nContent-Length: 12345\r\nETag: \"e\"\r\n\r\n");
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();

        var response = await tunnel.ExchangeAsync(method, "/", ("host", "abc.example.com"));

        Assert.Equal((status, "", "12345", "\"e\""), (response.Status, response.Text, response["content-length"], response["etag"]));
    }

    [Theory]
    [InlineData(201)]
    [InlineData(204)]
    [InlineData(404)]
    [InlineData(502)]
    [InlineData(599)]
    public async Task Status_WithoutContent_IsPassedOn(int status)
    {
        cli.Origin.Map($"/status-{status}", context =>
        {
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });

        var response = await GetAsync($"/status-{status}");

        Assert.Equal((status, ""), (response.Status, response.Text));
    }

    [Fact]
    public async Task Redirect_IsPassedOn()
    {
        cli.Origin.Map("/moved", static context =>
        {
            context.Response.Redirect("/elsewhere");
            return Task.CompletedTask;
        });

        var response = await GetAsync("/moved");

        Assert.Equal((302, "/elsewhere"), (response.Status, response["location"]));
        Assert.DoesNotContain(cli.Origin.Requests, static request => request.Target == "/elsewhere");
    }

    [Fact]
    public async Task Responses_InReversedOrder_AreEachSentWhenTheyAreThere()
    {
        const int Many = 100;
        var gates = Enumerable.Range(0, Many).Select(static _ => new Gate()).ToList();
        foreach (var (number, gate) in gates.Index())
        {
            cli.Origin.Map($"/gate-{number}", async context =>
            {
                await gate.PassAsync("the gate");
                await context.Response.WriteAsync($"{number}", context.RequestAborted);
            });
        }

        var streams = new List<BinaryStream>();
        while (streams.Count < Many)
        {
            streams.Add(await OpenAsync($"/gate-{streams.Count}"));
        }

        foreach (var (number, stream) in streams.Index().Reverse())
        {
            gates[number].Open();
            Assert.Equal($"{number}", (await stream.ReadResponseAsync()).Text);
        }
    }

    [Fact]
    public async Task Trailers_OfTheOrigin_AreATrailersFrame()
    {
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\n\r\n");
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();

        var response = await tunnel.ExchangeAsync("GET", "/", ("host", "abc.example.com"));

        Assert.Equal((200, "hello"), (response.Status, response.Text));
        Assert.Equal("5", response.Trailers?["x-sum"]);
    }

    [Fact]
    public async Task Informational_OfTheOrigin_DisturbsNothing()
    {
        await using var origin = RawOrigin.Answering(
            "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfinal");
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();

        var response = await tunnel.ExchangeAsync("GET", "/", ("host", "abc.example.com"));

        Assert.Equal((200, "final"), (response.Status, response.Text));
    }

    [Fact]
    public async Task Fields_MoreThanTheServerTakes_AreNotSent()
    {
        await using var server = await BinaryServer.StartAsync(maxFields: 2_000);
        await using var client = await IskandarClient.StartAsync(server.Url, cli.Origin.Authority);
        var tunnel = await server.AcceptAsync();
        cli.Origin.Map("/many-fields", static context =>
        {
            context.Response.Headers["X-Long"] = new string('a', 3_000);
            return Task.CompletedTask;
        });

        var stream = await tunnel.OpenAsync("GET", "/many-fields", fields: ("host", "abc.example.com"));

        Assert.Equal(ErrorCode.HeadTooLarge, await stream.Reset.WithinAsync("RESET"));
        await cli.StillServesAsync(tunnel);
    }

    [Fact]
    public async Task Content_WithoutCredit_StopsAtTheWindow()
    {
        var content = RandomNumberGenerator.GetBytes(1024 * 1024);
        cli.Origin.Map("/big", context => context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask());
        var stream = await OpenAsync("/big");
        Assert.Equal(200, (await stream.ReadHeadAsync()).Status);
        var received = new MemoryStream();

        var allowed = 0;
        foreach (var credit in (int[])[Numbers.Window, 1, 150_001])
        {
            if (allowed > 0)
            {
                await stream.CreditAsync(credit);
            }

            allowed += credit;
            received.Write(await stream.ReadAsync(credit));
            // What the client had sent beyond its credit would have come before another exchange.
            await cli.StillServesAsync();
            Assert.Equal(allowed, stream.Received);
        }

        await stream.CreditAsync(Numbers.Window);
        received.Write(await stream.ReadToEndAsync());
        Assert.Equal(SHA256.HashData(content), SHA256.HashData(received.ToArray()));
    }

    [Fact]
    public async Task Content_Large_ArrivesWhole()
    {
        var content = RandomNumberGenerator.GetBytes(20_000_000);
        cli.Origin.Map("/large", context => context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask());

        var response = await GetAsync("/large");

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(response.Body));
    }

    private Task<BinaryResponse> GetAsync(string path) => cli.Tunnel.ExchangeAsync("GET", path, ("host", "abc.example.com"));

    private Task<BinaryStream> OpenAsync(string path) => cli.Tunnel.OpenAsync("GET", path, fields: ("host", "abc.example.com"));
}
