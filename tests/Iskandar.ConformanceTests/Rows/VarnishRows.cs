using System.Text.RegularExpressions;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>Scripts for varnishtest, which is visitor and app in one; the same for each target.</summary>
public sealed partial class VarnishRows(Laboratory laboratory) : Section<VarnishRows>(laboratory), IRows
{
    private static readonly string? Varnishtest = Tool.Find("varnishtest");

    public static string Title => "As varnishtest sees it (tests/Iskandar.ConformanceTests/Vtc)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Script("fields"),
        Script("long-fields"),
        Script("chunked"),
        Script("head"),
        Script("not-modified"),
        Script("obs-text"),
        Script("pipelining"),
        Script("reopened"),
        Script("gzip"),
        Script("websocket"),
        Script("smuggling", "as scripted", "The app that varnishtest plays refuses both at once; through Iskandar it gets one of them."),
        Script("http10", "as scripted", "The app's chunks are taken off again for a visitor who doesn't know of them."),
        Script("bad-status", "as scripted", "What isn't HTTP is not passed on."),
        Script("continue"),
    ];

    private static Row Script(string name, string? differs = null, string? because = null) => new(
        $"{name}.vtc: {TitleOf(name)}",
        async (target, token) =>
        {
            string[] macros = [$"origin=127.0.0.1 {target.VacantPort}", $"target=127.0.0.1 {target.Vacant.Port}", $"host={target.Vacant.Host}"];
            var result = await Tool.RunAsync(Varnishtest!, [.. macros.SelectMany(static macro => (string[])["-D", macro]), "-t", "10", PathOf(name)], token);
            return result.ExitCode == 0 ? "as scripted" : $"not as scripted: `{target.Vacant.Neutral(Fault(result.Output))}`";
        },
        differs,
        because,
        needs: "varnishtest");

    private static string PathOf(string name) => Path.Combine(AppContext.BaseDirectory, "Vtc", name + ".vtc");

    private static string TitleOf(string name) => File.ReadLines(PathOf(name)).First().Split('"')[1];

    /// <summary>The first expectation that wasn't met or, if there is none, the first complaint.</summary>
    private static string Fault(string log)
    {
        var complaints = Complaint().Matches(log).Select(static match => match.Groups[1].Value.Trim()).ToList();
        return complaints.FirstOrDefault(static complaint => complaint.StartsWith("EXPECT", StringComparison.Ordinal)) ?? complaints.FirstOrDefault() ?? "no complaint";
    }

    [GeneratedRegex("^---- +[cs][0-9] +(.*)$", RegexOptions.Multiline)]
    private static partial Regex Complaint();
}
