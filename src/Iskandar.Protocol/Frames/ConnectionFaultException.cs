namespace Iskandar.Protocol.Frames;

/// <summary>The peer broke the protocol in a way that ends the connection.</summary>
/// <param name="code">What GOAWAY says.</param>
/// <param name="message">The same for a person.</param>
internal sealed class ConnectionFaultException(ErrorCode code, string message) : Exception(message)
{
    /// <summary>What GOAWAY says.</summary>
    public ErrorCode Code => code;
}
