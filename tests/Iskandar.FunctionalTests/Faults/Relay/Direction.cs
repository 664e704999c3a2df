namespace Iskandar.FunctionalTests.Faults.Relay;

/// <summary>One of the two ways through a relay.</summary>
public enum Direction
{
    ToServer,
    ToClient,
}

/// <summary>How a connection is cut.</summary>
public enum Cut
{
    /// <summary>Both sides are reset, and learn it at once.</summary>
    Reset,

    /// <summary>Both sides see an end without a goodbye; what they still send is lost.</summary>
    Fin,

    /// <summary>The client's side is reset. The server's stays open, in silence: it can't know yet when the client is back.</summary>
    Forsaken,
}
