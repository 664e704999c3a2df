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
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Yarp.ReverseProxy.Forwarder;

namespace Iskandar.Tests.Cli;

/// <summary>The forwarder and an origin, in memory: an app on Kestrel, or a test that speaks byte by byte.</summary>
internal sealed class OriginStage : IAsyncDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddLogging().AddHttpForwarder().BuildServiceProvider();
    private readonly OriginForwarder _forwarder;
    private WebApplication? _app;

    private OriginStage(Func<Stream> connect)
        : this(_ => new ValueTask<Stream>(connect()), TimeProvider.System, "http://localhost:3000")
    {
    }

    private OriginStage(Func<CancellationToken, ValueTask<Stream>> connect, TimeProvider time, string origin) => _forwarder = new OriginForwarder(
        _services.GetRequiredService<IHttpForwarder>(), new Uri(origin), HostField.Rewrite, time, connect);

    /// <summary>With an app on Kestrel, that may accept WebSockets.</summary>
    public static async Task<OriginStage> StartAsync(RequestDelegate origin)
    {
        var transport = new InMemoryTransport();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.Replace(ServiceDescriptor.Singleton<IConnectionListenerFactory>(transport));
        builder.WebHost.ConfigureKestrel(static kestrel => kestrel.Listen(IPAddress.Loopback, 3000));
        var stage = new OriginStage(transport.Connect) { _app = builder.Build() };
        stage._app.UseWebSockets();
        stage._app.Run(origin);
        await stage._app.StartAsync(Bounded.Token).Within();
        return stage;
    }

    /// <summary>With one connection, whose other end the test has.</summary>
    public static OriginStage Raw(out Stream origin)
    {
        var (client, other) = DuplexStream.CreatePair();
        origin = other;
        return new OriginStage(() => client);
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
        new(connect, time ?? TimeProvider.System, origin);

    /// <summary>Forwards an exchange's request.</summary>
    /// <returns>What was sent back.</returns>
    public Task<IReadOnlyList<string>> ForwardAsync(FakeExchange exchange) => HostedExchange.RunAsync(exchange, _forwarder.InvokeAsync);

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
