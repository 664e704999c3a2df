using System.Globalization;
using Iskandar.Client;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace Iskandar.Cli.Rendering;

/// <summary>Draws a tunnel. Everything is plain text, each line cut to the width: nothing from the network is ever markup.</summary>
internal static class TunnelScreen
{
    private const int LabelWidth = 12;
    private const int MethodWidth = 8;
    private const int OutcomeWidth = 13;
    private const int TookWidth = 10;

    // Some terminals wrap as soon as the last column is written, and the "^C" that a terminal echoes must not wrap either: it would move the picture.
    private const int FreeColumns = 3;

    // Status, three labels, and the blank lines around the requests.
    private const int LinesAround = 7;

    /// <summary>The picture.</summary>
    /// <param name="tunnel">What to draw.</param>
    /// <param name="width">Columns there are.</param>
    /// <param name="height">Lines there are.</param>
    public static IRenderable Draw(TunnelSnapshot tunnel, int width, int height)
    {
        width = Math.Max(width - FreeColumns, 1);
        var lines = new List<IRenderable> { Status(tunnel.Status, width) };
        if (tunnel.PublicUrl is { } url)
        {
            lines.Add(Field("Public URL", LineView.Url(url), width, new Style(Color.Aqua)));
        }

        lines.Add(Field("Forwards to", LineView.Url(tunnel.Origin) + (tunnel.OriginIsUnverified ? "  (certificate not verified)" : ""), width));
        lines.Add(Field("Requests", Counts(tunnel), width));
        lines.AddRange(tunnel.Notices.Select(notice => Line(width, (VisibleText.From(notice), new Style(Color.Yellow)))));
        lines.Add(Line(width, ("", Style.Plain)));
        if (tunnel.Recent.Count == 0 && tunnel.PublicUrl is { } tryUrl)
        {
            lines.Add(Line(width, ("Try it:  ", new Style(Color.Grey)), ($"curl {LineView.Url(tryUrl)}/", Style.Plain)));
        }

        var room = Math.Clamp(height - LinesAround - tunnel.Notices.Count, 1, TunnelModel.MostRequests);
        lines.AddRange(tunnel.Recent.TakeLast(room).Select(request => Request(request, width)));
        if (tunnel.Status.State != TunnelState.Stopped)
        {
            lines.Add(Line(width, ("Ctrl+C stops", new Style(Color.Grey))));
        }

        return new Rows(lines);
    }

    private static Paragraph Status(TunnelStatus status, int width)
    {
        var (word, color) = status.State switch
        {
            TunnelState.Connecting => ("connecting", Color.Yellow),
            TunnelState.Online => ("online", Color.Green),
            TunnelState.Waiting => ("waiting", Color.Red),
            TunnelState.Stopping => ("stopping: finishing what is in flight; Ctrl+C again stops at once", Color.Yellow),
            _ => ("stopped", Color.Grey),
        };
        var problem = status.Problem is null ? "" : $"  {VisibleText.From(status.Problem).TrimEnd('.')}";
        var retry = status.RetryIn is null ? "" : $"; trying again in {LineView.Seconds(status.RetryIn)} s";
        return Line(width, ("iskandar".PadRight(LabelWidth), new Style(decoration: Decoration.Bold)), (word, new Style(color)), (problem + retry, Style.Plain));
    }

    private static Paragraph Field(string label, string value, int width, Style? style = null) =>
        Line(width, (label.PadRight(LabelWidth), new Style(Color.Grey)), (value, style ?? Style.Plain));

    private static string Counts(TunnelSnapshot tunnel) =>
        string.Create(CultureInfo.InvariantCulture, $"{tunnel.Total:N0} finished, {tunnel.Failed:N0} failed, {tunnel.Open:N0} in flight");

    private static Paragraph Request(RequestEntry request, int width)
    {
        var room = Math.Max(width - MethodWidth - OutcomeWidth - TookWidth, 1);
        return Line(
            width,
            (VisibleText.From(request.Method, MethodWidth - 1).PadRight(MethodWidth), Style.Plain),
            (VisibleText.From(request.Target, room - 1).PadRight(room), Style.Plain),
            (request.Outcome.PadRight(OutcomeWidth), new Style(ColorOf(request))),
            (request.Took.PadLeft(TookWidth), new Style(Color.Grey)));
    }

    private static Color ColorOf(RequestEntry request) => request switch
    {
        { Failed: true } => Color.Red,
        { Status: >= 400 } => Color.Yellow,
        { Status: >= 300 } => Color.Aqua,
        _ => Color.Green,
    };

    /// <summary>One line that never wraps: a wrapped one would break the count of lines by which the view is redrawn.</summary>
    private static Paragraph Line(int width, params ReadOnlySpan<(string Text, Style Style)> parts)
    {
        var line = new Paragraph { Overflow = Overflow.Crop };
        foreach (var (text, style) in parts)
        {
            var shown = VisibleText.From(text, width);
            width -= shown.Length;
            line.Append(shown, style);
        }

        return line;
    }
}
