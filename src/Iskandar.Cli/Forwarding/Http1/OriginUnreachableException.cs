namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>Nothing answers at the origin.</summary>
/// <param name="message">Why, in words.</param>
/// <param name="cause">What was thrown.</param>
internal sealed class OriginUnreachableException(string message, Exception? cause = null) : IOException(message, cause);
