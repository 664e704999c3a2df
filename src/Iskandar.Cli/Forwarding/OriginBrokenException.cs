namespace Iskandar.Cli.Forwarding;

/// <summary>The origin takes no more of the request.</summary>
internal sealed class OriginBrokenException(Exception cause) : IOException(cause.Message, cause);
