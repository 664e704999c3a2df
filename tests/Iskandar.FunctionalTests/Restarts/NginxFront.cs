using System.Diagnostics;
using System.Net.Sockets;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Restarts;

/// <summary>nginx in front of two servers, with the configuration of deploy/nginx: only addresses and names are other ones, and there is no TLS.</summary>
public sealed class NginxFront : IAsyncDisposable
{
    private const string Main =
        """
        daemon off;
        master_process off;
        pid nginx.pid;
        events { worker_connections 4096; }
        http {
          access_log off;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          include iskandar/iskandar.conf;
        }
        """;

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly Task<string> _errors;

    private NginxFront(Process process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        Port = port;
        Visitor = VisitorFactory.Create(port);
    }

    public int Port { get; }

    /// <summary>Connects to this nginx, whatever the host of the URL is.</summary>
    public HttpClient Visitor { get; }

    /// <summary>Where it will listen: servers have to know before it starts.</summary>
    public static int NewPort() => Ports.Free();

    /// <summary>What it has logged, but for servers that don't listen: connections that broke.</summary>
    public string Broken => string.Join(
        '\n', File.ReadLines(Path.Combine(_folder.FullName, "error.log")).Where(static line => !line.Contains("connect() failed", StringComparison.Ordinal)));

    /// <summary>Starts one.</summary>
    public static async Task<NginxFront> StartAsync(int port, int first, int second)
    {
        var folder = Directory.CreateTempSubdirectory("iskandar-nginx-");
        Directory.CreateDirectory(Path.Combine(folder.FullName, "iskandar"));
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "nginx.conf"), Main, Bounded.Token());
        foreach (var name in (string[])["iskandar.conf", "proxy.conf"])
        {
            var text = await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "nginx", name), Bounded.Token());
            text = string.Join('\n', text.Split('\n').Where(static line => !line.Contains("ssl_certificate", StringComparison.Ordinal)))
                .Replace("listen 443 ssl", $"listen 127.0.0.1:{port}", StringComparison.Ordinal)
                .Replace("tunnel.example.com", "localhost", StringComparison.Ordinal)
                .Replace("127.0.0.1:8081", $"127.0.0.1:{first}", StringComparison.Ordinal)
                .Replace("127.0.0.1:8082", $"127.0.0.1:{second}", StringComparison.Ordinal);
            await File.WriteAllTextAsync(Path.Combine(folder.FullName, "iskandar", name), text, Bounded.Token());
        }

        var start = new ProcessStartInfo(Find()!, ["-p", folder.FullName, "-c", "nginx.conf", "-e", "error.log"]) { RedirectStandardError = true };
        var nginx = new NginxFront(Process.Start(start)!, folder, port);
        try
        {
            await Eventually.TrueAsync(nginx.AnswersAsync, "nginx listens");
        }
        catch
        {
            await nginx.DisposeAsync();
            throw;
        }

        return nginx;
    }

    public static bool IsInstalled => Find() is not null;

    /// <summary>Skips the test where there is no nginx.</summary>
    public static void Require() =>
        Assert.SkipUnless(IsInstalled, "nginx is missing, so restarts behind it are not tested: apt-get install nginx-light");

    public async ValueTask DisposeAsync()
    {
        Visitor.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _errors;
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string? Find() =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator).Append("/usr/sbin")
            .Select(static folder => Path.Combine(folder, "nginx"))
            .FirstOrDefault(File.Exists);

    private async Task<bool> AnswersAsync()
    {
        if (_process.HasExited)
        {
            throw new InvalidOperationException($"nginx ended: {await _errors}");
        }

        try
        {
            await using var visitor = await RawVisitor.ConnectAsync(Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
