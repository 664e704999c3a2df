using System.Text;
using System.Text.Json.Nodes;
using Iskandar.FunctionalTests.Faults.Relay;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>An attempt to go on with somebody's tunnel, written by hand.</summary>
/// <param name="Name">The tunnel's name.</param>
/// <param name="Secret">What the registration gave as <c>resume</c>.</param>
/// <param name="Received">The offset up to which bytes were received.</param>
public sealed record ResumeHandshake(string Name, string Secret, string Received)
{
    /// <summary>What the client of a relayed connection could send: the relay has seen its registration.</summary>
    public static ResumeHandshake From(RelayConnection connection)
    {
        var registration = Registration(connection);
        var secret = (string?)registration["resume"];
        Assert.True(secret is { Length: > 0 }, $"The registration has no 'resume': {registration.ToJsonString()}");
        return new ResumeHandshake((string)registration["subdomain"]!, secret!, "0");
    }

    /// <summary>Sends it; the server's answer, of a connection that is ended then.</summary>
    public Task<RawHead> SendAsync(IskandarServer server) =>
        SendAsync(server, $"Iskandar-Name: {Name}", $"Iskandar-Resume: {Secret}", $"Iskandar-Received: {Received}");

    /// <summary>Claims a name without resuming anything.</summary>
    public static Task<RawHead> ClaimAsync(IskandarServer server, string name, string key) =>
        SendAsync(server, $"Iskandar-Name: {name}", $"Iskandar-Name-Key: {key}");

    private static async Task<RawHead> SendAsync(IskandarServer server, params string[] fields)
    {
        await using var raw = await server.ConnectAsync();
        string[] all =
        [
            "Connection: Upgrade",
            "Upgrade: websocket",
            "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
            "Sec-WebSocket-Protocol: iskandar.v1",
            "Iskandar-Accept: resume",
            .. fields,
        ];
        await raw.SendRequestAsync("GET", "/tunnel/connect", $"localhost:{server.Port}", all);
        return await raw.ReadHeadAsync();
    }

    /// <summary>The first message to the client: one unmasked text frame right after the 101.</summary>
    private static JsonObject Registration(RelayConnection connection)
    {
        var bytes = connection.FirstBytes(Direction.ToClient);
        var frame = bytes[(bytes.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..];
        Assert.Equal(0x81, frame[0]);
        var length = frame[1] < 126 ? frame[1] : (frame[2] << 8) | frame[3];
        var text = frame.Substring(frame[1] < 126 ? 2 : 4, length);
        return JsonNode.Parse(Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(text)))!.AsObject();
    }
}
