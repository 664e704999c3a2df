namespace Iskandar.FunctionalTests.Infrastructure;

/// <summary>A running <c>iskandar http</c> whose tunnel is open.</summary>
public sealed class IskandarClient : IAsyncDisposable
{
    private IskandarClient(ProcessUnderTest process, Uri url)
    {
        Process = process;
        Url = url;
    }

    public ProcessUnderTest Process { get; }

    /// <summary>The public URL, as the first line of output said it.</summary>
    public Uri Url { get; private set; }

    public string Name => Url.Host.Split('.')[0];

    public static Task<IskandarClient> StartAsync(IskandarServer server, int originPort, params string[] options) =>
        StartAsync(server.Url, $"127.0.0.1:{originPort}", options);

    public static Task<IskandarClient> StartAsync(Uri server, string target, params string[] options) =>
        WhenOpenAsync(ProcessUnderTest.Start(["http", target, "--server", server.ToString(), .. options]));

    public static Task<IskandarClient> StartAsync(
        IReadOnlyDictionary<string, string> environment, Uri server, string target, params string[] options) =>
        WhenOpenAsync(ProcessUnderTest.Start(["http", target, "--server", server.ToString(), .. options], environment));

    /// <summary>Waits until a process that was started has opened its tunnel.</summary>
    public static async Task<IskandarClient> WhenOpenAsync(ProcessUnderTest process)
    {
        try
        {
            var line = await process.Output.WaitForAsync(static _ => true, "the public URL");
            return new IskandarClient(process, new Uri(line));
        }
        catch (Exception fault) when (fault is InvalidOperationException or TimeoutException or UriFormatException)
        {
            var errors = process.Errors.Text;
            await process.DisposeAsync();
            throw new InvalidOperationException($"{fault.Message}\n{errors}", fault);
        }
    }

    /// <summary>Waits for the line that says that the tunnel is open again, after <paramref name="from"/> lines of output.</summary>
    public async Task OnlineAgainAsync(int from)
    {
        var line = await Process.Output.WaitForAsync(static line => line.Contains("online ", StringComparison.Ordinal), "'online'", from);
        Url = new Uri(line[(line.IndexOf("online ", StringComparison.Ordinal) + "online ".Length)..].Split(' ')[0]);
    }

    public ValueTask DisposeAsync() => Process.DisposeAsync();
}
