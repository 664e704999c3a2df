namespace Iskandar.Cli.Configuration;

/// <summary>Which <c>Host</c> field (RFC 9110 section 7.2) the origin sees.</summary>
internal sealed class HostField
{
    public const string Expected = "rewrite, preserve, or a host name such as app.test:3000";

    private readonly string? _name;

    private HostField(string? name) => _name = name;

    /// <summary>The origin's own authority: dev servers refuse foreign hosts.</summary>
    public static HostField Rewrite { get; } = new(null);

    /// <summary>The public host, as the visitor sent it.</summary>
    public static HostField Preserve { get; } = new(null);

    /// <summary>Reads <c>rewrite</c>, <c>preserve</c> or a host name, with or without a port.</summary>
    public static HostField? Parse(string text) => text switch
    {
        "rewrite" => Rewrite,
        "preserve" => Preserve,
        _ when text.Length > 0 && !text.Contains('/', StringComparison.Ordinal) && HttpUrl.Parse("http://" + text) is not null => new HostField(text),
        _ => null,
    };

    /// <summary>The field's value; null: the authority of the request's URL.</summary>
    /// <param name="publicHost">What the visitor sent.</param>
    public string? Choose(string? publicHost) => ReferenceEquals(this, Preserve) ? publicHost : _name;
}
