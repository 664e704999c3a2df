using Iskandar.Cli.Names;
using Iskandar.Client;

namespace Iskandar.Tests.Cli.Names;

public sealed class NameSlotTests : IDisposable
{
    private static readonly Uri Server = new("https://tunnel.example.com");
    private static readonly Uri Target = new("http://localhost:3000");
    private static readonly KeptName Name = new("k3v9x2ab", "WH8B4QzWx1atYkSHBtIKyg");

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void File_Name_IsTheHashOfServerTargetAndNumber()
    {
        Assert.Equal(_folder.Path("2c957c309f88f6945b78cc44e24f7286.json"), Slot().File);
        Assert.Equal(_folder.Path("2c957c309f88f6945b78cc44e24f7286.lock"), Slot().Lock);
    }

    [Fact]
    public void File_AnythingElse_IsAnother()
    {
        var files = new[]
        {
            Slot().File,
            new NameSlot(_folder.Root, new Uri("http://tunnel.example.com"), Target, 1).File,
            new NameSlot(_folder.Root, Server, new Uri("http://localhost:3001"), 1).File,
            new NameSlot(_folder.Root, Server, Target, 2).File,
        };

        Assert.Equal(4, files.Distinct().Count());
    }

    [Fact]
    public void Read_Written_IsTheSame()
    {
        Slot().Write(Name);

        Assert.Equal(Name, Slot().Read());
        Assert.Equal(
            """{"server":"https://tunnel.example.com/","target":"http://localhost:3000/","name":"k3v9x2ab","key":"WH8B4QzWx1atYkSHBtIKyg"}""",
            File.ReadAllText(Slot().File));
        Assert.Equal(TemporaryFolder.Mode600, TemporaryFolder.ModeOf(Slot().File));
    }

    [Fact]
    public void Read_NothingWritten_IsAbsent() => Assert.Null(Slot().Read());

    [Theory]
    [InlineData("")]
    [InlineData("garbage")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("{\"server\":\"https://tunnel.example.com/\",\"target\":\"http://localhost:3000/\",\"name\":\"k3v9x2ab\",\"key\":\"WH8B4Q")]
    public void Read_Garbage_IsAbsent(string text)
    {
        File.WriteAllText(Slot().File, text);

        Assert.Null(Slot().Read());
    }

    [Theory]
    [InlineData("https://tunnel.example.com/", "http://localhost:3000/", "a", "k", true)]
    [InlineData("https://other.example.com/", "http://localhost:3000/", "a", "k", false)]
    [InlineData("https://tunnel.example.com/", "http://localhost:3001/", "a", "k", false)]
    [InlineData("https://tunnel.example.com/", "http://localhost:3000/", "", "k", false)]
    [InlineData("https://tunnel.example.com/", "http://localhost:3000/", "a", "", false)]
    [InlineData("https://tunnel.example.com/", "http://localhost:3000/", "a", "k\\r\\nx: y", false)]
    [InlineData("https://tunnel.example.com/", "http://localhost:3000/", "a b", "k", false)]
    [InlineData("https://tunnel.example.com/", "http://localhost:3000/", "ü", "k", false)]
    public void Read_Members_AllHaveToFit(string server, string target, string name, string key, bool isThere)
    {
        File.WriteAllText(Slot().File, $$"""{"server":"{{server}}","target":"{{target}}","name":"{{name}}","key":"{{key}}"}""");

        Assert.Equal(isThere ? new KeptName(name, key) : null, Slot().Read());
    }

    [Theory]
    [InlineData(63, 256, true)]
    [InlineData(64, 256, false)]
    [InlineData(63, 257, false)]
    public void Read_Lengths_HaveLimits(int name, int key, bool isThere)
    {
        Slot().Write(new KeptName(new string('a', name), new string('k', key)));

        Assert.Equal(isThere, Slot().Read() is not null);
    }

    [Theory]
    [InlineData(4096, true)]
    [InlineData(4097, false)]
    public void Read_TooLarge_IsAbsent(int size, bool isThere)
    {
        Slot().Write(Name);
        File.WriteAllText(Slot().File, File.ReadAllText(Slot().File).PadRight(size));

        Assert.Equal(isThere, Slot().Read() is not null);
    }

    public void Dispose() => _folder.Dispose();

    private NameSlot Slot() => new(_folder.Root, Server, Target, 1);
}
