namespace Iskandar.Client.Connecting;

/// <summary>An answer to the opening handshake that is no 101: what it means, in words, and whether asking again may help.</summary>
internal static class Refusal
{
    /// <summary>What a person is told, and what the client does.</summary>
    /// <param name="server">Who answered.</param>
    /// <param name="status">The status.</param>
    /// <param name="code">The code of an Iskandar server; null when something else answered.</param>
    /// <param name="wait">What the answer asked to wait.</param>
    public static DialResult Explain(string server, int status, string? code, TimeSpan? wait)
    {
        var problem = (status, code) switch
        {
            (_, "server_full") => $"{server} holds as many tunnels as it may",
            (_, "server_stopping") => $"{server} is stopping",
            (_, null) => $"{server} answered {status}, and doesn't look like an Iskandar server",
            (401, _) => $"{server} wants a token: {status} {code}",
            (403, _) => $"{server} doesn't allow this tunnel: {status} {code}",
            (409, _) => $"the name belongs to somebody else: {server} answered {status} {code}",
            _ => $"{server} refused the tunnel: {status} {code}",
        };
        var isPassing = status is >= 500 or 408 or 425 or 429;
        return new DialResult(null, problem, wait, IsFinal: !isPassing, IsFromServer: code is not null);
    }
}
