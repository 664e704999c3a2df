using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>An app under Vite's dev server, opened in Chromium and edited: what Vite/browser.js sees.</summary>
public sealed class DevServerRows(Laboratory laboratory) : Section<DevServerRows>(laboratory), IRows
{
    private const string Script = "browser.js";

    public static string Title => "A dev server in a browser (Vite, Chromium)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Of("the page of a Vite app"),
        Of("the WebSocket of Vite's hot reload"),
        Of("an edited module replaces the old one"),
        Of("an edited style sheet applies"),
        Of("an edited page is loaded again"),
    ];

    private static Row Of(string behaviour) =>
        new(behaviour, (target, _) => target.Pages.SeenAsync(Script, behaviour, target.Hop), needs: "chromium");
}
