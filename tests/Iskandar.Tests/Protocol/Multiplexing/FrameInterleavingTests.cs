using System.Buffers;
using CsCheck;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>
/// Many exchanges at once between the two ends, each in its own way, some given up at any point of their lives: what looks complete is complete, nobody waits for ever, and
/// nothing is left behind.
/// </summary>
public sealed class FrameInterleavingTests
{
    private static readonly Gen<int[]> Pieces = Gen.Frequency(
        (8, Gen.Int[0, 3_000].Array[0, 6]), (3, Gen.Int[0, 70_000].Array[0, 4]), (1, Gen.Int[100_000, 300_000].Array[1, 3]));

    private static readonly Gen<Script> Scripts = Gen.Select(
        Pieces, Pieces, Gen.Bool, Gen.Bool, Gen.Enum<Order>(), Gen.OneOf(Gen.Const(Ending.None), Gen.Enum<Ending>()), Gen.Int[0, 6], Gen.Int[0, 3],
        static (request, response, requestTrailers, responseTrailers, order, ending, after, pace) =>
            new Script(request, response, requestTrailers, responseTrailers, order, ending, after, pace));

    private static readonly Gen<Plan> Plans = Gen.Select(
        Scripts.Array[1, 12], Gen.OneOf(Gen.Const(2_000), Gen.Const(64 * 1024)), Gen.Frequency((3, Gen.Const(false)), (1, Gen.Const(true))), Gen.Frequency((4, Gen.Const(-1)), (1, Gen.Int[0, 40])),
        static (scripts, capacity, isTight, breaksAfter) => new Plan(scripts, capacity, isTight, breaksAfter));

    /// <summary>When the app reads the request.</summary>
    internal enum Order
    {
        ReadFirst,
        RespondFirst,
        AtOnce,
    }

    /// <summary>Who gives up.</summary>
    internal enum Ending
    {
        None,
        VisitorCancels,
        VisitorLeaves,
        VisitorStopsContent,
        VisitorsTokenFires,
        AppFails,
        AppReturns,
        AppsTokenFires,
    }

    [Fact]
    public Task Exchanges_ManyAtOnce_WholeOrFailed() => Plans.SampleAsync(static plan => RunAsync(plan), iter: 150, threads: 1);

    private static async Task RunAsync(Plan plan)
    {
        var clock = new TickingClock();
        var budget = new ByteBudget(plan.IsTight ? 100_000 : 1_000_000_000);
        var run = new Run(plan);
        await using (var pair = await FramePair.StartAsync(
            run.ServeAsync,
            new GatewayConnectionOptions { TimeProvider = clock, Budget = budget },
            new ClientConnectionOptions { TimeProvider = clock, MaxBuffered = plan.IsTight ? 100_000 : 1_000_000_000 },
            plan.Capacity))
        {
            run.Pair = pair;
            await Task.WhenAll(plan.Scripts.Select((script, index) => Task.Run(() => run.VisitAsync(script, index)))).Within();

            // What was sent before it has come to the app by then.
            if (plan.BreaksAfter < 0)
            {
                using var last = await pair.GetAsync("/last");
                Assert.Equal((ExchangeError.None, 204), (last.Error, last.Response.Status));
            }

            await pair.ServedAsync();
            Assert.Equal(0, pair.Gateway.ActiveExchanges);
            if (plan.BreaksAfter < 0)
            {
                Assert.Equal((0, 0), (budget.Taken, pair.TakenByClient));
            }
        }

        Assert.Equal(0, budget.Taken);
    }

    private static byte ByteAt(int index, long offset) => (byte)((offset * 7) + (offset >> 10) + index);

    private static byte[] Piece(int index, long offset, int length)
    {
        var piece = new byte[length];
        for (var i = 0; i < length; i++)
        {
            piece[i] = ByteAt(index, offset + i);
        }

        return piece;
    }

    private static void AssertPiece(int index, long offset, ReadOnlySpan<byte> piece)
    {
        for (var i = 0; i < piece.Length; i++)
        {
            if (piece[i] != ByteAt(index, offset + i))
            {
                Assert.Fail($"The byte at {offset + i} of {index} is another's.");
            }
        }
    }

    private static FieldSection Trailers(int index)
    {
        var trailers = new FieldSection();
        trailers.Add("X-Index", $"{index}");
        return trailers;
    }

    internal sealed record Script(
        int[] Request, int[] Response, bool RequestTrailers, bool ResponseTrailers, Order Order, Ending Ending, int After, int Pace)
    {
        public override string ToString() =>
            $"[{string.Join(' ', Request)}] [{string.Join(' ', Response)}] {RequestTrailers} {ResponseTrailers} {Order} {Ending} after {After}, {Pace}";
    }

    internal sealed record Plan(Script[] Scripts, int Capacity, bool IsTight, int BreaksAfter)
    {
        public override string ToString() => $"{Capacity} {IsTight} {BreaksAfter}: {string.Join("; ", Scripts.AsEnumerable())}";
    }

    private sealed class Run(Plan plan)
    {
        private int _steps;

        public FramePair? Pair { get; set; }

        public async Task VisitAsync(Script script, int index)
        {
            if (Pair!.Gateway.TryOpen(out var exchange) != ExchangeError.None)
            {
                Assert.True(plan.BreaksAfter >= 0);
                return;
            }

            using var left = new CancellationTokenSource();
            using (exchange)
            {
                (exchange!.Request.Method, exchange.Request.Target) = ("POST", $"/{index}");
                await StepAsync(script);
                exchange.SendHead(endOfRequest: script.Request.Length == 0 && !script.RequestTrailers, upgrade: false);
                var sending = SendRequestAsync(exchange, script, index, left.Token);
                try
                {
                    await ReceiveAsync(exchange, script, index, left);
                }
                finally
                {
                    exchange.StopContent();
                    await sending;
                }
            }
        }

        public async Task ServeAsync(IClientExchange exchange)
        {
            if (exchange.Request.Target == "/last")
            {
                await exchange.SendHeadAsync(new ResponseHead { Status = 204 }, default, endOfResponse: true, CancellationToken.None);
                return;
            }

            var index = int.Parse(exchange.Request.Target[1..], null);
            var script = plan.Scripts[index];
            using var gone = new CancellationTokenSource();
            var reading = script.Order == Order.RespondFirst ? Task.CompletedTask : ReadRequestAsync(exchange, script, index, gone.Token);
            if (script.Order == Order.ReadFirst)
            {
                await reading;
            }

            try
            {
                await RespondAsync(exchange, script, index);
                if (script.Order == Order.RespondFirst && script.Ending == Ending.None)
                {
                    await ReadRequestAsync(exchange, script, index, gone.Token);
                }
            }
            finally
            {
                // Nobody reads when it is disposed.
                if (script.Ending != Ending.None)
                {
                    await gone.CancelAsync();
                }

                await reading;
            }
        }

        private async Task SendRequestAsync(IGatewayExchange exchange, Script script, int index, CancellationToken token)
        {
            try
            {
                long offset = 0;
                foreach (var length in script.Request)
                {
                    await StepAsync(script);
                    var error = await exchange.SendContentAsync(new ReadOnlySequence<byte>(Piece(index, offset, length)), token);
                    if (error != ExchangeError.None)
                    {
                        return;
                    }

                    offset += length;
                }

                if (script.Request.Length > 0 || script.RequestTrailers)
                {
                    await exchange.EndContentAsync(script.RequestTrailers ? Trailers(index) : null, token);
                }
            }
            catch (OperationCanceledException)
            {
                exchange.Cancel(ExchangeError.Cancelled);
            }
        }

        private async Task ReceiveAsync(IGatewayExchange exchange, Script script, int index, CancellationTokenSource left)
        {
            for (var step = 0; step < script.After && script.Ending is not Ending.None; step++)
            {
                await StepAsync(script);
            }

            switch (script.Ending)
            {
                case Ending.VisitorLeaves:
                    exchange.Cancel(ExchangeError.Cancelled);
                    return;
                case Ending.VisitorCancels:
                    exchange.Cancel(ExchangeError.Cancelled);
                    break;
                case Ending.VisitorsTokenFires:
                    await left.CancelAsync();
                    break;
            }

            long received = 0;
            var isComplete = await exchange.ReadHeadAsync();
            if (script.Ending == Ending.VisitorStopsContent)
            {
                exchange.StopContent();
            }

            while (isComplete)
            {
                await StepAsync(script);
                var read = await exchange.Content.ReadAsync(CancellationToken.None);
                foreach (var segment in read.Buffer)
                {
                    AssertPiece(-index, received, segment.Span);
                    received += segment.Length;
                }

                var length = read.Buffer.Length;
                exchange.Content.AdvanceTo(read.Buffer.End);
                exchange.Consumed(length);
                if (read.IsCompleted)
                {
                    break;
                }
            }

            // What looks complete is.
            if (isComplete && exchange.Error == ExchangeError.None)
            {
                Assert.Equal(script.Response.Sum(), received);
                Assert.Equal(script.ResponseTrailers ? $"{index}" : null, exchange.Trailers.Find("x-index"));
            }
            else
            {
                Assert.NotEqual(ExchangeError.None, exchange.Error);
                Assert.True(script.Ending != Ending.None || plan.IsTight || plan.BreaksAfter >= 0, $"{index}: {exchange.Error}");
            }
        }

        private async Task ReadRequestAsync(IClientExchange exchange, Script script, int index, CancellationToken token)
        {
            long received = 0;
            var buffer = new byte[20_000];
            try
            {
                var content = exchange.OpenContent();
                while (true)
                {
                    await StepAsync(script);
                    var count = await content.ReadAsync(buffer, token);
                    if (count == 0)
                    {
                        break;
                    }

                    AssertPiece(index, received, buffer.AsSpan(0, count));
                    received += count;
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (IOException)
            {
                Assert.True(exchange.Cancelled.IsCancellationRequested);
                return;
            }

            Assert.Equal(script.Request.Sum(), received);
            Assert.Equal(script.RequestTrailers ? $"{index}" : null, exchange.RequestTrailers.Find("x-index"));
        }

        private async Task RespondAsync(IClientExchange exchange, Script script, int index)
        {
            using var impatient = new CancellationTokenSource();
            try
            {
                var head = new ResponseHead { Status = 200 };
                head.Fields.Add("X-Index", $"{index}");
                long offset = 0;
                var isLast = script.Response.Length == 0 && !script.ResponseTrailers;
                await StepAsync(script);
                await exchange.SendHeadAsync(head, default, isLast, impatient.Token);
                for (var i = 0; i < script.Response.Length; i++)
                {
                    await StepAsync(script);
                    if (i == script.After)
                    {
                        switch (script.Ending)
                        {
                            case Ending.AppReturns:
                                return;
                            case Ending.AppFails:
                                exchange.Fail(ExchangeError.OriginTimeout);
                                break;
                        }
                    }

                    isLast = i == script.Response.Length - 1 && !script.ResponseTrailers;
                    var sending = exchange.SendContentAsync(Piece(-index, offset, script.Response[i]), isLast, impatient.Token).AsTask();
                    if (i == script.After && script.Ending == Ending.AppsTokenFires)
                    {
                        await impatient.CancelAsync();
                    }

                    await sending;
                    offset += script.Response[i];
                }

                if (script.ResponseTrailers)
                {
                    exchange.SendTrailers(Trailers(index));
                }
            }
            catch (OperationCanceledException)
            {
                // An app that takes no notice.
                exchange.SendTrailers(Trailers(index));
            }
        }

        // A place where another may come between.
        private async Task StepAsync(Script script)
        {
            if (Interlocked.Increment(ref _steps) == plan.BreaksAfter)
            {
                Pair!.Break();
            }

            for (var i = 0; i < script.Pace; i++)
            {
                await Task.Yield();
            }
        }
    }
}
