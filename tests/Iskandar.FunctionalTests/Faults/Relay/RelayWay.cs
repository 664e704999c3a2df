using System.Buffers;
using System.Net.Sockets;
using System.Threading.Channels;

namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>One direction of a relayed connection: a reader, what is on its way, and a writer.</summary>
internal sealed class RelayWay(RelayConnection connection, Direction direction, Socket from, Socket to, Conditions conditions, Traffic traffic)
{
    private const int PieceSize = 64 * 1024;
    private const int PiecesOnTheWay = 64;
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly Channel<Piece> _onTheWay = Channel.CreateBounded<Piece>(PiecesOnTheWay);
    private readonly Valve _valve = conditions.Of(direction);

    /// <summary>Takes bytes, to the end of the direction; fails if the connection breaks.</summary>
    public async Task ReadAsync(CancellationToken token)
    {
        while (true)
        {
            await _valve.PassAsync(token);
            var buffer = ArrayPool<byte>.Shared.Rent(PieceSize);
            var count = await from.ReceiveAsync(buffer.AsMemory(), token);
            if (count == 0)
            {
                _onTheWay.Writer.Complete();
                return;
            }

            await _onTheWay.Writer.WriteAsync(new Piece(buffer, count, Clock.GetTimestamp()), token);
        }
    }

    /// <summary>Delivers them, under the conditions of the moment.</summary>
    public async Task WriteAsync(CancellationToken token)
    {
        await foreach (var (buffer, length, since) in _onTheWay.Reader.ReadAllAsync(token))
        {
            var left = conditions.Delay - Clock.GetElapsedTime(since);
            if (left > TimeSpan.Zero)
            {
                await Task.Delay(left, token);
            }

            for (var written = 0; written < length;)
            {
                written += await WriteSomeAsync(buffer.AsMemory(written..length), token);
            }

            ArrayPool<byte>.Shared.Return(buffer);
        }

        // A side that has left is part of what a blackhole holds back.
        await _valve.PassAsync(token);
        to.Shutdown(SocketShutdown.Send);
    }

    private async Task<int> WriteSomeAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
    {
        await _valve.PassAsync(token);
        var rate = conditions.BytesPerSecond;
        var count = conditions.IsFragmenting ? 1 : rate > 0 ? Math.Min(bytes.Length, Math.Max(rate / 50, 1)) : bytes.Length;
        var start = Clock.GetTimestamp();
        count = traffic.Take(direction, count, out var plan);
        try
        {
            for (var sent = 0; sent < count;)
            {
                sent += await to.SendAsync(bytes[sent..count], SocketFlags.None, token);
            }
        }
        catch when (plan is not null)
        {
            traffic.Restore(plan);
            throw;
        }

        connection.Delivered(direction, bytes.Span[..count]);
        if (plan is not null)
        {
            plan.Act(connection);
            plan.Done.Open();
            token.ThrowIfCancellationRequested();
        }

        if (rate > 0 && TimeSpan.FromSeconds((double)count / rate) - Clock.GetElapsedTime(start) is var pause && pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, token);
        }

        return count;
    }

    private readonly record struct Piece(byte[] Buffer, int Length, long Since);
}
