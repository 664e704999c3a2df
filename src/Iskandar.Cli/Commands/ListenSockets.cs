using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Hosting;

namespace Iskandar.Cli.Commands;

/// <summary>
/// Stops listening without losing anybody. The kernel makes connections before the server takes them, and resets those that wait when a port is closed: a proxy can't
/// repeat the POST that it has sent on one. So the kernel is told to make no new ones first, and what waits is taken and served. Whoever comes meanwhile is refused when the port is closed,
/// before anything was sent. Linux only; elsewhere ports are just closed.
/// </summary>
internal sealed class ListenSockets(TimeProvider time) : IHostedLifecycleService
{
    // What waits is taken within a millisecond, its request is here with it; on a machine that is short of processors it takes longer.
    private static readonly TimeSpan Grace = TimeSpan.FromMilliseconds(250);

    private readonly List<Socket> _sockets = [];

    /// <summary>Makes the socket of an address.</summary>
    public Socket Create(EndPoint address)
    {
        var socket = SocketTransportOptions.CreateDefaultBoundListenSocket(address);
        _sockets.Add(socket);
        return socket;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>To come after all else that goes on before the ports are closed.</summary>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var areClosing = false;
        foreach (var socket in _sockets)
        {
            areClosing |= TryTakeNoMore(socket);
        }

        if (areClosing)
        {
            await Task.Delay(Grace, time, cancellationToken);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Has the kernel drop every further request for a connection. Its sender repeats it after a second, and is told then.</summary>
    /// <returns>False where that isn't possible.</returns>
    internal static bool TryTakeNoMore(Socket socket)
    {
        const int SocketLevel = 1;
        const int AttachFilter = 26;
        if (!OperatingSystem.IsLinux() || socket.AddressFamily is not (AddressFamily.InterNetwork or AddressFamily.InterNetworkV6))
        {
            return false;
        }

        // Classic BPF, on a segment of TCP: four instructions of 8 bytes (code, where to go on if true and if not, operand).
        ulong[] filter =
        [
            Instruction(0x30, 0, 0, 13), // load the byte with the flags
            Instruction(0x45, 0, 1, 0x02), // is SYN among them?
            Instruction(0x06, 0, 0, 0), // yes: drop it
            Instruction(0x06, 0, 0, uint.MaxValue), // no: take it
        ];
        var pinned = GCHandle.Alloc(filter, GCHandleType.Pinned);
        try
        {
            // struct sock_fprog: how many instructions, and where they are.
            Span<byte> program = stackalloc byte[2 * nint.Size];
            program.Clear();
            MemoryMarshal.Write(program, (ushort)filter.Length);
            MemoryMarshal.Write(program[nint.Size..], pinned.AddrOfPinnedObject());
            socket.SetRawSocketOption(SocketLevel, AttachFilter, program);
            return true;
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // A kernel that knows no filters, or doesn't let us.
            return false;
        }
        finally
        {
            pinned.Free();
        }
    }

    private static ulong Instruction(ushort code, byte ifTrue, byte ifFalse, uint operand)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        MemoryMarshal.Write(bytes, code);
        bytes[2] = ifTrue;
        bytes[3] = ifFalse;
        MemoryMarshal.Write(bytes[4..], operand);
        return MemoryMarshal.Read<ulong>(bytes);
    }
}
