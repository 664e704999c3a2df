using System.Text;
using Iskandar.Cli.Configuration;

namespace Iskandar.Tests.Cli;

public sealed class PrivateFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void CreateFolder_FoldersAboveMissing_AllAreTheOwnersAlone()
    {
        PrivateFile.CreateFolder(_folder.Path("a", "b", "c"));

        Assert.All(
            [_folder.Path("a"), _folder.Path("a", "b"), _folder.Path("a", "b", "c")],
            static path => Assert.Equal(TemporaryFolder.Mode700, TemporaryFolder.ModeOf(path)));
    }

    [Fact]
    public void Write_Twice_LastOneIsThereAlone()
    {
        PrivateFile.Write(_folder.Path("file"), "first, and longer"u8);
        PrivateFile.Write(_folder.Path("file"), "second"u8);

        Assert.Equal("second", File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(_folder.Root))));
        Assert.Equal(TemporaryFolder.Mode600, TemporaryFolder.ModeOf(_folder.Path("file")));
    }

    [Fact]
    public void Write_Again_WhoReadsTheOldOneReadsAllOfIt()
    {
        PrivateFile.Write(_folder.Path("file"), "first"u8);
        using var old = new FileStream(_folder.Path("file"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);

        PrivateFile.Write(_folder.Path("file"), "second"u8);

        Assert.Equal("first", new StreamReader(old).ReadToEnd());
    }

    [Fact]
    public void Write_PlaceIsTaken_NothingIsLeftBehind()
    {
        Directory.CreateDirectory(_folder.Path("file"));

        var refusal = Assert.ThrowsAny<Exception>(() => PrivateFile.Write(_folder.Path("file"), "text"u8));

        Assert.True(PrivateFile.IsRefusal(refusal));
        Assert.Equal([_folder.Path("file")], Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void TryCreate_IsThere_StaysAsItIs()
    {
        Assert.True(PrivateFile.TryCreate(_folder.Path("file"), "first"u8));
        Assert.False(PrivateFile.TryCreate(_folder.Path("file"), "second"u8));

        Assert.Equal("first", File.ReadAllText(Assert.Single(Directory.GetFileSystemEntries(_folder.Root))));
        Assert.Equal(TemporaryFolder.Mode600, TemporaryFolder.ModeOf(_folder.Path("file")));
    }

    [Theory]
    [InlineData(5, true)]
    [InlineData(4, false)]
    public void Read_Size_UpToTheMost(int most, bool isRead)
    {
        var content = PrivateFile.Read(_folder.Write("file", "12345"), most, out _);

        Assert.Equal(isRead ? "12345" : null, content is null ? null : Encoding.UTF8.GetString(content));
    }

    [Theory]
    [InlineData(UnixFileMode.None, false)]
    [InlineData(UnixFileMode.GroupExecute, false)]
    [InlineData(UnixFileMode.GroupRead, true)]
    [InlineData(UnixFileMode.OtherRead, true)]
    [InlineData(UnixFileMode.GroupWrite, true)]
    [InlineData(UnixFileMode.OtherWrite, true)]
    public void Read_Mode_TellsWhetherOthersMay(UnixFileMode beside, bool expected)
    {
        var path = _folder.Write("file", "text");
        TemporaryFolder.SetMode(path, TemporaryFolder.Mode600 | beside);

        PrivateFile.Read(path, 100, out var isOpenToOthers);

        Assert.Equal(expected, isOpenToOthers);
    }

    [Fact]
    public void OpenAlone_Twice_SecondHasToWaitForTheFirst()
    {
        using (PrivateFile.OpenAlone(_folder.Path("file")))
        {
            Assert.Throws<IOException>(() => PrivateFile.OpenAlone(_folder.Path("file")).Dispose());
        }

        using var again = PrivateFile.OpenAlone(_folder.Path("file"));
        Assert.Equal(TemporaryFolder.Mode600, TemporaryFolder.ModeOf(_folder.Path("file")));
    }

    public void Dispose() => _folder.Dispose();
}
