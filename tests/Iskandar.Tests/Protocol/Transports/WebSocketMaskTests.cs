using System.Runtime.InteropServices;
using Iskandar.Protocol.Transports;

namespace Iskandar.Tests.Protocol.Transports;

/// <summary>RFC 6455 section 5.3.</summary>
public sealed class WebSocketMaskTests
{
    [Fact]
    public void Apply_AnyLengthAndPlace_EachByteByItsByteOfTheKey()
    {
        byte[] key = [0x37, 0xfa, 0x21, 0x3d];
        var random = new Random(1);
        for (var length = 0; length < 200; length++)
        {
            var memory = new byte[length + 3];
            random.NextBytes(memory);
            var payload = memory.AsSpan(length % 3, length);
            var masked = new byte[length + 5];

            WebSocketMask.Apply(payload, masked.AsSpan(length % 5), MemoryMarshal.Read<uint>(key));

            for (var i = 0; i < length; i++)
            {
                Assert.Equal(payload[i] ^ key[i % 4], masked[(length % 5) + i]);
            }
        }
    }

    [Fact]
    public void Apply_TheRfcsExample_ItsBytes()
    {
        var masked = new byte[5];

        WebSocketMask.Apply("Hello"u8, masked, MemoryMarshal.Read<uint>([0x37, 0xfa, 0x21, 0x3d]));

        Assert.Equal([0x7f, 0x9f, 0x4d, 0x51, 0x58], masked);
    }

    [Fact]
    public void NextKey_MoreThanAreFetchedAtOnce_NoneTwice()
    {
        var mask = new WebSocketMask();

        var keys = Enumerable.Range(0, 1000).Select(_ => mask.NextKey()).ToHashSet();

        // Of 1,000 random numbers of 32 bits, two are the same once in ten thousand times.
        Assert.InRange(keys.Count, 998, 1000);
    }
}
