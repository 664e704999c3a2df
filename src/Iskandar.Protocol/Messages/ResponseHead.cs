namespace Iskandar.Protocol.Messages;

/// <summary>What comes before the content of a response: the status code and the header section (RFC 9110 section 6).</summary>
public sealed class ResponseHead
{
    /// <summary>The status code (RFC 9110 section 15): 200 to 599; 100 to 199 in an informational response and when a connection is upgraded.</summary>
    public int Status { get; set; }

    /// <summary>The header section.</summary>
    public FieldSection Fields { get; } = new();

    /// <summary>Makes the head empty again.</summary>
    public void Clear()
    {
        Status = 0;
        Fields.Clear();
    }
}
