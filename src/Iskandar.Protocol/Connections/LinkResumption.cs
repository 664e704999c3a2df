namespace Iskandar.Protocol.Connections;

/// <summary>What a client shows to resume a link.</summary>
/// <param name="Name">The tunnel's name.</param>
/// <param name="Secret">The secret of the last registration.</param>
/// <param name="Received">Bytes of the server's messages that were received since the link began.</param>
public sealed record LinkResumption(string Name, string Secret, long Received)
{
    /// <summary>The field of the opening handshake with the tunnel's name.</summary>
    public const string NameField = "Iskandar-Name";

    /// <summary>The field of the opening handshake with the secret.</summary>
    public const string SecretField = "Iskandar-Resume";

    /// <summary>The field of the opening handshake with the offset.</summary>
    public const string ReceivedField = "Iskandar-Received";
}
