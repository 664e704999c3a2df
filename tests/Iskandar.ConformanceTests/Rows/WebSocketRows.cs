using Iskandar.ConformanceTests.Lab;
using Iskandar.ConformanceTests.Table;

namespace Iskandar.ConformanceTests.Rows;

/// <summary>WebSockets from npm's ws to npm's ws: what Node/websocket.js sees.</summary>
public sealed class WebSocketRows(Laboratory laboratory) : Section<WebSocketRows>(laboratory), IRows
{
    private const string Script = "websocket.js";

    public static string Title => "WebSockets (npm's ws)";

    public static IReadOnlyList<Row> Rows { get; } =
    [
        Of("text messages"),
        Of("binary messages"),
        Of("2,000 messages at once"),
        Of("the subprotocol that the app chooses"),
        Of("fields of the opening handshake"),
        Of("a page of the own host"),
        Of("permessage-deflate between the ends"),
        Of("a message in four frames"),
        Of("16 MiB in one message, both ways"),
        Of("ping from the client"),
        Of("ping from the app"),
        Of("the client closes with 1000"),
        Of("the app closes with 1000"),
        Of("the client closes with 1001"),
        Of("the app closes with 1001"),
        Of("the client closes with 3000"),
        Of("the app closes with 3000"),
        Of("the client closes with 4999"),
        Of("the app closes with 4999"),
        Of("the client closes without a code"),
        Of("the app closes without a code"),
        Of("the client breaks off"),
        Of("the client resets the connection"),
        Of("the app breaks off"),
        Of("the app says hello and closes at once"),
        Of("the app breaks off at once"),
        Of("the app refuses the upgrade"),
        Of("100 connections at once"),
        Of("the client ends its direction alone", "the connection ended without them", "Kestrel writes nothing any more to a visitor that has ended its direction"),
        Of("a version that the app does not speak"),
    ];

    [Fact]
    public async Task Cases_OfTheScript_AreTheRows() =>
        Assert.Equal(Rows.Select(static row => row.Behaviour), await Laboratory.Targets[0].Scripts.CasesAsync(Script));

    private static Row Of(string behaviour, string? differs = null, string? because = null) =>
        new(behaviour, (target, _) => target.Scripts.SeenAsync(Script, behaviour, target.Hop), differs, because, needs: "node");
}
