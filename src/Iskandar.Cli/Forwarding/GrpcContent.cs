namespace Iskandar.Cli.Forwarding;

/// <summary>Which requests are gRPC's, that exists only in HTTP/2.</summary>
internal static class GrpcContent
{
    private const string Type = "application/grpc";

    /// <summary>Whether a content type is <c>application/grpc</c>, with or without a message format behind it. gRPC-Web is another protocol, and made for HTTP/1.1.</summary>
    public static bool IsType(string? contentType)
    {
        var rest = contentType is not null && contentType.StartsWith(Type, StringComparison.OrdinalIgnoreCase) ? contentType.AsSpan(Type.Length) : "-";
        return rest.IsEmpty || rest[0] is '+' or ';' or ' ' or '\t';
    }
}
