namespace Iskandar.Tests.Infrastructure;

/// <summary>docs/protocol.md, which peers in any language are written against: what it says is tested.</summary>
internal static class ProtocolDocument
{
    public static readonly string Text = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "docs", "protocol.md"));
}
