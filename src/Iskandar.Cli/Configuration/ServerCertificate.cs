using System.Net.Security;

namespace Iskandar.Cli.Configuration;

/// <summary>The certificate that visitors are shown. When its files have changed it is read again; one that can't be used doesn't replace one that can.</summary>
internal sealed class ServerCertificate
{
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);

    private readonly CertificateFiles _files;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private volatile SslStreamCertificateContext _current;
    private (DateTime Certificate, DateTime Key) _lastWritten;
    private long _lastLooked;

    private ServerCertificate(CertificateFiles files, SslStreamCertificateContext first, (DateTime Certificate, DateTime Key) lastWritten, TimeProvider time)
    {
        _files = files;
        _current = first;
        _lastWritten = lastWritten;
        _time = time;
        _lastLooked = time.GetTimestamp();
    }

    /// <summary>Reads the files for the first time.</summary>
    /// <param name="files">Where they are.</param>
    /// <param name="time">The clock.</param>
    /// <param name="problems">Takes all that is wrong.</param>
    /// <returns>Null when something is.</returns>
    public static ServerCertificate? Load(CertificateFiles files, TimeProvider time, ICollection<string> problems)
    {
        // Asked before reading: what is written meanwhile is found the next time.
        var lastWritten = files.LastWritten;
        return files.Load(time.GetUtcNow(), problems) is { } first ? new ServerCertificate(files, first, lastWritten, time) : null;
    }

    /// <summary>What the next visitor is shown.</summary>
    /// <param name="onProblem">Called when the files have changed and can't be used.</param>
    public SslStreamCertificateContext Current(Action<string> onProblem)
    {
        // Whoever comes while another one looks takes what there is.
        if (_time.GetElapsedTime(Volatile.Read(ref _lastLooked)) < LookEvery || !_lock.TryEnter())
        {
            return _current;
        }

        try
        {
            Look(onProblem);
        }
        finally
        {
            _lock.Exit();
        }

        return _current;
    }

    private void Look(Action<string> onProblem)
    {
        Volatile.Write(ref _lastLooked, _time.GetTimestamp());
        var lastWritten = _files.LastWritten;
        if (lastWritten == _lastWritten)
        {
            return;
        }

        _lastWritten = lastWritten;
        var problems = new List<string>();
        if (_files.Load(_time.GetUtcNow(), problems) is { } next)
        {
            _current = next;
        }

        problems.ForEach(onProblem);
    }
}
