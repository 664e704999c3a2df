using System.Buffers;

namespace Iskandar.Tests.Protocol.Frames;

/// <summary>Gives exactly as much memory as is asked for: who writes more than it asked for fails.</summary>
internal sealed class ExactBufferWriter : IBufferWriter<byte>
{
    private readonly List<byte> _written = [];
    private byte[] _given = [];

    public byte[] Written => [.. _written];

    public void Advance(int count)
    {
        _written.AddRange(_given.AsSpan(0, count));
        _given = [];
    }

    public Memory<byte> GetMemory(int sizeHint = 0)
    {
        // What nobody has written must not be sent. Who asks for nothing in particular takes what there is, and that is little.
        _given = new byte[sizeHint == 0 ? 1000 : sizeHint];
        Array.Fill(_given, (byte)0xEE);
        return _given;
    }

    public Span<byte> GetSpan(int sizeHint = 0) => GetMemory(sizeHint).Span;
}
