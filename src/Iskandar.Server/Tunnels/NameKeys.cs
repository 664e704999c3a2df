using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Iskandar.Server.Configuration;

namespace Iskandar.Server.Tunnels;

/// <summary>
/// Keys with which a client shows that it had a name before. A key follows from the name and the server's secret: nothing has to be stored, and servers
/// with the same secret know each other's keys.
/// </summary>
internal sealed class NameKeys
{
    /// <summary>The least length of a secret, in bytes.</summary>
    public const int LeastSecret = 32;

    // 128 bits of the MAC, as base64url without padding.
    private const int KeyBytes = 16;
    private const int KeyLength = 22;

    private readonly byte[] _secret;

    /// <summary>Keys that follow from a secret.</summary>
    public NameKeys(ReadOnlySpan<byte> secret)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(secret.Length, LeastSecret);
        _secret = secret.ToArray();
    }

    // What the secret is used for: another use of it would have other words here.
    private static ReadOnlySpan<byte> Purpose => "iskandar name key\n"u8;

    /// <summary>Keys that follow from the options' secret, or from one of this process alone.</summary>
    public static NameKeys Create(IskandarServerOptions options) => new(options.NameSecret ?? RandomNumberGenerator.GetBytes(LeastSecret));

    /// <summary>The key of a name, in any case.</summary>
    public string KeyFor(string name)
    {
        Span<char> key = stackalloc char[KeyLength];
        Write(name, key);
        return new string(key);
    }

    /// <summary>Whether it is that name's key. How long that takes says nothing about the key.</summary>
    public bool IsValid(string name, ReadOnlySpan<char> key)
    {
        if (name.Length > TunnelName.LongestLength || key.Length != KeyLength)
        {
            return false;
        }

        // Text is compared with text: a key has one spelling, and nothing that a peer sends is decoded.
        Span<char> expected = stackalloc char[KeyLength];
        Write(name, expected);
        return CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes<char>(expected), MemoryMarshal.AsBytes(key));
    }

    private void Write(string name, Span<char> key)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(name.Length, TunnelName.LongestLength);
        Span<char> lower = stackalloc char[TunnelName.LongestLength];
        lower = lower[..name.AsSpan().ToLowerInvariant(lower)];

        // No character of UTF-16 becomes more than three bytes.
        Span<byte> message = stackalloc byte[Purpose.Length + (3 * TunnelName.LongestLength)];
        Purpose.CopyTo(message);
        var length = Purpose.Length + Encoding.UTF8.GetBytes(lower, message[Purpose.Length..]);

        Span<byte> mac = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, message[..length], mac);
        Base64Url.EncodeToChars(mac[..KeyBytes], key);
    }
}
