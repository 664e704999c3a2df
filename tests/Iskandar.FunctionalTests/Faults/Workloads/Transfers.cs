using System.Globalization;
using System.Net;
using Iskandar.FunctionalTests.Faults.App;
using Iskandar.FunctionalTests.Infrastructure;

namespace Iskandar.FunctionalTests.Faults.Workloads;

/// <summary>Long contents, checked to the last byte.</summary>
public static class Transfers
{
    /// <summary>Fetches so many bytes.</summary>
    public static async Task DownloadAsync(FaultStage stage, long bytes)
    {
        var pattern = new Pattern(stage.Random.Next(), bytes);
        var hash = pattern.Hash();
        using var response = await BeginDownloadAsync(stage, pattern);
        await FinishDownloadAsync(stage, response, (hash, bytes));
    }

    /// <summary>Fetches a pattern, as far as the head of the response.</summary>
    public static Task<HttpResponseMessage> BeginDownloadAsync(FaultStage stage, Pattern pattern) => stage.Visitor.GetAsync(
        stage.Url(string.Create(CultureInfo.InvariantCulture, $"/download?seed={pattern.Seed}&bytes={pattern.Length}")),
        HttpCompletionOption.ResponseHeadersRead,
        stage.Token);

    /// <summary>Reads what is expected, and nothing else.</summary>
    public static async Task FinishDownloadAsync(FaultStage stage, HttpResponseMessage response, (string Hash, long Length) expected)
    {
        Assert.Equal((HttpStatusCode.OK, null), (response.StatusCode, Expect.ErrorCode(response)));
        await using var content = await response.Content.ReadAsStreamAsync(stage.Token);
        Assert.Equal(expected, await Pattern.ReadAsync(content, stage.Token));
    }

    /// <summary>Sends so many bytes; the app says what has come.</summary>
    public static async Task UploadAsync(FaultStage stage, long bytes)
    {
        var pattern = new Pattern(stage.Random.Next(), bytes);
        await UploadAsync(stage, pattern, pattern.Hash());
    }

    /// <summary>Sends a pattern whose hash is known.</summary>
    public static async Task UploadAsync(FaultStage stage, Pattern pattern, string hash)
    {
        using var content = new PatternContent(pattern);
        using var response = await stage.Visitor.PostAsync(stage.Url("/upload"), content, stage.Token);
        var answer = await response.Content.ReadAsStringAsync(stage.Token);
        Assert.Equal((HttpStatusCode.OK, string.Create(CultureInfo.InvariantCulture, $"{hash} {pattern.Length}")), (response.StatusCode, answer));
    }
}
