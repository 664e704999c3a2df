using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The header section of a response message, and what it says about the content.</summary>
public class ClientResponseFieldTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task SetCookies_Array_BecomesOneLineEach()
    {
        var response = await VisitAsync("""{"type":"response","id":"ID","status":200,"headers":{"set-cookie":"a=1, b=2"},"setCookies":["a=1; Path=/","b=2"],"done":true}""");

        Assert.Equal(["a=1; Path=/", "b=2"], response.Head.All("Set-Cookie"));
    }

    [Fact]
    public async Task SetCookie_Single_StandsInHeaders()
    {
        var response = await VisitAsync("""{"type":"response","id":"ID","status":200,"headers":{"set-cookie":"a=1, still a"},"done":true}""");

        Assert.Equal(["a=1, still a"], response.Head.All("Set-Cookie"));
    }

    [Fact]
    public async Task SetCookie_ArrayInHeaders_BecomesOneLineEach()
    {
        var response = await VisitAsync("""{"type":"response","id":"ID","status":200,"headers":{"set-cookie":["a=1","b=2"]},"done":true}""");

        Assert.Equal(["a=1", "b=2"], response.Head.All("Set-Cookie"));
    }

    [Fact]
    public async Task FieldValue_ArrayNumberBooleanNull_AreTakenAsText()
    {
        var response = await VisitAsync(
            """{"type":"response","id":"ID","status":200,"headers":{"x-lines":["a","b"],"x-number":42,"x-true":true,"x-null":null,"content-length":2},"body":"aGk=","done":true}""");

        Assert.Equal("a, b", string.Join(", ", response.Head.All("X-Lines")));
        Assert.Equal("42", response.Head["X-Number"]);
        Assert.Equal("true", response.Head["X-True"], ignoreCase: true);
        Assert.Null(response.Head["X-Null"]);
        Assert.Equal("2", response.Head["Content-Length"]);
        Assert.True(response.IsComplete);
    }

    [Fact]
    public async Task FieldValue_Empty_IsNotAnAbsentField()
    {
        var response = await VisitAsync("""{"type":"response","id":"ID","status":200,"headers":{"x-empty":""},"done":true}""");

        Assert.Equal("", response.Head["X-Empty"]);
    }

    [Fact]
    public async Task FieldValue_BeyondAscii_IsOneByteACharacterOrUtf8AsAWhole()
    {
        var response = await VisitAsync("""{"type":"response","id":"ID","status":200,"headers":{"x-latin":"caf\u00e9","x-utf8":"caf\u00e9 \u20ac"},"done":true}""");

        Assert.Equal("caf\u00e9", response.Head["X-Latin"]);
        Assert.Equal("caf\u00c3\u00a9 \u00e2\u0082\u00ac", response.Head["X-Utf8"]);
    }

    [Fact]
    public async Task ConnectionSpecificFields_AndWhatTheyName_AreDropped()
    {
        var response = await VisitAsync(
            """{"type":"response","id":"ID","status":200,"headers":{"connection":"x-private, close","x-private":"1","keep-alive":"timeout=5","proxy-connection":"close","transfer-encoding":"gzip","upgrade":"h2c","te":"trailers","x-public":"2"},"body":"aGk=","done":true}""");

        Assert.Equal("2", response.Head["X-Public"]);
        Assert.Equal("hi", System.Text.Encoding.ASCII.GetString(response.Body));
        Assert.All((string[])["X-Private", "Keep-Alive", "Proxy-Connection", "Upgrade", "TE"], name => Assert.Null(response.Head[name]));
        Assert.DoesNotContain("gzip", response.Head["Transfer-Encoding"] ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task IskandarError_FromAnApp_IsRemoved()
    {
        var response = await VisitAsync("""{"type":"response","id":"ID","status":502,"headers":{"iskandar-error":"tunnel_lost","x-public":"2"},"done":true}""");

        Assert.Equal((502, null), (response.Status, response.Head["Iskandar-Error"]));
        Assert.Equal("2", response.Head["X-Public"]);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(6)]
    public async Task ContentLength_NotThatOfTheBody_IsNeverACompleteResponse(int length)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, headers: new() { ["content-length"] = $"{length}" }));
        var head = await raw.ReadHeadAsync();
        await client.SendAsync(Messages.Response(request.Id, text: "hello", done: true));

        var response = await raw.ReadResponseAsync(head);
        // Too long a body can't be unsaid when its first part fills the length; the connection must end all the same.
        Assert.True(!response.IsComplete || length < 5, "A truncated response looks complete.");
        Assert.True(await raw.IsEndedAsync(), "The connection goes on after a broken response.");
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task ContentLength_NotThatOfTheOnlyMessage_IsNeverACompleteResponse()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, "hello", done: true, headers: new() { ["content-length"] = "10" }));

        var response = await raw.ReadResponseAsync();
        Assert.True(
            !response.IsComplete || response.Status == 502,
            $"A truncated response looks complete: {response.Status}, Content-Length {response.Head["Content-Length"]}, {response.Body.Length} bytes.");
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Theory]
    [InlineData("HEAD", 200)]
    [InlineData("GET", 204)]
    [InlineData("GET", 304)]
    public async Task Response_ThatHasNoContent_IsSentWithoutTheBody(string method, int status)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync(method, "/", client.Url.Authority);
        var request = await client.NextRequestAsync();
        var headers = new JsonObject { ["etag"] = "\"x\"" };
        if (status != 204)
        {
            headers["content-length"] = "5";
        }

        await client.SendAsync(Messages.Response(request.Id, status, "hello", done: true, headers: headers));
        var head = await raw.ReadHeadAsync();

        Assert.Equal((status, "\"x\""), (head.Status, head["ETag"]));
        Assert.Equal(status == 204 ? null : "5", head["Content-Length"]);
        // Whatever followed would be taken for the next response.
        await raw.SendRequestAsync("GET", "/next", client.Url.Authority);
        await client.AnswerAsync(await client.NextRequestAsync(), "next");
        Assert.Equal("next", System.Text.Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }

    private async Task<RawResponse> VisitAsync(string message)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        var request = await client.NextRequestAsync();
        await client.SendTextAsync(message.Replace("ID", request.Id, StringComparison.Ordinal));
        return await raw.ReadResponseAsync();
    }
}
