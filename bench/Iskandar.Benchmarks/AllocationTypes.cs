using System.Collections.Concurrent;
using System.Diagnostics.Tracing;
using System.Globalization;

namespace Iskandar.Benchmarks;

/// <summary>Which types the bytes of a small exchange are spent on: a sample of the allocations, as the runtime reports them.</summary>
internal sealed class AllocationTypes : EventListener
{
    private const int Exchanges = 50_000;
    private const int LeastSamples = 1_000;
    private const int MostSlices = 40;
    private const EventKeywords SampledAllocations = (EventKeywords)0x80000000000;

    private readonly ConcurrentDictionary<(string Type, ulong Size), int> _samples = [];

    /// <summary>Prints a table for each encoding.</summary>
    public static async Task PrintAsync()
    {
        foreach (var encoding in Enum.GetValues<TunnelEncoding>())
        {
            await using var server = new ServerEnd(encoding);
            var bytes = await MeasureAsync(server);
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{encoding}: {bytes:0} bytes an exchange"));

            // Samples arrive some time after they were taken.
            using var listener = new AllocationTypes();
            while (listener._samples.Values.Sum() < LeastSamples)
            {
                await server.ExchangeAsync(Exchanges);
            }

            listener.Print(bytes);
        }
    }

    // Code that isn't optimized yet allocates more: it is measured until it stays the same.
    private static async Task<double> MeasureAsync(ServerEnd server)
    {
        var (last, bytes) = (0.0, double.MaxValue);
        for (var slice = 0; slice < MostSlices && Math.Abs(bytes - last) > 0.5; slice++)
        {
            last = bytes;
            var before = GC.GetTotalAllocatedBytes(precise: true);
            await server.ExchangeAsync(Exchanges);
            bytes = (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Exchanges;
        }

        return bytes;
    }

    protected override void OnEventSourceCreated(EventSource eventSource)
    {
        if (eventSource.Name == "Microsoft-Windows-DotNETRuntime")
        {
            EnableEvents(eventSource, EventLevel.Informational, SampledAllocations);
        }
    }

    protected override void OnEventWritten(EventWrittenEventArgs eventData)
    {
        // The base constructor enables events before the fields are there.
        if (_samples is not null && eventData.EventName == "AllocationSampled" && eventData is { Payload: { } payload, PayloadNames: { } names })
        {
            var type = (string)payload[names.IndexOf("TypeName")]!;
            var size = (ulong)payload[names.IndexOf("ObjectSize")]!;
            _samples.AddOrUpdate((type, size), 1, static (_, count) => count + 1);
        }
    }

    // A sample is taken every so many bytes, so a type's share of the samples is its share of the bytes.
    private void Print(double bytes)
    {
        double all = _samples.Values.Sum();
        foreach (var ((type, size), count) in _samples.OrderByDescending(static sample => sample.Value).Take(15))
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count / all * bytes,8:0} {count / all,6:0.0%}  {type}, {size} bytes each"));
        }
    }
}
