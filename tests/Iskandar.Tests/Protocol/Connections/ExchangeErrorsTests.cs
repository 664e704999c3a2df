using System.Text;
using System.Text.RegularExpressions;
using Iskandar.Protocol.Connections;
using Iskandar.Tests.Infrastructure;

namespace Iskandar.Tests.Protocol.Connections;

public sealed partial class ExchangeErrorsTests
{
    private static readonly ExchangeError[] All = [.. Enum.GetValues<ExchangeError>().Where(static error => error != ExchangeError.None)];

    // Nobody is ever shown that the visitor left.
    private static readonly ExchangeError[] Shown = [.. All.Where(static error => error != ExchangeError.Cancelled)];

    [Fact]
    public void Code_EveryError_UniqueAndAToken()
    {
        Assert.All(All, static error => Assert.Matches("^[a-z]+(_[a-z]+)*$", error.ToCode()));
        Assert.Equal(All.Length, All.Select(static error => error.ToCode()).Distinct().Count());
    }

    [Fact]
    public void Code_None_HasNone() => Assert.Throws<ArgumentOutOfRangeException>(static () => ExchangeError.None.ToCode());

    [Fact]
    public void Status_EveryError_AnErrorStatus() => Assert.All(All, static error => Assert.InRange(error.ToStatus(), 400, 599));

    [Fact]
    public void Document_EveryErrorShown_ListedWithItsStatus()
    {
        var documented = Documented();

        Assert.All(Shown, error => Assert.Contains((error.ToStatus(), error.ToCode()), documented));
    }

    [Fact]
    public void Document_EveryCode_IsAnError()
    {
        var known = Shown.Select(static error => (error.ToStatus(), error.ToCode())).ToHashSet();

        Assert.All(Documented(), row => Assert.Contains(row, known));
    }

    [Fact]
    public void ClientCode_EveryCodeOfAClient_ReadBack()
    {
        foreach (Match row in ClientRow().Matches(ProtocolDocument.Text))
        {
            var code = row.Groups["code"].Value;

            Assert.Equal(code, ExchangeErrors.FromClientCode(Encoding.UTF8.GetBytes(code)).ToCode());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("tunnel_not_found")]
    [InlineData("ORIGIN_TIMEOUT")]
    [InlineData("connection refused")]
    public void ClientCode_NoneOfAClient_OriginFailed(string code) =>
        Assert.Equal(ExchangeError.OriginFailed, ExchangeErrors.FromClientCode(Encoding.UTF8.GetBytes(code)));

    private static HashSet<(int Status, string Code)> Documented() =>
        [.. Row().Matches(ProtocolDocument.Text).Select(static row => (int.Parse(row.Groups["status"].Value, null), row.Groups["code"].Value))];

    [GeneratedRegex(@"^\| (?<status>\d{3}) \| `(?<code>[a-z_]+)` \|", RegexOptions.Multiline)]
    private static partial Regex Row();

    [GeneratedRegex(@"^\| \d{3} \| `(?<code>[a-z_]+)` \| (client|both) \|", RegexOptions.Multiline)]
    private static partial Regex ClientRow();
}
