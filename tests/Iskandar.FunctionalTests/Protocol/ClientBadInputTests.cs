using System.Net.WebSockets;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>What the server does with messages that no client should send. The connection survives every one of them.</summary>
public class ClientBadInputTests(SharedServer shared)
{
    private readonly IskandarServer _server = shared.Server;

    [Theory]
    [InlineData("""{"type":"response","id":"ID","body":"aGk=","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":0,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":99,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":100,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":101,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":199,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":600,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":700,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":-200,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":99999999999999999999,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200.5,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":"200","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":null,"done":true}""")]
    public async Task Status_MissingOrNotAllowed_IsResponseInvalid(string message) => await InvalidAsync(message);

    [Theory]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":"%%%%","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":"aGk","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":"aGk=aGk=","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":"_-_-","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":"\u00e9\u00e9\u00e9\u00e9","done":true}""")]
    public async Task Body_NotBase64_IsResponseInvalid(string message) => await InvalidAsync(message);

    [Theory]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":42,"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":["aGk="],"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":[],"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":"x: y","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x":{"y":"z"}},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"setCookies":"a=1","done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"done":"true"}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"done":1}""")]
    public async Task Member_OfTheWrongType_IsResponseInvalid(string message) => await InvalidAsync(message);

    [Theory]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x-a":"1\r\nx-injected: 1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x-a":"1\nx-injected: 1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x-a":"1\u0000"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x-a":["ok","1\r\nx-injected: 1"]},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x-a\r\nx-injected":"1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x-injected: 1\r\nx":"1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x a":"1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"x\u00e9":"1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"":"1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"content-length":"-1"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"headers":{"content-length":"x"},"done":true}""")]
    [InlineData("""{"type":"response","id":"ID","status":200,"setCookies":["a=1","b=2\r\nx-injected: 1"],"done":true}""")]
    public async Task Field_ThatHttpDoesNotAllow_IsResponseInvalid(string message) => await InvalidAsync(message);

    [Theory]
    [InlineData("""{"type":"response","id":"ID","status":200,"body":"aGk=","done":true""")]
    [InlineData("""{"type":"response","id":"ID","status":500,"done":true} trailing""")]
    public async Task Message_BrokenBehindItsId_IsResponseInvalid(string message) => await InvalidAsync(message);

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("\"ID\"")]
    [InlineData("17")]
    [InlineData("{}")]
    [InlineData("""{"type":"response","status":500,"done":true}""")]
    [InlineData("""{"type":"response","id":"nobody","status":500,"done":true}""")]
    [InlineData("""{"type":"response","id":"","status":500,"done":true}""")]
    public async Task Message_WithoutAnyExchange_IsIgnored(string message)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendTextAsync(message.Replace("ID", request.Id, StringComparison.Ordinal));
        await client.AnswerAsync(request, "fine");

        using var response = await visit;
        await Expect.TextAsync(response, "fine");
    }

    [Fact]
    public async Task Message_NotUtf8_IsIgnored()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);

        // Not in a text message: RFC 6455 demands that a connection with such a one fails.
        await client.SendAsync([0xff, 0xfe, 0x00, 0x80], WebSocketMessageType.Binary);

        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Message_DeeplyNested_DoesNoHarm()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);

        await client.SendTextAsync(string.Concat(Enumerable.Repeat("{\"x\":[", 50_000)));

        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Fact]
    public async Task Response_AfterDone_IsIgnored()
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, "once", done: true));
        await client.SendAsync(Messages.Response(request.Id, 200, "twice", done: true));
        await client.SendAsync(Messages.Response(request.Id, text: "thrice", done: true, error: "origin_failed"));

        using var response = await visit;
        await Expect.TextAsync(response, "once");
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    [Theory]
    [InlineData("""{"type":"response","id":"ID","body":"%%%%"}""")]
    [InlineData("""{"type":"response","id":"ID","body":42}""")]
    [InlineData("""{"type":"response","id":"ID","done":"yes"}""")]
    public async Task LaterMessage_ThatCannotBeUsed_AbortsTheResponse(string message)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        var visit = _server.Visitor.GetAsync(client.Url, HttpCompletionOption.ResponseHeadersRead, Bounded.Token());
        var request = await client.NextRequestAsync();

        await client.SendAsync(Messages.Response(request.Id, 200, "begun"));
        using var response = await visit;
        await client.SendTextAsync(message.Replace("ID", request.Id, StringComparison.Ordinal));

        await Expect.AbortedAsync(response);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }

    private async Task InvalidAsync(string message)
    {
        await using var client = await DocumentClient.ConnectAsync(_server);
        await using var raw = await _server.ConnectAsync();
        await raw.SendRequestAsync("GET", "/", client.Url.Authority);
        var request = await client.NextRequestAsync();

        await client.SendTextAsync(message.Replace("ID", request.Id, StringComparison.Ordinal));

        var response = await raw.ReadResponseAsync();
        Expect.Error(response.Head, 502, "response_invalid");
        Assert.Null(response.Head["X-Injected"]);
        await ClientHandshakeTests.StillServesAsync(_server, client);
    }
}
