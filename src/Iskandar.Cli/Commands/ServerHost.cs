using System.Net.Sockets;
using Iskandar.Cli.Configuration;
using Iskandar.Cli.Rendering;
using Iskandar.Server;
using Iskandar.Server.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Iskandar.Cli.Commands;

/// <summary>The tunnel server on Kestrel.</summary>
internal static class ServerHost
{
    /// <summary>Runs until told to stop.</summary>
    /// <param name="settings">What it was told.</param>
    /// <param name="output">Takes the line that says that it runs.</param>
    /// <param name="error">Takes what it has to do without.</param>
    /// <param name="stop">Tells it to stop.</param>
    /// <returns>Null, or why it could not run.</returns>
    public static async Task<string?> RunAsync(ServerSettings settings, TextWriter output, TextWriter error, CancellationToken stop)
    {
        if (settings.Http3 && !ServerListeners.IsHttp3Supported)
        {
            await error.WriteLineAsync("HTTP/3 is off: it needs libmsquic, which this system doesn't have. HTTP/2 and HTTP/1.1 are served as usual.");
        }

        var secret = settings.Secret ?? ServerSecret.OfState(StateFolder.Find(Environment.GetEnvironmentVariable));
        if (secret.Warning is { } warning)
        {
            await error.WriteLineAsync(warning);
        }

        await using var writer = LineWriter.ForConsole(TimeProvider.System);
        await using var app = Build(settings, secret, writer);
        try
        {
            await app.StartAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return CannotListen(exception);
        }

        await output.WriteLineAsync(ReadyLine(settings));
        await app.WaitForShutdownAsync(stop);
        return null;
    }

    /// <summary>What is said when visitors and tunnels can come.</summary>
    internal static string ReadyLine(ServerSettings settings)
    {
        var options = new IskandarServerOptions();
        settings.Apply(options);
        var url = options.PublicUrl;
        var port = url.IsDefaultPort ? "" : $":{url.Port}";
        return $"Listening on {string.Join(", ", settings.Listen.Select(address => address.Url))}, tunnels at {url.Scheme}://*.{url.Host}{port}";
    }

    private static WebApplication Build(ServerSettings settings, ServerSecret secret, LineWriter writer)
    {
        // The empty builder: what is configured is what this command was told, and no ASPNETCORE_ variable beside it.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "iskandar" });
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.ConfigureForIskandar();
            ServerListeners.Add(kestrel, settings);
        });
        if (settings.Http3 && ServerListeners.IsHttp3Supported)
        {
            builder.WebHost.UseKestrelHttpsConfiguration().UseQuic();
        }

        // Before the server itself: what is asked to stop first is what was added last.
        var sockets = new ListenSockets(TimeProvider.System);
        builder.Services.AddSingleton<IHostedService>(sockets);
        builder.Services.AddIskandarServer(options =>
        {
            settings.Apply(options);
            options.NameSecret = secret.Bytes;
            options.Scheduler = EventLoopScheduler.Shared;
            options.MoreExpected = static () => EventLoop.Current?.ExpectMore();
        });

        // Nothing here ever blocks a thread, so requests may be handled where they are read (docs/adr/0006-no-hand-over.md).
        builder.Services.Configure<SocketTransportOptions>(transport =>
        {
            transport.UnsafePreferInlineScheduling = true;
            transport.CreateBoundListenSocket = sockets.Create;
        });
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoHostLifetime>());
        builder.Logging.SetMinimumLevel(settings.LogLevel).AddProvider(new LineLoggerProvider(writer.Error));
        // They would log visitors' targets, which may hold secrets. And being asked for at all, they make an activity and a log scope of every request.
        builder.Logging.AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None);
        if (settings.LogLevel >= LogLevel.Warning)
        {
            // Failing to start is told in words, not with a stack trace.
            builder.Logging.AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        }

        var app = builder.Build();
        app.UseIskandar();
        return app;
    }

    private static string CannotListen(Exception exception) => exception.InnerException is AddressInUseException
        ? $"Can't listen: {exception.Message.TrimEnd('.')}. Stop the program that listens there, or choose another port: iskandar server --listen 127.0.0.1:8081"
        : $"Can't listen: {exception.GetBaseException().Message}";
}
