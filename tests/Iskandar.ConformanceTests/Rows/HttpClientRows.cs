using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>HTTP/1.1 from npm's undici, and from Node.js itself, to a server of Node.js: what Node/http-client.js sees.</summary>
public sealed class HttpClientRows(Laboratory laboratory) : Section<HttpClientRows>(laboratory), IRows
{
    private const string Script = "http-client.js";

    public static string Title => "HTTP/1.1 clients (npm's undici, Node.js)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Of("undici: 50 pipelined requests"),
        Of("undici: a connection is kept"),
        Of("undici: 200 requests over 20 connections"),
        Of("undici: a chunked upload"),
        Of("undici: a chunked download"),
        Of("undici: a sized upload"),
        Of("undici: a sized download"),
        Of("undici: an upload without content"),
        Of("undici: request and response at the same time"),
        Of("undici: an answer before the upload ends"),
        Of("undici: the client gives up a download"),
        Of("undici: the client gives up before an answer"),
        Of("undici: the client gives up an upload"),
        Of("undici: the app breaks off its answer"),
        Of("undici: the app closes its connection behind each answer"),
        Of("undici: response trailers"),
        Of("undici: an informational 103", "200 page", "Kestrel sends no informational responses"),
        Of("undici: HEAD"),
        Of("undici: 204"),
        Of("undici: 205"),
        Of("undici: 304"),
        Of("undici: repeated and empty fields"),
        Of("node: request trailers"),
        Of("node: Expect: 100-continue, sized, accepted"),
        Of("node: Expect: 100-continue, sized, refused"),
        Of("node: Expect: 100-continue, chunked, accepted"),
        Of("node: Expect: 100-continue, chunked, refused"),
    ];

    [Fact]
    public async Task Cases_OfTheScript_AreTheRows() =>
        Assert.Equal(Rows.Select(static row => row.Behaviour), await Laboratory.Targets[0].Scripts.CasesAsync(Script));

    private static Row Of(string behaviour, string? differs = null, string? because = null) =>
        new(behaviour, (target, _) => target.Scripts.SeenAsync(Script, behaviour, target.Hop), differs, because, needs: "node");
}
