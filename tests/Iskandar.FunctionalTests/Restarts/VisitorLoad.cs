using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Iskandar.FunctionalTests.Infrastructure;
using Microsoft.AspNetCore.Http;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>Visitors that come at an even rate, whatever becomes of those before them. The app counts what it is told to do: each POST is to be done once.</summary>
public sealed class VisitorLoad : IAsyncDisposable
{
    private const int PerSecond = 200;
    private const int SlowEach = 20;

    // A machine that is short of processors has fewer visitors, and not all at once when it comes to itself.
    private const int MostAtOnce = 10;
    private static readonly TimeSpan Slow = TimeSpan.FromSeconds(1);

    private readonly HttpClient _visitor;
    private readonly Uri _url;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentQueue<string> _problems = new();
    private readonly ConcurrentDictionary<int, int> _done = new();
    private readonly ConcurrentDictionary<int, Gate> _gates = new();
    private readonly List<Task> _visits = [];
    private readonly Task _running;
    private int _sent;

    private VisitorLoad(HttpClient visitor, Uri url)
    {
        _visitor = visitor;
        _url = url;
        _running = RunAsync();
    }

    /// <summary>Visitors that came so far.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <summary>Waits until so many more have come.</summary>
    public Task ComeAsync(int more) => _gates.GetOrAdd(Sent + more, static _ => new Gate()).PassAsync("visitors");

    public static VisitorLoad Start(HttpClient visitor, Uri url, TestOrigin origin)
    {
        var load = new VisitorLoad(visitor, url);
        origin.Map("/visit", load.AnswerAsync);
        return load;
    }

    /// <summary>Ends it, and waits for all that are under way.</summary>
    /// <returns>What went wrong: a line for each visitor that didn't get its answer, and for each POST that wasn't done once.</returns>
    public async Task<IReadOnlyList<string>> StopAsync()
    {
        await _stop.CancelAsync();
        await _running;
        await Task.WhenAll(_visits).WithinAsync("the answers to all visitors");
        foreach (var number in Enumerable.Range(0, Sent).Where(IsPost))
        {
            var times = _done.GetValueOrDefault(number);
            if (times != 1)
            {
                _problems.Enqueue($"POST {number} was done {times} times");
            }
        }

        return [.. _problems];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private static bool IsPost(int number) => number % 2 == 1;

    private async Task RunAsync()
    {
        var due = 0.0;
        var last = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1) / PerSecond);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                var now = Stopwatch.GetTimestamp();
                due = Math.Min(due + (Stopwatch.GetElapsedTime(last, now).TotalSeconds * PerSecond), MostAtOnce);
                for (last = now; due >= 1; due--, _sent++)
                {
                    _visits.Add(VisitAsync(_sent));
                    _gates.GetValueOrDefault(_sent)?.Open();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Enough.
        }
    }

    private async Task VisitAsync(int number)
    {
        var text = number.ToString(CultureInfo.InvariantCulture);
        using var request = new HttpRequestMessage(IsPost(number) ? HttpMethod.Post : HttpMethod.Get, new Uri(_url, $"/visit?{text}"));
        if (IsPost(number))
        {
            request.Content = new StringContent(text);
        }

        var started = Stopwatch.StartNew();
        try
        {
            using var response = await _visitor.SendAsync(request, CancellationToken.None);
            var answer = await response.Content.ReadAsStringAsync(CancellationToken.None);
            if ((int)response.StatusCode != 200 || answer != $"answer {text}")
            {
                _problems.Enqueue($"{request.Method} {number} after {started.Elapsed.TotalSeconds:0.0} s: {(int)response.StatusCode} {Expect.ErrorCode(response)} {answer.Split('\n')[0]}");
            }
        }
        catch (Exception fault) when (fault is HttpRequestException or OperationCanceledException)
        {
            _problems.Enqueue($"{request.Method} {number} after {started.Elapsed.TotalSeconds:0.0} s: {fault.GetBaseException().Message}");
        }
    }

    private async Task AnswerAsync(HttpContext context)
    {
        var number = int.Parse(context.Request.QueryString.Value!.AsSpan(1), CultureInfo.InvariantCulture);
        if (HttpMethods.IsPost(context.Request.Method))
        {
            using var reader = new StreamReader(context.Request.Body);
            Assert.Equal(number, int.Parse(await reader.ReadToEndAsync(context.RequestAborted), CultureInfo.InvariantCulture));
            _done.AddOrUpdate(number, 1, static (_, times) => times + 1);
        }

        if (number / 2 % SlowEach == 0)
        {
            await Task.Delay(Slow, context.RequestAborted);
        }

        await context.Response.WriteAsync($"answer {number}", context.RequestAborted);
    }
}
