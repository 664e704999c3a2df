using System.Buffers;
using Microsoft.AspNetCore.Connections;

namespace Iskandar.Server.Gateway;

/// <summary>
/// Memory for Kestrel's connections in blocks of 32 KiB. With its own of 4 KiB, each receive brings 4 KiB at the most, and content of any size costs eight times the
/// system calls and hand-overs.
/// </summary>
internal sealed class LargeBlocks : IMemoryPoolFactory<byte>
{
    public MemoryPool<byte> Create(MemoryPoolOptions? options = null) => new Pool();

    private sealed class Pool : MemoryPool<byte>
    {
        private const int BlockSize = 32 * 1024;

        public override int MaxBufferSize => Shared.MaxBufferSize;

        public override IMemoryOwner<byte> Rent(int minBufferSize = -1) => Shared.Rent(Math.Max(minBufferSize, BlockSize));

        protected override void Dispose(bool disposing)
        {
            // The arrays are the shared pool's.
        }
    }
}
