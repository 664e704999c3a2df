using System.Buffers.Text;
using System.Security.Cryptography;

namespace Iskandar.Protocol.Link;

/// <summary>
/// Who may resume a link: whoever shows its secret. Each connection brings a new one; the one before is good until the new one is known to have arrived, for the
/// connection may be lost before that. Not safe for concurrent use.
/// </summary>
internal sealed class ResumeSecrets
{
    /// <summary>Bytes of a secret, from a cryptographic generator.</summary>
    public const int Size = 16;

    private byte[]? _confirmed;
    private byte[]? _offered;

    /// <summary>Makes the secret of the next connection.</summary>
    /// <returns>The secret in base64url without padding (RFC 4648 section 5).</returns>
    public string Offer()
    {
        _offered = RandomNumberGenerator.GetBytes(Size);
        return Base64Url.EncodeToString(_offered);
    }

    /// <summary>The client has the secret that was offered last: the one before is void.</summary>
    public void Confirm()
    {
        if (_offered is not null)
        {
            _confirmed = _offered;
            _offered = null;
        }
    }

    /// <summary>Whether this is the secret. Takes as long for a wrong one as for the right one.</summary>
    public bool IsValid(ReadOnlySpan<char> secret)
    {
        Span<byte> bytes = stackalloc byte[Size];
        return secret.Length == Base64Url.GetEncodedLength(Size)
            && Base64Url.TryDecodeFromChars(secret, bytes, out var written)
            && written == Size
            && (IsEqual(_confirmed, bytes) | IsEqual(_offered, bytes));
    }

    /// <summary>As <see cref="IsValid"/>, and whoever shows the secret that was offered last has it.</summary>
    public bool TryUse(ReadOnlySpan<char> secret)
    {
        if (!IsValid(secret))
        {
            return false;
        }

        Span<byte> bytes = stackalloc byte[Size];
        Base64Url.DecodeFromChars(secret, bytes);
        if (IsEqual(_offered, bytes))
        {
            Confirm();
        }

        return true;
    }

    private static bool IsEqual(byte[]? known, ReadOnlySpan<byte> shown) => known is not null && CryptographicOperations.FixedTimeEquals(known, shown);
}
