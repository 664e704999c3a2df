namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>The head of a response, as it was on the wire.</summary>
public sealed record RawHead(int Status, IReadOnlyList<KeyValuePair<string, string>> Fields)
{
    /// <summary>The only line of a field, or null.</summary>
    public string? this[string name] => All(name) is { Count: > 0 } lines ? Assert.Single(lines) : null;

    public IReadOnlyList<string> All(string name) =>
        [.. Fields.Where(field => field.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(field => field.Value)];
}

/// <summary>A whole response.</summary>
/// <param name="Head">Status and header section.</param>
/// <param name="Body">The content received.</param>
/// <param name="IsComplete">Whether the content ended as its framing said, rather than by the end of the connection.</param>
public sealed record RawResponse(RawHead Head, byte[] Body, bool IsComplete)
{
    public int Status => Head.Status;
}
