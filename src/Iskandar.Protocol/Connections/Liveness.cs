namespace Iskandar.Protocol.Connections;

/// <summary>
/// Whether the peer of a connection is still there. Time is running time: what a stopped process or a sleeping machine missed isn't silence. <see cref="Heard"/> and
/// <see cref="Spoke"/> read no clock, and may be called at any time on any thread; the rest takes a lock.
/// </summary>
internal sealed class Liveness
{
    // Ticks come once a second.
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);

    // A tick that is later than this was held up by more than work.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Trial = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly TimeSpan _pingAfter;
    private readonly TimeSpan _deadAfter;
    private bool _hasHeard;
    private bool _hasSpoken;
    private long _lastLook;
    private TimeSpan _now;
    private TimeSpan _owed;
    private TimeSpan _heard;
    private TimeSpan _spoke;
    private TimeSpan? _pinged;
    private TimeSpan? _trial;
    private bool _isDead;

    /// <summary>Starts with a connection just made.</summary>
    /// <param name="time">The clock.</param>
    /// <param name="pingAfter">How long nothing is sent, or nothing heard, before a PING. Default 10 s.</param>
    /// <param name="deadAfter">How long nothing is heard at the most before the connection is given up. Default 15 s.</param>
    public Liveness(TimeProvider time, TimeSpan? pingAfter = null, TimeSpan? deadAfter = null)
    {
        _time = time;
        _pingAfter = pingAfter ?? TimeSpan.FromSeconds(10);
        _deadAfter = deadAfter ?? TimeSpan.FromSeconds(15);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(_pingAfter, TimeSpan.Zero, nameof(pingAfter));
        ArgumentOutOfRangeException.ThrowIfLessThan(_deadAfter, _pingAfter + Period, nameof(deadAfter));
        Start();
    }

    /// <summary>Bytes have come.</summary>
    public void Heard() => Volatile.Write(ref _hasHeard, true);

    /// <summary>Bytes have gone.</summary>
    public void Spoke() => Volatile.Write(ref _hasSpoken, true);

    /// <summary>Forgets everything: there is a new connection.</summary>
    public void Start()
    {
        lock (_gate)
        {
            _lastLook = _time.GetTimestamp();
            _now = _owed = _heard = _spoke = TimeSpan.Zero;
            _pinged = _trial = null;
            _isDead = false;
            Interlocked.Exchange(ref _hasHeard, false);
            Interlocked.Exchange(ref _hasSpoken, false);
        }
    }

    /// <summary>Called once a second.</summary>
    public LivenessVerdict Tick()
    {
        lock (_gate)
        {
            var isLate = Look();
            if (IsOver())
            {
                return LivenessVerdict.Dead;
            }

            if (isLate && _trial is null)
            {
                return Try();
            }

            var isDue = _now - _spoke >= _pingAfter || _now - _heard >= _pingAfter;
            return isDue && (_pinged is not { } pinged || _now - pinged >= _pingAfter) ? Ping() : LivenessVerdict.None;
        }
    }

    /// <summary>Asks for a sign of life at once, as when the network has changed: the peer has 5 s for it.</summary>
    /// <returns>What is to be done now: a PING, unless an answer is being waited for already.</returns>
    public LivenessVerdict Probe()
    {
        lock (_gate)
        {
            Look();
            return IsOver() ? LivenessVerdict.Dead : _trial is null ? Try() : LivenessVerdict.None;
        }
    }

    // Lets time pass, and turns what happened since the last look into times: the earliest that they can be, so that silence is never longer than it seems.
    private bool Look()
    {
        var timestamp = _time.GetTimestamp();
        var passed = _time.GetElapsedTime(_lastLook, timestamp);
        var isLate = passed > Late;
        var before = _now;
        _lastLook = timestamp;
        _now += isLate ? _owed : _owed + passed;
        _owed = TimeSpan.Zero;
        if (Interlocked.Exchange(ref _hasHeard, false))
        {
            _heard = before;
            _pinged = _trial = null;
        }

        if (Interlocked.Exchange(ref _hasSpoken, false))
        {
            _spoke = before;
        }

        if (isLate && _trial is null)
        {
            // What came before the gap says nothing about now, and silence before it nothing about what was sent meanwhile: a trial has to tell.
            _heard = _now;
        }
        else if (isLate)
        {
            // An answer may lie here unread, so the gap decides nothing now. It counts for a second all the same, or a process that is always late would wait for ever.
            _owed = Period;
        }

        return isLate;
    }

    // Silence is over the limit when it would be at the next tick; a peer on trial has all of its time.
    private bool IsOver() => _isDead |= _now - _heard > _deadAfter - Period || (_trial is { } trial && _now - trial >= Trial);

    private LivenessVerdict Try()
    {
        _trial = _now;
        return Ping();
    }

    private LivenessVerdict Ping()
    {
        _pinged = _spoke = _now;
        return LivenessVerdict.Ping;
    }
}
