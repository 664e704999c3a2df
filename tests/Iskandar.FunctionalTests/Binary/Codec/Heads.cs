namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>The head that a REQUEST holds.</summary>
public sealed record RequestHead(string Method, string Target, FieldSection Fields)
{
    private static readonly string[] Methods = ["", "GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"];

    /// <summary>The only line of a field, or null.</summary>
    public string? this[string name] => Fields[name];

    public byte[] ToBytes()
    {
        var writer = new PayloadWriter();
        var method = Array.IndexOf(Methods, Method);
        writer = method > 0 ? writer.Byte(method) : writer.Byte(0).Text(Method);
        return Fields.WriteTo(writer.Text(Target)).ToBytes();
    }

    public static RequestHead Parse(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var index = reader.Byte();
        if (index >= Methods.Length)
        {
            throw new ProtocolViolationException($"The method {index}.");
        }

        var method = index == 0 ? reader.Text() : Methods[index];
        return new RequestHead(method, reader.Text(), reader.Fields());
    }
}

/// <summary>The head that a RESPONSE holds.</summary>
public sealed record ResponseHead(int Status, FieldSection Fields)
{
    /// <summary>101 is final: the protocol changes.</summary>
    public bool IsInformational => Status is >= 100 and <= 199 and not 101;

    /// <summary>The only line of a field, or null.</summary>
    public string? this[string name] => Fields[name];

    public byte[] ToBytes() => Fields.WriteTo(new PayloadWriter().Status(Status)).ToBytes();

    public static ResponseHead Parse(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var status = reader.Status();
        if (status is < 100 or > 599)
        {
            throw new ProtocolViolationException($"The status {status}.");
        }

        return new ResponseHead(status, reader.Fields());
    }
}
