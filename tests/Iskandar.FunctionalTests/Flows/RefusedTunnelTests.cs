using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Flows;

/// <summary>Servers that don't want the tunnel, and what a script learns of it.</summary>
public class RefusedTunnelTests
{
    [Theory]
    [InlineData("401 Unauthorized", "token_required", "wants a token")]
    [InlineData("403 Forbidden", "name_not_allowed", "403 name_not_allowed")]
    [InlineData("409 Conflict", "name_taken", "belongs to somebody else")]
    [InlineData("418 Other", "other", "418 other")]
    public async Task Server_RefusesForGood_IsExplainedAndEndsWith3(string status, string code, string words)
    {
        await using var server = RawOrigin.Answering($"HTTP/1.1 {status}\r\nIskandar-Error: {code}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");

        var result = await ProcessUnderTest.RunAsync(["http", "3000", "--server", $"http://127.0.0.1:{server.Port}"]);

        Assert.Equal(3, result.ExitCode);
        Assert.Contains(words, result.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("408 Request Timeout")]
    [InlineData("425 Too Early")]
    [InlineData("429 Too Many Requests")]
    [InlineData("503 Service Unavailable")]
    public async Task Server_RefusesForNow_IsAskedAgain(string status)
    {
        var asked = 0;
        await using var server = RawOrigin.Answering(async stream =>
        {
            // The third time is for good, so that it ends.
            var answer = ++asked < 3 ? status : "403 Forbidden";
            await stream.WriteAsync(
                System.Text.Encoding.ASCII.GetBytes($"HTTP/1.1 {answer}\r\nIskandar-Error: code\r\nRetry-After: 0\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"), Bounded.Token());
        });

        var result = await ProcessUnderTest.RunAsync(["http", "3000", "--server", $"http://127.0.0.1:{server.Port}"]);

        Assert.Equal((3, 3), (result.ExitCode, asked));
    }
}
