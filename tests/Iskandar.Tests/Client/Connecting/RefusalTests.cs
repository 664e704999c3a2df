using Iskandar.Client.Connecting;

namespace Iskandar.Tests.Client.Connecting;

public sealed class RefusalTests
{
    [Theory]
    [InlineData(401, "token_required", true, "https://t.example wants a token: 401 token_required")]
    [InlineData(403, "origin_not_allowed", true, "https://t.example doesn't allow this tunnel: 403 origin_not_allowed")]
    [InlineData(409, "name_taken", true, "the name belongs to somebody else: https://t.example answered 409 name_taken")]
    [InlineData(400, "request_invalid", true, "https://t.example refused the tunnel: 400 request_invalid")]
    [InlineData(426, "upgrade_required", true, "https://t.example refused the tunnel: 426 upgrade_required")]
    [InlineData(408, "slow", false, "https://t.example refused the tunnel: 408 slow")]
    [InlineData(425, "early", false, "https://t.example refused the tunnel: 425 early")]
    [InlineData(403, "name_refused", true, "https://t.example doesn't take the key of the name: the name isn't this client's any more")]
    [InlineData(429, "too_many", false, "https://t.example refused the tunnel: 429 too_many")]
    [InlineData(500, "broken", false, "https://t.example refused the tunnel: 500 broken")]
    [InlineData(503, "server_full", false, "https://t.example holds as many tunnels as it may")]
    [InlineData(503, "server_stopping", false, "https://t.example is stopping")]
    public void Answer_OfAServer_SaysWhatIsWrongAndWhetherToAskAgain(int status, string code, bool isFinal, string problem)
    {
        var result = Refusal.Explain("https://t.example", status, code, TimeSpan.FromSeconds(3));

        Assert.Equal(new DialResult(null, problem, TimeSpan.FromSeconds(3), isFinal, code), result);
    }

    [Theory]
    [InlineData(200, true)]
    [InlineData(401, true)]
    [InlineData(404, true)]
    [InlineData(429, false)]
    [InlineData(502, false)]
    public void Answer_OfSomethingElse_SaysSo(int status, bool isFinal)
    {
        var result = Refusal.Explain("https://t.example", status, code: null, wait: null);

        Assert.Equal(new DialResult(null, $"https://t.example answered {status}, and doesn't look like an Iskandar server", null, isFinal), result);
    }
}
