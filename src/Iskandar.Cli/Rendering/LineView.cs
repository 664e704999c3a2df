using System.Globalization;
using Iskandar.Client;

namespace Iskandar.Cli.Rendering;

/// <summary>
/// For scripts and log files: the first line on standard output is the public URL and nothing else, then there is one line for each event.
/// What went wrong before that first line goes to standard error.
/// </summary>
internal sealed class LineView(LineWriter writer) : ITunnelView
{
    private Uri? _shown;
    private TunnelState _state;

    public void StatusChanged(TunnelStatus status)
    {
        switch (status)
        {
            case { State: TunnelState.Online, PublicUrl: { } url }:
                writer.Output(_shown is null ? Url(url) : $"online {Url(url)}");
                _shown = url;
                break;
            case { State: TunnelState.Waiting }:
                var seconds = Seconds(status.RetryIn);
                var problem = VisibleText.From(status.Problem ?? "the connection is lost").TrimEnd('.');
                if (_shown is null)
                {
                    writer.Error($"{Capitalized(problem)}. {Hint(problem)}Trying again in {seconds} s.");
                }
                else
                {
                    writer.Output(status.RetryIn > TimeSpan.Zero ? $"reconnecting: {problem}, next attempt in {seconds} s" : $"reconnecting: {problem}");
                }

                break;
            case { State: TunnelState.Stopping } when _state == TunnelState.Online:
                writer.Error("Stopping: finishing what is in flight. Ctrl+C again to stop at once.");
                break;
            default:
                break;
        }

        _state = status.State;
    }

    public void RequestStarted()
    {
    }

    public void RequestFinished(RequestEntry request) =>
        writer.Output($"{VisibleText.From(request.Method)} {VisibleText.From(request.Target)} {request.Outcome} {request.Took}");

    public void Notice(string text)
    {
        // A log entry with an exception has many lines.
        foreach (var line in text.Split('\n'))
        {
            writer.Error(VisibleText.From(line.TrimEnd('\r')));
        }
    }

    public ValueTask DisposeAsync() => writer.DisposeAsync();

    private static string Capitalized(string text) => text.Length == 0 ? text : char.ToUpperInvariant(text[0]) + text[1..];

    // Most often nobody has started one yet.
    private static string Hint(string problem) =>
        problem.Contains("connection refused", StringComparison.Ordinal) ? "Is the server running? Start one with: iskandar server. " : "";

    /// <summary>A URL as one types it: without the slash that stands for no path.</summary>
    internal static string Url(Uri url) => VisibleText.From(url.GetLeftPart(UriPartial.Authority));

    internal static string Seconds(TimeSpan? time) => Math.Ceiling((time ?? TimeSpan.Zero).TotalSeconds).ToString("0", CultureInfo.InvariantCulture);
}
