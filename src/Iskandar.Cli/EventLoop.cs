using System.Net.Sockets;

namespace Iskandar.Cli;

/// <summary>
/// One of the threads on which the runtime tells of what happens to sockets. It takes work by way of a socket of its own, from which it hears what it has told itself:
/// that comes behind everything that has happened to other sockets until then. All but <see cref="TryJoin"/> is for that thread alone.
/// </summary>
internal sealed class EventLoop : IDisposable
{
    private static readonly byte[] Word = [0];

    // Half the processors are left to those that it waits for. Where there is but one, it waits asleep.
    private static readonly Places AwakeLoops = new(Environment.ProcessorCount / 2);

    [ThreadStatic]
    private static EventLoop? _current;

    private readonly Queue<(Action<object?> Action, object? State)> _work = new();
    private readonly SocketAsyncEventArgs _hearing = new();
    private readonly Wakefulness _wakefulness = new(TimeProvider.System, AwakeLoops);
    private readonly Socket _socket;
    private bool _isTold = true;

    private EventLoop(Socket socket)
    {
        _socket = socket;
        _hearing.SetBuffer(new byte[Word.Length]);
        _hearing.Completed += (_, _) => OnHeard();
    }

    /// <summary>The loop whose thread this is; null: it is another thread.</summary>
    public static EventLoop? Current => _current;

    /// <summary>Joins the loop that the runtime gives the next new socket to.</summary>
    /// <returns>False when the system has no such sockets to offer.</returns>
    public static bool TryJoin()
    {
        var loop = default(EventLoop);
        try
        {
            loop = new EventLoop(new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified));
            loop.Listen();
            return true;
        }
        catch (SocketException)
        {
            loop?.Dispose();
            return false;
        }
    }

    /// <summary>Runs this after the events that are at hand.</summary>
    public void Add(Action<object?> action, object? state)
    {
        _work.Enqueue((action, state));
        if (!TryTell())
        {
            // Nothing may stay here untold: the pool does it.
            while (_work.TryDequeue(out var work))
            {
                ThreadPool.UnsafeQueueUserWorkItem(work.Action, work.State, preferLocal: false);
            }
        }
    }

    /// <summary>Something has happened that more may follow from at once: it is worth to stay awake, if that has been worth it.</summary>
    public void ExpectMore()
    {
        if (_wakefulness.Expect())
        {
            // If it can't be told, it sleeps: that is only slower.
            _ = TryTell();
        }
    }

    public void Dispose()
    {
        _socket.Dispose();
        _hearing.Dispose();
    }

    private void Listen()
    {
        // Connected to itself: nobody else can send to it.
        var address = new UnixDomainSocketEndPoint($"\0iskandar-{Guid.NewGuid():N}");
        _socket.Bind(address);
        _socket.Connect(address);
        Hear();
        _socket.Send(Word);
    }

    private void OnHeard()
    {
        if (Thread.CurrentThread.IsThreadPoolThread)
        {
            // The runtime doesn't complete on its loops after all: nobody will ever find this one.
            Dispose();
            return;
        }

        _current = this;
        _isTold = false;

        // It listens before it works: what comes up in the work is told anew, and comes behind the events until then.
        Hear();
        for (var count = _work.Count; count > 0; count--)
        {
            var (action, state) = _work.Dequeue();
            action(state);
        }

        if (_wakefulness.GoesOn())
        {
            // Whoever it is that it waits for may need this processor.
            Thread.Yield();
            _ = TryTell();
        }
    }

    private bool TryTell()
    {
        try
        {
            if (!_isTold)
            {
                _socket.Send(Word);
                _isTold = true;
            }

            return true;
        }
        catch (SocketException)
        {
            // The system is short of memory.
            return false;
        }
    }

    // Nothing has been told since it last heard, so there is nothing yet.
    private void Hear()
    {
        if (!_socket.ReceiveAsync(_hearing))
        {
            throw new InvalidOperationException($"An event loop hears what it wasn't told ({_hearing.SocketError}).");
        }
    }
}
