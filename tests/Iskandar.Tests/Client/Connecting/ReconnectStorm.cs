using System.Globalization;
using System.Text;
using Iskandar.Client.Connecting;

namespace Iskandar.Tests.Client.Connecting;

/// <summary>
/// Many clients that lose their server in the same instant, on a clock of its own. While the server is away an attempt fails at once; when it is back it takes so many
/// in each second, and asks the others to come back a second later.
/// </summary>
internal sealed class ReconnectStorm
{
    private const int PerMark = 160;
    private const int MostMarks = 60;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(1);

    private readonly List<int> _attempts = [];
    private readonly List<int> _accepted = [];

    private ReconnectStorm()
    {
    }

    /// <summary>When the last client was back.</summary>
    public TimeSpan AllBack { get; private set; }

    /// <summary>How many attempts the server refused after it was back.</summary>
    public int Refused { get; private set; }

    /// <summary>How many attempts there were in each second.</summary>
    public IReadOnlyList<int> Attempts => _attempts;

    /// <summary>How many were accepted in each second.</summary>
    public IReadOnlyList<int> Accepted => _accepted;

    /// <summary>Runs until all are back.</summary>
    /// <param name="clients">How many.</param>
    /// <param name="outage">When the server is back.</param>
    /// <param name="acceptsPerSecond">How many it takes in each second.</param>
    public static ReconnectStorm Run(int clients, TimeSpan outage, int acceptsPerSecond)
    {
        // The same numbers in each run.
        var random = new Random(1);
        var storm = new ReconnectStorm();
        var due = new PriorityQueue<ReconnectDelay, TimeSpan>();
        for (var i = 0; i < clients; i++)
        {
            // The first attempt comes as soon as the connection is lost.
            due.Enqueue(new ReconnectDelay(TimeSpan.FromSeconds(30), random), TimeSpan.Zero);
        }

        while (due.TryDequeue(out var client, out var now))
        {
            var second = (int)now.TotalSeconds;
            storm.Attempt(second);
            if (now < outage)
            {
                due.Enqueue(client, now + client.Next());
            }
            else if (storm._accepted[second] == acceptsPerSecond)
            {
                storm.Refused++;
                due.Enqueue(client, now + client.Next(RetryAfter));
            }
            else
            {
                storm._accepted[second]++;
                storm.AllBack = now;
            }
        }

        return storm;
    }

    /// <summary>The curve, for people: a line for each second while much happens, and for more where little does.</summary>
    public override string ToString()
    {
        var text = new StringBuilder("second    attempts/s  accepted/s  online\n");
        var online = 0;
        foreach (var (from, to) in Spans())
        {
            var accepted = Sum(_accepted, from, to);
            var attempts = Sum(_attempts, from, to) / (to - from);
            online += accepted;
            var span = to - from == 1 ? $"{from}" : $"{from} to {to}";
            var bar = attempts > PerMark * MostMarks ? new string('#', MostMarks) + ">" : new string('#', (attempts + PerMark - 1) / PerMark);
            text.Append(string.Create(CultureInfo.InvariantCulture, $"{span,-8}{attempts,12}{accepted / (to - from),12}{online,8}  {bar}").TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    private IEnumerable<(int From, int To)> Spans()
    {
        int[] edges = [0, 1, 2, 3, 4, 6, 8, 12, 16, 20, 21, 22, 23, 24, 26, 28, 30];
        for (var i = 1; i < edges.Length; i++)
        {
            yield return (edges[i - 1], edges[i]);
        }

        for (var from = edges[^1]; from < _attempts.Count; from += 5)
        {
            yield return (from, from + 5);
        }
    }

    private static int Sum(List<int> counts, int from, int to) => counts.Skip(from).Take(to - from).Sum();

    private void Attempt(int second)
    {
        while (_attempts.Count <= second)
        {
            _attempts.Add(0);
            _accepted.Add(0);
        }

        _attempts[second]++;
    }
}
