namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>What the origin sent is not a response in HTTP/1.1.</summary>
/// <param name="message">What is wrong with it, for the user.</param>
internal sealed class MalformedResponseException(string message) : IOException(message);
