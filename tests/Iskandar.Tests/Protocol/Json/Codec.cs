using System.Buffers;
using System.Text;
using Iskandar.Protocol.Json;
using Iskandar.Protocol.Messages;

namespace Iskandar.Tests.Protocol.Json;

/// <summary>What a message said, free of the bytes it was read from.</summary>
internal sealed record ReadMessage(
    JsonMessageType Type, string Id, string? Method, string? Path, int? Status, byte[]? Body, bool Done, string Error, long Bytes, bool IsValid, Field[] Fields)
{
    /// <summary>The values of the lines with this name, in order.</summary>
    public string[] Values(string name) =>
        [.. Fields.Where(field => field.Name.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(static field => field.Value)];
}

/// <summary>The codec as tests call it: strings in, strings out.</summary>
internal static class Codec
{
    /// <summary>Writes a message.</summary>
    public static string Write(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    public static ReadMessage Read(string message, bool isWhole = true) => Read(Encoding.UTF8.GetBytes(message), isWhole);

    /// <summary>Reads a message, or its beginning. The body is null when it isn't base64.</summary>
    public static ReadMessage Read(ReadOnlySpan<byte> message, bool isWhole = true)
    {
        var fields = new FieldSection();
        var read = JsonMessage.Read(message, isWhole, fields, new FieldSection());
        var body = new ArrayBufferWriter<byte>();
        var isBase64 = read.Body.TryDecode(body, out var written);
        Assert.Equal(body.WrittenCount, written);
        Assert.True(written <= read.Body.MostBytes, "A body is never longer than it is said to be at most.");
        return new ReadMessage(
            read.Type,
            Encoding.UTF8.GetString(read.Id),
            read.Method,
            read.Path,
            read.Status,
            isBase64 ? body.WrittenSpan.ToArray() : null,
            read.Done,
            Encoding.UTF8.GetString(read.Error),
            read.Bytes,
            read.IsValid,
            fields.Lines.ToArray());
    }

    public static RequestHead Request(string method, string target, params Field[] fields)
    {
        var head = new RequestHead { Method = method, Target = target };
        Fill(head.Fields, fields);
        return head;
    }

    public static ResponseHead Response(int status, params Field[] fields)
    {
        var head = new ResponseHead { Status = status };
        Fill(head.Fields, fields);
        return head;
    }

    private static void Fill(FieldSection section, Field[] fields)
    {
        foreach (var field in fields)
        {
            section.Add(field.Name, field.Value);
        }
    }
}
