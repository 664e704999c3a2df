namespace Iskandar.Protocol.Messages;

/// <summary>One field line of a header or trailer section (RFC 9110 section 5).</summary>
/// <param name="Name">The field name. Compared without regard to case.</param>
/// <param name="Value">The field value, without surrounding white space; each character stands for one byte (ISO-8859-1).</param>
public readonly record struct Field(string Name, string Value);
