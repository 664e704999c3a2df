using System.Security.Cryptography;

namespace Iskandar.Server.Tunnels;

/// <summary>Names of tunnels: one DNS label each.</summary>
internal static class TunnelName
{
    private const int Length = 8;
    private const string Alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>A name that nobody can guess: 36^8, from a cryptographic generator.</summary>
    public static string NewRandom() => RandomNumberGenerator.GetString(Alphabet, Length);
}
