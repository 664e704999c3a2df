namespace Iskandar.Client;

/// <summary>The server refused the tunnel, and asking again would not help.</summary>
public sealed class TunnelRefusedException : Exception
{
    /// <summary>Creates the exception.</summary>
    public TunnelRefusedException()
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    public TunnelRefusedException(string message)
        : base(message)
    {
    }

    /// <summary>Creates the exception.</summary>
    /// <param name="message">What happened, and what to do.</param>
    /// <param name="innerException">The cause.</param>
    public TunnelRefusedException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
