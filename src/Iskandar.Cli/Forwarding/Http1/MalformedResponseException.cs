using Iskandar.Client;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>What the origin sent is not a response in HTTP/1.1, or too large a one.</summary>
/// <param name="message">What is wrong with it, for the user.</param>
/// <param name="kind">Which of the two.</param>
internal sealed class MalformedResponseException(string message, OriginFailure kind = OriginFailure.Invalid) : IOException(message)
{
    public OriginFailure Kind => kind;
}
