namespace Iskandar.Tests.Infrastructure;

/// <summary>docs/protocol.md, which peers in any language are written against: what it says is tested.</summary>
internal static class ProtocolDocument
{
    public static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "protocol.md"));

    /// <summary>What stands under a heading of any level, up to the next heading.</summary>
    public static string Section(string heading)
    {
        var begin = Text.IndexOf($"# {heading}\n", StringComparison.Ordinal);
        Assert.True(begin >= 0, $"There is a heading \"{heading}\".");
        var end = Text.IndexOf("\n#", begin, StringComparison.Ordinal);
        return end < 0 ? Text[begin..] : Text[begin..end];
    }
}
