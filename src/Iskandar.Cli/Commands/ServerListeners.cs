using System.Net;
using System.Net.Quic;
using System.Net.Security;
using System.Security.Authentication;
using Iskandar.Cli.Configuration;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Commands;

/// <summary>Where Kestrel listens, and what it speaks there.</summary>
internal static partial class ServerListeners
{
    /// <summary>Whether the system has what HTTP/3 needs.</summary>
    public static bool IsHttp3Supported =>
        (OperatingSystem.IsLinux() || OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()) && QuicListener.IsSupported;

    /// <summary>Adds every address of the settings.</summary>
    public static void Add(KestrelServerOptions kestrel, ServerSettings settings)
    {
        var isHttp3 = settings.Http3 && IsHttp3Supported;
        var logger = kestrel.ApplicationServices.GetRequiredService<ILoggerFactory>().CreateLogger(typeof(ServerListeners));
        foreach (var address in settings.Listen)
        {
            Listen(kestrel, address, listener =>
            {
                listener.Protocols = address.Scheme switch
                {
                    ListenScheme.Http => HttpProtocols.Http1,
                    ListenScheme.H2c => HttpProtocols.Http2,
                    _ => isHttp3 ? HttpProtocols.Http1AndHttp2AndHttp3 : HttpProtocols.Http1AndHttp2,
                };
                if (address.Scheme == ListenScheme.Https)
                {
                    UseTls(listener, settings.Certificate!, logger);
                }
            });
        }
    }

    private static void Listen(KestrelServerOptions kestrel, ListenAddress address, Action<ListenOptions> configure)
    {
        if (address.Address is null)
        {
            kestrel.ListenLocalhost(address.Port, configure);
        }
        else if (address.Address.Equals(IPAddress.IPv6Any))
        {
            kestrel.ListenAnyIP(address.Port, configure);
        }
        else
        {
            kestrel.Listen(address.Address, address.Port, configure);
        }
    }

    private static void UseTls(ListenOptions listener, ServerCertificate certificate, ILogger logger)
    {
        void LogProblem(string problem) => CertificateKept(logger, problem);

        // Options for each connection: the certificate may change. What ALPN offers, Kestrel adds.
        listener.UseHttps(new TlsHandshakeCallbackOptions
        {
            OnConnection = _ => new ValueTask<SslServerAuthenticationOptions>(new SslServerAuthenticationOptions
            {
                ServerCertificateContext = certificate.Current(LogProblem),
                EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            }),
        });
    }

    [LoggerMessage(1, LogLevel.Warning, "The certificate has changed but can't be used; the old one stays. {Problem}", EventName = "CertificateKept")]
    private static partial void CertificateKept(ILogger logger, string problem);
}
