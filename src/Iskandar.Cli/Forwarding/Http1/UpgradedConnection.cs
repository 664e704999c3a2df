using System.IO.Pipelines;
using Iskandar.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Iskandar.Cli.Forwarding.Http1;

/// <summary>
/// What follows a 101: bytes both ways between a visitor and the origin's connection, each piece at once. Each direction ends on its own; what breaks on one side is
/// broken on the other.
/// </summary>
internal sealed class UpgradedConnection : IDisposable
{
    // A connection on which nothing happens holds no buffer.
    private static readonly StreamPipeReaderOptions ReaderOptions = new(bufferSize: 16 * 1024, leaveOpen: true, useZeroByteReads: true);

    private readonly CancellationTokenSource _over;
    private readonly HttpContext _context;
    private readonly OriginConnection _connection;
    private ForwardingFailure? _failure;
    private volatile bool _hasOriginEnded;

    private UpgradedConnection(HttpContext context, OriginConnection connection)
    {
        (_context, _connection) = (context, connection);
        _over = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
    }

    /// <summary>Answers with the 101, whose fields are set already, and copies until both directions have ended, or the connection is broken.</summary>
    /// <returns>Null, or what went wrong.</returns>
    public static async Task<ForwardingFailure?> CopyAsync(HttpContext context, OriginConnection connection)
    {
        connection.ResetsWhenAborted = true;
        using var upgraded = new UpgradedConnection(context, connection);
        try
        {
            var visitor = await context.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
            await Task.WhenAll(
                upgraded.CarryAsync(visitor, connection.Stream, default, upgraded.EndSendingAsync),
                upgraded.CarryAsync(connection.Stream, visitor, connection.Unread, upgraded.EndReceivingAsync));
        }
        catch (Exception fault) when (IsBreak(fault))
        {
            await upgraded.BreakAsync(ForwardingFailure.VisitorLeft);
        }

        return upgraded._failure is not null && context.RequestAborted.IsCancellationRequested ? ForwardingFailure.VisitorLeft : upgraded._failure;
    }

    public void Dispose() => _over.Dispose();

    private static bool IsBreak(Exception fault) => fault is IOException or ObjectDisposedException or OperationCanceledException;

    private async Task CarryAsync(Stream from, Stream to, ReadOnlyMemory<byte> first, Func<Task> end)
    {
        var at = to;
        var reader = PipeReader.Create(from, ReaderOptions);
        try
        {
            if (!first.IsEmpty)
            {
                await to.WriteAsync(first, _over.Token);
            }

            ReadResult read;
            do
            {
                at = from;
                read = await reader.ReadAsync(_over.Token);
                at = to;
                for (var rest = read.Buffer; !rest.IsEmpty; rest = rest.Slice(rest.First.Length))
                {
                    await to.WriteAsync(rest.First, _over.Token);
                }

                reader.AdvanceTo(read.Buffer.End);
            }
            while (!read.IsCompleted);

            await end();
        }
        catch (Exception fault) when (IsBreak(fault))
        {
            await BreakAsync(at == _connection.Stream ? new ForwardingFailure(OriginFailure.Failed, fault.Message) : ForwardingFailure.VisitorLeft);
        }
        finally
        {
            await reader.CompleteAsync();
        }
    }

    private Task EndSendingAsync()
    {
        _connection.EndSending();
        return Task.CompletedTask;
    }

    private Task EndReceivingAsync()
    {
        // A visitor's HTTP library may not be able to go on alone: what ends its direction from here on is no break.
        _hasOriginEnded = true;
        _connection.ResetsWhenAborted = false;
        return _context.Response.CompleteAsync();
    }

    private async Task BreakAsync(ForwardingFailure failure)
    {
        if (_hasOriginEnded || Interlocked.CompareExchange(ref _failure, failure, null) is null)
        {
            _connection.Abort();
            await _over.CancelAsync();
        }
    }
}
