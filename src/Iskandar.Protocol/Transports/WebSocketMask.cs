using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Iskandar.Protocol.Transports;

/// <summary>The masking of a client's frames (RFC 6455 section 5.3). Not safe for concurrent use.</summary>
internal sealed class WebSocketMask
{
    // From the system's generator, as the RFC asks for, but not by a call for each frame.
    private readonly byte[] _keys = new byte[512];
    private int _used = 512;

    /// <summary>A key that nobody can foresee, given once: its four bytes as they lie in memory.</summary>
    public uint NextKey()
    {
        if (_used == _keys.Length)
        {
            RandomNumberGenerator.Fill(_keys);
            _used = 0;
        }

        var key = MemoryMarshal.Read<uint>(_keys.AsSpan(_used));
        _used += sizeof(uint);
        return key;
    }

    /// <summary>Copies a payload, and masks the copy.</summary>
    /// <param name="payload">The payload, from its beginning.</param>
    /// <param name="destination">At least as long.</param>
    /// <param name="key">See <see cref="NextKey"/>.</param>
    public static void Apply(ReadOnlySpan<byte> payload, Span<byte> destination, uint key)
    {
        var from = MemoryMarshal.Cast<byte, Vector<uint>>(payload);
        var to = MemoryMarshal.Cast<byte, Vector<uint>>(destination)[..from.Length];
        var keys = new Vector<uint>(key);
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = from[i] ^ keys;
        }

        // A vector is a multiple of the key in length, so the key begins anew behind them.
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        MemoryMarshal.Write(bytes, key);
        for (var i = from.Length * Vector<byte>.Count; i < payload.Length; i++)
        {
            destination[i] = (byte)(payload[i] ^ bytes[i % sizeof(uint)]);
        }
    }
}
