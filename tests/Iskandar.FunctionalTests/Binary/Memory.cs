using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Binary;

/// <summary>The memory that a process holds now, and how much more it may hold later.</summary>
public sealed class Memory(ProcessUnderTest process)
{
    private const long Slack = 96L * 1024 * 1024;
    private readonly long _before = process.ResidentBytes;

    /// <summary>Far less than was thrown at it; the slack is what a runtime takes as it likes.</summary>
    public void IsBounded()
    {
        var grown = process.ResidentBytes - _before;
        Assert.True(grown < Slack, $"The process has grown by {grown} bytes.");
    }
}
