using System.Diagnostics.CodeAnalysis;
using Iskandar.ConformanceTests.Lab;

namespace Iskandar.ConformanceTests.Table;

/// <summary>Rows on one theme, as they stand in the table.</summary>
public interface IRows
{
    static abstract string Title { get; }

    static abstract IReadOnlyList<Row> Rows { get; }
}

/// <summary>Makes a test of each row of a section. A new section goes into <see cref="Contents"/> as well.</summary>
public abstract class Section<TSelf>(Laboratory laboratory)
    where TSelf : Section<TSelf>, IRows
{
    protected Laboratory Laboratory => laboratory;

    [SuppressMessage("Design", "CA1000", Justification = "xunit asks the class for its data.")]
    public static TheoryData<string> Behaviours => [.. TSelf.Rows.Select(row => row.Behaviour)];

    [Theory]
    [MemberData(nameof(Behaviours))]
    public async Task Behaviour_ThroughIskandar_IsThatOfTheAppItselfOrExplained(string behaviour)
    {
        var row = TSelf.Rows.Single(row => row.Behaviour == behaviour);
        if (row.Needs is { } tool && Tool.Find(tool) is null)
        {
            laboratory.Outcomes.Skip(tool);
            Assert.Skip($"{tool} is not installed.");
        }

        var outcomes = new Dictionary<Hop, string>();
        foreach (var target in laboratory.Targets)
        {
            outcomes[target.Hop] = target.Hop == Hop.Nginx ? await RecordAsync(row, target) : await TryAsync(row, target);
        }

        laboratory.Outcomes.Add(TSelf.Title, row.Behaviour, outcomes);
        var expected = row.Differs ?? outcomes[Hop.None];
        if (row.Differs == outcomes[Hop.None] || expected != outcomes[Hop.Iskandar])
        {
            laboratory.Outcomes.Fail();
        }

        Assert.False(row.Differs == outcomes[Hop.None], $"No difference is left to explain: the app itself says {outcomes[Hop.None]}, Iskandar {outcomes[Hop.Iskandar]}");
        Assert.Equal(expected, outcomes[Hop.Iskandar]);
    }

    private static Task<string> TryAsync(Row row, Target target) =>
        row.TryAsync(target, TestContext.Current.CancellationToken).WithinAsync($"{row.Behaviour} ({target.Hop})", Silence.Limit.TotalSeconds);

    /// <summary>What nginx does is only written down.</summary>
    private static async Task<string> RecordAsync(Row row, Target target)
    {
        try
        {
            return await TryAsync(row, target);
        }
        catch (Exception fault) when (fault is TimeoutException or OperationCanceledException)
        {
            return "no end of it in time";
        }
        catch (NotSupportedException)
        {
            return "not built in";
        }
        catch (Exception fault) when (fault is not Xunit.Sdk.XunitException)
        {
            return "the connection breaks";
        }
    }
}
