using System.Net;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Server.Gateway;

/// <summary>What a request's host stands for.</summary>
internal enum HostKind
{
    /// <summary>Nothing of ours.</summary>
    Foreign,

    /// <summary>The server itself: handshake and health.</summary>
    Own,

    /// <summary>A name directly under the server's domain.</summary>
    Tunnel,
}

/// <summary>Tells the server's own hosts and the tunnels' from all others. Ports don't matter: there may be a proxy in front.</summary>
/// <param name="domain">The host of the public URL.</param>
internal sealed class PublicHost(string domain)
{
    private readonly string _suffix = "." + domain;

    /// <summary>Reads a request's host.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The tunnel's name in any case, for <see cref="HostKind.Tunnel"/>.</param>
    public HostKind Read(HttpContext context, out ReadOnlySpan<char> name)
    {
        name = default;
        var host = WithoutPort(context.Request.Headers.Host.ToString()).TrimEnd('.');
        if (!host.EndsWith(_suffix, StringComparison.OrdinalIgnoreCase))
        {
            return host.Equals(domain, StringComparison.OrdinalIgnoreCase) || IsLiteralAddressOfServer(context, host) ? HostKind.Own : HostKind.Foreign;
        }

        var label = host[..^_suffix.Length];
        if (label.Contains('.'))
        {
            return HostKind.Foreign;
        }

        name = label;
        return HostKind.Tunnel;
    }

    /// <summary>The host of a <c>Host</c> field as it was sent: the framework's own reading of it would decode internationalized names.</summary>
    public static ReadOnlySpan<char> WithoutPort(string host)
    {
        var end = host.StartsWith('[') ? host.IndexOf(']', StringComparison.Ordinal) + 1 : host.IndexOf(':', StringComparison.Ordinal);
        return end > 0 && host.LastIndexOf(':') <= end ? host.AsSpan(0, end) : host;
    }

    // Health checks and clients on the same network come by address. No name is involved, so no tunnel can be meant.
    private static bool IsLiteralAddressOfServer(HttpContext context, ReadOnlySpan<char> host) =>
        IPAddress.TryParse(host.Trim("[]"), out var address)
        && context.Connection.LocalIpAddress is { } local
        && (address.Equals(local) || (local.IsIPv4MappedToIPv6 && address.Equals(local.MapToIPv4())));
}
