using System.Buffers.Binary;
using System.Text;

namespace Iskandar.Protocol.Frames;

/// <summary>Writes one frame into memory that is large enough, and the header last, when the length is known.</summary>
/// <param name="bytes">Where to.</param>
internal ref struct FrameBuilder(Span<byte> bytes)
{
    /// <summary>The most bytes that the size before a string takes.</summary>
    public const int MostSize = 4;

    // What isn't ISO-8859-1 is written in UTF-8.
    private const int MostBytesPerCharacter = 3;

    private readonly Span<byte> _bytes = bytes;

    /// <summary>Bytes written, header included.</summary>
    public int Length { get; private set; } = FrameHeader.Size;

    /// <summary>The most bytes that a string takes, its size included.</summary>
    public static int MostBytes(string text) => MostSize + (text.Length * MostBytesPerCharacter);

    /// <summary>The bytes that a string takes, without its size.</summary>
    public static int CountBytes(string text) => EncodingOf(text).GetByteCount(text);

    public void Byte(byte value) => _bytes[Length++] = value;

    public void UInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes[Length..], value);
        Length += sizeof(ushort);
    }

    public void UInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(_bytes[Length..], value);
        Length += sizeof(uint);
    }

    public void Bytes(scoped ReadOnlySpan<byte> value)
    {
        value.CopyTo(_bytes[Length..]);
        Length += value.Length;
    }

    /// <summary>Writes a string: each character one byte (ISO-8859-1), or all in UTF-8 if that can't be.</summary>
    public void String(string text)
    {
        var encoding = EncodingOf(text);
        Length += VariableLengthInteger.Write(_bytes[Length..], encoding.GetByteCount(text));
        Length += encoding.GetBytes(text, _bytes[Length..]);
    }

    /// <summary>Writes the header.</summary>
    /// <returns>The frame's length in bytes.</returns>
    public readonly int End(FrameType type, FrameFlags flags, uint stream)
    {
        new FrameHeader(Length - FrameHeader.Size, type, flags, stream).Write(_bytes);
        return Length;
    }

    private static Encoding EncodingOf(string text) => text.AsSpan().ContainsAnyExceptInRange('\0', '\u00FF') ? Encoding.UTF8 : Encoding.Latin1;
}
