using Iskandar.ConformanceTests.Lab;

namespace Iskandar.ConformanceTests.Table;

/// <summary>One behaviour of HTTP, tried on each target.</summary>
/// <param name="behaviour">A short sentence, the row's name in its section.</param>
/// <param name="probe">Tries it and says what came out, in a few words that are the same in each run: no times, ports, dates.</param>
/// <param name="differs">What comes out through Iskandar, if that isn't what comes out without it.</param>
/// <param name="because">Why it differs.</param>
/// <param name="needs">A program without which the row can't be tried.</param>
public sealed class Row(
    string behaviour, Func<Target, CancellationToken, Task<string>> probe, string? differs = null, string? because = null, string? needs = null)
{
    public string Behaviour => behaviour;

    public string? Differs => differs;

    /// <summary>There for each difference, and only for one.</summary>
    public string? Because { get; } =
        (because is null) == (differs is null) ? because : throw new ArgumentException($"A difference and its reason go together: {behaviour}.", nameof(because));

    public string? Needs => needs;

    public Task<string> TryAsync(Target target, CancellationToken token) => probe(target, token);
}
