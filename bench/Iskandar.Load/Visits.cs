using System.Net;
using System.Text;
using System.Text.Json;

namespace Iskandar.Load;

/// <summary>One request a second for each tunnel, spread evenly over the second, over a bounded number of persistent connections.</summary>
internal sealed class Visits(IPEndPoint server, string[] hosts, int connections, int seconds)
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly byte[][] _requests = [.. hosts.Select(static host =>
        Encoding.ASCII.GetBytes($"GET / HTTP/1.1\r\nHost: {host}\r\nUser-Agent: load\r\nAccept: */*\r\n\r\n"))];

    public static JsonSerializerOptions Json { get; } = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };

    /// <summary>Asks them all. What comes later than 30 s after the end counts as not answered.</summary>
    public async Task<Outcome> RunAsync()
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds) + Grace);
        var start = TimeProvider.System.GetTimestamp();
        var visitors = await Task.WhenAll(Enumerable.Range(0, connections).Select(number => VisitAsync(number, start, limit.Token)));
        var answers = visitors.SelectMany(static visitor => visitor).ToArray();
        return new Outcome(
            hosts.Length * seconds,
            answers.Length,
            Quantiles.Of(answers.Select(static answer => answer.FromDue)),
            Quantiles.Of(answers.Select(static answer => answer.FromSent)));
    }

    // Waiting for the connection counts too, from the moment when the request was due: otherwise a slow answer would hide those that had to wait for it.
    private async Task<List<(double FromDue, double FromSent)>> VisitAsync(int number, long start, CancellationToken cancellationToken)
    {
        var answers = new List<(double, double)>(((hosts.Length / connections) + 1) * seconds);
        using var connection = new VisitorConnection(server);
        for (var second = 0; second < seconds; second++)
        {
            for (var i = number; i < hosts.Length && !cancellationToken.IsCancellationRequested; i += connections)
            {
                var due = (second + ((double)i / hosts.Length)) * 1000;
                if (due - Milliseconds(start) is > 0 and var wait)
                {
                    // Never early: a timer counts whole milliseconds.
                    await Task.Delay((int)Math.Ceiling(wait), CancellationToken.None);
                }

                var sent = Milliseconds(start);
                if (await connection.AskAsync(_requests[i], cancellationToken))
                {
                    var now = Milliseconds(start);
                    answers.Add((now - due, now - sent));
                }
            }
        }

        return answers;
    }

    private static double Milliseconds(long since) => TimeProvider.System.GetElapsedTime(since).TotalMilliseconds;

    /// <summary>What came of it.</summary>
    /// <param name="Requests">How many should be sent.</param>
    /// <param name="Answered">How many were answered as they should.</param>
    /// <param name="FromDue">Latency, from the moment when the request was due.</param>
    /// <param name="FromSent">Latency, from the moment when it was sent.</param>
    internal sealed record Outcome(int Requests, int Answered, Quantiles FromDue, Quantiles FromSent);
}
