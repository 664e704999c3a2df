using System.Collections.Concurrent;
using System.Diagnostics;
using System.Security.Cryptography;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>The third flow: any number of exchanges at once, answered in any order, none in the way of another.</summary>
public class ConcurrencyFlowTests(SharedServer shared)
{
    private const int Many = 200;
    private readonly IskandarServer _server = shared.Server;

    [Fact]
    public async Task Requests_AnsweredInReversedOrder_ReachTheirVisitors()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);
        var gates = Enumerable.Range(0, Many + 1).Select(static _ => new Gate()).ToList();
        var answered = new ConcurrentQueue<int>();
        var arrived = 0;
        origin.Fallback = async context =>
        {
            // The last that arrives goes first, and each lets the one before it go.
            var turn = Interlocked.Increment(ref arrived);
            if (turn == Many)
            {
                gates[Many].Open();
            }

            await gates[turn].PassAsync("the turn");
            answered.Enqueue(turn);
            await context.Response.WriteAsync(context.Request.Path, CancellationToken.None);
            await context.Response.CompleteAsync();
            gates[turn - 1].Open();
        };

        var texts = await Task.WhenAll(Enumerable.Range(0, Many)
            .Select(number => _server.Visitor.GetStringAsync(new Uri(client.Url, $"/{number}"), Bounded.Token())));

        Assert.Equal(Enumerable.Range(0, Many).Select(static number => $"/{number}"), texts);
        Assert.Equal(Enumerable.Range(1, Many).Reverse(), answered);
    }

    [Fact]
    public async Task SlowVisitor_BesideFastOnes_DelaysNobody()
    {
        await using var origin = await TestOrigin.StartAsync();
        await using var client = await IskandarClient.StartAsync(_server, origin.Port);
        var content = RandomNumberGenerator.GetBytes(32 * 1024 * 1024);
        origin.Map("/large", context =>
        {
            context.Response.ContentLength = content.Length;
            return context.Response.Body.WriteAsync(content, context.RequestAborted).AsTask();
        });

        await using var slow = await _server.ConnectAsync(receiveBuffer: 8192);
        await slow.SendRequestAsync("GET", "/large", client.Url.Authority);
        var head = await slow.ReadHeadAsync();

        // Each fast visitor is served whole between two small bites of the slow one.
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var watch = Stopwatch.StartNew();
        var taken = 0L;
        for (var number = 0; number < 50; number++)
        {
            taken += Append(hash, await slow.ReadSomeAsync());
            using var response = await _server.Visitor.GetAsync(new Uri(client.Url, $"/fast-{number}"), Bounded.Token());
            await Expect.TextAsync(response, "origin");
        }

        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"50 small requests took {watch.Elapsed}.");
        Assert.True(taken < content.Length / 2, "The slow visitor was not slow.");
        while (taken < content.Length)
        {
            var bite = await slow.ReadSomeAsync();
            Assert.False(bite.IsEmpty, $"Only {taken} bytes.");
            taken += Append(hash, bite);
        }

        Assert.Equal($"{content.Length}", head["Content-Length"]);
        Assert.Equal(SHA256.HashData(content), hash.GetHashAndReset());
    }

    private static int Append(IncrementalHash hash, ReadOnlyMemory<byte> bytes)
    {
        hash.AppendData(bytes.Span);
        return bytes.Length;
    }
}
