using System.Text;
using Iskandar.ConformanceTests.Lab;

namespace Iskandar.ConformanceTests.Table;

/// <summary>The table as Markdown.</summary>
public static class Document
{
    private const string Introduction =
        """
        # Conformance

        What visitors and apps see of HTTP: without anything between them, through a tunnel, and through nginx as a reverse proxy. `./test` tries each row
        on all three and writes this page; a row whose outcome through Iskandar is neither that of the app itself nor the one explained here fails.
        nginx is there for comparison: its outcomes are written down and never fail. It proxies with HTTP/1.1, without buffering, and with the fields for forwarding and upgrades set
        (`tests/Iskandar.ConformanceTests/Lab/Nginx.cs`).
        Where visitors speak HTTP/2, the app itself speaks it with those that come directly, and HTTP/1.1 with what else is in front of it; gRPC is HTTP/2 all the way.

        """;

    public static string Of(Outcomes outcomes)
    {
        var text = new StringBuilder(Introduction.ReplaceLineEndings("\n"));
        var rows = Contents.Chapters.SelectMany(static chapter => chapter.Rows).ToList();
        text.Append(System.Globalization.CultureInfo.InvariantCulture, $"\n{rows.Count} behaviours; ")
            .Append(System.Globalization.CultureInfo.InvariantCulture, $"{rows.Count(static row => row.Differs is null)} are those of the app itself, ")
            .Append(System.Globalization.CultureInfo.InvariantCulture, $"{rows.Count(static row => row.Differs is not null)} differ and are explained.\n");
        foreach (var chapter in Contents.Chapters)
        {
            text.Append("\n## ").Append(chapter.Title).Append("\n\n| behaviour | direct | Iskandar | nginx, one hop |\n| --- | --- | --- | --- |\n");
            foreach (var row in chapter.Rows)
            {
                Append(text, row, outcomes.Of(chapter.Title, row.Behaviour));
            }
        }

        return text.ToString();
    }

    private static void Append(StringBuilder text, Row row, IReadOnlyDictionary<Hop, string>? outcomes)
    {
        var direct = outcomes?.GetValueOrDefault(Hop.None) ?? "not run";
        text.Append("| ").Append(Cell(row.Behaviour)).Append(" | ").Append(Cell(direct))
            .Append(" | ").Append(Beside(direct, outcomes?.GetValueOrDefault(Hop.Iskandar)));
        if (row.Because is not null)
        {
            text.Append(". *").Append(Cell(row.Because)).Append('*');
        }

        text.Append(" | ").Append(Beside(direct, outcomes?.GetValueOrDefault(Hop.Nginx))).Append(" |\n");
    }

    private static string Beside(string direct, string? outcome) => outcome switch
    {
        null => "not run",
        _ when outcome == direct => "same",
        _ => Cell(outcome),
    };

    /// <summary>What stands between backquotes is as it is, but for the bar that would end the cell.</summary>
    private static string Cell(string text)
    {
        var parts = text.Replace("|", "\\|", StringComparison.Ordinal).Split('`');
        for (var number = 0; number < parts.Length; number += 2)
        {
            parts[number] = parts[number]
                .Replace("<", "&lt;", StringComparison.Ordinal)
                .Replace("*", "\\*", StringComparison.Ordinal)
                .Replace("_", "\\_", StringComparison.Ordinal);
        }

        return string.Join('`', parts);
    }
}
