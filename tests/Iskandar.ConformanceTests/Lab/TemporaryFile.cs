namespace Iskandar.ConformanceTests.Lab;

/// <summary>A file with a text, for as long as a program needs it.</summary>
public sealed class TemporaryFile : IDisposable
{
    public TemporaryFile(string text)
    {
        Path = System.IO.Path.GetTempFileName();
        File.WriteAllText(Path, text);
    }

    public string Path { get; }

    public void Dispose() => File.Delete(Path);
}
