using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Messages;

namespace Iskandar.Protocol.Json;

/// <summary>Writes the messages of the JSON encoding (docs/protocol.md). Pure: no state but a writer for each thread.</summary>
internal static class JsonMessageWriter
{
    // The relaxed encoder leaves '+' and non-ASCII alone: JSON in a WebSocket is never inside HTML.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, SkipValidation = true };

    private static readonly JsonEncodedText Type = JsonEncodedText.Encode("type");
    private static readonly JsonEncodedText Request = JsonEncodedText.Encode("request");
    private static readonly JsonEncodedText Response = JsonEncodedText.Encode("response");
    private static readonly JsonEncodedText Cancel = JsonEncodedText.Encode("cancel");
    private static readonly JsonEncodedText Credit = JsonEncodedText.Encode("credit");
    private static readonly JsonEncodedText Id = JsonEncodedText.Encode("id");
    private static readonly JsonEncodedText Method = JsonEncodedText.Encode("method");
    private static readonly JsonEncodedText Path = JsonEncodedText.Encode("path");
    private static readonly JsonEncodedText Headers = JsonEncodedText.Encode("headers");
    private static readonly JsonEncodedText SetCookies = JsonEncodedText.Encode("setCookies");
    private static readonly JsonEncodedText Status = JsonEncodedText.Encode("status");
    private static readonly JsonEncodedText Body = JsonEncodedText.Encode("body");
    private static readonly JsonEncodedText Done = JsonEncodedText.Encode("done");
    private static readonly JsonEncodedText Error = JsonEncodedText.Encode("error");
    private static readonly JsonEncodedText Bytes = JsonEncodedText.Encode("bytes");

    [ThreadStatic]
    private static Utf8JsonWriter? _writer;

    public static void WriteRegistration(IBufferWriter<byte> output, Registration registration)
    {
        var writer = Begin(output);
        writer.WriteStartObject();
        writer.WriteString("subdomain"u8, registration.Subdomain);
        if (registration.Url is not null)
        {
            writer.WriteString("url"u8, registration.Url);
        }

        if (registration.MaxMessage is { } maxMessage)
        {
            writer.WriteNumber("maxMessage"u8, maxMessage);
        }

        if (registration.Window is { } window)
        {
            writer.WriteNumber("window"u8, window);
        }

        if (registration.MaxFields is { } maxFields)
        {
            writer.WriteNumber("maxFields"u8, maxFields);
        }

        if (registration.NameKey is not null)
        {
            writer.WriteString("nameKey"u8, registration.NameKey);
        }

        if (registration.Resume is not null)
        {
            writer.WriteString("resume"u8, registration.Resume);
        }

        if (registration.Received is { } received)
        {
            writer.WriteNumber("received"u8, received);
        }

        if (registration.Keep is { } keep)
        {
            writer.WriteNumber("keep"u8, keep);
        }

        End(writer);
    }

    public static void WriteRequest(IBufferWriter<byte> output, ulong id, RequestHead head, ReadOnlySpan<byte> content)
    {
        var writer = Begin(output);
        writer.WriteStartObject();
        writer.WriteString(Type, Request);
        WriteId(writer, id);
        writer.WriteString(Method, head.Method);
        writer.WriteString(Path, head.Target);
        WriteHeaders(writer, head.Fields);
        if (!content.IsEmpty)
        {
            writer.WriteBase64String(Body, content);
        }

        End(writer);
    }

    public static void WriteResponse(IBufferWriter<byte> output, string id, ResponseHead head, ReadOnlySpan<byte> content, bool done)
    {
        var writer = Begin(output);
        BeginResponse(writer, id);
        writer.WriteNumber(Status, head.Status);
        WriteHeaders(writer, head.Fields);
        WriteSetCookies(writer, head.Fields);
        EndResponse(writer, content, done);
    }

    public static void WriteContent(IBufferWriter<byte> output, string id, ReadOnlySpan<byte> content, bool done)
    {
        var writer = Begin(output);
        BeginResponse(writer, id);
        EndResponse(writer, content, done);
    }

    /// <summary>Before the head was sent: whole enough for a server that doesn't know "error".</summary>
    public static void WriteFailureAsResponse(IBufferWriter<byte> output, string id, ExchangeError error)
    {
        var writer = Begin(output);
        BeginResponse(writer, id);
        writer.WriteNumber(Status, error.ToStatus());
        writer.WriteStartObject(Headers);
        writer.WriteString("content-type"u8, "text/plain"u8);
        writer.WriteEndObject();
        Span<byte> text = stackalloc byte[64];
        writer.WriteBase64String(Body, text[..Encoding.ASCII.GetBytes(error.ToCode(), text)]);
        EndFailure(writer, error);
    }

    /// <summary>After the head was sent: the content broke off.</summary>
    public static void WriteFailure(IBufferWriter<byte> output, string id, ExchangeError error)
    {
        var writer = Begin(output);
        BeginResponse(writer, id);
        EndFailure(writer, error);
    }

    public static void WriteCancel(IBufferWriter<byte> output, ulong id)
    {
        var writer = Begin(output);
        writer.WriteStartObject();
        writer.WriteString(Type, Cancel);
        WriteId(writer, id);
        End(writer);
    }

    public static void WriteCredit(IBufferWriter<byte> output, ulong id, long bytes)
    {
        var writer = Begin(output);
        writer.WriteStartObject();
        writer.WriteString(Type, Credit);
        WriteId(writer, id);
        writer.WriteNumber(Bytes, bytes);
        End(writer);
    }

    private static Utf8JsonWriter Begin(IBufferWriter<byte> output)
    {
        if (_writer is { } writer)
        {
            writer.Reset(output);
            return writer;
        }

        return _writer = new Utf8JsonWriter(output, Options);
    }

    private static void End(Utf8JsonWriter writer)
    {
        writer.WriteEndObject();
        writer.Flush();
    }

    private static void BeginResponse(Utf8JsonWriter writer, string id)
    {
        writer.WriteStartObject();
        writer.WriteString(Type, Response);
        writer.WriteString(Id, id);
    }

    private static void EndResponse(Utf8JsonWriter writer, ReadOnlySpan<byte> content, bool done)
    {
        if (!content.IsEmpty)
        {
            writer.WriteBase64String(Body, content);
        }

        writer.WriteBoolean(Done, done);
        End(writer);
    }

    private static void EndFailure(Utf8JsonWriter writer, ExchangeError error)
    {
        writer.WriteBoolean(Done, true);
        writer.WriteString(Error, error.ToCode());
        End(writer);
    }

    private static void WriteId(Utf8JsonWriter writer, ulong id)
    {
        Span<byte> digits = stackalloc byte[20];
        id.TryFormat(digits, out var length);
        writer.WriteString(Id, digits[..length]);
    }

    private static void WriteHeaders(Utf8JsonWriter writer, FieldSection fields)
    {
        writer.WriteStartObject(Headers);
        var lines = fields.Lines;
        for (var i = 0; i < lines.Length;)
        {
            var name = lines[i].Name;
            var next = i + 1;
            while (next < lines.Length && lines[next].Name.Equals(name, StringComparison.OrdinalIgnoreCase))
            {
                next++;
            }

            WriteName(writer, name);
            writer.WriteStringValue(next == i + 1 ? lines[i].Value : Join(lines[i..next]));
            i = next;
        }

        writer.WriteEndObject();
    }

    private static void WriteName(Utf8JsonWriter writer, string name)
    {
        const int MostOnStack = 128;
        if (name.Length > MostOnStack)
        {
            writer.WritePropertyName(name.ToLowerInvariant());
            return;
        }

        Span<char> lower = stackalloc char[MostOnStack];
        writer.WritePropertyName(lower[..name.AsSpan().ToLowerInvariant(lower)]);
    }

    // RFC 9110 section 5.3; for Cookie RFC 9113 section 8.2.3.
    private static string Join(ReadOnlySpan<Field> lines)
    {
        var separator = lines[0].Name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) ? "; " : ", ";
        var text = new StringBuilder(lines[0].Value);
        foreach (ref readonly var line in lines[1..])
        {
            text.Append(separator).Append(line.Value);
        }

        return text.ToString();
    }

    private static void WriteSetCookies(Utf8JsonWriter writer, FieldSection fields)
    {
        var count = 0;
        foreach (ref readonly var line in fields.Lines)
        {
            count += line.Name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase) ? 1 : 0;
        }

        if (count < 2)
        {
            return;
        }

        writer.WriteStartArray(SetCookies);
        foreach (ref readonly var line in fields.Lines)
        {
            if (line.Name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            {
                writer.WriteStringValue(line.Value);
            }
        }

        writer.WriteEndArray();
    }
}
