using System.Net;
using System.Text;
using Iskandar.Protocol.Connections;
using Iskandar.Server.Configuration;
using Iskandar.Server.Gateway;
using Iskandar.Server.Handshake;
using Iskandar.Server.Telemetry;
using Iskandar.Server.Tunnels;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.HttpOverrides;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Iskandar.Server;

/// <summary>The tunnel server in an ASP.NET Core app.</summary>
public static class IskandarServerExtensions
{
    private const int MostFields = 1_000;

    // More than the gateway can be told to take: a request over its limit gets its error page, and not Kestrel's bare status.
    private const int MostFieldBytes = 128 * 1024;
    private const int MostRequestLine = 16 * 1024;

    // A page of a dev server asks for hundreds of modules at once. Kestrel bounds how fast streams may be reset by this number too.
    private const int MostStreams = 256;

    // What one upload may have under way: 10 MB/s at a round trip of 100 ms. Kestrel's windows don't grow. An upload that nobody reads holds its own; and since Kestrel
    // gives credit back in halves of a window, seven of them on a connection don't hold up the others.
    private const int StreamWindow = 1024 * 1024;
    private const int ConnectionWindow = 16 * StreamWindow;

    // The kernel holds megabytes for a visitor, and asks for more only when a third of that is gone. Kestrel sees no progress meanwhile, and would take a slow visitor
    // for one who has stopped reading: at 20 kB/s that third lasts the better part of a minute.
    private static readonly MinDataRate LeastResponseRate = new(bytesPerSecond: 240, gracePeriod: TimeSpan.FromMinutes(10));

    private static readonly TimeSpan UploadGrace = TimeSpan.FromSeconds(30);

    /// <summary>Adds what the tunnel server needs. Options are checked when the app starts, all at once.</summary>
    /// <param name="services">The app's services.</param>
    /// <param name="configure">Sets the options.</param>
    public static IServiceCollection AddIskandarServer(this IServiceCollection services, Action<IskandarServerOptions> configure)
    {
        services.AddOptions<IskandarServerOptions>().Configure(configure).ValidateOnStart();
        services.TryAddSingleton<IValidateOptions<IskandarServerOptions>, IskandarServerOptionsValidator>();
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(static provider => new ByteBudget(provider.GetRequiredService<IOptions<IskandarServerOptions>>().Value.MaxBuffered));
        services.AddMetrics();
        services.TryAddSingleton<ServerMetrics>();
        services.TryAddSingleton<TunnelRegistry>();
        services.TryAddSingleton<TunnelHandshake>();
        services.TryAddSingleton<TunnelGateway>();
        services.TryAddSingleton<HostDispatcher>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, TunnelKeeper>());
        services.Replace(ServiceDescriptor.Singleton<IMemoryPoolFactory<byte>, LargeBlocks>());

        // The host must not give up before the drain does.
        services.AddOptions<HostOptions>().Configure<IOptions<IskandarServerOptions>>(
            static (host, server) => host.ShutdownTimeout = server.Value.DrainTimeout + TimeSpan.FromSeconds(5));
        return services;
    }

    /// <summary>Serves the opening handshake, health and all tunnels. Terminal: nothing after it is called.</summary>
    /// <param name="app">The app.</param>
    public static IApplicationBuilder UseIskandar(this IApplicationBuilder app)
    {
        var options = app.ApplicationServices.GetRequiredService<IOptions<IskandarServerOptions>>().Value;
        if (options.TrustedProxies.Count > 0)
        {
            app.UseForwardedHeaders(ToForwardedHeaders(options));
        }

        var dispatcher = app.ApplicationServices.GetRequiredService<HostDispatcher>();
        var handshake = app.ApplicationServices.GetRequiredService<TunnelHandshake>();
        var connect = app.New();
        connect.Use(BatchingUpgrade.UseAsync);
        connect.UseWebSockets();
        connect.Run(handshake.HandleAsync);
        dispatcher.Connect = connect.Build();
        app.Run(dispatcher.HandleAsync);
        return app;
    }

    /// <summary>Sets Kestrel's limits to those of the gateway: content is bounded there, and field values are bytes.</summary>
    /// <param name="kestrel">Kestrel's options.</param>
    public static void ConfigureForIskandar(this KestrelServerOptions kestrel)
    {
        var options = kestrel.ApplicationServices.GetRequiredService<IOptions<IskandarServerOptions>>().Value;
        kestrel.Limits.MinResponseDataRate = LeastResponseRate;
        kestrel.Limits.MinRequestBodyDataRate = options.MinUploadRate is { } rate ? new MinDataRate(rate, UploadGrace) : null;
        kestrel.AddServerHeader = false;
        kestrel.RequestHeaderEncodingSelector = static name =>
            name.Equals("Connection", StringComparison.OrdinalIgnoreCase) ? ConnectionOptionsEncoding.Instance : Encoding.Latin1;
        kestrel.ResponseHeaderEncodingSelector = static _ => Encoding.Latin1;
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.MaxRequestHeaderCount = MostFields;
        kestrel.Limits.MaxRequestHeadersTotalSize = MostFieldBytes;
        kestrel.Limits.MaxRequestLineSize = MostRequestLine;
        kestrel.Limits.Http2.MaxStreamsPerConnection = MostStreams;
        kestrel.Limits.Http2.InitialStreamWindowSize = StreamWindow;
        kestrel.Limits.Http2.InitialConnectionWindowSize = ConnectionWindow;
        kestrel.Limits.Http2.MaxRequestHeaderFieldSize = MostFieldBytes;
        kestrel.Limits.Http3.MaxRequestHeaderFieldSize = MostFieldBytes;
    }

    private static ForwardedHeadersOptions ToForwardedHeaders(IskandarServerOptions options)
    {
        var forwarded = new ForwardedHeadersOptions { ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto, ForwardLimit = null };
        forwarded.KnownProxies.Clear();
        forwarded.KnownIPNetworks.Clear();
        foreach (var proxy in options.TrustedProxies)
        {
            if (IPAddress.TryParse(proxy, out var address))
            {
                forwarded.KnownProxies.Add(address);
            }
            else
            {
                forwarded.KnownIPNetworks.Add(System.Net.IPNetwork.Parse(proxy));
            }
        }

        return forwarded;
    }
}
