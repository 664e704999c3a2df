using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Iskandar.GrpcTests.Interop;

namespace Iskandar.GrpcTests;

/// <summary>
/// The cases of gRPC's interoperability tests, by the names they have there. Each says what its caller has seen, in words; <c>Python/client.py</c> has the same ones.
/// </summary>
/// <param name="Name">Its name.</param>
/// <param name="Expected">What the caller has to see.</param>
/// <param name="Run">Makes the calls, and says what was seen.</param>
internal sealed record InteropCase(string Name, string Expected, Func<GrpcChannel, Task<string>> Run)
{
    private const string Whitespace = "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \U0001f608\t\n";

    private static readonly Metadata Fields = new() { { "echo", "test_initial_metadata_value" }, { "echo-trailing-bin", [0xab, 0xab, 0xab] } };

    public static IReadOnlyDictionary<string, InteropCase> All { get; } = new InteropCase[]
    {
        new("empty_unary", "ok", EmptyUnaryAsync),
        new("large_unary", "314159 for 271828", LargeUnaryAsync),
        new("client_streaming", "74922", ClientStreamingAsync),
        new("server_streaming", "31415 9 2653 58979", ServerStreamingAsync),
        new("ping_pong", "31415 for 27182, 9 for 8, 2653 for 1828, 58979 for 45904", PingPongAsync),
        new("empty_stream", "0 answers", EmptyStreamAsync),
        new("custom_metadata", "test_initial_metadata_value ABABAB, test_initial_metadata_value ABABAB", CustomMetadataAsync),
        new("status_code_and_message", "2 test status message, 2 test status message", StatusCodeAndMessageAsync),
        new("special_status_message", "2 " + Whitespace, SpecialStatusMessageAsync),
        new("unimplemented_method", "12", UnimplementedMethodAsync),
        new("unimplemented_service", "12", UnimplementedServiceAsync),
        new("cancel_after_begin", "1", CancelAfterBeginAsync),
        new("cancel_after_first_response", "31415, 1", CancelAfterFirstResponseAsync),
        new("timeout_on_sleeping_server", "4", TimeoutOnSleepingServerAsync),
    }.ToDictionary(static one => one.Name);

    /// <summary>Says with which status a call has failed.</summary>
    public static async Task<RpcException> FailureAsync(Func<Task> call)
    {
        try
        {
            await call();
        }
        catch (RpcException failure)
        {
            return failure;
        }

        throw new InvalidOperationException("The call ended well.");
    }

    public static Ask ToAsk(int size, int payload) => new() { Sizes = { size }, Payload = ByteString.CopyFrom(new byte[payload]) };

    private static async Task<string> EmptyUnaryAsync(GrpcChannel channel)
    {
        var answer = await new Calls.CallsClient(channel).EmptyAsync(new Nothing(), Options());
        return answer.CalculateSize() == 0 ? "ok" : "not empty";
    }

    private static async Task<string> LargeUnaryAsync(GrpcChannel channel) => Text(await new Calls.CallsClient(channel).UnaryAsync(ToAsk(314159, 271828), Options()));

    private static async Task<string> ClientStreamingAsync(GrpcChannel channel)
    {
        using var call = new Calls.CallsClient(channel).StreamIn(Options());
        foreach (var length in (int[])[27182, 8, 1828, 45904])
        {
            await call.RequestStream.WriteAsync(ToAsk(0, length), Bounded.Token());
        }

        await call.RequestStream.CompleteAsync();
        return $"{(await call).Received}";
    }

    private static async Task<string> ServerStreamingAsync(GrpcChannel channel)
    {
        using var call = new Calls.CallsClient(channel).StreamOut(new Ask { Sizes = { 31415, 9, 2653, 58979 } }, Options());
        var sizes = new List<int>();
        await foreach (var answer in call.ResponseStream.ReadAllAsync(Bounded.Token()))
        {
            sizes.Add(answer.Payload.Length);
        }

        return string.Join(' ', sizes);
    }

    private static async Task<string> PingPongAsync(GrpcChannel channel)
    {
        using var call = new Calls.CallsClient(channel).Duplex(Options());
        var seen = new List<string>();
        foreach (var (size, payload) in ((int, int)[])[(31415, 27182), (9, 8), (2653, 1828), (58979, 45904)])
        {
            // The next is asked for only when this one is there: nothing may wait for more.
            await call.RequestStream.WriteAsync(ToAsk(size, payload), Bounded.Token());
            Assert.True(await call.ResponseStream.MoveNext(Bounded.Token()));
            seen.Add(Text(call.ResponseStream.Current));
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(Bounded.Token()));
        return string.Join(", ", seen);
    }

    private static async Task<string> EmptyStreamAsync(GrpcChannel channel)
    {
        using var call = new Calls.CallsClient(channel).Duplex(Options());
        await call.RequestStream.CompleteAsync();
        return $"{await call.ResponseStream.ReadAllAsync(Bounded.Token()).CountAsync(Bounded.Token())} answers";
    }

    private static async Task<string> CustomMetadataAsync(GrpcChannel channel)
    {
        using var unary = new Calls.CallsClient(channel).UnaryAsync(ToAsk(314159, 271828), Options(Fields));
        await unary;
        using var duplex = new Calls.CallsClient(channel).Duplex(Options(Fields));
        await duplex.RequestStream.WriteAsync(ToAsk(314159, 271828), Bounded.Token());
        await duplex.RequestStream.CompleteAsync();
        Assert.Equal(1, await duplex.ResponseStream.ReadAllAsync(Bounded.Token()).CountAsync(Bounded.Token()));
        return $"{Text(await unary.ResponseHeadersAsync, unary.GetTrailers())}, {Text(await duplex.ResponseHeadersAsync, duplex.GetTrailers())}";
    }

    private static async Task<string> StatusCodeAndMessageAsync(GrpcChannel channel)
    {
        var ask = new Ask { Status = 2, Message = "test status message" };
        var unary = await FailureAsync(async () => await new Calls.CallsClient(channel).UnaryAsync(ask, Options()));
        using var call = new Calls.CallsClient(channel).Duplex(Options());
        await call.RequestStream.WriteAsync(ask, Bounded.Token());
        await call.RequestStream.CompleteAsync();
        var duplex = await FailureAsync(() => call.ResponseStream.MoveNext(Bounded.Token()));
        return $"{Text(unary)}, {Text(duplex)}";
    }

    private static async Task<string> SpecialStatusMessageAsync(GrpcChannel channel) => Text(await FailureAsync(
        async () => await new Calls.CallsClient(channel).UnaryAsync(new Ask { Status = 2, Message = Whitespace }, Options())));

    private static async Task<string> UnimplementedMethodAsync(GrpcChannel channel) =>
        Code(await FailureAsync(async () => await new Calls.CallsClient(channel).MissingAsync(new Nothing(), Options())));

    private static async Task<string> UnimplementedServiceAsync(GrpcChannel channel) =>
        Code(await FailureAsync(async () => await new MissingCalls.MissingCallsClient(channel).MissingAsync(new Nothing(), Options())));

    private static async Task<string> CancelAfterBeginAsync(GrpcChannel channel)
    {
        using var cancel = new CancellationTokenSource();
        using var call = new Calls.CallsClient(channel).StreamIn(Options(cancel: cancel.Token));
        await cancel.CancelAsync();
        return Code(await FailureAsync(async () => await call));
    }

    private static async Task<string> CancelAfterFirstResponseAsync(GrpcChannel channel)
    {
        using var cancel = new CancellationTokenSource();
        using var call = new Calls.CallsClient(channel).Duplex(Options(cancel: cancel.Token));
        await call.RequestStream.WriteAsync(ToAsk(31415, 27182), Bounded.Token());
        Assert.True(await call.ResponseStream.MoveNext(Bounded.Token()));
        var size = call.ResponseStream.Current.Payload.Length;
        await cancel.CancelAsync();
        return $"{size}, {Code(await FailureAsync(() => call.ResponseStream.MoveNext(Bounded.Token())))}";
    }

    private static async Task<string> TimeoutOnSleepingServerAsync(GrpcChannel channel)
    {
        using var call = new Calls.CallsClient(channel).Duplex(deadline: TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(1), cancellationToken: Bounded.Token());
        return Code(await FailureAsync(() => call.ResponseStream.MoveNext(Bounded.Token())));
    }

    private static CallOptions Options(Metadata? fields = null, CancellationToken? cancel = null) => new(fields, cancellationToken: cancel ?? Bounded.Token());

    private static string Text(Answer answer) => $"{answer.Payload.Length} for {answer.Received}";

    private static string Text(Metadata fields, Metadata trailers) =>
        $"{fields.GetValue("echo")} {Convert.ToHexString(trailers.GetValueBytes("echo-trailing-bin") ?? [])}";

    private static string Text(RpcException failure) => $"{Code(failure)} {failure.Status.Detail}";

    private static string Code(RpcException failure) => $"{(int)failure.StatusCode}";
}
