using System.Security.Cryptography;
using System.Text;
using Iskandar.FunctionalTests.Binary.Codec;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Binary.Cli;

/// <summary>Credit for request content: it comes back as the origin takes the content, and not before.</summary>
[Collection(HeavyTests.Name)]
public class CliUploadTests(CliFixture cli) : IClassFixture<CliFixture>
{
    // More than the kernels' buffers and the origin's hold.
    private const int Large = 32 * 1024 * 1024;

    [Theory]
    [InlineData(1)]
    [InlineData(Numbers.LongestData)]
    [InlineData(Numbers.Window)]
    [InlineData(Numbers.Window + 1)]
    [InlineData(20_000_000)]
    public async Task Content_OfAnySize_ArrivesWhole(int size)
    {
        cli.Origin.Map("/hash", static async context =>
        {
            var hash = await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted);
            await context.Response.WriteAsync(Convert.ToHexString(hash), context.RequestAborted);
        });
        var content = RandomNumberGenerator.GetBytes(size);
        var stream = await cli.Tunnel.OpenAsync("POST", "/hash", end: false, fields: [("host", "abc.example.com"), ("content-length", $"{size}")]);

        await stream.SendDataAsync(content, end: true);

        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), (await stream.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Echo_OfMuch_RunsBothWaysAtOnce()
    {
        cli.Origin.Map("/echo", static context => context.Request.Body.CopyToAsync(context.Response.Body, context.RequestAborted));
        var content = RandomNumberGenerator.GetBytes(8 * 1024 * 1024);
        var stream = await cli.Tunnel.OpenAsync("POST", "/echo", end: false, fields: ("host", "abc.example.com"));

        var sending = stream.SendDataAsync(content, end: true);
        var response = await stream.ReadResponseAsync();
        await sending;

        Assert.Equal(SHA256.HashData(content), SHA256.HashData(response.Body));
    }

    [Fact]
    public async Task SlowOrigin_StopsItsOwnExchangeOnly()
    {
        var go = new Gate();
        cli.Origin.Map("/slow", async context =>
        {
            await go.PassAsync("the gate");
            var hash = await SHA256.HashDataAsync(context.Request.Body, context.RequestAborted);
            await context.Response.WriteAsync(Convert.ToHexString(hash), context.RequestAborted);
        });
        await cli.StillServesAsync();
        var memory = new Memory(cli.Client.Process);
        var content = RandomNumberGenerator.GetBytes(Large);
        var stream = await cli.Tunnel.OpenAsync("POST", "/slow", end: false, fields: [("host", "abc.example.com"), ("content-length", $"{Large}")]);
        var sending = stream.SendDataAsync(content, end: true);

        for (var number = 0; number < 50; number++)
        {
            await cli.StillServesAsync();
        }

        Assert.False(sending.IsCompleted, "Credit was given for content that nobody took.");
        Assert.True(stream.Credited < Large / 2, $"Credit of {stream.Credited} bytes for an origin that reads nothing.");
        memory.IsBounded();
        go.Open();
        await sending;
        Assert.Equal(Convert.ToHexString(SHA256.HashData(content)), (await stream.ReadResponseAsync()).Text);
    }

    [Fact]
    public async Task Data_BeyondTheCredit_ResetsTheStream()
    {
        var go = new Gate();
        cli.Origin.Map("/stalled", context => go.PassAsync("the gate"));
        await cli.StillServesAsync();
        var memory = new Memory(cli.Client.Process);
        var stream = await cli.Tunnel.OpenAsync("POST", "/stalled", end: false, fields: ("host", "abc.example.com"));

        var piece = Frame.Data(stream.Id, new byte[Numbers.LongestData]);
        for (var sent = 0; sent < 4 * Large && !stream.Reset.IsCompleted; sent += piece.Payload.Length)
        {
            await stream.SendAsync(piece);
        }

        Assert.Equal(ErrorCode.FlowControlError, await stream.Reset.WithinAsync("RESET"));
        go.Open();
        await cli.StillServesAsync();
        memory.IsBounded();
    }

    [Fact]
    public async Task Origin_AnswersWithoutReading_RestIsNotWanted()
    {
        cli.Origin.Map("/refusing", static context =>
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return context.Response.WriteAsync("too much", context.RequestAborted);
        });
        var stream = await cli.Tunnel.OpenAsync("POST", "/refusing", end: false, fields: [("host", "abc.example.com"), ("content-length", $"{Large}")]);
        await stream.SendDataAsync(Encoding.ASCII.GetBytes("begun"));

        var response = await stream.ReadResponseAsync();

        Assert.Equal((413, "too much"), (response.Status, response.Text));
        Assert.Equal(ErrorCode.Done, await stream.Reset.WithinAsync("RESET"));
        await cli.StillServesAsync();
    }

    [Fact]
    public async Task Origin_AnswersWhileTheRequestGoesOn_ArrivesAtOnce()
    {
        cli.Origin.Map("/letters", static async context =>
        {
            var letter = new byte[1];
            await context.Response.Body.FlushAsync(context.RequestAborted);
            while (await context.Request.Body.ReadAsync(letter, context.RequestAborted) > 0)
            {
                await context.Response.Body.WriteAsync(letter, context.RequestAborted);
                await context.Response.Body.FlushAsync(context.RequestAborted);
            }
        });
        var stream = await cli.Tunnel.OpenAsync("POST", "/letters", end: false, fields: ("host", "abc.example.com"));
        Assert.Equal(200, (await stream.ReadHeadAsync()).Status);

        foreach (var letter in (string[])["a", "b", "c"])
        {
            await stream.SendDataAsync(Encoding.ASCII.GetBytes(letter));
            Assert.Equal(letter, Encoding.ASCII.GetString(await stream.ReadAsync(1)));
        }

        await stream.SendDataAsync(default, end: true);
        Assert.Empty(await stream.ReadToEndAsync());
    }
}
