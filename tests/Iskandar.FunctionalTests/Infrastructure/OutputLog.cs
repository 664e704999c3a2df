namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>The lines a process has written to one of its streams so far, and a way to wait for one.</summary>
public sealed class OutputLog(string name)
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _changed = NewSignal();
    private bool _ended;

    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (_lock)
            {
                return [.. _lines];
            }
        }
    }

    public string Text => string.Join('\n', Lines);

    /// <summary>The first line, at or after index <paramref name="from"/>, that matches.</summary>
    public async Task<string> WaitForAsync(Func<string, bool> matches, string what, int from = 0)
    {
        var token = Bounded.Token();
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_lines.Skip(from).FirstOrDefault(matches) is { } line)
                {
                    return line;
                }

                if (_ended)
                {
                    throw new InvalidOperationException($"The process's {name} ended without {what}. It said:\n{string.Join('\n', _lines)}");
                }

                changed = _changed.Task;
            }

            try
            {
                await changed.WaitAsync(token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"The process's {name} did not show {what} in time. It said:\n{Text}");
            }
        }
    }

    internal async Task FillAsync(StreamReader reader)
    {
        // Reads until the process has ended, hence no token: the owner kills the process.
        while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
        {
            Change(() => _lines.Add(line));
        }

        Change(() => _ended = true);
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            change();
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
