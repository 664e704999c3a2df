using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Iskandar.Cli.Configuration;

/// <summary>An address and port to listen on.</summary>
/// <param name="Address">The address; null: both loopback addresses, as <c>localhost</c> means.</param>
/// <param name="Port">The port; 0: any that is free.</param>
internal sealed record ListenAddress(IPAddress? Address, int Port)
{
    public const string Expected = "host:port such as 127.0.0.1:8080, [::1]:8080 or :8080 (any address)";

    /// <summary>Reads host:port; no host, <c>*</c> and <c>+</c> stand for any address.</summary>
    public static ListenAddress? Parse(string text)
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
}
