using Iskandar.Cli.Configuration;
using Iskandar.Client;

namespace Iskandar.Cli.Names;

/// <summary>
/// Keeps the tunnel's name from one run to the next, so that the same command gives the same URL. While it is open, its slot is nobody else's: whoever
/// runs the same command meanwhile takes the next one.
/// </summary>
internal sealed class NameStore : IAsyncDisposable
{
    /// <summary>How many runs of one command at once have a slot.</summary>
    public const int Slots = 16;

    private readonly NameSlot _slot;
    private readonly FileStream _lock;
    private readonly Action<string> _notice;

    private readonly Lock _gate = new();
    private KeptName? _written;
    private bool _isTold;

    private NameStore(NameSlot slot, FileStream held, Action<string> notice)
    {
        _slot = slot;
        _lock = held;
        _notice = notice;
        Name = slot.Read();
        _written = Name;
    }

    /// <summary>The name that was kept when this was opened, if any.</summary>
    public KeptName? Name { get; }

    /// <summary>Takes the first slot that is free.</summary>
    /// <param name="state">The state folder, or null: there is none.</param>
    /// <param name="server">The tunnel server.</param>
    /// <param name="target">The app.</param>
    /// <param name="notice">Told, once, why a name can't be kept.</param>
    /// <returns>Null when there is none, or none can be had.</returns>
    public static NameStore? Open(string? state, Uri server, Uri target, Action<string> notice)
    {
        if (state is null)
        {
            notice(NotKept("this user has no folder for it."));
            return null;
        }

        var problem = "";
        try
        {
            var folder = Path.Combine(state, "names");
            PrivateFile.CreateFolder(folder);
            for (var number = 1; number <= Slots; number++)
            {
                var slot = new NameSlot(folder, server, target, number);
                if (TryHold(slot, ref problem) is { } held)
                {
                    return new NameStore(slot, held, notice);
                }
            }
        }
        catch (Exception exception) when (PrivateFile.IsRefusal(exception))
        {
            problem = exception.Message;
        }

        notice(NotKept(problem));
        return null;
    }

    /// <summary>Keeps a name. It is written when this returns: whoever has seen the URL gets it again, however the process ends. The file is small, and nothing waits for it but the URL.</summary>
    public void Keep(KeptName name)
    {
        lock (_gate)
        {
            if (name == _written)
            {
                return;
            }

            try
            {
                _slot.Write(name);
                _written = name;
            }
            catch (Exception exception) when (PrivateFile.IsRefusal(exception))
            {
                if (!_isTold)
                {
                    _notice(NotKept(exception.Message));
                }

                _isTold = true;
            }
        }
    }

    /// <summary>Frees the slot.</summary>
    public ValueTask DisposeAsync() => _lock.DisposeAsync();

    // That somebody else has it, and that nobody can have it, look too much alike to tell them apart on every system.
    private static FileStream? TryHold(NameSlot slot, ref string problem)
    {
        try
        {
            return PrivateFile.OpenAlone(slot.Lock);
        }
        catch (Exception exception) when (PrivateFile.IsRefusal(exception))
        {
            problem = exception.Message;
            return null;
        }
    }

    private static string NotKept(string problem) => $"The tunnel's name can't be kept for the next time: {problem}";
}
