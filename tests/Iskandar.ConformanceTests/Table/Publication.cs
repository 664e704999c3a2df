using Iskandar.ConformanceTests.Lab;

namespace Iskandar.ConformanceTests.Table;

/// <summary>Where the table goes: always beside the other artifacts and, if it is complete, to the documentation.</summary>
public static class Publication
{
    public static void Write(Outcomes outcomes)
    {
        // <root>/artifacts/bin/Iskandar.ConformanceTests/release/
        var artifacts = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Parent!.Parent!;
        var text = Document.Of(outcomes);
        File.WriteAllText(Path.Combine(artifacts.FullName, "conformance.md"), text);
        var documented = Path.Combine(artifacts.Parent!.FullName, "docs", "conformance.md");
        var missing = Missing(outcomes);
        if (missing.Count > 0)
        {
            Console.Error.WriteLine($"!!! docs/conformance.md is left as it is: this run has no good outcome for {string.Join(", ", missing)}.");
            return;
        }

        var committed = File.Exists(documented) ? File.ReadAllText(documented) : "";
        if (committed == text)
        {
            return;
        }

        if (Environment.GetEnvironmentVariable("CI") == "true")
        {
            if (WithoutNginx(committed) == WithoutNginx(text))
            {
                return;
            }

            throw new InvalidOperationException(
                "docs/conformance.md is not what this run found (see artifacts/conformance.md). Run ./test and commit docs/conformance.md.");
        }

        File.WriteAllText(documented, text);
        Console.Error.WriteLine("docs/conformance.md is new: commit it.");
    }

    /// <summary>Another version of nginx may do other things; that is no fault of ours.</summary>
    private static string WithoutNginx(string text) => string.Join('\n', text.Split('\n').Select(static line =>
        line.EndsWith(" |", StringComparison.Ordinal) ? line[..line[..^2].LastIndexOf(" | ", StringComparison.Ordinal)] : line));

    private static List<string> Missing(Outcomes outcomes)
    {
        var missing = outcomes.MissingTools.Select(tool => $"{tool} (not installed)").ToList();
        if (!Nginx.IsInstalled)
        {
            missing.Add("nginx (not installed)");
        }

        var rows = outcomes.Failures + Contents.Chapters.Sum(chapter => chapter.Rows.Count(row => outcomes.Of(chapter.Title, row.Behaviour) is null));
        if (rows > 0)
        {
            missing.Add($"{rows} rows (failed, skipped or not asked for)");
        }

        return missing;
    }
}
