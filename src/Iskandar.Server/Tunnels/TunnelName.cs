using System.Security.Cryptography;

namespace Iskandar.Server.Tunnels;

/// <summary>Names of tunnels: one DNS label each.</summary>
internal static class TunnelName
{
    private const int Length = 8;
    private const int LongestLabel = 63;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>A name that nobody can guess: 36^8, from a cryptographic generator.</summary>
    public static string NewRandom() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>Whether this can be a tunnel's name (RFC 1123 section 2.1), in lower case.</summary>
    public static bool IsValid(ReadOnlySpan<char> label)
    {
        if (label.Length is 0 or > LongestLabel || label[0] == '-' || label[^1] == '-')
        {
            return false;
        }

        foreach (var character in label)
        {
            if (!char.IsAsciiLetterLower(character) && !char.IsAsciiDigit(character) && character != '-')
            {
                return false;
            }
        }

        return true;
    }
}
