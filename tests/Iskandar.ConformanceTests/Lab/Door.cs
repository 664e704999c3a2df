using System.Globalization;

namespace Iskandar.ConformanceTests.Lab;

/// <summary>Where visitors of an app knock: the app's own port, or that of something in front of it.</summary>
/// <param name="Port">The loopback port.</param>
/// <param name="Host">What belongs into the Host field.</param>
/// <param name="Origin">The app's own authority.</param>
public sealed record Door(int Port, string Host, string Origin)
{
    public static Door Of(int port, int originPort) => new(port, Authority(port), Authority(originPort));

    public static string Authority(int port) => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}");

    public Uri Url(string pathAndQuery = "/") => new($"http://{Host}{pathAndQuery}");

    public Task<RawVisitor> ConnectAsync() => RawVisitor.ConnectAsync(Port);

    /// <summary>Names and ports differ from run to run and from door to door; an outcome must not.</summary>
    public string Neutral(string text) => text
        .Replace(Host, "{host}", StringComparison.OrdinalIgnoreCase)
        .Replace(Origin, Host == Origin ? "{host}" : "{origin}", StringComparison.Ordinal);
}
