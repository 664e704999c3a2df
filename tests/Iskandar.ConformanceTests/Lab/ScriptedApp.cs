using System.Collections.Concurrent;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>
/// An app in JavaScript, and scripts that are its clients. Nothing is started before a row asks; each client then runs once for each way to the app, and prints
/// what it saw, case by case, while other rows wait for theirs.
/// </summary>
public sealed class ScriptedApp(Laboratory laboratory, string folder, string app, params string[] forClients) : IAsyncDisposable
{
    private readonly ConcurrentDictionary<(string Client, Hop Hop), Lazy<Task<Script>>> _clients = new();
    private readonly DirectoryInfo _work = Directory.CreateTempSubdirectory("iskandar-scripts-");
    private readonly SemaphoreSlim _one = new(1);
    private Script? _app;
    private Way? _way;

    /// <summary>What a client saw of one case.</summary>
    /// <param name="client">The file of the client.</param>
    /// <param name="behaviour">The case.</param>
    /// <param name="hop">The way that it took.</param>
    public async Task<string> SeenAsync(string client, string behaviour, Hop hop)
    {
        var script = await ClientAsync(client, hop);
        var (outcome, expected) = await script.SeenAsync(behaviour);
        if (hop == Hop.None)
        {
            // If the app and its client don't get along without us, there is nothing to compare with.
            Assert.Equal(expected, outcome);
        }

        return outcome;
    }

    /// <summary>All cases of a client.</summary>
    public async Task<IReadOnlyList<string>> CasesAsync(string client) => await (await ClientAsync(client, Hop.None)).CasesAsync();

    public async ValueTask DisposeAsync()
    {
        foreach (var client in _clients.Values)
        {
            await (await client.Value).DisposeAsync();
        }

        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        _one.Dispose();
        _work.Delete(recursive: true);
    }

    private Task<Script> ClientAsync(string client, Hop hop)
    {
        if (!Script.CanRun(folder))
        {
            Assert.Skip($"Node.js or the packages of tests/Iskandar.ConformanceTests/{folder} are not installed (./test installs the packages).");
        }

        return _clients.GetOrAdd((client, hop), _ => new Lazy<Task<Script>>(() => StartAsync(client, hop))).Value;
    }

    private async Task<Script> StartAsync(string client, Hop hop)
    {
        var way = await OpenAsync();
        return Script.Start(folder, client, [
            "--target", way.Behind(hop)!.Url().ToString(), "--app", way.Direct.Url().ToString(), "--hop", $"{hop}", "--folder", _work.FullName, .. forClients]);
    }

    private async Task<Way> OpenAsync()
    {
        await _one.WaitAsync(Bounded.Token());
        try
        {
            _app ??= Script.Start(folder, app, ["--folder", _work.FullName, .. Enum.GetNames<Hop>()]);
            return _way ??= await laboratory.OpenAsync(await _app.PortAsync());
        }
        finally
        {
            _one.Release();
        }
    }
}
