using System.Globalization;

namespace Iskandar.FunctionalTests.Faults;

/// <summary>What all that is random in a run comes from: <c>ISKANDAR_FAULT_SEED</c>, or a new one for each run.</summary>
public static class FaultSeed
{
    private const string Variable = "ISKANDAR_FAULT_SEED";

    public static int Value { get; } =
        int.TryParse(Environment.GetEnvironmentVariable(Variable), NumberStyles.Integer, CultureInfo.InvariantCulture, out var seed)
            ? seed
            : Random.Shared.Next();

    /// <summary>How to say it.</summary>
    public static string Text { get; } = string.Create(CultureInfo.InvariantCulture, $"{Variable}={Value}");

    /// <summary>A source of its own for each test, so that a test alone does what it did among the others.</summary>
    public static Random ForThisTest()
    {
        var name = TestContext.Current.TestCase?.TestCaseDisplayName ?? "";
        return new Random(name.Aggregate(Value, static (hash, character) => unchecked((hash * 31) + character)));
    }
}
