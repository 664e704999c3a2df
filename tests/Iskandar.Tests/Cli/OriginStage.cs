using System.Net;
using System.Text;
using System.Threading.Channels;
using Iskandar.Cli.Configuration;
using Iskandar.Cli.Forwarding;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Tests.Cli;

/// <summary>The forwarder and an origin, in memory: an app on Kestrel, or a test that speaks byte by byte.</summary>
internal sealed class OriginStage : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().AddHttpForwarder().BuildServiceProvider();
    private static readonly OriginSettings Usual = new(new Uri("http://localhost:3000"), HostField.Rewrite);

    private readonly OriginForwarder _forwarder;
    private WebApplication? _app;

    private OriginStage(Func<Stream> connect, OriginSettings settings)
        : this(_ => new ValueTask<Stream>(connect()), TimeProvider.System, settings)
    {
    }

    private OriginStage(Func<CancellationToken, ValueTask<Stream>> connect, TimeProvider time, OriginSettings settings) =>
        _forwarder = new OriginForwarder(_services.GetRequiredService<IHttpForwarder>(), settings, time, connect);

    /// <summary>With an app on Kestrel, that may accept WebSockets.</summary>
    /// <param name="origin">The app.</param>
    /// <param name="settings">How it is spoken to; null: as usual.</param>
    /// <param name="listen">What it speaks; null: HTTP/1.1.</param>
    public static async Task<OriginStage> StartAsync(RequestDelegate origin, OriginSettings? settings = null, Action<ListenOptions>? listen = null)
    {
        var transport = new InMemoryTransport();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory>(transport));
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 3000, listen ?? (static _ => { })));
        var stage = new OriginStage(transport.Connect, settings ?? Usual) { _app = builder.Build() };
        stage._app.UseWebSockets();
        stage._app.Run(origin);
        await stage._app.StartAsync(Bounded.Token).Within();
        return stage;
    }

    /// <summary>With one connection, whose other end the test has.</summary>
    public static OriginStage Raw(out Stream origin, OriginSettings? settings = null)
    {
        var (client, other) = DuplexStream.CreatePair();
        origin = other;
        return new OriginStage(() => client, settings ?? Usual);
    }

    /// <summary>With as many connections as it likes to make, whose other ends the test has, in order.</summary>
    public static OriginStage RawMany(out ChannelReader<Stream> origins, TimeProvider? time = null, int capacity = 64 * 1024, string origin = "http://localhost:3000")
    {
        var made = Channel.CreateUnbounded<Stream>();
        origins = made.Reader;
        return Connecting(
            _ =>
            {
                var (client, other) = DuplexStream.CreatePair(capacity);
                Assert.True(made.Writer.TryWrite(other));
                return new ValueTask<Stream>(client);
            },
            time,
            origin);
    }

    /// <summary>With connections that are made like this.</summary>
    public static OriginStage Connecting(Func<CancellationToken, ValueTask<Stream>> connect, TimeProvider? time = null, string origin = "http://localhost:3000") =>
        new(connect, time ?? TimeProvider.System, Usual with { Origin = new Uri(origin) });

    /// <summary>Forwards an exchange's request.</summary>
    /// <returns>What was sent back.</returns>
    public Task<IReadOnlyList<string>> ForwardAsync(FakeExchange exchange) => HostedExchange.RunAsync(exchange, async context =>
    {
        await _forwarder.InvokeAsync(context);
        LastFailure = context.Features.Get<ForwardingFailure>();
    });

    /// <summary>What went wrong with the last exchange that has ended; null: nothing.</summary>
    public ForwardingFailure? LastFailure { get; private set; }

    /// <summary>Reads a request's head, in lines.</summary>
    public static async Task<string[]> ReadHeadAsync(Stream origin)
    {
        var head = new StringBuilder();
        var one = new byte[1];
        while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
        {
            await origin.ReadExactlyAsync(one, Bounded.Token).Within();
            head.Append((char)one[0]);
        }

        return head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
    }

    public async ValueTask DisposeAsync()
    {
        _forwarder.Dispose();
        await _services.DisposeAsync();
        if (_app is not null)
        {
            await _app.StopAsync(Bounded.Token).Within();
            await _app.DisposeAsync();
        }
    }
}
