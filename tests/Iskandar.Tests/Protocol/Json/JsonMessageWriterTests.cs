using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Json;

/// <summary>Golden messages: these bytes are what peers in any language were written against, so they never change.</summary>
public sealed class JsonMessageWriterTests
{
    [Fact]
    public void Registration_Everything_GoldenBytes()
    {
        var registration = new Registration { Subdomain = "k3v9x2ab", Url = "http://k3v9x2ab.tunnel.example.com", MaxMessage = 16777216, Window = 262144 };

        AssertDocumented(
            """{"subdomain":"k3v9x2ab","url":"http://k3v9x2ab.tunnel.example.com","maxMessage":16777216,"window":262144}""",
            output => JsonMessageWriter.WriteRegistration(output, registration));
    }

    [Fact]
    public void Registration_NameOnly_GoldenBytes() => AssertGolden(
        """{"subdomain":"abc123"}""",
        static output => JsonMessageWriter.WriteRegistration(output, new Registration { Subdomain = "abc123" }));

    [Fact]
    public void Request_WithBody_GoldenBytes()
    {
        var head = Codec.Request(
            "POST", "/api/items?draft=1", new Field("Host", "k3v9x2ab.tunnel.example.com"), new Field("Content-Type", "application/json"));

        AssertDocumented(
            """{"type":"request","id":"17","method":"POST","path":"/api/items?draft=1","headers":{"host":"k3v9x2ab.tunnel.example.com","content-type":"application/json"},"body":"eyJhIjoxfQ=="}""",
            output => JsonMessageWriter.WriteRequest(output, 17, head, """{"a":1}"""u8));
    }

    [Fact]
    public void Request_WithoutBody_GoldenBytes() => AssertDocumented(
        """{"type":"request","id":"1","method":"GET","path":"/slow","headers":{"host":"k3v9x2ab.localhost:8080"}}""",
        static output => JsonMessageWriter.WriteRequest(output, 1, Codec.Request("GET", "/slow", new Field("Host", "k3v9x2ab.localhost:8080")), default));

    [Fact]
    public void Request_LargestIdAndNoFields_GoldenBytes() => AssertGolden(
        """{"type":"request","id":"18446744073709551615","method":"OPTIONS","path":"*","headers":{}}""",
        static output => JsonMessageWriter.WriteRequest(output, ulong.MaxValue, Codec.Request("OPTIONS", "*"), default));

    [Fact]
    public void Request_RepeatedFields_JoinedByComma() => AssertGolden(
        """{"type":"request","id":"1","method":"GET","path":"/","headers":{"accept":"a, b","x-y":"1"}}""",
        static output => JsonMessageWriter.WriteRequest(
            output, 1, Codec.Request("GET", "/", new Field("Accept", "a"), new Field("ACCEPT", "b"), new Field("X-Y", "1")), default));

    [Fact]
    public void Request_RepeatedCookie_JoinedBySemicolon() => AssertGolden(
        """{"type":"request","id":"1","method":"GET","path":"/","headers":{"cookie":"a=1; b=2"}}""",
        static output => JsonMessageWriter.WriteRequest(output, 1, Codec.Request("GET", "/", new Field("Cookie", "a=1"), new Field("cookie", "b=2")), default));

    [Fact]
    public void Request_QuotesAndObsText_Escaped() => AssertGolden(
        """{"type":"request","id":"1","method":"GET","path":"/?q=\"\\+<é>","headers":{"x":"é\t\u0080"}}""",
        static output => JsonMessageWriter.WriteRequest(output, 1, Codec.Request("GET", "/?q=\"\\+<é>", new Field("X", "é\t\u0080")), default));

    [Fact]
    public void Request_LongFieldName_LowerCase()
    {
        var name = new string('A', 300);

        var message = Codec.Write(output => JsonMessageWriter.WriteRequest(output, 1, Codec.Request("GET", "/", new Field(name, "1")), default));

        Assert.Contains($"\"{new string('a', 300)}\":\"1\"", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Response_WithBody_GoldenBytes() => AssertDocumented(
        """{"type":"response","id":"2","status":200,"headers":{"content-type":"text/plain"},"body":"aGVsbG8K","done":true}""",
        static output => JsonMessageWriter.WriteResponse(output, "2", Codec.Response(200, new Field("Content-Type", "text/plain")), "hello\n"u8, done: true));

    [Fact]
    public void Response_HeadOnly_GoldenBytes() => AssertDocumented(
        """{"type":"response","id":"1","status":200,"headers":{"content-type":"text/event-stream"},"done":false}""",
        static output => JsonMessageWriter.WriteResponse(output, "1", Codec.Response(200, new Field("Content-Type", "text/event-stream")), default, done: false));

    [Fact]
    public void Response_OneCookie_StandsInHeaders() => AssertGolden(
        """{"type":"response","id":"1","status":204,"headers":{"set-cookie":"a=1"},"done":true}""",
        static output => JsonMessageWriter.WriteResponse(output, "1", Codec.Response(204, new Field("Set-Cookie", "a=1")), default, done: true));

    [Fact]
    public void Response_SeveralCookies_StandBesideHeadersToo() => AssertGolden(
        """{"type":"response","id":"1","status":200,"headers":{"set-cookie":"a=1, b=2","x":"y"},"setCookies":["a=1","b=2"],"done":true}""",
        static output => JsonMessageWriter.WriteResponse(
            output, "1", Codec.Response(200, new Field("Set-Cookie", "a=1"), new Field("set-cookie", "b=2"), new Field("X", "y")), default, done: true));

    [Fact]
    public void Response_IdOfAnotherServer_SentBackUnchanged() => AssertGolden(
        """{"type":"response","id":"req-\"1\"é","status":200,"headers":{},"done":true}""",
        static output => JsonMessageWriter.WriteResponse(output, "req-\"1\"é", Codec.Response(200), default, done: true));

    [Fact]
    public void Content_Piece_GoldenBytes() => AssertDocumented(
        """{"type":"response","id":"17","body":"IHdvcmxk","done":false}""",
        static output => JsonMessageWriter.WriteContent(output, "17", " world"u8, done: false));

    [Fact]
    public void Content_End_GoldenBytes() => AssertDocumented(
        """{"type":"response","id":"17","done":true}""",
        static output => JsonMessageWriter.WriteContent(output, "17", default, done: true));

    [Fact]
    public void Failure_BeforeHead_WholeEnoughForServersThatDontKnowIt() => AssertGolden(
        """{"type":"response","id":"17","status":502,"headers":{"content-type":"text/plain"},"body":"b3JpZ2luX3VucmVhY2hhYmxl","done":true,"error":"origin_unreachable"}""",
        static output => JsonMessageWriter.WriteFailureAsResponse(output, "17", ExchangeError.OriginUnreachable));

    [Fact]
    public void Failure_AfterHead_GoldenBytes() => AssertGolden(
        """{"type":"response","id":"17","done":true,"error":"origin_failed"}""",
        static output => JsonMessageWriter.WriteFailure(output, "17", ExchangeError.OriginFailed));

    [Fact]
    public void Cancel_Id_GoldenBytes() => AssertDocumented(
        """{"type":"cancel","id":"17"}""", static output => JsonMessageWriter.WriteCancel(output, 17));

    [Fact]
    public void Credit_IdAndBytes_GoldenBytes() => AssertDocumented(
        """{"type":"credit","id":"17","bytes":131072}""", static output => JsonMessageWriter.WriteCredit(output, 17, 131072));

    [Theory]
    [InlineData(ExchangeError.OriginUnreachable)]
    [InlineData(ExchangeError.OriginFailed)]
    [InlineData(ExchangeError.OriginTimeout)]
    [InlineData(ExchangeError.RequestInvalid)]
    [InlineData(ExchangeError.TunnelClosing)]
    public void Failure_EveryCodeOfAClient_ReadBackAsTheSameError(ExchangeError error)
    {
        var first = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteFailureAsResponse(output, "1", error)));
        var later = Codec.Read(Codec.Write(output => JsonMessageWriter.WriteFailure(output, "1", error)));

        Assert.Equal((true, true, error.ToStatus()), (first.IsValid, first.Done, first.Status));
        Assert.Equal((true, true), (later.IsValid, later.Done));
        Assert.Equal((error.ToCode(), error.ToCode()), (first.Error, later.Error));
        Assert.Equal(error, ExchangeErrors.FromClientCode(System.Text.Encoding.UTF8.GetBytes(first.Error)));
    }

    private static void AssertGolden(string expected, Action<IBufferWriter<byte>> write) => Assert.Equal(expected, Codec.Write(write));

    // What the document shows as an example is what we send.
    private static void AssertDocumented(string expected, Action<IBufferWriter<byte>> write)
    {
        AssertGolden(expected, write);
        Assert.Contains(expected, ProtocolDocument.Text, StringComparison.Ordinal);
    }
}
