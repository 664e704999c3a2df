using Iskandar.Cli.Configuration;

namespace Iskandar.Tests.Cli;

public sealed class ServerSecretTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly List<string> _problems = [];

    [Fact]
    public void Load_Missing_IsMadeForTheOwnerAlone()
    {
        var secret = Load(_folder.Path("secret"));

        Assert.Null(secret!.Warning);
        Assert.Equal(Convert.ToBase64String(secret.Bytes) + "\n", File.ReadAllText(_folder.Path("secret")));
        Assert.Equal(32, secret.Bytes.Length);
        Assert.Equal([_folder.Path("secret")], Directory.GetFileSystemEntries(_folder.Root));
        Assert.Equal(TemporaryFolder.Mode600, TemporaryFolder.ModeOf(_folder.Path("secret")));
    }

    [Fact]
    public void Load_Twice_SameSecret() => Assert.Equal(Load(_folder.Path("secret"))!.Bytes, Load(_folder.Path("secret"))!.Bytes);

    [Fact]
    public void Load_TwoFiles_TwoSecrets() => Assert.NotEqual(Load(_folder.Path("one"))!.Bytes, Load(_folder.Path("other"))!.Bytes);

    [Fact]
    public void Load_LongerThanNeeded_AllOfItIsTaken()
    {
        var bytes = Enumerable.Range(0, 96).Select(static i => (byte)i).ToArray();

        var secret = Load(_folder.Write("secret", Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks)));

        Assert.Equal(bytes, secret!.Bytes);
    }

    [Theory]
    [InlineData("")]
    [InlineData("\n")]
    [InlineData("correct horse battery staple, and more than enough of it")]
    [InlineData("QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ==")] // 31 bytes
    public void Load_NoSecretInIt_IsAProblemThatDoesNotShowIt(string text)
    {
        var path = _folder.Write("secret", text);

        Assert.Null(Load(path));
        Assert.Equal($"--secret-file: {path} holds no secret: expected at least 32 bytes as base64 text. Without the file, a new one is made.", Assert.Single(_problems));
        Assert.Equal(text, File.ReadAllText(path));
    }

    [Fact]
    public void Load_TooLarge_IsAProblem()
    {
        Assert.Null(Load(_folder.Write("secret", new string('A', 4097))));
        Assert.Contains("holds no secret", Assert.Single(_problems), StringComparison.Ordinal);
    }

    [Fact]
    public void Load_FolderMissing_IsAProblemAndNotMade()
    {
        Assert.Null(Load(_folder.Path("nowhere", "secret")));
        Assert.Equal($"--secret-file: there is no folder {_folder.Path("nowhere")}.", Assert.Single(_problems));
        Assert.False(Directory.Exists(_folder.Path("nowhere")));
    }

    [Fact]
    public void Load_IsAFolder_IsAProblemAndNothingIsLeftBehind()
    {
        Assert.Null(Load(_folder.Root));
        Assert.StartsWith($"--secret-file: {_folder.Root} can't be read or made: ", Assert.Single(_problems), StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(_folder.Root));
    }

    [Fact]
    public void Load_OpenToOthers_WarnsWithoutShowingIt()
    {
        var text = Convert.ToBase64String(new byte[32]);
        var path = _folder.Write("secret", text);
        TemporaryFolder.SetMode(path, TemporaryFolder.Mode600 | UnixFileMode.GroupRead);

        var secret = Load(path);

        Assert.Equal(new byte[32], secret!.Bytes);
        Assert.EndsWith($"chmod 600 {path}", secret.Warning, StringComparison.Ordinal);
        Assert.DoesNotContain(text, secret.Warning, StringComparison.Ordinal);
    }

    [Fact]
    public void OfState_FolderMissing_IsMadeAndHasTheSecret()
    {
        var secret = ServerSecret.OfState(_folder.Path("state", "iskandar"));

        Assert.Null(secret.Warning);
        Assert.Equal(secret.Bytes, Load(_folder.Path("state", "iskandar", "server-secret"))!.Bytes);
        Assert.Equal(TemporaryFolder.Mode700, TemporaryFolder.ModeOf(_folder.Path("state", "iskandar")));
    }

    [Fact]
    public void OfState_NoFolderCanBe_WarnsAndHasAnotherSecretEachTime()
    {
        var file = _folder.Write("file", "");

        var secrets = new[] { ServerSecret.OfState(Path.Combine(file, "iskandar")), ServerSecret.OfState(null), ServerSecret.OfState(null) };

        Assert.All(secrets, static secret => Assert.Equal(32, secret.Bytes.Length));
        Assert.All(secrets, static secret => Assert.StartsWith("The server's secret can't be kept: ", secret.Warning, StringComparison.Ordinal));
        Assert.Equal(3, secrets.Select(static secret => Convert.ToBase64String(secret.Bytes)).Distinct().Count());
    }

    [Fact]
    public void OfState_NoSecretInTheFile_WarnsAndLeavesIt()
    {
        var path = _folder.Write("server-secret", "garbage");

        var secret = ServerSecret.OfState(_folder.Root);

        Assert.StartsWith($"The server's secret can't be kept: {path} holds no secret", secret.Warning, StringComparison.Ordinal);
        Assert.Equal("garbage", File.ReadAllText(path));
    }

    public void Dispose() => _folder.Dispose();

    private ServerSecret? Load(string path) => ServerSecret.Load(new SettingValue(path, "--secret-file"), _problems);
}
