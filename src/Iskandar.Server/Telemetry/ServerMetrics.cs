using System.Diagnostics.Metrics;
using Iskandar.Protocol.Connections;

namespace Iskandar.Server.Telemetry;

/// <summary>What the server counts, in the meter <c>Iskandar.Server</c>.</summary>
internal sealed class ServerMetrics
{
    /// <summary>The meter's name.</summary>
    public const string MeterName = "Iskandar.Server";

    private readonly Counter<long> _handshakes;
    private readonly Counter<long> _lost;

    public ServerMetrics(IMeterFactory factory)
    {
        var meter = factory.Create(MeterName);
        _handshakes = meter.CreateCounter<long>("iskandar.handshakes", "{handshake}", "Opening handshakes by outcome: opened, claimed, resumed, or refused with an error.type.");
        _lost = meter.CreateCounter<long>("iskandar.links.detached", "{link}", "Connections that were lost while their link is kept.");
    }

    public void HandshakeOpened() => _handshakes.Add(1, new KeyValuePair<string, object?>("iskandar.outcome", "opened"));

    public void HandshakeClaimed() => _handshakes.Add(1, new KeyValuePair<string, object?>("iskandar.outcome", "claimed"));

    public void HandshakeResumed() => _handshakes.Add(1, new KeyValuePair<string, object?>("iskandar.outcome", "resumed"));

    public void HandshakeRefused(ExchangeError error) =>
        _handshakes.Add(1, new KeyValuePair<string, object?>("iskandar.outcome", "refused"), new KeyValuePair<string, object?>("error.type", error.ToCode()));

    public void LinkDetached() => _lost.Add(1);
}
