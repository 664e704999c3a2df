using System.Text;
using Iskandar.Tests.Client.Hosting;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli.Http1;

/// <summary>What a test does as an origin, byte by byte.</summary>
internal static class RawOrigin
{
    /// <summary>Sends bytes.</summary>
    public static Task SayAsync(this Stream origin, string text) => origin.WriteAsync(Encoding.Latin1.GetBytes(text), Bounded.Token).Within();

    /// <summary>Reads so many bytes.</summary>
    public static async Task<string> HearAsync(this Stream origin, int count)
    {
        var bytes = new byte[count];
        await origin.ReadExactlyAsync(bytes, Bounded.Token).Within();
        return Encoding.Latin1.GetString(bytes);
    }

    /// <summary>Reads to the end of the connection.</summary>
    public static async Task<string> HearToEndAsync(this Stream origin)
    {
        var all = new MemoryStream();
        await origin.CopyToAsync(all, Bounded.Token).Within();
        return Encoding.Latin1.GetString(all.ToArray());
    }

    /// <summary>Waits for what was sent to the visitor so far to begin like this, messages put together.</summary>
    public static Task UntilSentAsync(this FakeExchange exchange, string start) =>
        Bounded.UntilAsync(() => string.Concat(exchange.Sent).StartsWith(start, StringComparison.Ordinal), start);
}
