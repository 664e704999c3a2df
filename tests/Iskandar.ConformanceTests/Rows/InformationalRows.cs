using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>1xx responses, and who asks for the content of a request.</summary>
public sealed class InformationalRows(Laboratory laboratory) : Section<InformationalRows>(laboratory), IRows
{
    private const string Final = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    private const string ByKestrel = "They cross the tunnel; Kestrel has no way to send them on, and they can be dropped (RFC 9110 section 15.2).";

    public static string Title => "1xx and `Expect: 100-continue`";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Informed("103 with Link, before 200", "HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\n\r\n", "200", ByKestrel),
        Informed("Two 103", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </b>\r\n\r\n", "200", ByKestrel),
        Informed("102", "HTTP/1.1 102 Processing\r\n\r\n", "200", ByKestrel),
        Informed("100 that nobody asked for", "HTTP/1.1 100 Continue\r\n\r\n", "200", ByKestrel),
        Informed("199", "HTTP/1.1 199 Own\r\n\r\n", "200", ByKestrel),
        new("`Expect: 100-continue`: the app asks for the content", AskedAsync),
        new("`Expect: 100-continue`: nobody asks before the app does", AskedLateAsync),
        Refused("`Expect: 100-continue`: the app refuses with 417", "417 Expectation Failed"),
        Refused("`Expect: 100-continue`: the app refuses with 401", "401 Unauthorized"),
        Refused("`Expect: 100-continue`: the app answers 200 without the content", "200 OK"),
        new(
            "`Expect` arrives at the app",
            static async (target, _) => (await Visit.ToAsync(
                target,
                "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi",
                static async exchange =>
                {
                    await exchange.ReadContentAsync();
                    await exchange.SendAsync(Final);
                })).AppFields("Expect")),
        new(
            "An expectation that nobody knows",
            static async (target, _) => (await Visit.ToAsync(
                target, "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\nExpect: 200-maybe\r\n\r\n")).AppFields("Expect")),
        new(
            "The visitor sends content without waiting for 100",
            static async (target, _) => (await Visit.ToAsync(
                target,
                "POST / HTTP/1.1\r\nHost: {host}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nhi",
                static async exchange => await exchange.SendTextAsync(await exchange.ReadContentAsync()))).Answer()),
    ];

    private static Row Informed(string behaviour, string informational, string? differs = null, string? because = null) => new(
        behaviour,
        async (target, _) => Describe(await Visit.GetAsync(target, informational + Final)),
        differs,
        because);

    private static string Describe(Visit visit) => string.Join(
        ", ",
        visit.Informational.Select(static head => head.All("Link") is [var link] ? $"{head.Status} with `{link}`" : $"{head.Status}")
            .Append($"{visit.Response!.Status}"));

    private static async Task<string> AskedAsync(Target target, CancellationToken token)
    {
        target.ByteOrigin.Play(static async exchange =>
        {
            if (exchange.All("Expect").Count > 0)
            {
                await exchange.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            }

            await exchange.SendTextAsync(await exchange.ReadContentAsync());
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        var asked = await visitor.ReadHeadAsync();
        await visitor.SendAsync("hi");
        return $"{asked.Status}, {Say.Response(await visitor.ReadResponseAsync())}";
    }

    private static async Task<string> AskedLateAsync(Target target, CancellationToken token)
    {
        var asking = new Gate();
        target.ByteOrigin.Play(async exchange =>
        {
            await asking.PassAsync("the time to ask");
            if (exchange.All("Expect").Count > 0)
            {
                await exchange.SendAsync("HTTP/1.1 100 Continue\r\n\r\n");
            }

            await exchange.SendTextAsync(await exchange.ReadContentAsync());
        });
        await using var visitor = await target.Bytes.ConnectAsync();
        await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
        var asked = visitor.ReadHeadAsync();
        var isEarly = await Task.WhenAny(asked, Task.Delay(TimeSpan.FromMilliseconds(500), token)) == asked;
        asking.Open();
        await asked;
        await visitor.SendAsync("hi");
        await visitor.ReadResponseAsync();
        return isEarly ? "the visitor is asked before the app has asked" : "the visitor is asked when the app has asked";
    }

    private static Row Refused(string behaviour, string status) => new(
        behaviour,
        async (target, _) =>
        {
            target.ByteOrigin.Play(async exchange =>
            {
                await exchange.SendAsync($"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                exchange.Close();
            });
            await using var visitor = await target.Bytes.ConnectAsync();
            await visitor.SendAsync($"POST / HTTP/1.1\r\nHost: {target.Bytes.Host}\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
            var head = await visitor.ReadHeadAsync();
            if (head.Status != 100)
            {
                return $"{head.Status}; the visitor never sends the content";
            }

            await visitor.SendAsync("hi");
            return $"100, {(await visitor.ReadHeadAsync()).Status}; the visitor sends the content for nothing";
        });
}
