namespace Iskandar.FunctionalTests.Binary;

/// <summary>Tests that keep the machine busy run alone, or the others would wait for them.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class HeavyTests
{
    public const string Name = "Heavy";
}
