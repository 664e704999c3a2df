using System.Collections.Concurrent;
using Iskandar.ConformanceTests.Lab;

namespace Iskandar.ConformanceTests.Table;

/// <summary>What came out of the rows that were tried in this run.</summary>
public sealed class Outcomes
{
    private readonly ConcurrentDictionary<(string Section, string Behaviour), IReadOnlyDictionary<Hop, string>> _outcomes = new();
    private readonly ConcurrentDictionary<string, bool> _missing = new(StringComparer.Ordinal);
    private int _failures;

    public IEnumerable<string> MissingTools => _missing.Keys.Order(StringComparer.Ordinal);

    /// <summary>How many rows came out otherwise than they should have.</summary>
    public int Failures => _failures;

    public void Fail() => Interlocked.Increment(ref _failures);

    public void Add(string section, string behaviour, IReadOnlyDictionary<Hop, string> outcomes) =>
        _outcomes[(section, behaviour)] = outcomes;

    public void Skip(string tool) => _missing[tool] = true;

    public IReadOnlyDictionary<Hop, string>? Of(string section, string behaviour) => _outcomes.GetValueOrDefault((section, behaviour));
}
