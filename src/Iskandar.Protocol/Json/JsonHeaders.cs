using System.Text;
using System.Text.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <summary>Reads a "headers" member, tolerantly: strings, arrays of strings, numbers and booleans as values; null as absent.</summary>
internal static class JsonHeaders
{
    /// <summary>A section with more lines than this is not valid, whatever they say.</summary>
    public const int MostLines = 1_000;

    /// <summary>Reads the value the reader stands on.</summary>
    /// <returns>False when something in it is not valid HTTP; the reader stands at the value's end all the same.</returns>
    public static bool TryRead(ref Utf8JsonReader reader, FieldSection fields)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }

        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Skip(ref reader);
            return false;
        }

        var valid = true;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = ReadName(ref reader);
            reader.Read();
            valid &= HttpSyntax.IsToken(name);
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                {
                    valid &= TryAdd(ref reader, name, fields);
                }
            }
            else
            {
                valid &= TryAdd(ref reader, name, fields);
            }
        }

        return valid;
    }

    /// <summary>Reads an array of "Set-Cookie" values, which replaces those in the section.</summary>
    public static bool TryReadSetCookies(ref Utf8JsonReader reader, FieldSection cookies)
    {
        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }

        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Skip(ref reader);
            return false;
        }

        var valid = true;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            valid &= TryAdd(ref reader, "Set-Cookie", cookies);
        }

        return valid;
    }

    /// <summary>Passes over the value that the reader stands on.</summary>
    /// <exception cref="JsonException">Only the beginning of it is there: what follows can't be told apart from what is inside.</exception>
    public static void Skip(ref Utf8JsonReader reader)
    {
        if (!reader.TrySkip())
        {
            throw new JsonException("The value is not all there.");
        }
    }

    private static string ReadName(ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? reader.GetString()! : FieldNames.Get(reader.ValueSpan);

    private static bool TryAdd(ref Utf8JsonReader reader, string name, FieldSection fields)
    {
        string? value;
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return true;
            case JsonTokenType.String:
                value = ToBytesAsCharacters(reader.GetString()!).Trim([' ', '\t']);
                break;
            case JsonTokenType.Number or JsonTokenType.True or JsonTokenType.False:
                value = Encoding.ASCII.GetString(reader.ValueSpan);
                break;
            default:
                Skip(ref reader);
                return false;
        }

        if (fields.Count >= MostLines || !HttpSyntax.IsFieldValue(value))
        {
            return false;
        }

        fields.Add(name, value);
        return true;
    }

    // Each character of a value is one byte; what doesn't fit into one makes the whole value UTF-8.
    private static string ToBytesAsCharacters(string value) =>
        value.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? Encoding.Latin1.GetString(Encoding.UTF8.GetBytes(value)) : value;
}
