using System.Buffers;
using System.Security.Cryptography;

namespace Iskandar.Server.Tunnels;

/// <summary>Names of tunnels: one DNS label each.</summary>
internal static class TunnelName
{
    /// <summary>The longest label of DNS (RFC 1035 section 2.3.4).</summary>
    public const int LongestLength = 63;

    private const int Length = 8;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly SearchValues<char> Allowed = SearchValues.Create(Alphabet + "-");

    /// <summary>A name that nobody can guess: 36^8, from a cryptographic generator.</summary>
    public static string NewRandom() => RandomNumberGenerator.GetString(Alphabet, Length);

    /// <summary>Whether a tunnel may have this name: a label in lower case, as RFC 1123 section 2.1 has it.</summary>
    public static bool IsValid(string name) =>
        name.Length is > 0 and <= LongestLength
        && !name.AsSpan().ContainsAnyExcept(Allowed)
        && name[0] != '-'
        && name[^1] != '-';
}
