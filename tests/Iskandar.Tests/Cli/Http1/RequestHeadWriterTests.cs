using System.Buffers;
using System.Text;
using Iskandar.Cli.Forwarding.Http1;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Primitives;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>Heads of requests (RFC 9112 section 3).</summary>
public sealed class RequestHeadWriterTests
{
    [Fact]
    public void Get_Fields_ByteForByte() => Assert.Equal(
        "GET /a/../b?c=%7E&d HTTP/1.1\r\nHost: localhost:3000\r\nAccept: */*\r\nX-Many: 1\r\nX-Many: 2\r\nX-Empty: \r\nX-Latin: \u00E9\r\n\r\n",
        Write("GET", "/a/../b?c=%7E&d", null, ("Accept", "*/*"), ("X-Many", new(["1", "2"])), ("X-Empty", ""), ("X-Latin", "\u00E9")));

    [Fact]
    public void Post_Sized_LengthBehindTheFields() => Assert.Equal(
        "POST / HTTP/1.1\r\nHost: localhost:3000\r\nContent-Type: text/plain\r\nContent-Length: 12345678901\r\n\r\n",
        Write("POST", "/", new(12_345_678_901, false), ("Content-Length", "12345678901"), ("Content-Type", "text/plain")));

    [Fact]
    public void Post_Unsized_Chunked() => Assert.Equal(
        "POST / HTTP/1.1\r\nHost: localhost:3000\r\nTransfer-Encoding: chunked\r\n\r\n", Write("POST", "/", new(null, true), ("Content-Length", "5")));

    [Theory]
    [InlineData("POST", "Content-Length: 0\r\n")]
    [InlineData("PUT", "Content-Length: 0\r\n")]
    [InlineData("PATCH", "Content-Length: 0\r\n")]
    [InlineData("GET", "")]
    [InlineData("HEAD", "")]
    [InlineData("DELETE", "")]
    [InlineData("OPTIONS", "")]
    [InlineData("PROPFIND", "")]
    public void NoContent_ByMethod_SaidOrNot(string method, string said) => Assert.Equal($"{method} / HTTP/1.1\r\nHost: localhost:3000\r\n{said}\r\n", Write(method, "/"));

    [Fact]
    public void Options_Asterisk_AsItCame() => Assert.StartsWith("OPTIONS * HTTP/1.1\r\n", Write("OPTIONS", "*"), StringComparison.Ordinal);

    [Theory]
    [InlineData("Connection")]
    [InlineData("connection")]
    [InlineData("Keep-Alive")]
    [InlineData("TE")]
    [InlineData("Upgrade")]
    [InlineData("Transfer-Encoding")]
    [InlineData("transfer-encoding")]
    [InlineData("Content-Length")]
    [InlineData("HOST")]
    public void Field_OfAConnection_StaysHere(string name)
    {
        Assert.Equal("GET / HTTP/1.1\r\nHost: localhost:3000\r\nX: y\r\n\r\n", Write("GET", "/", null, (name, "x\r\nX: z"), ("X", "y")));

        var trailers = new ArrayBufferWriter<byte>();
        RequestHeadWriter.WriteEnd(trailers, new HeaderDictionary { [name] = "x", ["X"] = "y" });
        Assert.Equal("0\r\nX: y\r\n\r\n", Encoding.Latin1.GetString(trailers.WrittenSpan));
    }

    [Fact]
    public void TE_Trailers_AsAFieldOfThisConnection() =>
        Assert.Equal("GET / HTTP/1.1\r\nHost: localhost:3000\r\nX: y\r\nTE: trailers\r\nConnection: TE\r\n\r\n", Write("GET", "/", null, ("TE", "trailers"), ("X", "y")));

    [Fact]
    public void Upgrade_Asked_WithoutTE() => Assert.Equal(
        "GET / HTTP/1.1\r\nHost: localhost:3000\r\nX: y\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        Write("GET", "/", null, "localhost:3000", [("TE", "trailers"), ("X", "y")], "websocket"));

    [Fact]
    public void End_Expect_IsNoTrailer()
    {
        var trailers = new ArrayBufferWriter<byte>();
        RequestHeadWriter.WriteEnd(trailers, new HeaderDictionary { ["expect"] = "100-continue" });
        Assert.Equal("0\r\n\r\n", Encoding.Latin1.GetString(trailers.WrittenSpan));
    }

    [Fact]
    public void End_NoTrailers_LastChunk()
    {
        var output = new ArrayBufferWriter<byte>();

        RequestHeadWriter.WriteEnd(output, null);

        Assert.Equal("0\r\n\r\n", Encoding.Latin1.GetString(output.WrittenSpan));
    }

    [Theory]
    [InlineData("a\r\nX: y")]
    [InlineData("a\rb")]
    [InlineData("a\nb")]
    [InlineData("a\0b")]
    [InlineData("a\u0001b")]
    [InlineData("a\u007Fb")]
    [InlineData("a\u010Ab")]
    [InlineData("a\u560Ab")]
    public void Value_ThatCouldEndTheLine_NotWritten(string value)
    {
        Assert.Throws<ArgumentException>(() => Write("GET", "/", null, ("A", value)));
        Assert.Throws<ArgumentException>(() => Write("GET", "/", null, ("A", new(["fine", value]))));
        Assert.Throws<ArgumentException>(() => RequestHeadWriter.WriteEnd(new ArrayBufferWriter<byte>(), new HeaderDictionary { ["A"] = value }));
        Assert.Throws<ArgumentException>(() => Write("GET", "/", null, value));
        Assert.Throws<ArgumentException>(() => Write("GET", "/", null, "localhost:3000", upgrade: value));
    }

    [Theory]
    [InlineData("")]
    [InlineData("A B")]
    [InlineData("A:")]
    [InlineData("A\r\nB")]
    [InlineData("A\n")]
    [InlineData("A\0")]
    [InlineData("A\u00E9")]
    [InlineData("Content-Length ")]
    [InlineData(" Host")]
    public void Name_NoToken_NotWritten(string name)
    {
        Assert.Throws<ArgumentException>(() => Write("GET", "/", null, (name, "a")));
        Assert.Throws<ArgumentException>(() => Write(name, "/"));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a")]
    [InlineData("/a b")]
    [InlineData("/a\r\nX: y")]
    [InlineData("/a\n")]
    [InlineData("/a\0")]
    [InlineData("/a\t")]
    [InlineData("/a\u007F")]
    [InlineData("/\u00E9")]
    [InlineData("/\u560A")]
    [InlineData("**")]
    [InlineData("http://other.example/")]
    [InlineData("other.example:80")]
    public void Target_NotInOriginForm_NotWritten(string target) => Assert.Throws<ArgumentException>(() => Write("GET", target));

    private static string Write(string method, string target, RequestFraming? framing = null, params (string Name, StringValues Value)[] fields) =>
        Write(method, target, framing, "localhost:3000", fields);

    private static string Write(string method, string target, RequestFraming? framing, string host, (string Name, StringValues Value)[]? fields = null, string? upgrade = null)
    {
        var context = new DefaultHttpContext();
        context.Features.Set<IHttpRequestBodyDetectionFeature>(new NoBody());
        context.Request.Method = method;
        context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget = target;
        foreach (var (name, value) in fields ?? [])
        {
            context.Request.Headers[name] = value;
        }

        var output = new ArrayBufferWriter<byte>();
        RequestHeadWriter.Write(output, context, host, framing ?? RequestFraming.Of(context), upgrade);
        return Encoding.Latin1.GetString(output.WrittenSpan);
    }

    private sealed class NoBody : IHttpRequestBodyDetectionFeature
    {
        public bool CanHaveBody => false;
    }
}
