using Iskandar.Cli.Forwarding;
using Iskandar.Cli.Rendering;
using Iskandar.Client;
using Iskandar.Tests.Client.Hosting;
using Microsoft.Extensions.Time.Testing;

namespace Iskandar.Tests.Cli;

/// <summary>What the user is told about an origin that fails.</summary>
public sealed class RequestLogTests
{
    private static readonly ForwardingFailure Refused = ForwardingFailure.Unreachable("Connection refused.");
    private static readonly ForwardingFailure NoHttp2 = new(OriginFailure.Failed, "no handshake", "Speak it.");

    [Fact]
    public async Task Failures_WithAdvice_SaidOnceUntilItWorksAgain()
    {
        await using var view = new RecordingView();

        await LogAsync(view, Refused, Refused, null, Refused, NoHttp2, NoHttp2, new(OriginFailure.Failed, "broken"));

        const string Unreachable = "Can't reach http://localhost:3000: Connection refused. Is your app running?";
        Assert.Equal([Unreachable, Unreachable, "Can't talk to http://localhost:3000: no handshake. Speak it."], view.Notices);
    }

    private static async Task LogAsync(ITunnelView view, params ForwardingFailure?[] failures)
    {
        var next = 0;
        var log = new RequestLog(
            context =>
            {
                context.Features.Set(failures[next++]);
                return Task.CompletedTask;
            },
            view,
            new Uri("http://localhost:3000"),
            new FakeTimeProvider());
        foreach (var _ in failures)
        {
            await HostedExchange.RunAsync(new FakeExchange(), log.InvokeAsync);
        }
    }

    private sealed class RecordingView : ITunnelView
    {
        public List<string> Notices { get; } = [];

        public void StatusChanged(TunnelStatus status)
        {
        }

        public void RequestStarted()
        {
        }

        public void RequestFinished(RequestEntry request)
        {
        }

        public void Notice(string text) => Notices.Add(text);

        public ValueTask DisposeAsync() => default;
    }
}
