namespace Iskandar.Protocol.Connections;

/// <summary>The <c>Iskandar-Accept</c> field: a comma-separated list of optional messages.</summary>
public static class OptionalMessageList
{
    /// <summary>The field's name.</summary>
    public const string FieldName = "Iskandar-Accept";

    /// <summary>What our own client sends.</summary>
    public const string All = "cancel, credit, resume";

    /// <summary>Reads the list. Names it doesn't know are ignored.</summary>
    /// <param name="value">The field's value, or null.</param>
    public static OptionalMessages Parse(string? value)
    {
        var accepted = OptionalMessages.None;
        foreach (var item in value.AsSpan().Split(','))
        {
            accepted |= value.AsSpan(item).Trim(" \t") switch
            {
                "cancel" => OptionalMessages.Cancel,
                "credit" => OptionalMessages.Credit,
                "resume" => OptionalMessages.Resume,
                _ => OptionalMessages.None,
            };
        }

        return accepted;
    }
}
