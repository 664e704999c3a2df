using Iskandar.Client.Hosting;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.Extensions.DependencyInjection;

namespace Iskandar.Client;

/// <summary>Serves an ASP.NET Core app through a tunnel.</summary>
public static class IskandarWebHostBuilderExtensions
{
    /// <summary>Makes a tunnel the app's server: no local port is opened.</summary>
    /// <param name="builder">The web host.</param>
    /// <param name="server">The tunnel server's URL, such as https://tunnel.example.com.</param>
    public static IWebHostBuilder UseIskandar(this IWebHostBuilder builder, string server)
    {
        var url = new Uri(server, UriKind.Absolute);
        return builder.UseIskandar(options => options.Server = url);
    }

    /// <summary>Makes a tunnel the app's server: no local port is opened.</summary>
    /// <param name="builder">The web host.</param>
    /// <param name="configure">Sets the options; <see cref="IskandarClientOptions.Server"/> is required.</param>
    public static IWebHostBuilder UseIskandar(this IWebHostBuilder builder, Action<IskandarClientOptions> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.ConfigureServices(services =>
        {
            services.AddOptions<IskandarClientOptions>()
                .Configure(configure)
                .Validate(
                    static options => options.Server is { IsAbsoluteUri: true, Scheme: "http" or "https", PathAndQuery: "/", UserInfo: "" },
                    "Server: expected an http or https URL without a path, such as https://tunnel.example.com.")
                .Validate(
                    static options => !(options.MaxReconnectTime <= TimeSpan.Zero),
                    "MaxReconnectTime: expected a time, or null to try for ever.");

            // The last registration wins over Kestrel's.
            services.AddSingleton<IServer, TunnelServer>();
        });
    }
}
