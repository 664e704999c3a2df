using System.Net;
using System.Net.Sockets;
using Iskandar.Protocol.Messages;
using Iskandar.Server.Configuration;
using Microsoft.AspNetCore.Http;

namespace Iskandar.Server.Gateway;

/// <summary>What an app is told about the way a request took: the visitor's address, host and scheme, and that there was a gateway. What the visitor said of it is not believed.</summary>
internal sealed class ForwardingFields(IskandarServerOptions options)
{
    private readonly ForwardedFields _forwarded = options.ForwardedFields;
    private readonly string? _via10 = Via("1.0", options.Via);
    private readonly string? _via11 = Via("1.1", options.Via);
    private readonly string? _via2 = Via("2", options.Via);
    private readonly string? _via3 = Via("3", options.Via);
    private MappedAddress? _lastMapped;

    /// <summary>Adds them to a head. Its other fields are there, but for Via.</summary>
    public void Add(HttpContext context, FieldSection fields)
    {
        var request = context.Request;
        var address = context.Connection.RemoteIpAddress;
        var client = address is null ? null : ToText(address);
        var host = request.Headers.Host.ToString();
        if (_forwarded != ForwardedFields.Forwarded)
        {
            if (client is not null)
            {
                fields.Add("X-Forwarded-For", client);
            }

            fields.Add("X-Forwarded-Proto", request.Scheme);
            fields.Add("X-Forwarded-Host", host);
        }

        if (_forwarded != ForwardedFields.XForwarded)
        {
            fields.Add("Forwarded", ToForwarded(client, host, request.Scheme));
        }

        foreach (var via in request.Headers.Via)
        {
            fields.Add("Via", via ?? "");
        }

        var own = request.Protocol switch
        {
            "HTTP/1.1" => _via11,
            "HTTP/2" => _via2,
            "HTTP/3" => _via3,
            _ => _via10,
        };
        if (own is not null)
        {
            fields.Add("Via", own);
        }
    }

    private static string? Via(string version, string? pseudonym) => pseudonym is null ? null : $"{version} {pseudonym}";

    // RFC 7239 section 4: what is not a token is quoted, and an IPv6 address has brackets too (section 6).
    private static string ToForwarded(string? client, string host, string scheme)
    {
        var node = client is null ? "unknown" : client.Contains(':', StringComparison.Ordinal) ? $"\"[{client}]\"" : client;
        return $"for={node};host=\"{host.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\";proto={scheme}";
    }

    // An address keeps its text, but one that has to be mapped is a new one each time. Most visitors come from where the last one came from.
    private string ToText(IPAddress address)
    {
        if (address.AddressFamily != AddressFamily.InterNetworkV6 || !address.IsIPv4MappedToIPv6)
        {
            return address.ToString();
        }

        var mapped = Volatile.Read(ref _lastMapped);
        if (mapped is null || !mapped.Address.Equals(address))
        {
            mapped = new MappedAddress(address, address.MapToIPv4().ToString());
            Volatile.Write(ref _lastMapped, mapped);
        }

        return mapped.Text;
    }

    private sealed record MappedAddress(IPAddress Address, string Text);
}
