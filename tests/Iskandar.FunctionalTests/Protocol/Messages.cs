using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Iskandar.FunctionalTests.Protocol;

/// <summary>The messages of the JSON encoding, as docs/protocol.md describes them.</summary>
public static class Messages
{
    // The default encoder would write the "+" of base64 as an escape; most implementations don't.
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Text(JsonNode message) => message.ToJsonString(Plain);

    public static JsonObject Response(
        string id,
        int? status = null,
        string? text = null,
        bool? done = null,
        string? error = null,
        JsonObject? headers = null,
        byte[]? body = null)
    {
        var message = new JsonObject { ["type"] = "response", ["id"] = id };
        Set(message, "status", status);
        Set(message, "headers", headers);
        Set(message, "body", body is null ? (text is null ? null : Base64(text)) : Convert.ToBase64String(body));
        Set(message, "done", done);
        Set(message, "error", error);
        return message;
    }

    public static JsonObject Request(string id, string method, string path, JsonObject? headers = null, byte[]? body = null)
    {
        var message = new JsonObject { ["type"] = "request", ["id"] = id, ["method"] = method, ["path"] = path };
        Set(message, "headers", headers);
        Set(message, "body", body is null ? null : Convert.ToBase64String(body));
        return message;
    }

    public static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static void Set(JsonObject message, string name, JsonNode? value)
    {
        if (value is not null)
        {
            message[name] = value;
        }
    }
}

/// <summary>A request message as a client received it.</summary>
public sealed record DocumentRequest(JsonObject Json)
{
    public string Id => (string)Json["id"]!;

    public string Method => (string)Json["method"]!;

    public string Path => (string)Json["path"]!;

    public JsonObject Headers => Json["headers"] as JsonObject ?? [];

    public byte[] Body => Json["body"] is { } body ? Convert.FromBase64String((string)body!) : [];

    /// <summary>A field, or null.</summary>
    public string? this[string name] => (string?)Headers[name];
}

/// <summary>All messages of one response, as a server received them.</summary>
public sealed record DocumentResponse(IReadOnlyList<JsonObject> Pieces)
{
    public int Status => (int)Pieces[0]["status"]!;

    public JsonObject Headers => Pieces[0]["headers"] as JsonObject ?? [];

    public string? Error => (string?)Pieces[^1]["error"];

    public byte[] Body => [.. Pieces.SelectMany(BodyOf)];

    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>A field, or null.</summary>
    public string? this[string name] => (string?)Headers[name];

    public static byte[] BodyOf(JsonObject message) => message["body"] is { } body ? Convert.FromBase64String((string)body!) : [];
}
