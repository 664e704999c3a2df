using System.Globalization;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>The second flow: content, there and back, bit for bit.</summary>
public class ContentTests(Stage stage)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Download_Large_ArrivesWhole(bool withLength)
    {
        var content = RandomNumberGenerator.GetBytes(20_000_000);
        stage.Origin.Map($"/download-{withLength}", async context =>
        {
            context.Response.ContentLength = withLength ? content.Length : null;
            await context.Response.Body.WriteAsync(content, context.RequestAborted);
        });

        var received = await stage.Visitor.GetByteArrayAsync(stage.Url($"/download-{withLength}"), Bounded.Token());

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(received));
    }

    [Fact]
    public async Task Upload_Large_ArrivesWhole()
    {
        stage.Origin.Map("/upload", static async context =>
        {
            var hash = await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted);
            await context.Response.WriteAsync($"{context.Request.Headers.ContentLength} {Convert.ToHexString(hash)}", context.RequestAborted);
        });
        var content = RandomNumberGenerator.GetBytes(3 * 1024 * 1024);
        using var body = new ByteArrayContent(content);

        using var response = await stage.Visitor.PostAsync(stage.Url("/upload"), body, Bounded.Token());

        await Expect.TextAsync(response, $"{content.Length} {Convert.ToHexString(SHA256.HashData(content))}");
    }

    [Fact]
    public async Task Upload_Chunked_ArrivesWhole()
    {
        stage.Origin.Map("/upload-chunked", static async context =>
        {
            using var reader = new StreamReader(context.Request.Body, Encoding.Latin1);
            await context.Response.WriteAsync(await reader.ReadToEndAsync(context.RequestAborted), context.RequestAborted);
        });
        await using var raw = await stage.Server.ConnectAsync();

        await raw.SendAsync($"POST /upload-chunked HTTP/1.1\r\nHost: {stage.Host}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
        await raw.SendAsync("4\r\ndefg\r\n0\r\n\r\n");

        Assert.Equal("abcdefg", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }

    [Fact]
    public async Task Upload_ExpectingContinue_GetsIt()
    {
        stage.Origin.Map("/continue", static context => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        await using var raw = await stage.Server.ConnectAsync();

        await raw.SendAsync($"POST /continue HTTP/1.1\r\nHost: {stage.Host}\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
        Assert.Equal(100, (await raw.ReadHeadAsync()).Status);
        await raw.SendAsync("hello");

        Assert.Equal("hello", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("DELETE")]
    [InlineData("POST")]
    public async Task Request_ContentOrNone_OriginSeesTheSame(string method)
    {
        stage.Origin.Map("/content-or-none", static async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body, context.RequestAborted);
            await context.Response.WriteAsync(
                string.Create(CultureInfo.InvariantCulture, $"{body.Length} {context.Request.Headers.ContentLength} {context.Request.Headers.TransferEncoding}"),
                context.RequestAborted);
        });
        await using var raw = await stage.Server.ConnectAsync();

        await raw.SendAsync($"{method} /content-or-none HTTP/1.1\r\nHost: {stage.Host}\r\nContent-Length: 2\r\n\r\nhi");
        Assert.Equal("2 2 ", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body));
        await raw.SendAsync($"{method} /content-or-none HTTP/1.1\r\nHost: {stage.Host}\r\n\r\n");
        Assert.StartsWith("0 ", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body), StringComparison.Ordinal);
        await raw.SendAsync($"{method} /content-or-none HTTP/1.1\r\nHost: {stage.Host}\r\nContent-Length: 0\r\n\r\n");
        Assert.StartsWith("0 ", Encoding.ASCII.GetString((await raw.ReadResponseAsync()).Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gzip_FromTheOrigin_IsNotTouched()
    {
        using var packed = new MemoryStream();
        await using (var gzip = new GZipStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            await gzip.WriteAsync(Encoding.UTF8.GetBytes(new string('a', 10_000)), Bounded.Token());
        }

        stage.Origin.Map("/gzip", context =>
        {
            context.Response.Headers.ContentEncoding = "gzip";
            context.Response.ContentLength = packed.Length;
            return context.Response.Body.WriteAsync(packed.ToArray(), context.RequestAborted).AsTask();
        });

        using var response = await stage.Visitor.GetAsync(stage.Url("/gzip"), Bounded.Token());

        Assert.Equal("gzip", Assert.Single(response.Content.Headers.ContentEncoding));
        Assert.Equal(packed.Length, response.Content.Headers.ContentLength);
        Assert.Equal(packed.ToArray(), await response.Content.ReadAsByteArrayAsync(Bounded.Token()));
    }

    [Fact]
    public async Task Content_OfEveryByteAndManySizes_Echoes()
    {
        stage.Origin.Map("/echo", static context => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        foreach (var size in (int[])[0, 1, 2, 3, 255, 4096, 65_535, 65_536, 65_537, 262_144, 262_145])
        {
            var content = RandomNumberGenerator.GetBytes(size);
            using var body = new ByteArrayContent(content);
            using var response = await stage.Visitor.PostAsync(stage.Url("/echo"), body, Bounded.Token());
            Assert.Equal(content, await response.Content.ReadAsByteArrayAsync(Bounded.Token()));
        }
    }
}
