using System.Diagnostics;
using System.Net.Sockets;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>nginx as a reverse proxy of one hop, configured as its documentation says for HTTP/1.1, streaming and WebSockets.</summary>
public sealed class Nginx : IAsyncDisposable
{
    private const string Configuration =
        """
        daemon off;
        master_process off;
        pid {folder}/nginx.pid;
        error_log {folder}/error.log;
        events { worker_connections 512; }
        http {
          access_log off;
          client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
          uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
          client_max_body_size 0;
          map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
          upstream origin { server 127.0.0.1:{origin} max_fails=0; keepalive 16; }
          server {
            listen 127.0.0.1:{port};
            {more}
            location / {
              proxy_pass http://origin;
              proxy_http_version 1.1;
              proxy_buffering off;
              proxy_request_buffering off;
              proxy_set_header Host 127.0.0.1:{origin};
              proxy_set_header Connection $connection_upgrade;
              proxy_set_header Upgrade $http_upgrade;
              proxy_set_header X-Forwarded-For $remote_addr;
              proxy_set_header X-Forwarded-Proto $scheme;
              proxy_set_header X-Forwarded-Host $http_host;
            }
          }
        }
        """;

    private static readonly string? Path = Tool.Find("nginx");
    private static readonly Lazy<string> Build = new(ReadBuild);

    private readonly Process _process;
    private readonly DirectoryInfo _folder;
    private readonly Task<string> _errors;

    private Nginx(Process process, DirectoryInfo folder, int port)
    {
        _process = process;
        _folder = folder;
        _errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        Port = port;
    }

    public static bool IsInstalled => Path is not null;

    public int Port { get; }

    /// <summary>Whether it can speak HTTP/2; else a row for that says so.</summary>
    public static bool HasHttp2 => Build.Value.Contains("--with-http_v2_module", StringComparison.Ordinal);

    /// <summary>Whether it can speak gRPC to an app.</summary>
    public static bool HasGrpc => HasHttp2 && !Build.Value.Contains("--without-http_grpc_module", StringComparison.Ordinal);

    /// <summary>Starts one.</summary>
    /// <param name="originPort">What is behind it.</param>
    /// <param name="more">More lines for its server.</param>
    public static async Task<Nginx> StartAsync(int originPort, string more = "")
    {
        var port = Ports.Free();
        var folder = Directory.CreateTempSubdirectory("iskandar-nginx-");
        var file = System.IO.Path.Combine(folder.FullName, "nginx.conf");
        var text = Configuration
            .Replace("{folder}", folder.FullName, StringComparison.Ordinal)
            .Replace("{more}", more, StringComparison.Ordinal)
            .Replace("{origin}", $"{originPort}", StringComparison.Ordinal)
            .Replace("{port}", $"{port}", StringComparison.Ordinal);
        await File.WriteAllTextAsync(file, text, Bounded.Token());
        var start = new ProcessStartInfo(Path!, ["-p", folder.FullName, "-c", file, "-e", System.IO.Path.Combine(folder.FullName, "error.log")])
        {
            RedirectStandardError = true,
        };
        var nginx = new Nginx(Process.Start(start)!, folder, port);
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

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _process.WaitForExitAsync(CancellationToken.None);
        await _errors;
        _process.Dispose();
        _folder.Delete(recursive: true);
    }

    private static string ReadBuild()
    {
        using var process = Process.Start(new ProcessStartInfo(Path!, ["-V"]) { RedirectStandardError = true })!;
        return process.StandardError.ReadToEnd();
    }

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
