using Iskandar.Cli.Names;
using Iskandar.Client;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Cli.Names;

public sealed class NameStoreTests : IDisposable
{
    private static readonly Uri Server = new("https://tunnel.example.com");
    private static readonly Uri Target = new("http://localhost:3000");
    private static readonly KeptName Name = new("k3v9x2ab", "WH8B4QzWx1atYkSHBtIKyg");

    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _notices = [];

    [Fact]
    public async Task Open_SameCommandAgain_HasTheNameThatWasKept()
    {
        Assert.Null(await KeepAsync(Name));

        Assert.Equal(Name, await KeepAsync());
        Assert.Empty(_notices);
    }

    [Fact]
    public async Task Open_OtherTarget_HasItsOwnName()
    {
        await KeepAsync(Name);

        await using var other = NameStore.Open(_folder.Path("state"), Server, new Uri("http://localhost:3001"), _notices.Add);

        Assert.Null(other!.Name);
    }

    [Fact]
    public async Task Keep_Several_LastOneStays()
    {
        await KeepAsync([.. Enumerable.Range(0, 100).Select(static i => new KeptName($"name-{i}", "key")), Name]);

        Assert.Equal(Name, await KeepAsync());
    }

    [Fact]
    public async Task Keep_NameThatIsKept_IsNotWrittenAgain()
    {
        await KeepAsync(Name);
        var file = Assert.Single(Directory.GetFiles(Folder, "*.json"));
        File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch);

        await KeepAsync(Name);

        Assert.Equal(DateTime.UnixEpoch, File.GetLastWriteTimeUtc(file));
    }

    [Fact]
    public async Task Open_TwoAtOnce_EachHasItsNameTheNextTimeToo()
    {
        var second = new KeptName("second", "key");
        for (var run = 0; run < 2; run++)
        {
            await using var one = Open()!;
            await using var two = Open()!;

            Assert.Equal(run == 0 ? (null, null) : (Name, second), (one.Name, two.Name));
            one.Keep(Name);
            two.Keep(second);
        }

        Assert.Empty(_notices);
    }

    [Fact]
    public async Task Open_FirstHasEnded_NextOneTakesItsSlotBesideTheSecond()
    {
        await using var one = Open()!;
        await using var two = Open()!;
        one.Keep(Name);
        await one.DisposeAsync();

        await using var three = Open()!;

        Assert.Equal(Name, three.Name);
    }

    [Fact]
    public async Task Open_AllSlotsTaken_SaysSoAndThereIsNone()
    {
        var stores = Enumerable.Range(0, NameStore.Slots).Select(_ => Open()).ToList();

        Assert.DoesNotContain(null, stores);
        Assert.Empty(_notices);
        Assert.Null(Open());
        Assert.StartsWith("The tunnel's name can't be kept for the next time: ", Assert.Single(_notices), StringComparison.Ordinal);

        foreach (var store in stores)
        {
            await store!.DisposeAsync();
        }
    }

    [Fact]
    public async Task Open_FoldersAndFiles_AreTheOwnersAlone()
    {
        await KeepAsync(Name);

        Assert.All([_folder.Path("state"), Folder], static path => Assert.Equal(TemporaryFolder.Mode700, TemporaryFolder.ModeOf(path)));
        Assert.Equal([".json", ".lock"], Directory.GetFiles(Folder).Select(Path.GetExtension).Order());
        Assert.All(Directory.GetFiles(Folder), static path => Assert.Equal(TemporaryFolder.Mode600, TemporaryFolder.ModeOf(path)));
    }

    [Fact]
    public void Open_NoFolderCanBe_SaysSoAndThereIsNone()
    {
        _folder.Write("state", "not a folder");

        Assert.Null(Open());
        Assert.Null(NameStore.Open(null, Server, Target, _notices.Add));

        Assert.Equal(2, _notices.Count);
        Assert.All(_notices, static notice => Assert.StartsWith("The tunnel's name can't be kept for the next time: ", notice, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Keep_CannotBeWritten_IsToldOnceAndGoesOn()
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using (var store = NameStore.Open(_folder.Path("state"), Server, Target, notice =>
        {
            _notices.Add(notice);
            told.TrySetResult();
        })!)
        {
            var place = new NameSlot(Folder, Server, Target, 1).File;
            Directory.CreateDirectory(place);
            store.Keep(new KeptName("first", "key"));
            await told.Task.Within();
            store.Keep(new KeptName("second", "key"));
        }

        Assert.StartsWith("The tunnel's name can't be kept for the next time: ", Assert.Single(_notices), StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Dispose();

    private string Folder => _folder.Path("state", "names");

    private NameStore? Open() => NameStore.Open(_folder.Path("state"), Server, Target, _notices.Add);

    // One run of the command: the name it begins with.
    private async Task<KeptName?> KeepAsync(params KeptName[] names)
    {
        await using var store = Open()!;
        foreach (var name in names)
        {
            store.Keep(name);
        }

        return store.Name;
    }
}
