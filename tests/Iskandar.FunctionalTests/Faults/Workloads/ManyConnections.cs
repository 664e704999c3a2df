using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults.Workloads;

/// <summary>Visitors who make one small request after the other, each on a connection of its own. Every second request is counted by the app.</summary>
public sealed class ManyConnections(FaultStage stage, int connections)
{
    private const int MostFaults = 10;

    private readonly ConcurrentDictionary<string, string> _faults = new(StringComparer.Ordinal);
    private readonly ConcurrentBag<string> _posted = [];
    private int _answered;
    private int _failed;

    /// <summary>How many requests were answered as they should be.</summary>
    public int Answered => _answered;

    /// <summary>Makes requests, at least until something is over; never fails.</summary>
    public Task RunAsync(Task until) => Task.WhenAll(Enumerable.Range(0, connections).Select(number => VisitAsync(number, until)));

    /// <summary>Waits until so many were answered, or one failed.</summary>
    public Task ReachAsync(int answered) => Eventually.TrueAsync(
        async () =>
        {
            await stage.ServesAsync();
            return _answered >= answered || _failed > 0;
        },
        $"{answered} answers");

    /// <summary>None failed, none was done twice, none is lost.</summary>
    public void Check()
    {
        var counts = stage.App.Counts;
        var twice = counts.Where(static count => count.Value != 1).Select(static count => count.Key).ToList();
        var lost = _posted.Where(id => !counts.ContainsKey(id)).ToList();
        Assert.True(
            _failed == 0 && twice.Count == 0 && lost.Count == 0,
            $"Of {_answered + _failed} requests {_failed} failed, {twice.Count} were done twice, {lost.Count} are lost.\n{string.Join('\n', _faults.Values)}");
        Assert.NotEmpty(_posted);
    }

    private async Task VisitAsync(int number, Task until)
    {
        for (var turn = 0; !until.IsCompleted && !stage.Token.IsCancellationRequested; turn++)
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{number}-{turn}");
            var problem = turn % 2 == 0 ? await GetAsync(id) : await PostAsync(id);
            if (problem is null)
            {
                Interlocked.Increment(ref _answered);
            }
            else if (Interlocked.Increment(ref _failed) <= MostFaults)
            {
                _faults[id] = $"  {id}: {problem}";
            }
            else
            {
                // A tunnel that answers nothing must not be asked for ever.
                return;
            }
        }
    }

    private Task<string?> GetAsync(string id) => TryAsync(new HttpRequestMessage(HttpMethod.Get, stage.Url($"/small?n={id}")), $"small {id}");

    private Task<string?> PostAsync(string id)
    {
        _posted.Add(id);
        return TryAsync(
            new HttpRequestMessage(HttpMethod.Post, stage.Url($"/count?id={id}")) { Content = new ByteArrayContent(Encoding.ASCII.GetBytes(id)) },
            string.Create(CultureInfo.InvariantCulture, $"1 {id.Length}"));
    }

    private async Task<string?> TryAsync(HttpRequestMessage request, string expected)
    {
        using (request)
        {
            try
            {
                using var limit = CancellationTokenSource.CreateLinkedTokenSource(stage.Token);
                limit.CancelAfter(Bounded.Limit);
                using var response = await stage.Visitor.SendAsync(request, limit.Token);
                var text = await response.Content.ReadAsStringAsync(limit.Token);
                return (int)response.StatusCode == 200 && text == expected
                    ? null
                    : $"{(int)response.StatusCode} {Expect.ErrorCode(response) ?? text[..Math.Min(text.Length, 80)]}";
            }
            catch (Exception fault) when (fault is HttpRequestException or IOException or OperationCanceledException)
            {
                return fault.Message;
            }
        }
    }
}
