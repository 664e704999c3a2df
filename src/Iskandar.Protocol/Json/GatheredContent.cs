using System.Buffers;
using Iskandar.Protocol.Connections;
using Iskandar.Protocol.Transports;

namespace Iskandar.Protocol.Json;

/// <summary>A request's content, gathered because the JSON encoding carries it whole. Bounded for itself and by the common budget.</summary>
internal sealed class GatheredContent(int most, ByteBudget? budget)
{
    private readonly PooledBuffer _buffer = new();
    private long _taken;

    public ReadOnlyMemory<byte> Written => _buffer.Written;

    /// <summary>Adds a piece.</summary>
    /// <returns><see cref="ExchangeError.None"/>, <see cref="ExchangeError.ContentTooLarge"/> or <see cref="ExchangeError.ServerBusy"/>.</returns>
    public ExchangeError TryAdd(ReadOnlySequence<byte> content)
    {
        if (_buffer.Length + content.Length > most)
        {
            return ExchangeError.ContentTooLarge;
        }

        if (budget?.TryTake(content.Length) == false)
        {
            return ExchangeError.ServerBusy;
        }

        _taken += content.Length;

        foreach (var segment in content)
        {
            _buffer.Write(segment.Span);
        }

        return ExchangeError.None;
    }

    /// <summary>Gives the memory back.</summary>
    public void Release()
    {
        _buffer.Release();
        budget?.Return(_taken);
        _taken = 0;
    }
}
