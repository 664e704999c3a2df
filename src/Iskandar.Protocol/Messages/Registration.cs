namespace Iskandar.Protocol.Messages;

/// <summary>The first message on a tunnel connection, from the server: which name the tunnel has.</summary>
public sealed record Registration
{
    /// <summary>The name under which visitors reach the tunnel. Some servers send a whole URL here.</summary>
    public required string Subdomain { get; init; }

    /// <summary>The public URL; null when the server didn't say.</summary>
    public string? Url { get; init; }

    /// <summary>The longest message, in bytes, that the server takes; null when the server didn't say.</summary>
    public long? MaxMessage { get; init; }

    /// <summary>Bytes of response content that may be sent for each exchange before credit arrives; null: there is no flow control.</summary>
    public long? Window { get; init; }

    /// <summary>Bytes of field lines that the server takes in a response; null when the server didn't say.</summary>
    public long? MaxFields { get; init; }

    /// <summary>The key with which the client gets the name again, in base64url; null: there is none.</summary>
    public string? NameKey { get; init; }

    /// <summary>The secret with which the client resumes the link when this connection is lost, in base64url; null: it can't be.</summary>
    public string? Resume { get; init; }

    /// <summary>Bytes of the client's messages that the server has received since the link began; null when no link was resumed.</summary>
    public long? Received { get; init; }

    /// <summary>How long the server keeps the link when the connection is lost, in seconds; null without a link.</summary>
    public long? Keep { get; init; }
}
