namespace Iskandar.Protocol.Messages;

/// <summary>What comes before the content of a request: the control data and the header section (RFC 9110 section 6).</summary>
public sealed class RequestHead
{
    /// <summary>The request method, case-sensitive (RFC 9110 section 9.1).</summary>
    public string Method { get; set; } = "";

    /// <summary>The request target in origin form, byte for byte as received, or "*" (RFC 9112 section 3.2).</summary>
    public string Target { get; set; } = "";

    /// <summary>The header section. <c>Host</c> is among the fields.</summary>
    public FieldSection Fields { get; } = new();

    /// <summary>Makes the head empty again.</summary>
    public void Clear()
    {
        Method = "";
        Target = "";
        Fields.Clear();
    }
}
