namespace Iskandar.Tests.Protocol.Multiplexing;

/// <summary>Content of which each byte says where it belongs.</summary>
internal static class Pattern
{
    public static byte[] Bytes(int length, int seed = 0)
    {
        var bytes = new byte[length];
        for (var i = 0; i < length; i++)
        {
            bytes[i] = (byte)((i * 31) + (i >> 8) + seed);
        }

        return bytes;
    }
}
