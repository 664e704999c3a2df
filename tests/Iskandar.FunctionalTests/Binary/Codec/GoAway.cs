using System.Buffers.Binary;
using System.Text;

namespace Iskandar.FunctionalTests.Binary.Codec;

/// <summary>What a GOAWAY says.</summary>
public sealed record GoAway(uint LastStream, ErrorCode Code, string Reason)
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public byte[] ToBytes()
    {
        var fixedPart = new byte[6];
        BinaryPrimitives.WriteUInt32BigEndian(fixedPart, LastStream);
        BinaryPrimitives.WriteUInt16BigEndian(fixedPart.AsSpan(4), (ushort)Code);
        return [.. fixedPart, .. Strict.GetBytes(Reason)];
    }

    public static GoAway Parse(ReadOnlySpan<byte> payload) => new(
        BinaryPrimitives.ReadUInt32BigEndian(payload),
        (ErrorCode)BinaryPrimitives.ReadUInt16BigEndian(payload[4..]),
        Strict.GetString(payload[6..]));
}
