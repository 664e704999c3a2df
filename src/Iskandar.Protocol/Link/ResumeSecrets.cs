using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace Iskandar.Protocol.Link;

/// <summary>
/// Who may resume a link: whoever shows its secret. Each connection brings a new one; those before are good until it is known to have arrived, for the
/// connection may be lost before that, and attempts may come in another order than they were made. Not safe for concurrent use.
/// </summary>
internal sealed class ResumeSecrets
{
    /// <summary>Bytes of a secret, from a cryptographic generator.</summary>
    public const int Size = 16;

    // More than are ever on their way at once.
    private const int MostOffered = 8;

    private readonly List<string> _offered = [];
    private string? _confirmed;

    /// <summary>Makes the secret of the next connection.</summary>
    /// <returns>The secret in base64url without padding (RFC 4648 section 5).</returns>
    public string Offer()
    {
        if (_offered.Count == MostOffered)
        {
            _offered.RemoveAt(0);
        }

        var secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Size));
        _offered.Add(secret);
        return secret;
    }

    /// <summary>The client has the secret that was offered last: those before are void.</summary>
    public void Confirm() => Confirm(_offered.Count - 1);

    /// <summary>Whether this is the secret. Takes as long for a wrong one as for the right one.</summary>
    public bool IsValid(ReadOnlySpan<char> secret)
    {
        var isValid = IsEqual(_confirmed, secret);
        foreach (var offered in _offered)
        {
            isValid |= IsEqual(offered, secret);
        }

        return isValid;
    }

    /// <summary>As <see cref="IsValid"/>, and whoever shows a secret has it: those before are void.</summary>
    public bool TryUse(ReadOnlySpan<char> secret)
    {
        for (var i = 0; i < _offered.Count; i++)
        {
            if (IsEqual(_offered[i], secret))
            {
                Confirm(i);
                break;
            }
        }

        return IsEqual(_confirmed, secret);
    }

    private void Confirm(int index)
    {
        if (index >= 0)
        {
            _confirmed = _offered[index];
            _offered.RemoveRange(0, index + 1);
        }
    }

    // Text is compared with text: a secret has one spelling, and nothing that a peer sends is decoded.
    private static bool IsEqual(string? known, ReadOnlySpan<char> shown) =>
        known is not null && CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(known.AsSpan()), MemoryMarshal.AsBytes(shown));
}
