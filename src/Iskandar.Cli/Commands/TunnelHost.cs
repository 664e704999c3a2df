using Iskandar.Cli.Configuration;
using Iskandar.Cli.Forwarding;
using Iskandar.Cli.Names;
using Iskandar.Cli.Rendering;
using Iskandar.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Cli.Commands;

/// <summary>An ASP.NET Core app whose server is the tunnel and whose pipeline ends at the origin.</summary>
internal static class TunnelHost
{
    private static readonly TimeSpan DrainTimeout = TimeSpan.FromSeconds(30);

    /// <summary>Runs until told to stop, or refused for good.</summary>
    public static async Task<TunnelOutcome> RunAsync(OriginSettings upstream, ClientSettings settings, ITunnelView view, TimeProvider timeProvider, CancellationToken stop)
    {
        var last = new TunnelStatus(TunnelState.Connecting);
        await using var names = NameStore.Open(StateFolder.Find(Environment.GetEnvironmentVariable), settings.Server, upstream.Origin, view.Notice);
        await using var app = Build(upstream, settings, names, view, timeProvider, status =>
        {
            Volatile.Write(ref last, status);
            view.StatusChanged(status);
        });
        try
        {
            await app.StartAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return new TunnelOutcome();
        }
        catch (TunnelRefusedException refused)
        {
            return new TunnelOutcome(refused.Message, IsRefused: true);
        }

        await EitherAsync(stop, app.Lifetime.ApplicationStopping);
        using var drain = new CancellationTokenSource(DrainTimeout, timeProvider);

        // Read before stopping writes over it.
        var ended = Volatile.Read(ref last);
        var outcome = stop.IsCancellationRequested ? new TunnelOutcome() : new TunnelOutcome(ended.Problem ?? "The tunnel has ended.", ended.IsRefused);
        await app.StopAsync(drain.Token);
        return outcome;
    }

    private static WebApplication Build(
        OriginSettings upstream, ClientSettings settings, NameStore? names, ITunnelView view, TimeProvider timeProvider, Action<TunnelStatus> statusChanged)
    {
        // The empty builder: no configuration files, no Kestrel, nothing that a tunnel doesn't use.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "iskandar" });
        builder.WebHost.UseIskandar(options =>
        {
            options.Server = settings.Server;
            options.Encoding = settings.Encoding;
            options.MaxReconnectTime = settings.MaxReconnectTime;
            options.StatusChanged = statusChanged;
            options.KeptName = settings.NewName ? null : names?.Name;
            options.NameKept = names is null ? null : names.Keep;
            options.TimeProvider = timeProvider;
            options.RunInline = true;
            options.Scheduler = EventLoopScheduler.Shared;
            options.MoreExpected = static () => EventLoop.Current?.ExpectMore();
        });
        builder.Services.AddHttpForwarder();
        builder.Services.AddSingleton(services => new OriginForwarder(services.GetRequiredService<IHttpForwarder>(), upstream, timeProvider));
        builder.Services.Replace(ServiceDescriptor.Singleton<IHostLifetime, NoHostLifetime>());
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = DrainTimeout);
        builder.Logging.SetMinimumLevel(settings.LogLevel).AddProvider(new LineLoggerProvider(view.Notice));
        if (settings.LogLevel >= LogLevel.Warning)
        {
            // The view tells of a failing origin and of a refused tunnel in its own words, without a stack trace. And the diagnostics of the
            // host make an activity and a log scope of every request as soon as anybody might listen.
            builder.Logging
                .AddFilter("Yarp", LogLevel.None)
                .AddFilter("Microsoft.AspNetCore.Hosting.Diagnostics", LogLevel.None)
                .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None);
        }

        var app = builder.Build();
        var forwarder = app.Services.GetRequiredService<OriginForwarder>();
        app.Use(next => new RequestLog(next, view, upstream.Origin, timeProvider).InvokeAsync);
        app.Run(forwarder.InvokeAsync);
        return app;
    }

    private static async Task EitherAsync(CancellationToken one, CancellationToken other)
    {
        var either = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var first = one.Register(either.SetResultOnce);
        await using var second = other.Register(either.SetResultOnce);
        await either.Task;
    }

    private static void SetResultOnce(this TaskCompletionSource source) => source.TrySetResult();
}
