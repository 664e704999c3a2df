using System.Text;
using System.Text.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <summary>
/// One message of the JSON encoding as it was read (docs/protocol.md). Members may come in any order, unknown ones are passed over, and a
/// fault in one member doesn't hide the others: <see cref="Id"/> tells whose exchange has to fail. Valid as long as the bytes it was read from.
/// </summary>
internal ref struct JsonMessage
{
    /// <summary>The longest id that is taken, in characters.</summary>
    public const int LongestId = 128;

    private readonly FieldSection _fields;
    private readonly FieldSection _cookies;

    private JsonMessage(FieldSection fields, FieldSection cookies)
    {
        _fields = fields;
        _cookies = cookies;
        IsValid = true;
    }

    public JsonMessageType Type { get; private set; }

    /// <summary>The exchange, as UTF-8; empty when there was none, or none that can be used.</summary>
    public ReadOnlySpan<byte> Id { get; private set; }

    public string? Method { get; private set; }

    public string? Path { get; private set; }

    /// <summary>Null when absent.</summary>
    public int? Status { get; private set; }

    public JsonContent Body { get; private set; }

    public bool Done { get; private set; }

    /// <summary>Empty when absent.</summary>
    public ReadOnlySpan<byte> Error { get; private set; }

    public long Bytes { get; private set; }

    /// <summary>False: not JSON, not an object, or a member of the wrong type or with a value that HTTP doesn't allow.</summary>
    public bool IsValid { get; private set; }

    /// <summary>Reads a message.</summary>
    /// <param name="utf8">The message, or its beginning.</param>
    /// <param name="isWhole">False: only the beginning, to find the <see cref="Id"/>.</param>
    /// <param name="fields">Is cleared, and takes the header section.</param>
    /// <param name="cookies">Scratch space.</param>
    public static JsonMessage Read(ReadOnlySpan<byte> utf8, bool isWhole, FieldSection fields, FieldSection cookies)
    {
        fields.Clear();
        cookies.Clear();
        var message = new JsonMessage(fields, cookies);
        var reader = new Utf8JsonReader(utf8, isWhole, default);
        try
        {
            message.ReadMembers(ref reader);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // Not JSON, or a string that is not Unicode. What was read before still tells the exchange.
            message.IsValid = false;
        }

        // A beginning is never a message, however whole it looks; and cookies are fields as well.
        message.IsValid &= isWhole && fields.Count + cookies.Count <= JsonHeaders.MostLines;
        if (cookies.Count > 0)
        {
            fields.Remove("Set-Cookie");
            foreach (ref readonly var line in cookies.Lines)
            {
                fields.Add(line.Name, line.Value);
            }
        }

        return message;
    }

    private void ReadMembers(ref Utf8JsonReader reader)
    {
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            IsValid = false;
            return;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            IsValid &= TryReadMember(ref reader);
        }

        IsValid &= reader.TokenType == JsonTokenType.EndObject && reader.CurrentDepth == 0 && !reader.Read();
    }

    private bool TryReadMember(ref Utf8JsonReader reader)
    {
        if (reader.ValueTextEquals("headers"u8))
        {
            return reader.Read() && JsonHeaders.TryRead(ref reader, _fields);
        }

        if (reader.ValueTextEquals("setCookies"u8))
        {
            return reader.Read() && JsonHeaders.TryReadSetCookies(ref reader, _cookies);
        }

        var member = Identify(ref reader);
        if (!reader.Read())
        {
            return false;
        }

        if (reader.TokenType == JsonTokenType.Null)
        {
            return true;
        }

        if (member == Member.Unknown)
        {
            JsonHeaders.Skip(ref reader);
            return true;
        }

        if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
        {
            JsonHeaders.Skip(ref reader);
            return false;
        }

        return reader.TokenType switch
        {
            JsonTokenType.String => TrySetString(member, ref reader),
            JsonTokenType.Number => TrySetNumber(member, ref reader),
            JsonTokenType.True or JsonTokenType.False => TrySetBoolean(member, reader.GetBoolean()),
            _ => false,
        };
    }

    private static Member Identify(ref Utf8JsonReader reader) => reader switch
    {
        _ when reader.ValueTextEquals("id"u8) => Member.Id,
        _ when reader.ValueTextEquals("body"u8) => Member.Body,
        _ when reader.ValueTextEquals("done"u8) => Member.Done,
        _ when reader.ValueTextEquals("type"u8) => Member.Type,
        _ when reader.ValueTextEquals("status"u8) => Member.Status,
        _ when reader.ValueTextEquals("method"u8) => Member.Method,
        _ when reader.ValueTextEquals("path"u8) => Member.Path,
        _ when reader.ValueTextEquals("error"u8) => Member.Error,
        _ when reader.ValueTextEquals("bytes"u8) => Member.Bytes,
        _ => Member.Unknown,
    };

    private bool TrySetString(Member member, scoped ref Utf8JsonReader reader)
    {
        switch (member)
        {
            case Member.Id:
                var id = Text(ref reader);
                Id = Encoding.UTF8.GetCharCount(id) <= LongestId ? id : default;
                return true;
            case Member.Body:
                Body = new JsonContent(reader.ValueSpan, reader.ValueIsEscaped);
                return true;
            case Member.Type:
                Type = ToType(ref reader);
                return true;
            case Member.Error:
                Error = Text(ref reader);
                return true;
            case Member.Method:
                Method = reader.GetString();
                return true;
            case Member.Path:
                Path = reader.GetString();
                return true;
            default:
                return false;
        }
    }

    private bool TrySetNumber(Member member, ref Utf8JsonReader reader)
    {
        switch (member)
        {
            case Member.Status when reader.TryGetInt32(out var status):
                Status = status;
                return true;
            case Member.Bytes when reader.TryGetInt64(out var bytes):
                Bytes = bytes;
                return true;
            default:
                return false;
        }
    }

    private bool TrySetBoolean(Member member, bool value)
    {
        Done |= member == Member.Done && value;
        return member == Member.Done;
    }

    private static ReadOnlySpan<byte> Text(scoped ref Utf8JsonReader reader) =>
        reader.ValueIsEscaped ? Encoding.UTF8.GetBytes(reader.GetString()!) : reader.ValueSpan;

    private static JsonMessageType ToType(ref Utf8JsonReader reader) => reader switch
    {
        _ when reader.ValueTextEquals("response"u8) => JsonMessageType.Response,
        _ when reader.ValueTextEquals("request"u8) => JsonMessageType.Request,
        _ when reader.ValueTextEquals("cancel"u8) => JsonMessageType.Cancel,
        _ when reader.ValueTextEquals("credit"u8) => JsonMessageType.Credit,
        _ when reader.ValueTextEquals(""u8) => JsonMessageType.Absent,
        _ => JsonMessageType.Unknown,
    };

    private enum Member
    {
        Unknown,
        Id,
        Body,
        Done,
        Type,
        Status,
        Method,
        Path,
        Error,
        Bytes,
    }
}
