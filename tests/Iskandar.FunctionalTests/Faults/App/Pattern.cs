using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Iskandar.FunctionalTests.Faults.App;

/// <summary>Content of any length that a seed makes, the same each time, so that its hash is known before anything is sent.</summary>
public sealed class Pattern(int seed, long length)
{
    private const int BlockSize = 64 * 1024;

    public int Seed { get; } = seed;

    public long Length { get; } = length;

    /// <summary>The content, block by block; each block is valid until the next.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Blocks()
    {
        var block = new byte[BlockSize];
        for (long offset = 0; offset < Length; offset += BlockSize)
        {
            Fill(block, (ulong)offset);
            yield return block.AsMemory(0, (int)Math.Min(BlockSize, Length - offset));
        }
    }

    /// <summary>Its SHA-256, in hexadecimal.</summary>
    public string Hash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var block in Blocks())
        {
            hash.AppendData(block.Span);
        }

        return Convert.ToHexString(hash.GetHashAndReset());
    }

    public async Task WriteToAsync(Stream stream, CancellationToken token)
    {
        foreach (var block in Blocks())
        {
            await stream.WriteAsync(block, token);
        }
    }

    /// <summary>Reads a stream to its end.</summary>
    /// <returns>The hash of what was read, and its length.</returns>
    public static async Task<(string Hash, long Length)> ReadAsync(Stream stream, CancellationToken token)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BlockSize];
        long length = 0;
        while (await stream.ReadAsync(buffer, token) is var count and > 0)
        {
            hash.AppendData(buffer, 0, count);
            length += count;
        }

        return (Convert.ToHexString(hash.GetHashAndReset()), length);
    }

    // SplitMix64 by position.
    private void Fill(Span<byte> block, ulong offset)
    {
        for (var i = 0; i < block.Length; i += sizeof(ulong))
        {
            var z = ((ulong)(uint)Seed << 32) + (((offset + (ulong)i) / sizeof(ulong)) * 0x9E3779B97F4A7C15);
            z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            BinaryPrimitives.WriteUInt64LittleEndian(block[i..], z ^ (z >> 31));
        }
    }
}
