using System.Net.Sockets;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>RESET, to the real client and from it.</summary>
public class CliResetTests(CliFixture cli) : IClassFixture<CliFixture>
{
    [Theory]
    [InlineData(ErrorCode.Done)]
    [InlineData(ErrorCode.Timeout)]
    [InlineData((ErrorCode)999)]
    public async Task Server_ResetsBeforeTheHead_OriginsRequestIsAborted(ErrorCode code)
    {
        var path = $"/waiting-{code}";
        var (arrived, aborted) = MapWaiting(path, static _ => Task.CompletedTask);
        var stream = await OpenAsync(path);
        await arrived.PassAsync("the request");

        await stream.ResetAsync(code);

        await aborted.PassAsync("the abort", 1);
        await cli.StillServesAsync();
        Assert.Equal(0, stream.Received);
    }

    [Fact]
    public async Task Server_ResetsAmidTheContent_OriginsRequestIsAborted()
    {
        var (_, aborted) = MapWaiting("/streaming", static async context =>
        {
            await context.Response.WriteAsync("begun", CancellationToken.None);
            await context.Response.Body.FlushAsync(CancellationToken.None);
        });
        var stream = await OpenAsync("/streaming");
        Assert.Equal(200, (await stream.ReadHeadAsync()).Status);
        await stream.ReadAsync("begun".Length);

        await stream.ResetAsync(ErrorCode.Done);

        await aborted.PassAsync("the abort", 1);
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task Server_ResetsWhileThereIsNoCredit_OriginsRequestIsAborted()
    {
        var aborted = new Gate();
        cli.Origin.Map("/flowing", async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            var piece = new byte[64 * 1024];
            while (!aborted.IsOpen)
            {
                await context.Response.Body.WriteAsync(piece, CancellationToken.None);
            }
        });
        var stream = await OpenAsync("/flowing");
        Assert.Equal(200, (await stream.ReadHeadAsync()).Status);
        await stream.ReadAsync(Numbers.Window);

        await stream.ResetAsync(ErrorCode.Done);

        await aborted.PassAsync("the abort", 1);
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task Server_ResetsAmidTheRequest_OriginsRequestIsAborted()
    {
        var (arrived, aborted) = MapWaiting("/uploading", static async context =>
            await context.Request.Body.ReadExactlyAsync(new byte[5], CancellationToken.None));
        var stream = await cli.Tunnel.OpenAsync("POST", "/uploading", end: false, fields: [("host", "abc.example.com"), ("content-length", "100")]);
        await stream.SendDataAsync(Encoding.ASCII.GetBytes("begun"));
        await arrived.PassAsync("the request");

        await stream.ResetAsync(ErrorCode.Done);

        await aborted.PassAsync("the abort", 1);
        await cli.StillServesAsync();
    }

    [Theory]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\n")]
    [InlineData("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegun\r\nthis is no chunk\r\n", ErrorCode.OriginInvalid)]
    public async Task Origin_BreaksOffAmidTheContent_ResetSaysWhy(string answer, ErrorCode code = ErrorCode.OriginFailed)
    {
        var seen = new Gate();
        await using var origin = RawOrigin.Answering(async stream =>
        {
            var cut = answer.IndexOf("begun", StringComparison.Ordinal) + "begun".Length;
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer[..cut]), Bounded.Token());
            await seen.PassAsync("the receipt");
            await stream.WriteAsync(Encoding.Latin1.GetBytes(answer[cut..]), Bounded.Token());
        });
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();
        var stream = await tunnel.OpenAsync("GET", "/", fields: ("host", "abc.example.com"));
        Assert.Equal(200, (await stream.ReadHeadAsync()).Status);
        Assert.Equal("begun", Encoding.ASCII.GetString(await stream.ReadAsync(5)));

        seen.Open();

        Assert.Equal(code, await stream.Reset.WithinAsync("RESET", 1));
        await tunnel.PingAsync();
    }

    [Theory]
    [InlineData("")]
    [InlineData("220 mail.example.com ESMTP\r\n", ErrorCode.OriginInvalid)]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Le")]
    public async Task Origin_NoAnswer_ResetSaysWhy(string answer, ErrorCode code = ErrorCode.OriginFailed)
    {
        await using var origin = RawOrigin.Answering(answer);
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();

        var stream = await tunnel.OpenAsync("GET", "/", fields: ("host", "abc.example.com"));

        Assert.Equal(code, await stream.Reset.WithinAsync("RESET"));
        await tunnel.PingAsync();
    }

    [Fact]
    public async Task Origin_DiesAmidTheRequest_IsOriginFailed()
    {
        await using var origin = RawOrigin.Answering(static (NetworkStream stream) =>
        {
            stream.Socket.LingerState = new LingerOption(true, 0);
            return Task.CompletedTask;
        });
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{origin.Port}");
        var tunnel = await cli.Server.AcceptAsync();
        var stream = await tunnel.OpenAsync("POST", "/", end: false, fields: [("host", "abc.example.com"), ("content-length", "100")]);
        await stream.SendAsync(Frame.Data(stream.Id, "begun"));

        Assert.Equal(ErrorCode.OriginFailed, await stream.Reset.WithinAsync("RESET", 5));
        await tunnel.PingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Origin_NotThere_IsOriginUnreachable(bool end)
    {
        await using var client = await IskandarClient.StartAsync(cli.Server.Url, $"127.0.0.1:{Ports.Free()}");
        var tunnel = await cli.Server.AcceptAsync();

        var stream = await tunnel.OpenAsync(end ? "GET" : "POST", "/", end, fields: ("host", "abc.example.com"));

        Assert.Equal(ErrorCode.OriginUnreachable, await stream.Reset.WithinAsync("RESET"));
        await tunnel.PingAsync();
    }

    /// <summary>An endpoint that says when it has begun, and when it was aborted.</summary>
    private (Gate Arrived, Gate Aborted) MapWaiting(string path, RequestDelegate begin)
    {
        var arrived = new Gate();
        var aborted = new Gate();
        cli.Origin.Map(path, async context =>
        {
            await using var registration = context.RequestAborted.Register(aborted.Open);
            await begin(context);
            arrived.Open();
            await aborted.PassAsync("the abort");
        });
        return (arrived, aborted);
    }

    private Task<BinaryStream> OpenAsync(string path) => cli.Tunnel.OpenAsync("GET", path, fields: ("host", "abc.example.com"));
}
