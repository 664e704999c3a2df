using Iskandar.Client;

namespace Iskandar.Cli.Rendering;

/// <summary>Shows a tunnel to whoever started it. Every method returns at once and is safe to call from any thread.</summary>
internal interface ITunnelView : IAsyncDisposable
{
    /// <summary>The tunnel's state has changed.</summary>
    void StatusChanged(TunnelStatus status);

    /// <summary>A visitor's request has arrived.</summary>
    void RequestStarted();

    /// <summary>A request that was started has ended.</summary>
    void RequestFinished(RequestEntry request);

    /// <summary>Something the user should know.</summary>
    void Notice(string text);
}
