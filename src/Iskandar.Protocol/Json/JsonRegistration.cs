using System.Text.Json;
using System.Text.Json.Serialization;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <summary>Reads the registration, the first message of a connection.</summary>
internal static class JsonRegistration
{
    /// <summary>Reads a registration.</summary>
    /// <returns>Null when this isn't one.</returns>
    public static Registration? Read(ReadOnlySpan<byte> utf8)
    {
        try
        {
            return JsonSerializer.Deserialize(utf8, RegistrationContext.Default.Registration) is { Subdomain.Length: > 0 } registration
                ? registration
                : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(Registration))]
internal sealed partial class RegistrationContext : JsonSerializerContext;
