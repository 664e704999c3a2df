using System.Text.Json.Serialization;

namespace HelloApp;

/// <summary>A request as it arrived.</summary>
internal sealed record Echo(string Method, string Target, Dictionary<string, string?[]> Headers, string Body);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Echo))]
internal sealed partial class EchoContext : JsonSerializerContext;
