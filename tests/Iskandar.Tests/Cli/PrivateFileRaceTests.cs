using System.Text;
using Iskandar.Cli.Configuration;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli;

/// <summary>Several who create one file at once.</summary>
[Collection(nameof(Alone))]
public sealed class PrivateFileRaceTests : IDisposable
{
    private const int Rounds = 300;

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public async Task TryCreate_TwoAtOnce_OneSucceeds()
    {
        for (var round = 0; round < Rounds; round++)
        {
            var path = _folder.Path($"{round}");
            using var start = new Barrier(2);
            var created = await Task.WhenAll(Enumerable.Range(0, 2).Select(creator => Task.Run(
                () =>
                {
                    start.SignalAndWait(Bounded.Token);
                    return PrivateFile.TryCreate(path, Encoding.UTF8.GetBytes($"{creator}")) ? $"{creator}" : null;
                },
                Bounded.Token))).Within();

            Assert.Equal(File.ReadAllText(path), Assert.Single(created, static text => text is not null));
        }
    }

    public void Dispose() => _folder.Dispose();
}
