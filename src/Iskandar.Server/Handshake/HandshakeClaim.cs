using System.Globalization;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Tunnels;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Server.Handshake;

/// <summary>What a client's opening handshake asks for, beyond a tunnel: a name that it had, or a link (docs/protocol.md).</summary>
/// <param name="Name">The name; null for a new one.</param>
/// <param name="Key">The key of the name; null when a link is to be resumed.</param>
/// <param name="Resumption">The link to resume; null for none.</param>
internal sealed record HandshakeClaim(string? Name, string? Key, LinkResumption? Resumption)
{
    /// <summary>The field with the key of the name.</summary>
    public const string KeyField = "Iskandar-Name-Key";

    private const int MostCharacters = 256;

    /// <summary>Reads the fields.</summary>
    /// <returns>Null when they are not what the protocol says.</returns>
    public static HandshakeClaim? Read(IHeaderDictionary fields)
    {
        if (!TryRead(fields, LinkResumption.NameField, out var name)
            || !TryRead(fields, KeyField, out var key)
            || !TryRead(fields, LinkResumption.SecretField, out var secret)
            || !TryRead(fields, LinkResumption.ReceivedField, out var received))
        {
            return null;
        }

        if (name is null)
        {
            return key is null && secret is null && received is null ? new HandshakeClaim(null, null, null) : null;
        }

        if (!TunnelName.IsValid(name))
        {
            return null;
        }

        if (secret is null)
        {
            return received is null ? new HandshakeClaim(name, key, null) : null;
        }

        return key is null && long.TryParse(received, NumberStyles.None, CultureInfo.InvariantCulture, out var offset)
            ? new HandshakeClaim(name, null, new LinkResumption(name, secret, offset))
            : null;
    }

    // One line, or none.
    private static bool TryRead(IHeaderDictionary fields, string name, out string? value)
    {
        value = null;
        if (!fields.TryGetValue(name, out var lines) || lines.Count == 0)
        {
            return true;
        }

        value = lines[0];
        return lines.Count == 1 && value is { Length: > 0 and <= MostCharacters };
    }
}
