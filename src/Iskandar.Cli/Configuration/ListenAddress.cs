using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Iskandar.Cli.Configuration;

/// <summary>What is spoken at an address.</summary>
internal enum ListenScheme
{
    /// <summary>HTTP/1.1 in clear.</summary>
    Http,

    /// <summary>HTTP/2 and HTTP/1.1 over TLS, as ALPN finds out; HTTP/3 besides if it is on.</summary>
    Https,

    /// <summary>HTTP/2 with prior knowledge in clear (RFC 9113 section 3.3). Kestrel can't tell it from HTTP/1.1 on one port.</summary>
    H2c,
}

/// <summary>An address and port to listen on.</summary>
/// <param name="Address">The address; null: both loopback addresses, as <c>localhost</c> means.</param>
/// <param name="Port">The port; 0: any that is free.</param>
/// <param name="Scheme">What is spoken there.</param>
internal sealed record ListenAddress(IPAddress? Address, int Port, ListenScheme Scheme = ListenScheme.Http)
{
    public const string Expected = "host:port such as 127.0.0.1:8080, [::1]:8080 or :8080 (any address), with https:// or h2c:// before it for TLS or HTTP/2 in clear";

    /// <summary>The address as a URL, with its scheme.</summary>
    public string Url => $"{(Scheme switch { ListenScheme.Https => "https", ListenScheme.H2c => "h2c", _ => "http" })}://{this}";

    /// <summary>Reads host:port, after a scheme or not; no host, <c>*</c> and <c>+</c> stand for any address.</summary>
    public static ListenAddress? Parse(string text)
    {
        if (text.IndexOf("://", StringComparison.Ordinal) is > 0 and var end)
        {
            ListenScheme? scheme = text[..end].ToUpperInvariant() switch
            {
                "HTTP" => ListenScheme.Http,
                "HTTPS" => ListenScheme.Https,
                "H2C" => ListenScheme.H2c,
                _ => null,
            };
            return scheme is { } known && ParseAuthority(text[(end + 3)..]) is { } address ? address with { Scheme = known } : null;
        }

        return ParseAuthority(text);
    }

    /// <summary>The same with a port that is free now, if the port is 0.</summary>
    public ListenAddress WithRealPort()
    {
        if (Port != 0)
        {
            return this;
        }

        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(Address is { AddressFamily: AddressFamily.InterNetwork } ? Address : IPAddress.Loopback, 0));
        return this with { Port = ((IPEndPoint)socket.LocalEndPoint!).Port };
    }

    public override string ToString() => Address switch
    {
        null => string.Create(CultureInfo.InvariantCulture, $"localhost:{Port}"),
        _ when Address.Equals(IPAddress.IPv6Any) => string.Create(CultureInfo.InvariantCulture, $"*:{Port}"),
        _ => new IPEndPoint(Address, Port).ToString(),
    };

    private static ListenAddress? ParseAuthority(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port))
        {
            return null;
        }

        return text[..colon] switch
        {
            "" or "*" or "+" => new ListenAddress(IPAddress.IPv6Any, port),
            "localhost" => new ListenAddress(null, port),
            ['[', .. var inner, ']'] when IPAddress.TryParse(inner, out var v6) && v6.AddressFamily == AddressFamily.InterNetworkV6 =>
                new ListenAddress(v6, port),
            // "1" would be taken for 0.0.0.1: an address has four parts.
            var host when host.Count(c => c == '.') == 3 && IPAddress.TryParse(host, out var v4) => new ListenAddress(v4, port),
            _ => null,
        };
    }
}
