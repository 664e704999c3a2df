using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Google.Protobuf;
using Grpc.Core;
using Iskandar.GrpcTests.Interop;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Iskandar.GrpcTests;

/// <summary>The app: Grpc.AspNetCore on Kestrel, in clear and with TLS.</summary>
internal sealed class InteropApp : IAsyncDisposable
{
    private readonly WebApplication _app;

    private InteropApp(WebApplication app) => _app = app;

    /// <summary>Where it speaks HTTP/2 with prior knowledge.</summary>
    public Uri Clear { get; private set; } = null!;

    /// <summary>Where it speaks HTTP/2 over TLS.</summary>
    public Uri Tls { get; private set; } = null!;

    public static async Task<InteropApp> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.Protocols = HttpProtocols.Http2);
            kestrel.Listen(IPAddress.Loopback, 0, static listen => listen.UseHttps(MakeCertificate()));
        });
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<CallsService>();
        await app.StartAsync(TestContext.Current.CancellationToken);
        var urls = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(static url => new Uri(url)).ToArray();
        return new InteropApp(app)
        {
            Clear = urls.Single(static url => url.Scheme == "http"),
            Tls = urls.Single(static url => url.Scheme == "https"),
        };
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var now = TimeProvider.System.GetUtcNow();
        using var made = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }
}

/// <summary>What the app does with each call. A call that names itself can be seen to be cancelled.</summary>
internal sealed class CallsService : Calls.CallsBase
{
    private const string Echo = "echo";
    private const string EchoTrailing = "echo-trailing-bin";

    private static readonly ConcurrentDictionary<string, TaskCompletionSource> Cancellations = new();

    /// <summary>Completes when the call that has this name, in the field <c>call</c>, is cancelled at the app.</summary>
    public static Task CancelledAsync(string call) => Cancellation(call).Task;

    public override Task<Nothing> Empty(Nothing request, ServerCallContext context) => Task.FromResult(new Nothing());

    public override async Task<Answer> Unary(Ask request, ServerCallContext context)
    {
        await EchoFieldsAsync(context);
        Check(request);
        return ToAnswer(request.Sizes.FirstOrDefault(), request.Payload.Length);
    }

    public override async Task<Answer> StreamIn(IAsyncStreamReader<Ask> requestStream, ServerCallContext context)
    {
        var received = 0;
        await foreach (var ask in WatchedAsync(requestStream, context))
        {
            received += ask.Payload.Length;
        }

        return ToAnswer(0, received);
    }

    public override async Task StreamOut(Ask request, IServerStreamWriter<Answer> responseStream, ServerCallContext context)
    {
        foreach (var size in request.Sizes)
        {
            await responseStream.WriteAsync(ToAnswer(size, 0), context.CancellationToken);
        }

        Check(request);
    }

    public override async Task Duplex(IAsyncStreamReader<Ask> requestStream, IServerStreamWriter<Answer> responseStream, ServerCallContext context)
    {
        await EchoFieldsAsync(context);
        await foreach (var ask in WatchedAsync(requestStream, context))
        {
            foreach (var size in ask.Sizes)
            {
                await responseStream.WriteAsync(ToAnswer(size, ask.Payload.Length), context.CancellationToken);
            }

            if (ask.Message == "break off")
            {
                context.GetHttpContext().Abort();
            }

            Check(ask);
        }
    }

    private static TaskCompletionSource Cancellation(string call) =>
        Cancellations.GetOrAdd(call, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    /// <summary>All that is asked, until the call is cancelled: whichever is the first to tell, the call's token or the stream that breaks off.</summary>
    private static async IAsyncEnumerable<Ask> WatchedAsync(IAsyncStreamReader<Ask> asked, ServerCallContext context)
    {
        var cancelled = context.RequestHeaders.GetValue("call") is { } call ? Cancellation(call) : null;
        await using var registration = context.CancellationToken.Register(() => cancelled?.TrySetResult());
        while (await MoveNextAsync(asked, cancelled, context.CancellationToken))
        {
            yield return asked.Current;
        }
    }

    private static async Task<bool> MoveNextAsync(IAsyncStreamReader<Ask> asked, TaskCompletionSource? cancelled, CancellationToken token)
    {
        try
        {
            return await asked.MoveNext(token);
        }
        catch (Exception broken) when (broken is IOException or OperationCanceledException)
        {
            // What goes on from here takes the token's callback back, which may not have run yet.
            cancelled?.TrySetResult();
            throw;
        }
    }

    private static void Check(Ask ask)
    {
        if (ask.Status != 0)
        {
            throw new RpcException(new Status((StatusCode)ask.Status, ask.Message));
        }
    }

    private static async Task EchoFieldsAsync(ServerCallContext context)
    {
        if (context.RequestHeaders.GetValueBytes(EchoTrailing) is { } bytes)
        {
            context.ResponseTrailers.Add(EchoTrailing, bytes);
        }

        if (context.RequestHeaders.GetValue(Echo) is { } text)
        {
            await context.WriteResponseHeadersAsync(new Metadata { { Echo, text } });
        }
    }

    private static Answer ToAnswer(int size, int received) => new() { Payload = ByteString.CopyFrom(new byte[size]), Received = received };
}
