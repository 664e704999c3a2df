using System.Text.Json;
using Grpc.Core;
using Grpc.Net.Client;
using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;
using Iskandar.GrpcTests;
using Iskandar.GrpcTests.Interop;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>gRPC from Grpc.Net.Client to Grpc.AspNetCore, by the cases of gRPC's interoperability tests; and grpcio at either end.</summary>
public sealed class GrpcRows(Laboratory laboratory) : Section<GrpcRows>(laboratory), IRows
{
    public static string Title => "gRPC (the cases of its interoperability tests; Grpc.Net.Client, Grpc.AspNetCore, grpcio)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        .. InteropCase.All.Values.Select(static one => new Row($"`{one.Name}`", (target, _) => RunAsync(one, target.Hop, target.Grpc.Channel))),
        new("The caller cancels: the app notices", CancelAsync),
        new("The app breaks off amid a stream", BreakOffAsync),
        new("100 calls at once", AtOnceAsync),
        new("grpcio's client: all cases", PythonClientAsync),
        new("grpcio's server: all cases", PythonServerAsync),
    ];

    private static async Task<string> RunAsync(InteropCase one, Hop hop, GrpcChannel channel)
    {
        var seen = await one.Run(channel);
        if (hop == Hop.None)
        {
            // If the app and its caller don't get along without us, there is nothing to compare with.
            Assert.Equal(one.Expected, seen);
        }

        return Texts.Visible(seen);
    }

    private static async Task<string> CancelAsync(Target target, CancellationToken token)
    {
        var name = Guid.NewGuid().ToString("N");
        using (var call = new Calls.CallsClient(target.Grpc.Channel).Duplex(new Metadata { { "call", name }, { "echo", "x" } }, cancellationToken: Bounded.Token()))
        {
            await call.ResponseHeadersAsync;
        }

        await CallsService.CancelledAsync(name).WithinAsync("the app's cancellation", seconds: 5);
        return "its call is cancelled";
    }

    private static async Task<string> BreakOffAsync(Target target, CancellationToken token)
    {
        using var call = new Calls.CallsClient(target.Grpc.Channel).Duplex(cancellationToken: Bounded.Token());
        await call.RequestStream.WriteAsync(InteropCase.ToAsk(10, 0), Bounded.Token());
        Assert.True(await call.ResponseStream.MoveNext(Bounded.Token()));
        await call.RequestStream.WriteAsync(new Ask { Message = "break off" }, Bounded.Token());
        return $"one answer, then {(await InteropCase.FailureAsync(() => call.ResponseStream.MoveNext(Bounded.Token()))).StatusCode}";
    }

    private static async Task<string> AtOnceAsync(Target target, CancellationToken token)
    {
        var client = new Calls.CallsClient(target.Grpc.Channel);
        var sizes = await Task.WhenAll(Enumerable.Range(0, 100).Select(async size =>
            (await client.UnaryAsync(InteropCase.ToAsk(size, 0), cancellationToken: Bounded.Token())).Payload.Length));
        return $"{sizes.Where(static (size, number) => size == number).Count()} good answers";
    }

    private static async Task<string> PythonClientAsync(Target target, CancellationToken token)
    {
        var (address, authority) = (target.Grpc.Address, target.Grpc.Authority);
        await using var client = await PythonPeer.StartAsync("client.py", [address, authority, .. InteropCase.All.Keys]);
        var said = (await client.ReadToEndAsync()).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => JsonSerializer.Deserialize<string>(line)!);
        return Sum(InteropCase.All.Values.Zip(said));
    }

    private static async Task<string> PythonServerAsync(Target target, CancellationToken token)
    {
        var server = await target.PythonAsync();
        var seen = new List<(InteropCase Case, string Seen)>();
        foreach (var one in InteropCase.All.Values)
        {
            seen.Add((one, await one.Run(server.Channel)));
        }

        return Sum(seen);
    }

    private static string Sum(IEnumerable<(InteropCase Case, string Seen)> cases)
    {
        var all = cases.ToList();
        var others = all.Where(static one => one.Seen != one.Case.Expected).Select(static one => $"`{one.Case.Name}` {Texts.Visible(one.Seen)}").ToList();
        return $"{all.Count - others.Count} of {InteropCase.All.Count} as they should be{(others.Count > 0 ? $"; not {string.Join(", ", others)}" : "")}";
    }
}
