using System.Buffers;
using System.Buffers.Text;
using System.Text.Json;

namespace Iskandar.Protocol.Json;

/// <summary>A "body" member as it stands in a message: base64 in a JSON string.</summary>
internal readonly ref struct JsonContent
{
    private const int MostPadding = 2;

    private readonly ReadOnlySpan<byte> _text;
    private readonly bool _isEscaped;

    /// <summary>Takes a body as it stands in a message.</summary>
    /// <param name="text">What stands between the quotes.</param>
    /// <param name="isEscaped">Whether it has JSON escapes, as some writers make of "/".</param>
    public JsonContent(ReadOnlySpan<byte> text, bool isEscaped)
    {
        _text = text;
        _isEscaped = isEscaped;
    }

    /// <summary>No less than the decoded length in bytes.</summary>
    public int MostBytes => Base64.GetMaxDecodedFromUtf8Length(_text.Length);

    /// <summary>No more than the decoded length in bytes, without decoding; 0 when it can't be told.</summary>
    public int LeastBytes => _isEscaped || _text.ContainsAny(" \t\r\n"u8) ? 0 : Math.Max(0, MostBytes - MostPadding);

    public bool IsEmpty => _text.IsEmpty;

    /// <summary>Decodes into the output, a piece at a time.</summary>
    /// <param name="output">Takes the bytes.</param>
    /// <param name="written">How many there were.</param>
    /// <returns>False when the text isn't base64; some bytes may have been written.</returns>
    public bool TryDecode(IBufferWriter<byte> output, out long written)
    {
        written = 0;
        if (!_isEscaped)
        {
            return TryDecode(_text, output, ref written);
        }

        var unescaped = ArrayPool<byte>.Shared.Rent(_text.Length + 2);
        try
        {
            return TryUnescape(unescaped, out var length) && TryDecode(unescaped.AsSpan(0, length), output, ref written);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(unescaped);
        }
    }

    private static bool TryDecode(ReadOnlySpan<byte> base64, IBufferWriter<byte> output, ref long written)
    {
        const int Piece = 16 * 1024;
        while (!base64.IsEmpty)
        {
            var span = output.GetSpan(Math.Clamp(Base64.GetMaxDecodedFromUtf8Length(base64.Length), 3, Piece));
            var status = Base64.DecodeFromUtf8(base64, span, out var read, out var count);
            output.Advance(count);
            written += count;
            base64 = base64[read..];
            if (status is OperationStatus.InvalidData or OperationStatus.NeedMoreData
                || (status == OperationStatus.DestinationTooSmall && read == 0))
            {
                return false;
            }
        }

        return true;
    }

    // The token, quoted again, read on its own: the reader knows JSON's escapes.
    private bool TryUnescape(byte[] unescaped, out int length)
    {
        length = 0;
        var quoted = ArrayPool<byte>.Shared.Rent(_text.Length + 2);
        try
        {
            quoted[0] = (byte)'"';
            _text.CopyTo(quoted.AsSpan(1));
            quoted[_text.Length + 1] = (byte)'"';
            var reader = new Utf8JsonReader(quoted.AsSpan(0, _text.Length + 2));
            reader.Read();
            length = reader.CopyString(unescaped);
            return true;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(quoted);
        }
    }
}
