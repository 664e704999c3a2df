using System.Net.WebSockets;
using System.Text;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>Exchanges on a connection, seen by a client written from the document.</summary>
public class ClientResponseTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task Request_WithContent_ArrivesWhole()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        using var content = new ByteArrayContent([.. Enumerable.Range(0, 256).Select(static value => (byte)value)]);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/x-bytes");

        var visit = _server.Visitor.PostAsync(new Uri(client.Url, "/api/items?draft=1"), content, Bounded.Token());
        var request = await client.NextRequestAsync();

        Assert.Equal("request", (string?)request.Json["type"]);
        Assert.InRange(request.Id.Length, 1, 128);
        Assert.Equal(("POST", "/api/items?draft=1"), (request.Method, request.Path));
        Assert.Equal(_server.HostOf(client.Name), request["host"]);
        Assert.Equal("application/x-bytes", request["content-type"]);
        Assert.Equal(Enumerable.Range(0, 256).Select(static value => (byte)value), request.Body);

        await client.SendAsync(Messages.Response(request.Id, 201, "hello", done: true, headers: new() { ["content-type"] = "text/x-special" }));
        using var response = await visit;
        await Expect.TextAsync(response, "hello", System.Net.HttpStatusCode.Created);
        Assert.Equal("text/x-special", response.Content.Headers.ContentType?.ToString());
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("PROPFIND")]
    [InlineData("get")]
    [InlineData("X-!#$%&'*+.^_`|~9")]
    public async Task Request_AnyMethod_ArrivesAsSent(string method)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync(method, "/", client.Url.Authority);

        var request = await client.NextRequestAsync();

        Assert.Equal(method, request.Method);
        await client.AnswerAsync(request, "");
        Assert.Equal(200, (await raw.ReadHeadAsync()).Status);
    }

    [Fact]
    public async Task Answer_AtOnce_IsNeverLost()
    {
        await using var client = await DocumentClient.ConnectAsync(
            _server, answer: static request => Messages.Response(request.Id, 200, request.Path, done: true));

        for (var number = 0; number < 500; number++)
        {
            using var response = await _server.Visitor.GetAsync(new Uri(client.Url, $"/{number}"), Bounded.Token());
            await Expect.TextAsync(response, $"/{number}");
        }
    }

    [Fact]
    public async Task Answers_InReversedOrder_ReachTheirVisitors()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visits = Enumerable.Range(0, 200)
            .Select(number => _server.Visitor.GetStringAsync(new Uri(client.Url, $"/{number}"), Bounded.Token()))
            .ToList();
        var requests = new List<DocumentRequest>();
        while (requests.Count < visits.Count)
        {
            requests.Add(await client.NextRequestAsync());
        }

        Assert.Equal(requests.Count, requests.Select(static request => request.Id).Distinct().Count());
        foreach (var request in Enumerable.Reverse(requests))
        {
            await client.AnswerAsync(request, request.Path);
        }

        var texts = await Task.WhenAll(visits);
        Assert.Equal(Enumerable.Range(0, 200).Select(static number => $"/{number}"), texts);
    }

    [Fact]
    public async Task Chunks_EachWithoutDone_ReachTheVisitorAtOnce()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, done: false, headers: new() { ["content-type"] = "text/event-stream" }));
        using var response = await visit;
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType?.ToString());
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        for (var number = 0; number < 10; number++)
        {
            await client.SendAsync(Messages.Response(request.Id, text: $"data: {number}\n\n", done: false));
            await Expect.NextTextAsync(content, $"data: {number}\n\n");
        }

        await client.SendAsync(Messages.Response(request.Id, done: true));
        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token()));
    }

    [Fact]
    public async Task FirstMessage_WithBodyAndWithoutDone_ReachesTheVisitorAtOnce()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();

        // An absent done means false: the exchange stays open.
        await client.SendAsync(Messages.Response(request.Id, 200, "first"));
        using var response = await visit;
        await using var content = await response.Content.ReadAsStreamAsync(Bounded.Token());
        await Expect.NextTextAsync(content, "first");

        await client.SendAsync(Messages.Response(request.Id, text: "second", done: true));
        await Expect.NextTextAsync(content, "second");
        Assert.Equal(0, await content.ReadAsync(new byte[1], Bounded.Token()));
    }

    [Fact]
    public async Task EmptyPieces_BetweenOthers_ChangeNothing()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, ""));
        await client.SendAsync(Messages.Response(request.Id, text: "a"));
        await client.SendAsync(Messages.Response(request.Id, text: ""));
        await client.SendAsync(Messages.Response(request.Id));
        await client.SendAsync(Messages.Response(request.Id, text: "b"));
        await client.SendAsync(Messages.Response(request.Id, done: true));

        using var response = await visit;
        await Expect.TextAsync(response, "ab");
    }

    [Fact]
    public async Task LaterMessage_StatusAndHeaders_AreIgnored()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 202, "a"));
        await client.SendAsync(Messages.Response(request.Id, 500, "b", done: true, headers: new() { ["x-late"] = "1" }));

        using var response = await visit;
        await Expect.TextAsync(response, "ab", System.Net.HttpStatusCode.Accepted);
        Assert.False(response.Headers.Contains("x-late"));
    }

    [Theory]
    [InlineData("""{"id":"ID","status":200,"body":"aGVsbG8=","done":true}""")]
    [InlineData("""{"body":"aGVsbG8=","done":true,"headers":{},"status":200,"type":"response","id":"ID"}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":"aGVsbG8=","done":true,"colour":"red","more":{"id":"x","done":[false,{"type":"no"}]}}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":null,"setCookies":[],"body":"aGVsbG8=","done":true}""")]
    [InlineData("""  { "type" : "response" , "id" : "ID" ,  "status":200, "body":"aGVs\u0062G8=", "done" : true }  """)]
    public async Task Response_AnyFormTheDocumentAllows_IsUnderstood(string message)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendTextAsync(message.Replace("ID", request.Id, StringComparison.Ordinal));

        using var response = await visit;
        await Expect.TextAsync(response, "hello");
    }

    [Fact]
    public async Task Response_EscapedSlashesInBase64_AreUnderstood()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetByteArrayAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        // As PHP's json_encode writes it.
        await client.SendTextAsync($$"""{"type":"response","id":"{{request.Id}}","status":200,"body":"\/\/\/+\u002f\/8=","done":true}""");

        Assert.Equal(Convert.FromBase64String("///+//8="), await visit);
    }

    [Fact]
    public async Task Response_InABinaryMessage_IsUnderstood()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();
        var message = Messages.Text(Messages.Response(request.Id, 200, "binary", done: true));

        await client.SendAsync(Encoding.UTF8.GetBytes(message), WebSocketMessageType.Binary);

        using var response = await visit;
        await Expect.TextAsync(response, "binary");
    }

    [Fact]
    public async Task Message_OfAnUnknownType_IsIgnored()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendTextAsync($$"""{"type":"trailers","id":"{{request.Id}}","status":500,"done":true}""");
        await client.AnswerAsync(request, "fine");

        using var response = await visit;
        await Expect.TextAsync(response, "fine");
    }

    [Fact]
    public async Task Pieces_OfTwoExchanges_MayInterleave()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visits = new[] { "/0", "/1" }.Select(path => _server.Visitor.GetStringAsync(new Uri(client.Url, path), Bounded.Token())).ToList();
        DocumentRequest[] requests = [await client.NextRequestAsync(), await client.NextRequestAsync()];

        foreach (var request in requests)
        {
            await client.SendAsync(Messages.Response(request.Id, 200, request.Path));
        }

        foreach (var request in requests)
        {
            await client.SendAsync(Messages.Response(request.Id, text: request.Path, done: true));
        }

        Assert.Equal(["/0/0", "/1/1"], await Task.WhenAll(visits));
    }
}
