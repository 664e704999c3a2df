using System.Globalization;

namespace Iskandar.Cli.Rendering;

/// <summary>A finished request, for a person to see.</summary>
/// <param name="Method">The request method.</param>
/// <param name="Target">The request target, as the visitor sent it.</param>
/// <param name="Status">The status the visitor got; null when it left before there was one.</param>
/// <param name="Broken">Whether the visitor did not get the whole response.</param>
/// <param name="Duration">From the request's arrival to the response's end.</param>
/// <param name="Left">Whether that was because the visitor left: a closed event stream is nobody's failure.</param>
internal readonly record struct RequestEntry(string Method, string Target, int? Status, bool Broken, TimeSpan Duration, bool Left = false)
{
    // Most requests take no longer, and each is a line.
    private static readonly string[] Milliseconds = [.. Enumerable.Range(0, 256).Select(static count => $"{count} ms")];

    /// <summary>Whether this counts as a failure: the visitor got an error of a server or gateway, or half a response.</summary>
    public bool Failed => (Broken && !Left) || Status >= 500;

    /// <summary>The status, and whether it broke off.</summary>
    public string Outcome => (Status, Broken) switch
    {
        (null, _) => Ending,
        ({ } status, true) => $"{status} {Ending}",
        ({ } status, false) => status.ToString(CultureInfo.InvariantCulture),
    };

    private string Ending => Left ? "left" : "aborted";

    /// <summary>The duration with a unit that suits it.</summary>
    public string Took => Duration.TotalSeconds switch
    {
        < 10 => (int)Math.Round(Duration.TotalMilliseconds) is var count && (uint)count < Milliseconds.Length ? Milliseconds[count] : $"{count} ms",
        < 120 => $"{Duration.TotalSeconds:0.0} s",
        _ => $"{Duration.TotalMinutes:0.0} min",
    };
}
