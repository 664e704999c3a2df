using System.Net.WebSockets;
using System.Text;
using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>Request messages, good and bad, sent to the real client.</summary>
public class CliRequestTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Fact]
    public async Task Request_Whole_ReachesTheOrigin()
    {
        var received = new TaskCompletionSource<(OriginRequest Request, byte[] Body)>();
        cli.Origin.Map("/whole", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            received.SetResult((OriginRequest.From(context), body.ToArray()));
        });
        var content = new byte[] { 0, 255, 10, 13 };
        var headers = new JsonObject
        {
            ["host"] = "abc.example.com",
            ["x-a"] = "caf\u00e9",
            ["x-b"] = new JsonArray("1", "2"),
            ["x-c"] = 3,
            ["x-d"] = null,
            ["x-e"] = "",
        };

        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), "PUT", "/whole?a=%20&b", headers, content));

        Assert.Equal(200, response.Status);
        var (request, arrived) = await received.Task.WithinAsync("the request");
        Assert.Equal(("PUT", "/whole?a=%20&b"), (request.Method, request.Target));
        Assert.Equal(content, arrived);
        Assert.Equal("caf\u00e9", request["X-A"]);
        Assert.Equal("1, 2", request["X-B"]!.Replace(" | ", ", ", StringComparison.Ordinal));
        Assert.Equal("3", request["X-C"]);
        Assert.Null(request["X-D"]);
        Assert.Equal("", request["X-E"]);
    }

    [Theory]
    [InlineData("""{"id":"ID","method":"GET","path":"PATH"}""")]
    [InlineData("""{"path":"PATH","headers":{},"method":"GET","body":"","more":[{}],"id":"ID","type":"request"}""")]
    [InlineData("""{"type":"request","id":"ID","method":"GET","path":"PATH","headers":null,"body":null}""")]
    [InlineData("""{"type":"request","id":"ID","method":"GET","path":"PATH","headers":{"connection":"x-gone","x-gone":"1","transfer-encoding":"chunked","upgrade":"h2c"}}""")]
    public async Task Request_AnyFormTheDocumentAllows_IsForwarded(string message)
    {
        var id = Guid.NewGuid().ToString();
        var path = $"/{id}";
        OriginRequest? request = null;
        cli.Origin.Map(path, context =>
        {
            request = OriginRequest.From(context);
            return context.Response.WriteAsync("fine", context.RequestAborted);
        });

        await cli.Tunnel.SendTextAsync(message.Replace("ID", id, StringComparison.Ordinal).Replace("PATH", path, StringComparison.Ordinal));

        var response = await cli.Tunnel.ReadResponseAsync(id);
        Assert.Equal((200, "fine"), (response.Status, response.Text));
        Assert.All((string[])["X-Gone", "Upgrade", "Transfer-Encoding"], name => Assert.Null(request![name]));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Request_WithContentLengthZero_IsForwarded(string method)
    {
        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), method, "/zero", new() { ["content-length"] = "0" }));

        Assert.Equal((200, null), (response.Status, response.Error));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    public async Task Request_WithoutContent_IsForwarded(string method)
    {
        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(cli.NextId(), method, "/without-content"));

        Assert.Equal((200, null), (response.Status, response.Error));
    }

    [Fact]
    public async Task Request_InABinaryMessage_IsForwarded()
    {
        var id = cli.NextId();

        await cli.Tunnel.SendAsync(Encoding.UTF8.GetBytes(Messages.Text(Messages.Request(id, "GET", "/binary"))), WebSocketMessageType.Binary);

        Assert.Equal(200, (await cli.Tunnel.ReadResponseAsync(id)).Status);
    }

    [Theory]
    [InlineData("http://example.com/")]
    [InlineData("example.com/")]
    [InlineData("")]
    [InlineData("bad")]
    [InlineData("?bad")]
    [InlineData("@example.com/")]
    [InlineData(":80/")]
    [InlineData("/bad path")]
    [InlineData("/bad\r\nX-Injected: 1")]
    [InlineData("/bad HTTP/1.1\r\nX-Injected: 1\r\n\r\n")]
    [InlineData("/bad\tpath")]
    [InlineData("/bad\u0000")]
    public async Task Path_NotOriginForm_IsRequestInvalid(string path) =>
        await InvalidAsync(id => Messages.Text(Messages.Request(id, "GET", path)));

    [Fact]
    public async Task Path_Missing_IsRequestInvalid() =>
        await InvalidAsync(static id => $$"""{"type":"request","id":{{id}},"method":"GET"}""", rawId: true);

    [Theory]
    [InlineData("")]
    [InlineData("BAD METHOD")]
    [InlineData("GET / HTTP/1.1\r\nX-Injected: 1\r\n\r\nGET")]
    public async Task Method_ThatHttpDoesNotAllow_IsRequestInvalid(string method) =>
        await InvalidAsync(id => Messages.Text(Messages.Request(id, method, "/bad-method")));

    [Theory]
    [InlineData("x-a", "1\r\nx-injected: 1")]
    [InlineData("x-a", "1\u0000")]
    [InlineData("x a", "1")]
    [InlineData("x-a\r\nx-injected", "1")]
    [InlineData("", "1")]
    public async Task Field_ThatHttpDoesNotAllow_IsRequestInvalid(string name, string value) =>
        await InvalidAsync(id => Messages.Text(Messages.Request(id, "GET", "/bad-field", new() { [name] = value })));

    [Theory]
    [InlineData("\"body\":\"%%%%\"")]
    [InlineData("\"body\":\"aGk\"")]
    [InlineData("\"body\":17")]
    [InlineData("\"headers\":[]")]
    [InlineData("\"headers\":{\"x\":{}}")]
    public async Task Member_ThatCannotBeUsed_IsRequestInvalid(string member) =>
        await InvalidAsync(id => $$"""{"type":"request","id":{{id}},"method":"POST","path":"/bad-member",{{member}}}""", rawId: true);

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"type\":\"request\",\"method\":\"GET\",\"path\":\"/no-id\"}")]
    [InlineData("{\"type\":\"prophecy\",\"id\":\"1\",\"method\":\"GET\",\"path\":\"/unknown-type\"}")]
    [InlineData("{\"type\":\"cancel\",\"id\":\"nobody\"}")]
    [InlineData("{\"type\":\"credit\",\"id\":\"nobody\",\"bytes\":5}")]
    [InlineData("{\"type\":\"credit\",\"id\":\"nobody\",\"bytes\":\"x\"}")]
    public async Task Message_WithoutAnExchange_IsIgnored(string message)
    {
        var before = cli.Origin.Requests.Count;

        await cli.Tunnel.SendTextAsync(message);

        await cli.StillServesAsync();
        Assert.Equal(before + 1, cli.Origin.Requests.Count);
    }

    [Fact]
    public async Task Id_InFlightAlready_SecondIsIgnored()
    {
        var gate = new Gate();
        cli.Origin.Map("/first", async context =>
        {
            await gate.PassAsync("the gate");
            await context.Response.WriteAsync("first", context.RequestAborted);
        });
        var id = cli.NextId();

        await cli.Tunnel.SendAsync(Messages.Request(id, "GET", "/first"));
        await cli.Tunnel.SendAsync(Messages.Request(id, "GET", "/second"));
        await cli.StillServesAsync();
        gate.Open();

        Assert.Equal("first", (await cli.Tunnel.ReadResponseAsync(id)).Text);
        await cli.StillServesAsync();
        Assert.DoesNotContain(cli.Origin.Requests, static request => request.Target == "/second");
        Assert.Empty(cli.Tunnel.Arrived(id));
    }

    [Fact]
    public async Task Id_UsedAgainAfterTheEnd_IsANewExchange()
    {
        var id = cli.NextId();

        await cli.Tunnel.ExchangeAsync(Messages.Request(id, "GET", "/"));
        var response = await cli.Tunnel.ExchangeAsync(Messages.Request(id, "GET", "/"));

        Assert.Equal((200, "origin"), (response.Status, response.Text));
    }

    [Fact]
    public async Task Requests_Many_RunAtOnceAndAreAnsweredInAnyOrder()
    {
        var ids = Enumerable.Range(0, 100).Select(_ => cli.NextId()).ToList();
        var arrived = 0;
        var all = new Gate();
        cli.Origin.Map("/together", async context =>
        {
            if (Interlocked.Increment(ref arrived) == ids.Count)
            {
                all.Open();
            }

            await all.PassAsync("the other requests");
            await context.Response.WriteAsync(context.Request.QueryString.Value!, context.RequestAborted);
        });

        foreach (var (number, id) in ids.Index())
        {
            await cli.Tunnel.SendAsync(Messages.Request(id, "GET", $"/together?{number}"));
        }

        foreach (var (number, id) in ids.Index())
        {
            Assert.Equal($"?{number}", (await cli.Tunnel.ReadResponseAsync(id)).Text);
        }
    }

    private async Task InvalidAsync(Func<string, string> message, bool rawId = false)
    {
        var id = cli.NextId();
        var before = cli.Origin.Requests.Count;

        await cli.Tunnel.SendTextAsync(message(rawId ? Messages.Text(JsonValue.Create(id)) : id));

        var response = await cli.Tunnel.ReadResponseAsync(id);
        Assert.Equal("request_invalid", response.Error);
        Assert.Equal(before, cli.Origin.Requests.Count);
        await cli.StillServesAsync();
    }
}
