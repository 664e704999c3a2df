namespace Iskandar.Client.Connecting;

/// <summary>Knows when the machine's network changes.</summary>
internal interface INetworkChanges
{
    /// <summary>Calls back for each change, on any thread, as often as the system says so.</summary>
    /// <param name="changed">Must return at once and not throw.</param>
    /// <returns>Ends it when disposed.</returns>
    IDisposable Listen(Action changed);
}
