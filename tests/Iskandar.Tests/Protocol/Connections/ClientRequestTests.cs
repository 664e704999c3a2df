using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

/// <summary>Requests as the client's end takes them.</summary>
public sealed class ClientRequestTests
{
    [Fact]
    public async Task Request_Whole_Taken()
    {
        await using var stage = await ClientStage.StartAsync();
        await stage.Server.SendAsync("""{"type":"request","id":"x","method":"POST","path":"/a?b","headers":{"host":"h","x":["1","2"]},"body":"aGVsbG8="}""");

        var exchange = await stage.AcceptAsync();

        Assert.Equal(("POST", "/a?b", 5L), (exchange.Request.Method, exchange.Request.Target, exchange.ContentLength!.Value));
        Assert.Equal([new Field("Host", "h"), new Field("x", "1"), new Field("x", "2")], exchange.Request.Fields.Lines.ToArray());
        using var reader = new StreamReader(exchange.OpenContent());
        Assert.Equal("hello", await reader.ReadToEndAsync(Bounded.Token));
    }

    [Theory]
    [InlineData("""{"id":"x","method":"GET","path":"/"}""", "GET", "/")]
    [InlineData("""{"id":"x","method":"M-SEARCH","path":"/","body":"","headers":null}""", "M-SEARCH", "/")]
    [InlineData("""{"id":"x","method":"OPTIONS","path":"*"}""", "OPTIONS", "*")]
    [InlineData("""{"id":"x","method":"GET","path":"//other.example.com/%zz?#"}""", "GET", "//other.example.com/%zz?#")]
    public async Task Request_Least_Taken(string text, string method, string target)
    {
        await using var stage = await ClientStage.StartAsync();
        await stage.Server.SendAsync(text);

        var exchange = await stage.AcceptAsync();

        Assert.Equal((method, target, 0L), (exchange.Request.Method, exchange.Request.Target, exchange.ContentLength!.Value));
        Assert.Same(Stream.Null, exchange.OpenContent());
    }

    [Theory]
    [InlineData("""{"id":"x"}""")]
    [InlineData("""{"id":"x","method":"GET"}""")]
    [InlineData("""{"id":"x","path":"/"}""")]
    [InlineData("""{"id":"x","method":"G T","path":"/"}""")]
    [InlineData("""{"id":"x","method":"GET\r\n","path":"/"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"http://other.example.com/"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"@other.example.com/"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"*"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"/ HTTP/1.1\r\nx: y"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"/é"}""")]
    [InlineData("""{"id":"x","method":"CONNECT","path":"other.example.com:443"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"/","body":"***"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"/","body":7}""")]
    [InlineData("""{"id":"x","method":"GET","path":"/","headers":{"a":"b\nc"} }""")]
    [InlineData("""{"id":"x","method":"GET","path":"/","headers":{"a b":"c"} }""")]
    [InlineData("""{"id":"x","method":"GET","path":"/","headers":"a: b"}""")]
    [InlineData("""{"id":"x","method":"GET","path":"/",""")]
    public async Task Request_Invalid_AnsweredAndOthersGoOn(string text)
    {
        await using var stage = await ClientStage.StartAsync();
        await stage.Server.SendAsync(text);

        var answer = await stage.Server.MessageAsync("response");

        Assert.Equal(("x", "request_invalid", true), ((string)answer["id"]!, (string)answer["error"]!, (bool)answer["done"]!));
        await StillServesAsync(stage);
        Assert.Equal(0, stage.Pending);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"method":"GET","path":"/"}""")]
    [InlineData("""{"id":"","method":"GET","path":"/"}""")]
    [InlineData("""{"id":7,"method":"GET","path":"/"}""")]
    [InlineData("""{"type":"response","id":"x","status":200,"done":true}""")]
    [InlineData("""{"type":"of a later version","id":"x","method":"GET","path":"/"}""")]
    [InlineData("""{"type":"cancel","id":"x"}""")]
    [InlineData("""{"type":"credit","id":"x","bytes":5}""")]
    public async Task Message_ThatIsNoRequest_Ignored(string text)
    {
        await using var stage = await ClientStage.StartAsync();

        await stage.Server.SendAsync(text);

        await StillServesAsync(stage);
        Assert.Equal(0, stage.Pending);
    }

    [Fact]
    public async Task Request_OverTheLimit_AnsweredAndOthersGoOn()
    {
        await using var stage = await ClientStage.StartAsync(options: static time => new ClientConnectionOptions { TimeProvider = time, MaxMessage = 10_000 });
        await stage.Server.SendAsync($$"""{"type":"request","id":"x","method":"POST","path":"/","headers":{"host":"h"},"body":"{{new string('A', 100_000)}}"}""");

        var answer = await stage.Server.MessageAsync("response");

        Assert.Equal(("x", "request_invalid"), ((string)answer["id"]!, (string)answer["error"]!));
        await StillServesAsync(stage);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public async Task Request_OverTheLimitAndKeptUpToTheEndOfTheHeaders_NotTakenForWhole(int more)
    {
        // What is kept of it are 4 KiB, and those happen to end just behind the headers.
        await using var stage = await ClientStage.StartAsync(options: static time => new ClientConnectionOptions { TimeProvider = time, MaxMessage = 10_000 });
        const string Start = """{"type":"request","id":"x","method":"POST","path":"/","headers":{"padding":""";
        var headers = Start + "\"" + new string('p', 4096 - Start.Length - 3 - more) + "\"}";
        await stage.Server.SendAsync(headers + ",\"body\":\"" + new string('A', 100_000) + "\"}");
        await stage.Server.SendAsync("""{"type":"request","id":"next","method":"GET","path":"/"}""");

        var next = await stage.AcceptAsync();

        Assert.Equal("GET", next.Request.Method);
        var answer = await stage.Server.MessageAsync("response");
        Assert.Equal(("x", "request_invalid"), ((string)answer["id"]!, (string)answer["error"]!));
    }

    [Fact]
    public async Task Request_IdInFlight_SecondIgnored()
    {
        await using var stage = await ClientStage.StartAsync();
        var first = await stage.RequestAsync("x");
        await stage.Server.SendAsync("""{"id":"x","method":"GET","path":"/second"}""");
        await stage.Server.SendAsync("""{"id":"x","method":"not a method","path":"/third"}""");
        await stage.SynchronizeAsync();
        Assert.Equal(0, stage.Pending);

        await first.SendHeadAsync(new ResponseHead { Status = 200 }, default, endOfResponse: true, Bounded.Token);
        Assert.Equal(200, (int)(await stage.Server.MessageAsync("response"))["status"]!);
        first.Dispose();

        // Over: the id may be used again.
        Assert.Equal("/", (await stage.RequestAsync("x")).Request.Target);
    }

    [Fact]
    public async Task StopAccepting_NewRequest_TunnelClosingAndTheOthersFinish()
    {
        await using var stage = await ClientStage.StartAsync();
        var exchange = await stage.RequestAsync("x");

        stage.Connection.StopAccepting();
        await stage.Server.SendAsync("""{"id":"y","method":"GET","path":"/"}""");

        var answer = await stage.Server.MessageAsync("response");
        Assert.Equal(("y", 503, "tunnel_closing", true), ((string)answer["id"]!, (int)answer["status"]!, (string)answer["error"]!, (bool)answer["done"]!));
        await exchange.SendHeadAsync(new ResponseHead { Status = 204 }, default, endOfResponse: true, Bounded.Token);
        Assert.Equal("x", (string)(await stage.Server.MessageAsync("response"))["id"]!);
    }

    [Fact]
    public async Task Exchanges_AsManyAsAllowed_NextRefused()
    {
        await using var stage = await ClientStage.StartAsync(options: static time => new ClientConnectionOptions { TimeProvider = time, MaxExchanges = 1 });
        await stage.RequestAsync("x");
        await stage.Server.SendAsync("""{"id":"y","method":"GET","path":"/"}""");

        var answer = await stage.Server.MessageAsync("response");

        Assert.Equal(("y", 503, "tunnel_busy", true), ((string)answer["id"]!, (int)answer["status"]!, (string)answer["error"]!, (bool)answer["done"]!));
    }

    private static async Task StillServesAsync(ClientStage stage)
    {
        var exchange = await stage.RequestAsync("still");
        await exchange.SendHeadAsync(new ResponseHead { Status = 200 }, "here"u8.ToArray(), endOfResponse: true, Bounded.Token);
        var answer = await stage.Server.MessageAsync("response");
        Assert.Equal(("still", "here"), ((string)answer["id"]!, JsonPeer.Body(answer)));
    }
}
