using System.Buffers.Binary;
using System.Text;

namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>Writes the payload of heads and trailers.</summary>
public sealed class PayloadWriter
{
    private readonly List<byte> _bytes = [];

    public byte[] ToBytes() => [.. _bytes];

    public PayloadWriter Byte(int value)
    {
        _bytes.Add((byte)value);
        return this;
    }

    public PayloadWriter Status(int status) => Byte(status >> 8).Byte(status);

    public PayloadWriter Bytes(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    /// <summary>A string, each character as one byte.</summary>
    /// <param name="text">What to write.</param>
    /// <param name="sizeLength">How many bytes the size takes; 0: as few as can be.</param>
    public PayloadWriter Text(string text, int sizeLength = 0) => Size(text.Length, sizeLength).Bytes(Encoding.Latin1.GetBytes(text));

    /// <summary>A variable-length integer (RFC 9000 section 16).</summary>
    public PayloadWriter Size(int value, int length = 0)
    {
        length = length > 0 ? length : value < 1 << 6 ? 1 : value < 1 << 14 ? 2 : 4;
        var bytes = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(bytes, value);
        bytes = bytes[^length..];
        bytes[0] |= (byte)(int.Log2(length) << 6);
        return Bytes(bytes);
    }

    /// <summary>A field line whose name stands there as a string.</summary>
    public PayloadWriter NamedLine(string name, string value, int sizeLength = 0) =>
        Byte(0).Text(name, sizeLength).Text(value, sizeLength);

    /// <summary>A field line, its name from the table if it is there.</summary>
    public PayloadWriter Line(string name, string value) =>
        NameTable.IndexOf(name) is var index and > 0 ? Byte(index).Text(value) : NamedLine(name, value);
}
